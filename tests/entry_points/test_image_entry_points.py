"""zoo/entry_points/: arguments reach the models of images, and bad ones are refused."""

import keras
import numpy as np
import pytest

import zoo
from zoo.losses import AdjustedCooperation, StrictCooperation
from zoo.networks import MaskingNoise, SaltAndPepperNoise
from zoo.networks import classifier as build_classifier
from zoo.networks import encoder as build_encoder
from zoo.networks import generator as build_generator

SHAPE = (8, 8, 1)
TINY = {"input_shape": SHAPE, "kind": "dense", "size": (4,), "code_size": 4, "num_classes": 3}

VARIATIONAL = ("vae", "dvae", "beta_vae")
ADVERSARIAL = ("aae", "daae", "idaae")
UNSUPERVISED = ("ae", "dae", *VARIATIONAL, *ADVERSARIAL)
SUPER_ENCODERS = ("se_co", "se_nc")
AUTO_CLASSIFIERS = ("ac_co_v1", "ac_co_v2", "ac_nc_v1", "ac_nc_v2")
LABEL_VECTORS = ("cnn", *AUTO_CLASSIFIERS)
NOISY = {"dae": 0.5, "dvae": 0.1, "daae": 0.5, "idaae": 0.5}


def create(name, **arguments):
    left_out = {"num_classes"} if name in UNSUPERVISED else set()
    left_out |= {"code_size"} if name in LABEL_VECTORS else set()
    known = {key: value for key, value in TINY.items() if key not in left_out}
    return zoo.create_model(name, **{**known, **arguments})


def units(network):
    return [each.units for each in network.layers if isinstance(each, keras.layers.Dense)]


def judge(size):
    return keras.Sequential([keras.Input((size,)), keras.layers.Dense(1)])


CLASSIFIER = {"label_loss": "crossentropy", "label_smoothing": 0.0}
COOPERATIVE = {**CLASSIFIER, "reconstruction_loss": "mse"}
GAME = {"adversarial_loss": "non_saturating", "adversary_steps": 1}
AUTO_GAME = {**COOPERATIVE, **GAME, "cooperation": AdjustedCooperation(1.0)}
ERROR = {"reconstruction_loss": "mse"}


@pytest.mark.parametrize(
    ("name", "kind", "adversary", "defaults"),
    [
        ("ae", "Autoencoder", None, ERROR),
        ("dae", "Autoencoder", None, ERROR),
        ("vae", "VariationalAutoencoder", None, {"beta": 1.0, "likelihood": "bernoulli"}),
        ("dvae", "VariationalAutoencoder", None, {"beta": 1.0}),
        ("beta_vae", "VariationalAutoencoder", None, {"beta": 4.0}),
        ("aae", "AdversarialAutoencoder", "discriminator", {**GAME, "num_encodings": 1}),
        ("daae", "AdversarialAutoencoder", "discriminator", {**GAME, "num_encodings": 1}),
        ("idaae", "AdversarialAutoencoder", "discriminator", {**GAME, "num_encodings": 5}),
        ("se_co", "SuperEncoder", None, {**ERROR, "classification_weight": 1.0}),
        ("se_nc", "SuperEncoder", "discriminator", {**GAME, "adversarial_weight": 0.1}),
        ("cnn", "Classifier", None, CLASSIFIER),
        ("ac_co_v1", "AutoClassifier", None,
         {**COOPERATIVE, "cooperation": StrictCooperation(1.0)}),
        ("ac_co_v2", "AutoClassifier", None,
         {**COOPERATIVE, "cooperation": AdjustedCooperation(1.0)}),
        ("ac_nc_v1", "AutoClassifierGeneratorGame", "generator",
         {**AUTO_GAME, "variant": "energy", "margin": 0.1, "adversarial_weight": 1.0}),
        ("ac_nc_v2", "AutoClassifierDiscriminatorGame", "discriminator",
         {**AUTO_GAME, "adversarial_weight": 0.1}),
    ],
)  # fmt: skip
def test_systems_are_their_class_with_their_defaults(name, kind, adversary, defaults):
    model = create(name)
    assert type(model) is getattr(zoo, kind) and model.augmentation is None
    assert getattr(model, "adversary_role", None) == adversary
    assert {key: getattr(model, key) for key in defaults} == defaults
    if name in LABEL_VECTORS:
        assert model.num_classes == 3 and model.classifier.output_shape == (None, 3)
        assert name == "cnn" or model.generator.output_shape == (None, *SHAPE)
    else:
        assert model.decoder.input_shape == (None, 4)
        assert model.encoder.output_shape == (None, 8 if name in VARIATIONAL else 4)
        assert (getattr(model, "corruption", None) is not None) == (name in NOISY)


