"""Keras's own settings, of which the zoo needs some as they are by default.

Imported before all else of Keras.

Raises:
    ImportError: Keras stands on another library than TensorFlow.
"""

import os

from zoo.errors import InputError

_BACKENDS = ("jax", "torch", "openvino")


def _elsewhere(backend):
    given = f"KERAS_BACKEND={backend!r}" if "KERAS_BACKEND" in os.environ else repr(backend)
    return ImportError(
        "The zoo needs TensorFlow behind Keras: set the environment variable "
        f"KERAS_BACKEND=tensorflow, or the backend in keras.json. Received: {given}."
    )


try:
    import keras
except ModuleNotFoundError as error:
    if error.name not in _BACKENDS:
        raise
    raise _elsewhere(error.name) from None
if keras.config.backend() != "tensorflow":
    raise _elsewhere(keras.config.backend())


def check_settings() -> None:
    """Raises `InputError` where Keras would make other networks or numbers than the zoo's."""
    asked = {
        "image_data_format": ("channels_last", keras.config.image_data_format()),
        "floatx": ("float32", keras.config.floatx()),
    }
    for name, (needed, found) in asked.items():
        if found != needed:
            raise InputError(
                f"The zoo needs Keras's {name} to be {needed!r}: call keras.config.set_{name}"
                f"({needed!r}) first, or set it in keras.json. Received: {found!r}."
            )


def use_defaults() -> None:
    """Sets what `check_settings` looks at, whatever keras.json says."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
