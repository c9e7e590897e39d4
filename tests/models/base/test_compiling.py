"""zoo/models/base/compiling.py: what is frozen, or is so no more, after `compile`."""

import functools

import keras
import numpy as np
import pytest

import zoo


def test_what_learns_only_since_it_was_compiled_is_named(images):
    x, y = images
    for role in ("encoder", "discriminator"):
        model = zoo.create_model("se_nc", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
        getattr(model, role).trainable = False
        model.compile()
        getattr(model, role).trainable = True
        for learn in (model.fit, model.train_on_batch):
            with pytest.raises(zoo.InputError, match="kernel' became trainable after `compile`"):
                learn(x, y)
        model.compile()
        assert np.isfinite(model.train_on_batch(x, y)).all()


@pytest.mark.parametrize("role", ["encoder", "decoder", "discriminator"])
def test_weights_that_are_averaged_are_frozen_before_compile_alone(role, images):
    """T65."""
    x, y = images
    model = zoo.create_model("aae", input_shape=(8, 8, 1), size=(4, 8), code_size=4)
    averaging = functools.partial(keras.optimizers.Adam, 0.01, use_ema=True)
    model.compile(averaging())
    model.fit(x, verbose=0)
    getattr(model, role).trainable = False
    for learn in (model.fit, model.train_on_batch):
        with pytest.raises(zoo.InputError, match="was frozen after `compile`, whose optimizer av"):
            learn(x)
    model.compile(averaging(), averaging())
    held = getattr(model, role).get_weights()
    model.fit(x, verbose=0)
    np.testing.assert_array_equal(
        np.concatenate([each.ravel() for each in getattr(model, role).get_weights()]),
        np.concatenate([each.ravel() for each in held]),
    )


@pytest.mark.parametrize(
    ("name", "role"), [("se_co", "separator"), ("se_nc", "encoder"), ("se_nc", "discriminator")]
)
def test_a_model_frozen_after_compile_goes_on_from_its_file(name, role, images, tmp_path, recwarn):
    keras.utils.set_random_seed(1)
    shape = {"input_shape": (8, 8, 1), "num_classes": 3}
    model = zoo.create_model(name, **shape, size=(4, 8), code_size=4)
    model.compile()
    model.fit(*images, shuffle=False, verbose=0)
    getattr(model, role).trainable = False
    model.fit(*images, shuffle=False, verbose=0)
    model.save(tmp_path / "frozen.keras")
    loaded = keras.models.load_model(tmp_path / "frozen.keras")
    assert not [each for each in recwarn if "Skipping variable" in str(each.message)]
    assert not getattr(loaded, role).trainable
    for each in (model, loaded):
        each.fit(*images, shuffle=False, verbose=0)
    for own, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-6, err_msg=own.path)
    # What is loaded knows all that its optimizers were made for.
    getattr(loaded, role).trainable = True
    loaded.fit(*images, verbose=0)
