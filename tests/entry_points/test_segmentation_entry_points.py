"""zoo/entry_points/segmentation.py: arguments reach the models, and a value network of masks."""

import keras
import numpy as np
import pytest
from bright_masks import pairs

import zoo
from zoo.entry_points import segmentation
from zoo.models.segmenters import AdversarialSegmenter, Segmenter
from zoo.models.value_networks import DeepValueNetwork
from zoo.networks.crops import RandomPairCrop, predict_by_crops

NAMES = ("fcn", "adversarial_segmenter", "dvn_masks")
TINY = {"input_shape": (12, 12, 3), "crop_size": 8, "filters": (6,), "kernel_size": 3}

every_name = pytest.mark.parametrize("name", NAMES)


def tiny(name, **arguments):
    return zoo.create_model(name, **{**TINY, **arguments})


@every_name
def test_networks_take_the_crops_of_the_images(name):
    model = tiny(name, seed=4, mirror=False)
    assert model.input_shape == (None, 8, 8, 3)
    crop = model.augmentation
    assert isinstance(crop, RandomPairCrop)
    assert (crop.height, crop.width, crop.mirror, crop.seed) == (8, 8, False, 4)
    whole = tiny(name, crop_size=None)
    assert whole.input_shape == (None, 12, 12, 3) and whole.augmentation is None


def test_arguments_reach_the_models():
    assert type(tiny("fcn", dropout=0.5).segmenter.get_layer("dropout")) is keras.layers.Dropout
    game = tiny(
        "adversarial_segmenter",
        form="basic",
        adversarial_weight=0.5,
        adversarial_loss="minimax",
        adversary_steps=2,
        discriminator_filters=(5,),
    )
    assert type(game) is AdversarialSegmenter and type(tiny("fcn")) is Segmenter
    assert game.discriminator.input_shape == (None, 8, 8, 1)
    assert (game.form, game.adversarial_weight) == ("basic", 0.5)
    assert (game.adversarial_loss, game.adversary_steps) == ("minimax", 2)
    value = tiny("dvn_masks", units=7, inference_steps=3, step_size=2.0, momentum=0.5, seed=1)
    assert type(value) is DeepValueNetwork and value.oracle == "iou"
    assert value.label_shape == (8, 8, 1)
    assert (value.inference.steps, value.inference.step_size) == (3, 2.0)
    assert (value.inference.momentum, value.seed) == (0.5, 1)
    assert value.value_network.units == (7,)


@pytest.mark.parametrize("climbs", ["value", "logit"])
def test_inference_on_masks_raises_the_value(climbs):
    x, _ = pairs(side=8)
    settings = {"units": 7, "inference_steps": 5, "step_size": 0.1, "start": "half"}
    model = tiny("dvn_masks", **settings, climbs=climbs)
    found = model.trajectory(x)
    assert found.labels.shape == (24, 8, 8, 1)
    values = np.stack([model.value(x, y) for y in found.trajectory.numpy()])
    assert np.all(np.diff(values, axis=0) > -1e-6)
    assert np.all(values[-1] > values[0])


@pytest.mark.parametrize("kind", ["pooled", pytest.param("convolutional", marks=pytest.mark.full)])
def test_the_whole_value_network_learns_through_what_was_prepared(kind):
    x, y = pairs(side=8)
    model = tiny("dvn_masks", units=7, kind=kind)
    whole = model.value_network([x, y])[:, 0]
    np.testing.assert_allclose(model.value_logits(model.prepare(x), y), whole, atol=1e-5)
    model.compile(keras.optimizers.SGD(0.1))
    before = [variable.numpy() for variable in model.value_network.trainable_variables]
    model.fit(*pairs(side=12), verbose=0)
    for old, new in zip(before, model.value_network.trainable_variables, strict=True):
        assert np.any(old != new.numpy()), new.path


def test_every_generator_makes_masks():
    x, y = pairs(side=8)
    for generator in segmentation.MASK_GENERATORS:
        model = tiny("dvn_masks", units=7, generators={generator: 1.0}, inference_steps=2)
        made = np.asarray(model.tuples(model.prepare(x), y))
        assert made.shape == y.shape
        assert made.min() >= 0.0 and made.max() <= 1.0


@pytest.mark.parametrize("mixing", [pytest.param("batches", marks=pytest.mark.full), "all"])
def test_every_mixing_learns_in_a_graph(mixing):
    model = tiny("dvn_masks", units=7, inference_steps=2, mixing=mixing)
    model.compile(optimizer="adam")
    losses = model.fit(*pairs(side=12), batch_size=11, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


@pytest.mark.full
@every_name
def test_it_learns_from_larger_pairs_and_is_saved(name, tmp_path):
    x, y = pairs(side=12)
    model = tiny(name)
    model.compile(optimizer="adam")
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert np.isfinite(history["loss"]).all() and np.isfinite(history["val_loss"]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    masks = predict_by_crops(model, x, (0, 4))
    assert masks.shape == y.shape
    np.testing.assert_allclose(predict_by_crops(loaded, x, (0, 4)), masks, atol=1e-6)
    for each in (model, loaded):
        each.fit(x, y, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "arguments", "message"),
    [
        (NAMES, {"crop_size": 13}, "at most the smaller side.*crop_size=13"),
        (NAMES, {"crop_size": 0}, "`crop_size`.*crop_size=0"),
        (NAMES, {"input_shape": (12, 3)}, "`input_shape`.*height, width, channels"),
        (NAMES, {"filters": (4, 5, 6), "crop_size": 10}, "halved 2 times"),
        (NAMES[2:], {"kind": "poled"}, "Unknown kind 'poled'. Did you mean 'pooled'"),
    ],
)
def test_bad_arguments_are_refused(names, arguments, message):
    for name in names:
        with pytest.raises(zoo.InputError, match=message):
            tiny(name, **arguments)
