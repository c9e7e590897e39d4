"""zoo/models/base/stored_model.py: whole files, weights and configurations."""

import functools

import keras
import numpy as np
import pytest
from gated_rows import X, Y, model_of, network

import zoo


def autoencoder(**arguments):
    return zoo.Autoencoder(network((8, 8, 1), (4,)), network((4,), (8, 8, 1)), **arguments)


def test_models_of_others_are_saved_as_they_were(tmp_path):
    keras.saving.save_model(network((3,), (2,)), tmp_path / "other.h5")
    assert keras.saving.load_model(tmp_path / "other.h5").output_shape == (None, 2)


def test_models_are_saved_in_files_that_load(tmp_path):
    model = model_of("images")
    around = keras.Sequential([model])
    for name in ("model.h5", "model.hdf5"):
        for save in (
            model.save,
            functools.partial(keras.saving.save_model, model),
            functools.partial(keras.models.save_model, around),
            around.save,
        ):
            with pytest.raises(zoo.InputError, match=r"a \.keras file"):
                save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    checkpoints = [
        keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.ModelCheckpoint(tmp_path / "of.weights.h5", save_weights_only=True),
    ]
    model.fit(X["images"], Y["images"], callbacks=checkpoints, verbose=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "of.weights.h5"]


def test_a_file_without_random_state_loads_with_a_warning(images, tmp_path):
    plain = autoencoder()
    noisy = autoencoder(corruption=keras.layers.GaussianNoise(0.1))
    plain.save_weights(tmp_path / "plain.weights.h5")
    with pytest.warns(UserWarning, match="random generators"):
        noisy.load_weights(tmp_path / "plain.weights.h5")


def test_weights_of_another_size_leave_the_model_as_it_was(images, tmp_path):
    x, _ = images
    wide = zoo.create_model("ae", input_shape=(8, 8, 1), code_size=5, size=(4,))
    wide.save_weights(tmp_path / "wide.weights.h5")
    model = autoencoder()
    model.compile(optimizer="adam")
    model.fit(x, verbose=0)
    before = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    with pytest.raises(zoo.InputError, match="another size; the model is as it was") as caught:
        model.load_weights(tmp_path / "wide.weights.h5")
    assert "\n" not in str(caught.value)
    after = (*model.variables, *model.optimizer.variables)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    (tmp_path / "torn.weights.h5").write_bytes(b"no HDF5")
    for name, words in (("none", "not there"), ("torn", "damaged, or no file of weights")):
        with pytest.raises(zoo.InputError, match=rf"{name}.weights.h5' is {words}; the model is"):
            model.load_weights(tmp_path / f"{name}.weights.h5")


@pytest.mark.parametrize(
    ("name", "old", "new", "value"),
    [
        ("vat", "difference", "xi", 1e-3),
        ("ac_nc_v1", "reading", "variant", "pixels"),
        ("mlp", "loss", "label_loss", "kl"),
        ("spen_e2e", "loss", "iterate_loss", "squared"),
        ("se_co", "separability_weight", "classification_weight", 3.0),
        ("ac_co_v1", "image_loss", "reconstruction_loss", "mae"),
    ],
)
def test_arguments_by_older_names_are_read(name, old, new, value):
    rows = {"num_labels": 3} if name in ("mlp", "spen_e2e") else {"num_classes": 3}
    small = {"kind": "dense", "size": (4,)} if name[:2] in ("ac", "se") else {}
    model = zoo.create_model(name, input_shape=(2, 2, 1), **rows, **small)
    config = model.get_config()
    del config[new]
    assert getattr(type(model).from_config({**config, old: value}), new) == value
