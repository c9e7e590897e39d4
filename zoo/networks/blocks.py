"""Stacks of layers that the networks are put together from."""

import keras

from zoo.errors import check_choice
from zoo.networks.cropping import SlicedCropping2D
from zoo.networks.normalization import BatchNormalization, FusedBatchNormalization

# A training of a hundred steps must already move the running moments to those of the data;
# Keras's 0.99 would leave a third of the initial ones in them.
BATCH_NORMALIZATION_MOMENTUM = 0.9


DENSE_NORMALIZATIONS = ("batch", "layer")


def dense_stack(
    x,
    units: tuple[int, ...],
    dropout: float = 0.0,
    normalization: str | None = None,
    residual: bool = False,
    name: str = "hidden",
):
    """Dense layers with ReLU, each followed by dropout where the rate is above 0.

        h = dropout(relu(normalized(W x + b)))

    With `residual` a layer gives h + x, or h + V x where its width is another one.
    """
    if normalization is not None:
        check_choice("normalization", normalization, DENSE_NORMALIZATIONS)
    for level, width in enumerate(units, start=1):
        given, layer = x, f"{name}_{level}"
        if normalization is None:
            x = keras.layers.Dense(width, activation="relu", name=layer)(x)
        else:
            x = keras.layers.Dense(width, use_bias=False, name=layer)(x)
            x = _dense_normalization(normalization, f"{layer}_normalization")(x)
            x = keras.layers.ReLU(name=f"{layer}_activation")(x)
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"{layer}_dropout")(x)
        if residual:
            if given.shape[-1] != width:
                given = keras.layers.Dense(width, use_bias=False, name=f"{layer}_skip")(given)
            x = keras.layers.Add(name=f"{layer}_sum")([given, x])
    return x


def _dense_normalization(normalization, name):
    if normalization == "layer":
        return keras.layers.LayerNormalization(name=name)
    # T18, as in `activation`.
    return BatchNormalization(momentum=BATCH_NORMALIZATION_MOMENTUM, synchronized=True, name=name)


def convolution_stack(x, filters: tuple[int, ...], convolutions: int, batch_normalization: bool):
    """Levels of 3x3 convolutions; the last of a level has stride 2 and halves the sides.

    Odd sides are rounded up.
    """
    for level, width in enumerate(filters, start=1):
        for step in range(1, convolutions + 1):
            is_last = step == convolutions
            name = f"convolution_{level}" if is_last else f"convolution_{level}_{step}"
            x = keras.layers.Conv2D(
                width,
                3,
                strides=2 if is_last else 1,
                padding="same",
                use_bias=not batch_normalization,
                name=name,
            )(x)
            x = activation(x, batch_normalization, name)
    return x


def transposed_stack(
    x, filters: tuple[int, ...], sides: list[tuple[int, int]], batch_normalization: bool
):
    """The mirror of `convolution_stack`, up to pixel logits in float32.

    Args:
        x: Features of shape `(batch, height, width, channels)` with the sides `sides[0]`.
        filters: Channels after each transposed convolution; the last are those of the image.
        sides: Height and width before the first and after each transposed convolution.
        batch_normalization: Whether it follows each transposed convolution but the last.
    """
    last = len(filters)
    for level, width in enumerate(filters, start=1):
        is_last = level == last
        name = "logits" if is_last else f"transposed_{level}"
        # Logits stay in float32 under mixed precision, and a crop must not cast them back.
        dtype = "float32" if is_last else None
        x = keras.layers.Conv2DTranspose(
            width,
            3,
            strides=2,
            padding="same",
            use_bias=is_last or not batch_normalization,
            dtype=dtype,
            name=name,
        )(x)
        # Doubling overshoots by one where the mirrored convolution rounded an odd side up.
        crop = tuple((0, 2 * a - b) for a, b in zip(sides[level - 1], sides[level], strict=True))
        if crop != ((0, 0), (0, 0)):
            x = SlicedCropping2D(crop, dtype=dtype, name=f"{name}_crop")(x)
        if not is_last:
            x = activation(x, batch_normalization, name)
    return x


def activation(x, batch_normalization: bool, name: str):
    """ReLU, after batch normalization where asked for."""
    if batch_normalization:
        # T18: moments over all replicas, so that one replica and two learn the same.
        x = FusedBatchNormalization(
            momentum=BATCH_NORMALIZATION_MOMENTUM, synchronized=True, name=f"{name}_normalization"
        )(x)
    return keras.layers.ReLU(name=f"{name}_activation")(x)


def normalized(x, slope: float = 0.0):
    """Batch normalization over all replicas (T18), and a ReLU, leaky where there is a slope."""
    x = BatchNormalization(momentum=BATCH_NORMALIZATION_MOMENTUM, synchronized=True)(x)
    return keras.layers.LeakyReLU(slope)(x) if slope else keras.layers.ReLU()(x)


def logits(x, width: int, name: str):
    """A linear dense layer in float32, also under mixed precision."""
    return keras.layers.Dense(width, dtype="float32", name=name)(x)
