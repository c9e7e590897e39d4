"""Metrics of images and their codes: squared error per pixel, decibels, active code dimensions."""

import keras

from zoo.errors import InputError, check_number, check_width
from zoo.losses.checks import check_same_shape, row_weights

# Keeps an image without any error finite: 100 dB.
SMALLEST_SQUARED_ERROR = 1e-10


def reconstruction_error(y_true, y_pred):
    """Mean squared error over the pixels of each image.

    Formula: `mean((y_true - y_pred)**2)` over height, width and channels, in float32.

    Args:
        y_true: Clean images in [0, 1], or bytes, of shape `(batch, height, width, channels)`.
        y_pred: Reconstructions of the same shape: pixels, not logits.

    Returns:
        One value per image, of shape `(batch,)`.

    Raises:
        InputError: for shapes that differ.
    """
    y_true, y_pred = _pixels(y_true), _pixels(y_pred)
    check_same_shape("y_true", y_true, "y_pred", y_pred)
    squares = keras.ops.square(y_true - y_pred)
    return keras.ops.mean(squares, axis=tuple(range(1, len(squares.shape))))


def peak_signal_to_noise_ratio(y_true, y_pred):
    """Peak signal-to-noise ratio of each image, in decibels.

    Formula: `10 * log10(1 / max(reconstruction_error, 1e-10))`. An error of 0.01 is 20 dB.

    Args:
        y_true: Clean images in [0, 1], of shape `(batch, height, width, channels)`.
        y_pred: Reconstructions of the same shape: pixels, not logits.

    Returns:
        One value per image, of shape `(batch,)`, at most 100.
    """
    error = keras.ops.maximum(reconstruction_error(y_true, y_pred), SMALLEST_SQUARED_ERROR)
    return -10.0 * keras.ops.log10(error)


def _pixels(images):
    images = keras.ops.convert_to_tensor(images)
    pixels = keras.ops.cast(images, "float32")
    return pixels / 255.0 if keras.backend.standardize_dtype(images.dtype) == "uint8" else pixels


class _MeanOverImages(keras.metrics.MeanMetricWrapper):
    # A subclass names the function, and which way is better.

    def __init__(self, name=None, dtype=None):
        super().__init__(self.function, name=name or self.function.__name__, dtype=dtype)
        # What callbacks with mode="auto" go by where the metric is given to `compile`.
        self._direction = self.direction

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="zoo")
class ReconstructionError(_MeanOverImages):
    """Mean over images of `reconstruction_error`; low is good.

    Args:
        name: Name of the metric.
        dtype: Type of the running sums.

    Example:
        >>> metric = ReconstructionError()
        >>> metric.update_state([[[[1.0]]], [[[0.0]]]], [[[[0.5]]], [[[0.0]]]])
        >>> float(metric.result())
        0.125
    """

    function = staticmethod(reconstruction_error)
    direction = "down"


@keras.saving.register_keras_serializable(package="zoo")
class PeakSignalToNoiseRatio(_MeanOverImages):
    """Mean over images of `peak_signal_to_noise_ratio`, in decibels; high is good.

    Args:
        name: Name of the metric.
        dtype: Type of the running sums.

    Example:
        >>> metric = PeakSignalToNoiseRatio()
        >>> metric.update_state([[[[1.0]]]], [[[[0.9]]]])
        >>> round(float(metric.result()), 3)
        20.0
    """

    function = staticmethod(peak_signal_to_noise_ratio)
    direction = "up"


@keras.saving.register_keras_serializable(package="zoo")
class ActiveUnits(keras.metrics.Metric):
    """Number of code dimensions whose posterior mean tells images apart.

    Formula: `Σ_u 1[Var_x(E[z_u | x]) > threshold]`, the variance being over all images seen since
    the last reset, by their weights. A posterior that has collapsed to the prior counts 0.

    Args:
        code_size: Number of dimensions of the code.
        threshold: The least variance of an active one.
        name: Name of the metric.
        dtype: Type of the result. The running sums are float64: of means about 1,000, float32
            would lose a variance of 0.01.

    Call arguments:
        mean: Posterior means, of shape `(batch, code_size)`.
        sample_weight: Weights of images, `(batch,)` or `(batch, 1)`; None: all the same.

    Raises:
        InputError: A size, threshold or shape that cannot be.

    Reference:
        Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016,
        section 5.2, where the threshold is 0.01.
    """

    def __init__(
        self, code_size: int, threshold: float = 0.01, name: str = "active_units", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        check_width("code_size", code_size)
        check_number("threshold", threshold)
        self.code_size = code_size
        self.threshold = threshold
        self._direction = "up"
        double = {"initializer": "zeros", "dtype": "float64"}
        self.rows = self.add_variable((), name="rows", **double)
        self.sums = self.add_variable((code_size,), name="sums", **double)
        self.squares = self.add_variable((code_size,), name="squares", **double)

    def update_state(self, mean, sample_weight=None):
        mean = keras.ops.cast(mean, "float64")
        if len(mean.shape) != 2 or mean.shape[1] not in (None, self.code_size):
            raise InputError(
                f"`mean` must have the shape (batch, {self.code_size}). Received: shape "
                f"{tuple(mean.shape)}."
            )
        weight = keras.ops.ones_like(mean[:, :1])
        if sample_weight is not None:
            weight = row_weights(keras.ops.cast(sample_weight, "float64"), mean)[:, None]
        self.rows.assign_add(keras.ops.sum(weight))
        self.sums.assign_add(keras.ops.sum(weight * mean, axis=0))
        self.squares.assign_add(keras.ops.sum(weight * keras.ops.square(mean), axis=0))

    def result(self):
        variance = keras.ops.divide_no_nan(self.squares, self.rows) - keras.ops.square(
            keras.ops.divide_no_nan(self.sums, self.rows)
        )
        # Of means that are not finite it is NaN.
        unknown = keras.ops.cast(0.0 * keras.ops.sum(variance), self.dtype)
        return keras.ops.sum(keras.ops.cast(variance > self.threshold, self.dtype)) + unknown

    def get_config(self):
        own = {"code_size": self.code_size, "threshold": self.threshold}
        return {**super().get_config(), **own}
