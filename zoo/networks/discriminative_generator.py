"""A generator that also judges: one trunk, an image and a logit."""

from collections.abc import Sequence

import keras

from zoo.errors import InputError
from zoo.networks import blocks, sizes
from zoo.networks.vision import generator


def discriminative_generator(
    output_shape: Sequence[int],
    num_classes: int,
    size: str | int | Sequence[int] = "medium",
    kind: str | None = None,
    name: str = "generator",
    *,
    trunk: int | Sequence[int] = 64,
    batch_normalization: bool = True,
    normalization: str | None = None,
    residual: bool = False,
) -> keras.Model:
    """A generator with two heads: label vector `(batch, num_classes)` to an image and a logit.

    A dense trunk with ReLU ends in the features of both heads: pixel logits `(batch, h, w, c)`,
    by the layers of `generator`, and the logit `(batch, 1)` of the label vector being real.

    Args:
        output_shape: (height, width, channels) of the image, as for `encoder`.
        num_classes: Number of classes, at least 2.
        size: Of the image head, as for `encoder`.
        kind: Of the image head, as for `encoder`.
        name: Name of the network.
        trunk: Units of the trunk's layers, from the label vector on; at least one layer.
        batch_normalization: Of the image head, as for `decoder`.
        normalization: Of the image head's dense layers, as for `encoder`.
        residual: Of the image head's dense layers, as for `encoder`.

    Raises:
        InputError: as for `generator`, and for a trunk without a layer.

    Example:
        >>> discriminative_generator((8, 8, 1), num_classes=10).output_shape
        [(None, 8, 8, 1), (None, 1)]
    """
    sizes.check_num_classes(num_classes)
    units = sizes.read_units("trunk", trunk)
    if not units:
        raise InputError("The `trunk` must hold at least one number. Received: trunk=().")
    label = keras.Input((num_classes,), name="label")
    features = blocks.dense_stack(label, units, name="trunk")
    image_head = generator(
        output_shape,
        units[-1],
        size,
        kind,
        "image",
        batch_normalization=batch_normalization,
        normalization=normalization,
        residual=residual,
    )
    return keras.Model(label, [image_head(features), blocks.logits(features, 1, "real")], name=name)
