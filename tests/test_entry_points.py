"""zoo/entry_points.py: arguments reach the models, and bad ones are refused."""

import keras
import pytest

import zoo
from zoo.networks import MaskingNoise, SaltAndPepperNoise, encoder

SHAPE = (8, 8, 1)
TINY = {"input_shape": SHAPE, "kind": "dense", "size": (4,), "code_size": 4}

CODERS = {"ae": zoo.Autoencoder, "dae": zoo.Autoencoder}
VARIATIONAL = dict.fromkeys(("vae", "dvae", "beta_vae"), zoo.VariationalAutoencoder)
ADVERSARIAL = dict.fromkeys(("aae", "daae", "idaae"), zoo.AdversarialAutoencoder)
UNSUPERVISED = {**CODERS, **VARIATIONAL, **ADVERSARIAL}
NOISY = {"dae": 0.5, "dvae": 0.1, "daae": 0.5, "idaae": 0.5}


def test_arguments_reach_the_super_encoder():
    model = zoo.create_model(
        "se_co",
        input_shape=(28, 28, 1),
        num_classes=5,
        code_size=7,
        separability_weight=2.0,
        label_loss="mae",
    )
    assert model.encoder.output_shape == (None, 7) and model.separator.output_shape == (None, 5)
    assert model.separability_weight == 2.0 and model.label_loss == "mae"
    assert model.adversary_role is None


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_systems_are_their_class_with_their_defaults(name):
    model = zoo.create_model(name, **TINY)
    assert type(model) is UNSUPERVISED[name]
    assert (model.corruption is not None) == (name in NOISY)
    assert model.decoder.input_shape == (None, 4)
    parameters = 8 if name in VARIATIONAL else 4
    assert model.encoder.output_shape == (None, parameters)


@pytest.mark.parametrize("name", NOISY)
def test_noise_reaches_the_corruption(name):
    kind = SaltAndPepperNoise if name == "dvae" else keras.layers.GaussianNoise
    corruption = zoo.create_model(name, **TINY).corruption
    assert type(corruption) is kind
    assert getattr(corruption, "rate", getattr(corruption, "stddev", None)) == NOISY[name]
    masked = zoo.create_model(name, noise=0.25, noise_kind="masking", **TINY).corruption
    assert type(masked) is MaskingNoise and masked.rate == 0.25
    mine = keras.layers.GaussianNoise(0.3)
    assert zoo.create_model(name, noise=0.1, corruption=mine, **TINY).corruption is mine
    if name != "idaae":
        assert zoo.create_model(name, noise=0.0, **TINY).corruption is None


@pytest.mark.parametrize("name", NOISY)
@pytest.mark.parametrize("noise", [-0.1, 1.5, float("nan")])
def test_noise_out_of_range_is_refused(name, noise):
    with pytest.raises(zoo.InputError, match="`noise`"):
        zoo.create_model(name, noise=noise, **TINY)


@pytest.mark.parametrize("name", VARIATIONAL)
def test_arguments_reach_the_variational_autoencoders(name):
    assert zoo.create_model(name, **TINY).beta == (4.0 if name == "beta_vae" else 1.0)
    arguments = {"beta": 2.5, "likelihood": "gaussian", "likelihood_scale": 0.3}
    model = zoo.create_model(name, **arguments, **TINY)
    assert {key: getattr(model, key) for key in arguments} == arguments


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_arguments_reach_the_adversarial_autoencoders(name):
    assert zoo.create_model(name, **TINY).num_encodings == (5 if name == "idaae" else 1)
    arguments = {
        "adversarial_weight": 0.3,
        "adversarial_loss": "minimax",
        "adversary_steps": 2,
        "reconstruction_loss": "mae",
    }
    model = zoo.create_model(
        name, prior="gaussian_mixture", discriminator_size=(5,), **arguments, **TINY
    )
    assert {key: getattr(model, key) for key in arguments} == arguments
    assert tuple(model.prior.event_shape) == (4,)
    assert model.prior.components_distribution.batch_shape[0] == 10
    assert model.discriminator.layers[1].units == 5


def test_arguments_reach_the_game_of_the_super_encoder():
    arguments = {
        "adversarial_weight": 0.3,
        "adversarial_loss": "minimax",
        "adversary_steps": 2,
        "separability_weight": 0.0,
        "reconstruction_weight": 4.0,
        "conditional_decoder": True,
    }
    model = zoo.create_model("se_nc", num_classes=3, discriminator_size=(5,), **arguments, **TINY)
    assert {key: getattr(model, key) for key in arguments} == arguments
    assert model.adversary_role == "discriminator"
    assert model.discriminator.input_shape == (None, 3)
    assert model.discriminator.layers[1].units == 5
    assert model.decoder.input_shape == (None, 7)


def test_networks_of_ones_own_replace_the_built_ones():
    mine = encoder(SHAPE, code_size=10, kind="dense", size=8)
    for name, code_size in (("se_co", 10), ("aae", 10), ("vae", 5)):
        classes = {"num_classes": 3} if name == "se_co" else {}
        model = zoo.create_model(name, input_shape=SHAPE, kind="dense", encoder=mine, **classes)
        assert model.encoder is mine and model.decoder.input_shape == (None, code_size)
    judge = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    assert zoo.create_model("aae", discriminator=judge, **TINY).discriminator is judge


def test_an_encoder_of_other_images_is_refused():
    mine = encoder((9, 9, 1), code_size=10, kind="dense", size=8)
    for name in UNSUPERVISED:
        with pytest.raises(zoo.InputError, match=r"images of input_shape=\(8, 8, 1\)"):
            zoo.create_model(name, input_shape=SHAPE, encoder=mine)


@pytest.mark.parametrize("name", [*UNSUPERVISED, "se_co", "se_nc"])
def test_flips_and_shifts_reach_every_model(name):
    classes = {"num_classes": 3} if name.startswith("se_") else {}
    model = zoo.create_model(name, flip=True, shift=1, **classes, **TINY)
    assert model.augmentation is not None
    assert zoo.create_model(name, **classes, **TINY).augmentation is None


@pytest.mark.parametrize("num_classes", [0, 1, 2.5])
def test_a_game_on_labels_needs_classes(num_classes):
    with pytest.raises(zoo.InputError, match="`num_classes`"):
        zoo.create_model("se_nc", num_classes=num_classes, **TINY)
