"""A Keras model that is stored whole: in `.keras` files, by its weights, by its configuration."""

import json
import os

import keras
from keras.src.legacy.saving import legacy_h5_format
from keras.src.saving import saving_lib

from zoo.errors import InputError
from zoo.models.base import random_state
from zoo.models.base.weight_files import loading_whole, save_whole
from zoo.networks.configs import constructor_config, constructor_parameters
from zoo.settings import of_today


class StoredModel(keras.Model):
    """A model whose configuration is its constructor's arguments, and whose files are whole.

    The states of its random generators go with the weights, and arguments under a former name are
    read by today's.
    """

    def save(self, filepath, *args, **kwargs):
        """As Keras's `save`, to a `.keras` file."""
        check_file(filepath)
        super().save(filepath, *args, **kwargs)

    def get_config(self):
        config = {**super().get_config(), **constructor_config(self, keras.Model)}
        # By place. What a network makes itself is in no config of its own.
        layers = enumerate(self._flatten_layers(include_self=False))
        frozen = [place for place, layer in layers if not layer.trainable]
        return {**config, "frozen": frozen} if frozen else config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def read(key, value):
            if isinstance(value, dict) and "class_name" in value and key != "dtype":
                return keras.saving.deserialize_keras_object(value, custom_objects=custom_objects)
            return value

        frozen = config.get("frozen", ())
        config = {key: value for key, value in config.items() if key != "frozen"}
        known = constructor_parameters(cls)
        model = cls(**{key: read(key, value) for key, value in of_today(config, known).items()})
        if frozen:
            # Parents before children, which follow them.
            for place, layer in enumerate(model._flatten_layers(include_self=False)):
                layer.trainable = place not in frozen
        return model

    def set_weights(self, weights):
        super().set_weights(weights)
        self._follow_weights()

    def save_weights(self, filepath, *args, **kwargs):
        """As Keras's; a `.weights.h5` appears whole."""
        if args or kwargs or not str(filepath).endswith(".weights.h5"):
            super().save_weights(filepath, *args, **kwargs)
        else:
            save_whole(self, filepath)

    def load_weights(self, filepath, *args, **kwargs):
        """As Keras's; where it fails, the model is as it was.

        Raises:
            InputError: weights of another model, or of networks of another size, or no file of
                weights.
        """
        with loading_whole(self, filepath):
            super().load_weights(filepath, *args, **kwargs)
        self._follow_weights()

    def _follow_weights(self):
        # What Keras's preprocessing layers (Normalization) make of their weights is a constant to
        # them and to functions traced before.
        layers = [layer for layer in self._flatten_layers() if hasattr(layer, "finalize_state")]
        for layer in layers:
            layer.finalize_state()
        for kind in ("train", "test", "predict") if layers else ():
            if getattr(self, f"{kind}_function") is not None:
                getattr(self, f"make_{kind}_function")(force=True)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        random_state.save(self, store)

    def load_own_variables(self, store):
        super().load_own_variables(random_state.load(self, store))


def check_file(path: str | os.PathLike) -> None:
    """Raises `InputError` for a kind of file from which a model of the zoo cannot be loaded."""
    if str(path).endswith((".h5", ".hdf5")):
        raise InputError(
            "A whole model is saved as a .keras file, and its weights alone, by `save_weights`, as "
            f".weights.h5. Received: {str(path)!r}."
        )


def _save_as_hdf5(model, filepath, *args, **kwargs):
    if any(isinstance(each, StoredModel) for each in model._flatten_layers()):
        check_file(filepath)
    return _keras_saves_as_hdf5(model, filepath, *args, **kwargs)


# `keras.saving.save_model` opens the file before it asks the model for anything.
_keras_saves_as_hdf5 = legacy_h5_format.save_model_to_hdf5
legacy_h5_format.save_model_to_hdf5 = _save_as_hdf5


def _serialize_as_json(model):
    config, metadata = _keras_serializes_as_json(model)
    values = json.loads(config)
    if str(values["registered_name"]).startswith("zoo>"):
        # Keras finds a class by its registered name; this one stands in what it says of one that
        # nobody has imported.
        values["class_name"] += " of autonet-zoo, which `import zoo` makes known"
        config = json.dumps(values)
    return config, metadata


_keras_serializes_as_json = saving_lib._serialize_model_as_json
saving_lib._serialize_model_as_json = _serialize_as_json
