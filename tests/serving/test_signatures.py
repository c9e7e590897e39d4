"""zoo/serving/signatures.py: what is asked by which name (every model: conformance)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import spoken
from zoo.serving import signatures_of

TINY = {"input_shape": (8, 8, 1), "size": (4, 8), "code_size": 4}
X = np.random.default_rng(0).uniform(size=(9, 8, 8, 1)).astype("float32")


def asked(model, name, *values, **settings):
    function = signatures_of(model, **settings)[name].function
    return {key: np.asarray(part) for key, part in function(*map(tf.constant, values)).items()}


@pytest.fixture(scope="module")
def vae():
    return zoo.create_model("vae", **TINY)


FEATURES = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")


@pytest.fixture(scope="module")
def spen():
    """One that tells labels apart."""
    model = zoo.create_model("spen", input_shape=(6,), num_labels=4, units=())
    model.compile(optimizer=keras.optimizers.Adam(0.05))
    model.fit(FEATURES, (FEATURES[:, :4] > 0).astype("float32"), epochs=10, verbose=0)
    return model


def test_a_seed_draws_one_image_whatever_its_place_in_a_batch(vae):
    together = asked(vae, "generate", np.array([7, 3, 7], "int32"))["images"]
    alone = asked(vae, "generate", np.array([3], "int32"))["images"]
    assert together.shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(together[0], together[2])
    np.testing.assert_allclose(together[1], alone[0], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_draws_are_those_of_the_prior():
    model = zoo.create_model("aae", **{**TINY, "code_size": 2}, prior="gaussian_mixture")
    model.decode = lambda codes: codes
    draw = tf.function(signatures_of(model)["generate"].function)
    radius = np.linalg.norm(draw(tf.range(500))["images"], axis=-1)
    # Ten Gaussians of 0.5 on a circle of 4.
    assert abs(radius.mean() - 4.0) < 0.1 and 0.3 < radius.std() < 0.7


def test_codes_of_a_variational_encoder_go_to_the_decoder(vae):
    codes = asked(vae, "encode", X)["codes"]
    assert codes.shape == (9, 4)
    rebuilt = asked(vae, "reconstruct", X)["images"]
    np.testing.assert_allclose(asked(vae, "decode", codes)["images"], rebuilt, atol=1e-6)


def test_bytes_get_the_answers_of_floats(vae):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), "uint8")
    floats = asked(vae, "encode", pixels.astype("float32") / 255)["codes"]
    np.testing.assert_allclose(asked(vae, "encode", pixels, images="uint8")["codes"], floats, 1e-4)


def test_labels_are_those_above_the_threshold_and_can_be_sent_to_the_energy(spen):
    x = FEATURES[:5]
    soft = asked(spen, "serving_default", x)["soft_labels"]
    threshold = float(np.mean(soft))
    spen.threshold.assign(threshold)
    labels = asked(spen, "serving_default", x)["labels"]
    np.testing.assert_array_equal(labels, soft > threshold)
    assert 0 < labels.mean() < 1
    np.testing.assert_allclose(
        asked(spen, "energy", x, labels)["energies"], spen.energy(x, labels), atol=1e-6
    )


def test_labels_outside_0_and_1_are_refused_by_the_served_graph(spen):
    served = tf.function(signatures_of(spen)["energy"].function)
    with pytest.raises(tf.errors.InvalidArgumentError, match="every label from 0 to 1"):
        served(tf.zeros((1, 6)), tf.fill((1, 4), 2.0))


def test_pixels_features_codes_and_classes_are_refused_by_the_served_graph(spen):
    model = zoo.create_model("se_co", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
    games = zoo.create_model("ac_co_v1", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
    codes = np.zeros((2, model.encoder.output_shape[-1]), "float32")
    pixels = ("serving_default", "classify", "encode", "reconstruct")
    for asked_of, signature, right, refused in (
        *[(model, name, X[:2], (255.0, np.nan, -1.0)) for name in pixels],
        (model, "decode", codes, (np.inf,)),
        (games, "generate", np.zeros(2, "int64"), (3, -1)),
        (spen, "serving_default", np.zeros((2, 6), "float32"), (np.nan,)),
    ):
        served = tf.function(signatures_of(asked_of)[signature].function, autograph=False)
        served(tf.constant(right))
        for wrong in refused:
            values = np.array(right)
            values.reshape(2, -1)[1, -1] = wrong
            with pytest.raises(zoo.InputError, match="Expected .* in row 1"), spoken():
                served(tf.constant(values))


@pytest.mark.parametrize("images", ["float", "uint8"])
def test_images_of_another_shape_are_refused_by_the_served_graph(images, tmp_path):
    """Its layers would take them, and answer."""
    classifier = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    version = zoo.serving.export_model(zoo.Classifier(classifier), tmp_path / "m", images=images)
    served = tf.saved_model.load(str(version)).signatures["classify"]
    dtype = "uint8" if images == "uint8" else "float32"
    assert served(images=tf.ones((2, 8, 8, 1), dtype))["probabilities"].shape == (2, 3)
    for shape in ((2, 16, 8, 1), (2, 8, 8), (8, 8, 1), (64,), (2, 8, 8, 1, 1), (0, 8, 8, 1)):
        said = rf"Received: shape {' '.join(map(str, shape))}\.$"
        with pytest.raises(zoo.InputError, match=said), spoken():
            served(images=tf.ones(shape, dtype))


def test_class_ids_are_the_likeliest_classes():
    model = zoo.create_model("ac_co_v1", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
    answer = asked(model, "classify", X)
    np.testing.assert_array_equal(answer["class_ids"], answer["probabilities"].argmax(-1))
    np.testing.assert_allclose(answer["probabilities"], model.classify(X), atol=1e-6)
    generated = asked(model, "generate", answer["class_ids"])["images"]
    np.testing.assert_allclose(generated, model.generate(answer["class_ids"]), atol=1e-6)


@pytest.mark.parametrize("name", ["binary_svm", "multiclass_svm"])
def test_machines_give_scores_in_place_of_probabilities(name):
    classes = {} if name == "binary_svm" else {"num_classes": 3}
    model = zoo.create_model(name, input_shape=(8, 8, 1), **classes)
    answer = asked(model, "classify", X)
    assert set(answer) == {"class_ids", "scores"}
    np.testing.assert_array_equal(answer["class_ids"], np.argmax(model.classify(X), -1))
