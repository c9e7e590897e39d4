"""How images reach a served model: floats, bytes of pixels, or whole PNG and JPEG files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from zoo.datasets.image_graphs import decode_files
from zoo.datasets.pixels import to_unit_range
from zoo.errors import InputError, check_choice
from zoo.settings.choices import IMAGE_INPUTS


class ModelInput(NamedTuple):
    """What signatures take: inputs by name, how floats come of them, and values where few do."""

    specs: Mapping[str, tf.TensorSpec]
    to_floats: Callable[..., Any]
    examples: Mapping[str, Any] = {}


def model_input(shape: Sequence[int], images: str = "float") -> ModelInput:
    """The input x of a model whose inputs have a shape, without the batch.

    Args:
        shape: (height, width, channels), or (features,).
        images: `"float"`: `images`, float32 in [0, 1]; `"uint8"`: `images` of bytes, of which the
            graph makes pixel / 255; `"encoded"`: `image_bytes`, a PNG or JPEG file in each row,
            which the graph decodes, turns, resizes and scales as training did; one that is no such
            file fails its whole batch. A model of feature vectors takes `features`, float32, alone.

    Raises:
        InputError: an unknown kind, or a kind of images for a model of feature vectors.
    """
    check_choice("kind of images", images, IMAGE_INPUTS)
    shape = tuple(shape)
    if len(shape) == 1:
        if images != "float":
            raise InputError(
                f"The model takes feature vectors of length {shape[0]}, not images. Received: "
                f"images={images!r}."
            )
        return ModelInput({"features": tf.TensorSpec((None, *shape), "float32")}, tf.identity)
    if images == "encoded":
        # TensorFlow Serving reads names that end so as base64 in JSON.
        spec = tf.TensorSpec((None,), "string")

        # One function, which all signatures of a model share.
        @tf.function(input_signature=[spec], autograph=False)
        def to_floats(files):
            return to_unit_range(decode_files(files, shape))

        return ModelInput({"image_bytes": spec}, to_floats)
    dtype = "uint8" if images == "uint8" else "float32"
    spec = tf.TensorSpec((None, *shape), dtype)
    return ModelInput({"images": spec}, to_unit_range)
