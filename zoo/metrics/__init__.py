"""Metrics of images, label sets and masks: `keras.metrics.Metric` classes and NumPy functions."""

import zoo.metrics.old_files
from zoo.metrics.images import (
    ActiveUnits,
    PeakSignalToNoiseRatio,
    ReconstructionError,
    peak_signal_to_noise_ratio,
    reconstruction_error,
)
from zoo.metrics.structured_metrics import ExampleF1, ImageIoU
from zoo.metrics.structured_scores import THRESHOLDS, best_threshold, example_f1, image_iou
