"""zoo/evaluation/codes.py: the scores against NumPy and scikit-learn on tiny arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.svm import SVC

import zoo
from zoo.datasets import from_arrays
from zoo.errors import InputError
from zoo.evaluation import codes, evaluate
from zoo.evaluation.probes import PROBES, fit_probe
from zoo.evaluation.protocol import images_of_codes
from zoo.models import gate

ORDER = [
    "separability_accuracy",
    "probe_accuracy",
    "logistic_accuracy",
    "neighbours_accuracy",
    "reconstruction_error",
    "psnr",
    "corrupted_reconstruction_error",
]


def digits_like(rows, seed):
    """Images of 8x8x1 in three classes whose brightness overlaps."""
    generator = np.random.default_rng(seed)
    labels = np.arange(rows) % 3
    brightness = generator.normal(0.25 * labels + 0.25, 0.1)[:, None, None, None]
    noise = generator.uniform(-0.1, 0.1, (rows, 8, 8, 1))
    return np.clip(brightness + noise, 0, 1).astype("float32"), labels


TRAIN, TEST = digits_like(60, 0), digits_like(50, 1)


@pytest.fixture(scope="module")
def data():
    # The last of the test batches is smaller than the others.
    return from_arrays(TRAIN, TEST, batch_size=16, validation_fraction=0.0)


@pytest.fixture(scope="module")
def models(data):
    """Models that have seen a little: their scores are neither best nor worst."""
    trained = {}
    for name, arguments in (("se_co", {"num_classes": 3}), ("dae", {"noise": 1.0})):
        keras.utils.set_random_seed(1)
        model = zoo.create_model(name, input_shape=(8, 8, 1), size=(4,), code_size=4, **arguments)
        model.compile(optimizer=keras.optimizers.Adam(1e-2))
        model.fit(*TRAIN, epochs=5, verbose=0)
        trained[name] = model
    return trained


@pytest.fixture(scope="module")
def evaluations(models, data):
    return {name: evaluate(model, data) for name, model in models.items()}


def probe_by_hand(model):
    train, test = (np.asarray(model.encode(x)) for x, _ in (TRAIN, TEST))
    return SVC().fit(train, TRAIN[1]).score(test, TEST[1])


@pytest.mark.parametrize("name", ["se_co", "dae"])
def test_the_images_are_scored_as_numpy_does_it(name, models, evaluations):
    scores = evaluations[name].scores
    assert list(scores) == (ORDER if name == "se_co" else ORDER[1:])
    assert all(type(score) is float for score in scores.values())
    rebuilt = models[name].predict(TEST[0], verbose=0)
    rebuilt = rebuilt["reconstruction"] if name == "se_co" else rebuilt
    errors = np.square(rebuilt - TEST[0]).mean(axis=(1, 2, 3))
    assert scores["reconstruction_error"] == pytest.approx(errors.mean(), rel=1e-4)
    assert scores["psnr"] == pytest.approx(np.mean(10 * np.log10(1 / errors)), rel=1e-4)


@pytest.mark.parametrize("name", ["se_co", "dae"])
def test_the_probe_is_fitted_on_training_codes_and_scored_on_the_test_codes(
    name, models, evaluations
):
    assert evaluations[name].scores["probe_accuracy"] == pytest.approx(probe_by_hand(models[name]))


def test_separability_is_the_separators_own(models, evaluations):
    shown = models["se_co"].predict(TEST[0], verbose=0)["label"]
    accuracy = np.mean(shown.argmax(-1) == TEST[1])
    scores = evaluations["se_co"].scores
    assert scores["separability_accuracy"] == pytest.approx(accuracy)
    assert scores["separability_accuracy"] != scores["probe_accuracy"], (
        "a case that tells them apart"
    )


def test_without_a_separator_there_is_the_probe_alone(evaluations):
    assert list(evaluations["dae"].scores) == ORDER[1:]


def test_no_corruption_acts_while_it_scores(models, data, evaluations):
    model = models["dae"]
    clean = zoo.Autoencoder(model.encoder, model.decoder)
    assert evaluate(clean, data).scores == evaluations["dae"].scores
    noisy = np.asarray(model.encoder(model.corruption(TEST[0], training=True)))
    codes = evaluations["dae"].figures["codes"]
    np.testing.assert_allclose(codes, model.encode(TEST[0]), atol=1e-5)
    assert np.abs(noisy - codes).max() > 1e-2, "the corruption would have been seen"


def test_codes_that_are_not_finite_are_refused(data):
    model = zoo.create_model("ae", input_shape=TEST[0].shape[1:], code_size=2, size=(4,))
    model.encoder.weights[-1].assign(model.encoder.weights[-1] * np.nan)
    with pytest.raises(zoo.InputError, match="codes of shape .*finite floats.*nan in row 0"):
        evaluate(model, data)


def test_the_same_seed_gives_the_same_scores(models, data, evaluations):
    again = evaluate(models["dae"], data, seed=0)
    assert again.scores == evaluations["dae"].scores
    for name, array in evaluations["dae"].figures.items():
        np.testing.assert_array_equal(again.figures[name], array)


@pytest.fixture
def probed(monkeypatch):
    """What the probe was fitted on, with room for 12 rows."""
    seen = []

    def record(name, train_codes, train_labels, test_codes, test_labels):
        if name == "svc":
            seen.append((train_codes, train_labels))
        return 0.5

    monkeypatch.setattr(codes, "PROBE_ROWS", 12)
    monkeypatch.setattr(codes, "probe_accuracy", record)
    return seen


def test_the_probe_is_fitted_on_so_many_rows_at_most_and_stratified(models, data, probed):
    for seed in (0, 0, 1):
        evaluate(models["dae"], data, seed=seed)
    for seen, labels in probed:
        assert seen.shape == (12, 4)
        assert np.bincount(labels).tolist() == [4, 4, 4]
    np.testing.assert_array_equal(probed[0][0], probed[1][0])
    assert not np.array_equal(probed[0][0], probed[2][0]), "another seed draws other rows"


def test_hidden_labels_are_no_secret_to_the_probe(models, probed):
    hidden = from_arrays(TRAIN, TEST, labelled_fraction=0.2, validation_fraction=0.0)
    evaluate(models["dae"], hidden)
    assert np.bincount(probed[0][1]).tolist() == [4, 4, 4]


def test_validation_rows_are_kept_from_the_probe(models, probed, monkeypatch):
    monkeypatch.setattr(codes, "PROBE_ROWS", 1_000)
    cut = from_arrays(TRAIN, TEST, validation_fraction=0.5)
    evaluate(models["dae"], cut)
    assert len(probed[0][0]) == cut.rows["train"] == 30


def test_pictures_are_of_the_test_images_beside_what_became_of_them(models, evaluations):
    model, figures = models["se_co"], evaluations["se_co"].figures
    assert set(figures) == {
        "codes",
        "labels",
        "code_images",
        "class_names",
        "originals",
        "reconstructions",
        "corrupted",
        "corrupted_reconstructions",
    }
    np.testing.assert_allclose(figures["codes"], model.encode(TEST[0]), atol=1e-5)
    np.testing.assert_array_equal(figures["labels"], TEST[1])
    np.testing.assert_array_equal(figures["code_images"], np.round(255 * TEST[0]))
    assert figures["class_names"].tolist() == ["0", "1", "2"]
    assert figures["originals"].shape == (20, 8, 8, 1)
    rows = [
        int(np.abs(TEST[0] - image).sum(axis=(1, 2, 3)).argmin()) for image in figures["originals"]
    ]
    np.testing.assert_array_equal(figures["originals"], TEST[0][rows])
    assert len(set(rows)) == 20
    np.testing.assert_allclose(
        figures["reconstructions"], model.reconstruct(figures["originals"]), atol=1e-5
    )
    # Stratified over 17, 17 and 16 test images.
    assert sorted(np.bincount(TEST[1][rows])) == [6, 7, 7]


@pytest.mark.parametrize("name", ["logistic", "neighbours"])
def test_the_other_probes_are_fitted_on_the_same_codes(name, models, evaluations):
    train, test = (np.asarray(models["dae"].encode(x)) for x, _ in (TRAIN, TEST))
    accuracy = fit_probe(name, train, TRAIN[1]).score(test, TEST[1])
    assert evaluations["dae"].scores[f"{name}_accuracy"] == pytest.approx(accuracy)


def test_only_the_probes_asked_for_are_fitted(models, data):
    scores = evaluate(models["dae"], data, probes=("neighbours",)).scores
    assert "neighbours_accuracy" in scores
    assert not {"probe_accuracy", "logistic_accuracy"} & set(scores)
    assert "probe_accuracy" not in evaluate(models["dae"], data, probes=()).scores
    assert set(PROBES) == {"svc", "logistic", "neighbours"}


def test_mistakes_are_found_before_anything_is_scored(models, data):
    with pytest.raises(InputError, match="Unknown probe 'svm'. Did you mean 'svc'"):
        evaluate(models["dae"], data, probes=("svm",))
    with pytest.raises(InputError, match="`corruption` must be a Keras layer"):
        evaluate(models["dae"], data, corruption=0.5)


def test_the_noise_is_gaussian_of_half_a_unit_and_follows_from_the_seed(models, data, evaluations):
    """The noise that is added, written out: one draw for all 50 images, fewer than 500."""
    noise = keras.layers.GaussianNoise(0.5, seed=0)(np.zeros_like(TEST[0]), training=True)
    assert float(np.std(noise)) == pytest.approx(0.5, abs=0.02)
    for name, model in models.items():
        with gate.passed():
            rebuilt = np.asarray(model.reconstruct(TEST[0] + noise))
        error = np.mean((rebuilt - TEST[0]) ** 2)
        scores = evaluations[name].scores
        assert scores["corrupted_reconstruction_error"] == pytest.approx(error, rel=1e-4)
        gap = scores["corrupted_reconstruction_error"] - scores["reconstruction_error"]
        assert abs(gap) > 1e-3 * error, "a case that tells them apart"
    other = evaluate(models["dae"], data, seed=1, probes=()).scores
    first = evaluations["dae"].scores
    assert other["corrupted_reconstruction_error"] != first["corrupted_reconstruction_error"]
    assert other["reconstruction_error"] == first["reconstruction_error"]


def test_neither_batches_nor_earlier_noise_change_the_scores(models, evaluations):
    other = from_arrays(TRAIN, TEST, batch_size=7, validation_fraction=0.0)
    keras.random.normal((5,))
    assert evaluate(models["dae"], other).scores == evaluations["dae"].scores


def test_a_corruption_given_starts_from_the_seed_and_keeps_its_state(models, data):
    dropout = keras.Sequential([keras.layers.Dropout(0.5), keras.layers.GaussianNoise(0.1)])
    dropout(TEST[0], training=True)
    states = [np.asarray(v) for v in dropout.variables]
    first = evaluate(models["dae"], data, probes=(), corruption=dropout)
    again = evaluate(models["dae"], data, probes=(), corruption=dropout)
    assert first.scores == again.scores
    assert len(states) == 2
    for before, after in zip(states, dropout.variables, strict=True):
        np.testing.assert_array_equal(before, np.asarray(after))
    other = evaluate(models["dae"], data, probes=()).scores
    key = "corrupted_reconstruction_error"
    assert first.scores[key] != other[key]
    # Dropout takes a pixel x to 0 or to 2x: either way it moves by x.
    originals, corrupted = first.figures["originals"], first.figures["corrupted"]
    assert np.abs(corrupted - originals).mean() == pytest.approx(originals.mean(), rel=0.1)


def test_corrupted_pictures_are_of_the_same_originals(models, evaluations):
    model, figures = models["dae"], evaluations["dae"].figures
    noise = figures["corrupted"] - figures["originals"]
    assert float(noise.std()) == pytest.approx(0.5, abs=0.05)
    assert figures["corrupted"].min() < 0 and figures["corrupted"].max() > 1, "not clipped"
    with gate.passed():
        rebuilt = model.reconstruct(figures["corrupted"])
    np.testing.assert_allclose(figures["corrupted_reconstructions"], rebuilt, atol=1e-5)
    other = evaluations["se_co"].figures
    np.testing.assert_array_equal(other["corrupted"], figures["corrupted"])


def test_each_image_is_encoded_once_clean_and_once_corrupted(models, data, monkeypatch):
    """Eagerly, so that the rows can be counted: 50 test images and 20 pictures, twice each."""
    model, rows = models["dae"], []
    encode = type(model).encode
    monkeypatch.setattr(
        type(model), "encode", lambda self, x: rows.append(len(x)) or encode(self, x)
    )
    tf.config.run_functions_eagerly(True)
    try:
        evaluate(model, data, probes=())
        assert sum(rows) == 2 * 50 + 2 * 20
        rows.clear()
        evaluate(model, data)
        assert sum(rows) == 2 * 50 + 2 * 20 + 60, "the probes share their codes"
    finally:
        tf.config.run_functions_eagerly(False)


class Sampler(zoo.Autoencoder):
    """Decodes draws from a standard normal."""

    def __init__(self, *networks):
        super().__init__(*networks)
        self.seeds = keras.random.SeedGenerator(5)

    def sample(self, n):
        return self.decode(keras.random.normal((n, self.encoder.output_shape[-1]), seed=self.seeds))


@pytest.fixture(scope="module")
def sampled(models, data):
    model = Sampler(models["dae"].encoder, models["dae"].decoder)
    state = np.asarray(model.seeds.state)
    figures = evaluate(model, data, probes=()).figures
    np.testing.assert_array_equal(state, np.asarray(model.seeds.state))
    return model, figures


def test_a_model_with_a_prior_is_drawn_from_by_the_seed(sampled, data):
    model, figures = sampled
    assert figures["samples"].shape == (50, 8, 8, 1)
    assert figures["samples"].dtype == np.float32
    again = evaluate(model, data, probes=()).figures
    np.testing.assert_array_equal(again["samples"], figures["samples"])
    other = evaluate(model, data, seed=1, probes=()).figures
    assert np.abs(other["samples"] - figures["samples"]).max() > 1e-3


def test_walks_move_the_widest_dimensions_one_at_a_time(sampled):
    model, figures = sampled
    codes = np.asarray(model.encode(TEST[0]))
    start = np.asarray(model.encode(figures["originals"][:1]))[0]
    # Four dimensions are fewer than eight.
    assert figures["traversals"].shape == (4, 9, 8, 8, 1)
    widest_first = sorted(range(4), key=lambda d: -codes[:, d].std())
    for row, dimension in enumerate(widest_first):
        for step, units in ((0, -2.5), (3, -0.625), (8, 2.5)):
            code = start.copy()
            code[dimension] += units * codes[:, dimension].std()
            np.testing.assert_allclose(
                figures["traversals"][row, step], model.decode(code[None])[0], atol=1e-5
            )
        np.testing.assert_allclose(
            figures["traversals"][row, 4], figures["reconstructions"][0], atol=1e-5
        )


def test_of_many_dimensions_eight_are_walked(data):
    networks = zoo.create_model("ae", input_shape=(8, 8, 1), size=(4,), code_size=11)
    model = Sampler(networks.encoder, networks.decoder)
    figures = evaluate(model, data, probes=()).figures
    assert figures["traversals"].shape == (8, 9, 8, 8, 1)


def test_large_and_many_images_beside_codes_are_fewer_and_smaller():
    images = np.zeros((1101, 40, 20, 3), "uint8")
    images[:, :, :, 0] = np.arange(1101)[:, None, None] % 256
    pair = images, np.zeros(1101, int)
    seen = images_of_codes(from_arrays(pair, pair, class_names=["a"]), seed=0)["code_images"]
    assert seen.shape == (367, 32, 16, 3)
    np.testing.assert_array_equal(seen[:, 5, 5, 0], np.arange(0, 1101, 3) % 256)
    assert images_of_codes(zoo.datasets.load("wine"), seed=0) == {}
