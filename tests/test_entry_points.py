"""zoo/entry_points/: arguments reach the models, and bad ones are refused."""

import keras
import pytest

import zoo
from zoo.losses import AdjustedCooperation, StrictCooperation
from zoo.networks import MaskingNoise, SaltAndPepperNoise, encoder
from zoo.networks import classifier as build_classifier
from zoo.networks import generator as build_generator

SHAPE = (8, 8, 1)
TINY = {"input_shape": SHAPE, "kind": "dense", "size": (4,), "code_size": 4}

CODERS = {"ae": zoo.Autoencoder, "dae": zoo.Autoencoder}
VARIATIONAL = dict.fromkeys(("vae", "dvae", "beta_vae"), zoo.VariationalAutoencoder)
ADVERSARIAL = dict.fromkeys(("aae", "daae", "idaae"), zoo.AdversarialAutoencoder)
UNSUPERVISED = {**CODERS, **VARIATIONAL, **ADVERSARIAL}
LABEL_VECTORS = {
    "cnn": zoo.Classifier,
    "ac_co_v1": zoo.AutoClassifier,
    "ac_co_v2": zoo.AutoClassifier,
    "ac_nc_v1": zoo.AutoClassifierGeneratorGame,
    "ac_nc_v2": zoo.AutoClassifierDiscriminatorGame,
}
AUTO_CLASSIFIERS = [name for name in LABEL_VECTORS if name != "cnn"]
TINY_CLASSIFIER = {"input_shape": SHAPE, "num_classes": 3, "kind": "dense", "size": (4,)}
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


@pytest.mark.parametrize("name", LABEL_VECTORS)
def test_systems_of_label_vectors_are_their_class_with_their_defaults(name):
    model = zoo.create_model(name, **TINY_CLASSIFIER)
    assert type(model) is LABEL_VECTORS[name] and model.num_classes == 3
    assert model.classifier.output_shape == (None, 3)
    assert model.label_loss == "crossentropy" and model.label_smoothing == 0.0
    assert model.augmentation is None
    adversary = {"ac_nc_v1": "generator", "ac_nc_v2": "discriminator"}.get(name)
    assert model.adversary_role == adversary
    if name != "cnn":
        assert model.generator.output_shape == (None, *SHAPE) and model.image_loss == "mse"


def test_defaults_of_the_auto_classifiers():
    models = {name: zoo.create_model(name, **TINY_CLASSIFIER) for name in AUTO_CLASSIFIERS}
    assert models["ac_co_v1"].cooperation == StrictCooperation(1.0)
    assert models["ac_co_v2"].cooperation == AdjustedCooperation(1.0)
    first, second = models["ac_nc_v1"], models["ac_nc_v2"]
    assert first.cooperation == second.cooperation == AdjustedCooperation(1.0)
    assert (first.reading, first.margin, first.adversarial_weight) == ("energy", 0.1, 1.0)
    assert second.adversarial_weight == 0.1
    assert first.adversarial_loss == second.adversarial_loss == "non_saturating"


@pytest.mark.parametrize("name", LABEL_VECTORS)
def test_arguments_reach_the_classifier(name):
    model = zoo.create_model(
        name,
        input_shape=SHAPE,
        num_classes=3,
        size=(4, 6),
        hidden=(7,),
        convolutions=2,
        dropout=0.3,
        label_loss="mae",
        label_smoothing=0.1,
        flip=True,
        shift=1,
        erase=0.5,
    )
    layers = model.classifier.layers
    filters = [layer.filters for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    units = [layer.units for layer in layers if isinstance(layer, keras.layers.Dense)]
    rates = {layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)}
    assert (filters, units, rates) == ([4, 4, 6, 6], [7, 3], {0.3})
    assert (model.label_loss, model.label_smoothing) == ("mae", 0.1)
    kinds = [keras.layers.RandomFlip, keras.layers.RandomTranslation, keras.layers.RandomErasing]
    assert [type(layer) for layer in model.augmentation.layers] == kinds


@pytest.mark.parametrize("name", AUTO_CLASSIFIERS)
def test_arguments_reach_the_generator(name):
    model = zoo.create_model(name, image_loss="mae", generator_size=(5, 6), **TINY_CLASSIFIER)
    assert model.image_loss == "mae"
    units = [each.units for each in model.generator.layers if isinstance(each, keras.layers.Dense)]
    assert units == [6, 5, 64], "the mirror of the classifier's order"
    default = zoo.create_model(name, **TINY_CLASSIFIER).generator
    assert [each.units for each in default.layers if isinstance(each, keras.layers.Dense)] == [
        4,
        64,
    ]