SUPER = {"classification_weight": 2.0, "reconstruction_weight": 4.0, "conditional_decoder": True}
PLAYED = {"adversarial_weight": 0.3, "adversarial_loss": "minimax", "adversary_steps": 2}
SMOOTHED = {"label_loss": "mae", "label_smoothing": 0.1}


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        (UNSUPERVISED[:2], {"reconstruction_loss": "mae"}),
        (VARIATIONAL, {"beta": 2.5, "likelihood": "gaussian", "likelihood_scale": 0.3}),
        (ADVERSARIAL, {**PLAYED, "reconstruction_loss": "mae"}),
        (SUPER_ENCODERS, {**SUPER, "label_loss": "mae"}),
        (("se_nc", "ac_nc_v2"), PLAYED),
        (LABEL_VECTORS, SMOOTHED),
        (AUTO_CLASSIFIERS, {"reconstruction_loss": "mae"}),
        (("ac_nc_v1",), {**PLAYED, "variant": "pixels"}),
        (("ac_nc_v1",), {"margin": 0.4}),
    ],
)
def test_arguments_reach_the_models(names, arguments):
    for name in names:
        model = create(name, **arguments)
        assert {key: getattr(model, key) for key in arguments} == arguments


def test_weights_and_priors_reach_the_models():
    assert create("ac_co_v1", generation_weight=4.0).cooperation == StrictCooperation(4.0)
    for name in AUTO_CLASSIFIERS[1:]:
        model = create(name, classification_weight=2.0)
        assert model.cooperation == AdjustedCooperation(2.0)
    for name in ADVERSARIAL:
        prior = create(name, prior="gaussian_mixture").prior
        assert tuple(prior.event_shape) == (4,)
        assert prior.components_distribution.batch_shape[0] == 10


@pytest.mark.parametrize("name", NOISY)
def test_noise_reaches_the_corruption(name):
    kind = SaltAndPepperNoise if name == "dvae" else keras.layers.GaussianNoise
    corruption = create(name).corruption
    assert type(corruption) is kind
    assert getattr(corruption, "rate", getattr(corruption, "stddev", None)) == NOISY[name]
    masked = create(name, noise=0.25, noise_kind="masking").corruption
    assert type(masked) is MaskingNoise and masked.rate == 0.25
    mine = keras.layers.GaussianNoise(0.3)
    assert create(name, noise=0.1, corruption=mine).corruption is mine
    if name != "idaae":
        assert create(name, noise=0.0).corruption is None
    for noise in (-0.1, 1.5, float("nan")):
        with pytest.raises(zoo.InputError, match="`noise`"):
            create(name, noise=noise)


@pytest.mark.parametrize("name", LABEL_VECTORS)
def test_arguments_reach_the_classifier(name):
    model = create(name, kind="convolutional", size=(4, 6), units=(7,), convolutions=2, dropout=0.3)
    layers = model.classifier.layers
    filters = [layer.filters for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    rates = {layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)}
    assert (filters, units(model.classifier), rates) == ([4, 4, 6, 6], [7, 3], {0.3})


def test_sizes_reach_the_further_networks():
    for name in (*ADVERSARIAL, "se_nc", "ac_nc_v2"):
        network = create(name, discriminator_size=(5,)).discriminator
        assert network.input_shape == (None, 4 if name in ADVERSARIAL else 3)
        assert units(network) == [5, 1]
    model = create("se_nc", code_size=7, separator_size=(5,), conditional_decoder=True)
    assert units(model.separator) == [5, 3] and model.encoder.output_shape == (None, 7)
    assert model.decoder.input_shape == (None, 10)
    for name in AUTO_CLASSIFIERS:
        mirrored = create(name, generator_size=(5, 6)).generator
        assert units(mirrored) == [6, 5, 64], "the mirror of the classifier's order"
        assert units(create(name).generator) == [4, 64]


def test_the_variant_chooses_the_generator():
    for variant, heads in (("energy", 1), ("two_heads", 2), ("pixels", 1)):
        assert len(create("ac_nc_v1", variant=variant).generator.outputs) == heads
    one_head = build_generator(SHAPE, 3, (4,), "dense")
    with pytest.raises(zoo.InputError, match="shape and one logit"):
        create("ac_nc_v1", variant="two_heads", generator=one_head)


