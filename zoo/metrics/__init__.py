"""Metrics of images, label sets and masks: `keras.metrics.Metric` classes and NumPy functions."""

from zoo.metrics.images import (
    ActiveUnits,
    PeakSignalToNoiseRatio,
    ReconstructionError,
    peak_signal_to_noise_ratio,
    reconstruction_error,
)
from zoo.metrics.structured_metrics import (
    ExampleF1,
    GlobalIoU,
    HammingLoss,
    LabelF1,
    MeanIoU,
    MicroF1,
)
from zoo.metrics.structured_scores import (
    THRESHOLDS,
    best_threshold,
    example_f1,
    global_iou,
    hamming_loss,
    label_f1,
    mean_iou,
    micro_f1,
)