def test_weights_reach_the_cooperations():
    strict = zoo.create_model("ac_co_v1", generation_weight=4.0, **TINY_CLASSIFIER)
    assert strict.cooperation == StrictCooperation(4.0)
    adjusted = zoo.create_model("ac_co_v2", classification_weight=0.5, **TINY_CLASSIFIER)
    assert adjusted.cooperation == AdjustedCooperation(0.5)


@pytest.mark.parametrize("name", ["ac_nc_v1", "ac_nc_v2"])
def test_arguments_reach_the_games_of_the_auto_classifiers(name):
    arguments = {"adversarial_weight": 0.3, "adversarial_loss": "minimax", "adversary_steps": 2}
    if name == "ac_nc_v1":
        arguments |= {"reading": "pixels", "margin": 0.4}
        own = {}
    else:
        own = {"discriminator_size": (5,)}
    model = zoo.create_model(name, classification_weight=2.0, **arguments, **own, **TINY_CLASSIFIER)
    assert {key: getattr(model, key) for key in arguments} == arguments
    assert model.cooperation == AdjustedCooperation(2.0)
    if own:
        assert model.discriminator.input_shape == (None, 3)
        assert model.discriminator.layers[1].units == 5


def test_the_reading_chooses_the_generator():
    for reading, heads in (("energy", 1), ("two_heads", 2), ("pixels", 1)):
        model = zoo.create_model("ac_nc_v1", reading=reading, **TINY_CLASSIFIER)
        assert len(model.generator.outputs) == heads
    one_head = build_generator(SHAPE, 3, (4,), "dense")
    with pytest.raises(zoo.InputError, match="shape and one logit"):
        zoo.create_model("ac_nc_v1", reading="two_heads", generator=one_head, **TINY_CLASSIFIER)


def test_label_vector_networks_of_ones_own_replace_the_built_ones():
    mine = build_classifier(SHAPE, 3, (9,), "dense"), build_generator(SHAPE, 3, (9,), "dense")
    roles = "classifier", "generator"
    judge = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    for name in LABEL_VECTORS:
        own = {"classifier": mine[0]} if name == "cnn" else dict(zip(roles, mine, strict=True))
        if name == "ac_nc_v2":
            own["discriminator"] = judge
        model = zoo.create_model(name, **own, **TINY_CLASSIFIER)
        assert model.networks == own


@pytest.mark.parametrize("name", LABEL_VECTORS)
def test_classifiers_and_generators_that_do_not_fit_are_refused(name):
    others = (
        build_classifier((9, 9, 1), 3, (4,), "dense"),
        build_classifier(SHAPE, 4, (4,), "dense"),
    )
    for other in others:
        with pytest.raises(zoo.InputError, match=r"shape \(8, 8, 1\) into 3 logits. Received"):
            zoo.create_model(name, classifier=other, **TINY_CLASSIFIER)
    with pytest.raises(zoo.InputError, match="`classifier` must be a built keras.Model. Received"):
        zoo.create_model(name, classifier="cnn", **TINY_CLASSIFIER)
    if name != "cnn":
        for shape, classes in (((9, 9, 1), 3), (SHAPE, 4)):
            other = build_generator(shape, classes, (4,), "dense")
            with pytest.raises(zoo.InputError, match="The generator must .* Received"):
                zoo.create_model(name, generator=other, **TINY_CLASSIFIER)


@pytest.mark.parametrize("name", LABEL_VECTORS)
@pytest.mark.parametrize("num_classes", [0, 1, 2.5])
def test_label_vectors_need_classes(name, num_classes):
    with pytest.raises(zoo.InputError, match="`num_classes`"):
        zoo.create_model(name, **{**TINY_CLASSIFIER, "num_classes": num_classes})


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ac_co_v1", {"generation_weight": -1.0}, "`generation_weight`.*=-1.0"),
        ("ac_co_v2", {"classification_weight": -1.0}, "`classification_weight.*=-1.0"),
        ("ac_nc_v1", {"classification_weight": -1.0}, "`classification_weight.*=-1.0"),
        ("ac_nc_v1", {"reading": "two heads"}, "Unknown reading 'two heads'"),
        ("ac_nc_v1", {"margin": -0.1}, "`margin`.*margin=-0.1"),
        ("ac_nc_v2", {"adversarial_weight": -1.0}, "`adversarial_weight`.*=-1.0"),
        ("cnn", {"label_smoothing": 1.0}, "`label_smoothing`.*=1.0"),
        ("cnn", {"erase": 2.0}, "`erase`.*=2.0"),
    ],
)
def test_bad_arguments_of_the_auto_classifiers_are_refused(name, arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_model(name, **arguments, **TINY_CLASSIFIER)