def test_changes_of_the_images_reach_every_model():
    kinds = [keras.layers.RandomFlip, keras.layers.RandomTranslation, keras.layers.RandomErasing]
    for name in (*UNSUPERVISED, *SUPER_ENCODERS):
        model = create(name, flip=True, shift=1)
        assert [type(layer) for layer in model.augmentation.layers] == kinds[:2]
    for name in LABEL_VECTORS:
        model = create(name, flip=True, shift=1, erase=0.5)
        assert [type(layer) for layer in model.augmentation.layers] == kinds


def test_networks_start_alike_whether_or_not_their_images_are_changed():
    for name in ("idaae", "se_nc"):
        starts = []
        for changes in ({}, {"flip": True, "shift": 1}):
            keras.utils.set_random_seed(3)
            networks = create(name, **changes).networks.values()
            starts.append([w for network in networks for w in network.get_weights()])
        for plain, changed in zip(*starts, strict=True):
            np.testing.assert_array_equal(plain, changed)


def test_networks_of_ones_own_replace_the_built_ones():
    mine = build_encoder(SHAPE, code_size=10, kind="dense", size=8)
    for name, code_size in (("se_co", 10), ("aae", 10), ("vae", 5)):
        model = create(name, encoder=mine, code_size=64)
        assert model.encoder is mine and model.decoder.input_shape == (None, code_size)
    own = {"discriminator": judge(4)}
    assert create("aae", **own).discriminator is own["discriminator"]
    own = {
        "classifier": build_classifier(SHAPE, 3, (9,), "dense"),
        "generator": build_generator(SHAPE, 3, (9,), "dense"),
        "discriminator": judge(3),
    }
    for name in LABEL_VECTORS:
        roles = list(own)[: {"cnn": 1, "ac_nc_v2": 3}.get(name, 2)]
        given = {role: own[role] for role in roles}
        assert create(name, size="medium", kind=None, **given).networks == given
    with pytest.raises(zoo.InputError, match="`size` says nothing beside `classifier`; leave"):
        create("cnn", size=4, kind=None, classifier=own["classifier"])
    with pytest.raises(zoo.InputError, match="`size` says nothing beside `encoder` and `decoder`"):
        create("vae", size=4, kind=None, code_size=64, encoder=mine, decoder=model.decoder)


def test_networks_that_do_not_fit_are_refused():
    other = build_encoder((9, 9, 1), code_size=10, kind="dense", size=8)
    for name in UNSUPERVISED:
        with pytest.raises(zoo.InputError, match=r"images of input_shape=\(8, 8, 1\)"):
            create(name, encoder=other)
    others = [((9, 9, 1), 3), (SHAPE, 4)]
    classifiers = [build_classifier(*shape, (4,), "dense") for shape in others]
    generators = [build_generator(*shape, (4,), "dense") for shape in others]
    for name in LABEL_VECTORS:
        for classifier in classifiers:
            with pytest.raises(zoo.InputError, match=r"shape \(8, 8, 1\) into 3 logits. Received"):
                create(name, size="medium", kind=None, classifier=classifier)
        with pytest.raises(zoo.InputError, match="`classifier` must be a built keras.Model. Rec"):
            create(name, classifier="cnn")
        for generator in generators if name != "cnn" else ():
            with pytest.raises(zoo.InputError, match="The generator must .* Received"):
                create(name, generator=generator)


@pytest.mark.parametrize("num_classes", [0, 1, 2.5])
def test_label_vectors_need_classes(num_classes):
    for name in ("se_nc", *LABEL_VECTORS):
        with pytest.raises(zoo.InputError, match="`num_classes`"):
            create(name, num_classes=num_classes)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ac_co_v1", {"generation_weight": -1.0}, "`generation_weight`.*=-1.0"),
        ("ac_co_v2", {"classification_weight": -1.0}, "`classification_weight.*=-1.0"),
        ("ac_nc_v1", {"classification_weight": -1.0}, "`classification_weight.*=-1.0"),
        ("ac_nc_v1", {"variant": "two heads"}, "Unknown variant 'two heads'"),
        ("ac_nc_v1", {"margin": -0.1}, "`margin`.*margin=-0.1"),
        ("ac_nc_v2", {"adversarial_weight": -1.0}, "`adversarial_weight`.*=-1.0"),
        ("cnn", {"label_smoothing": 1.0}, "`label_smoothing`.*=1.0"),
        ("cnn", {"erase": 2.0}, "`erase`.*=2.0"),
        ("vat", {"kind": "pooling"}, "Unknown kind 'pooling'. Did you mean 'pooled'"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, message):
    known = {key: TINY[key] for key in ("input_shape", "num_classes")}
    with pytest.raises(zoo.InputError, match=message):
        zoo.create_model(name, **{**known, **arguments})
