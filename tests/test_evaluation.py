"""zoo/evaluation.py: the scores against NumPy and scikit-learn on tiny arrays."""

import keras
import numpy as np
import pytest
from sklearn.svm import SVC

import zoo
from zoo import evaluation
from zoo.datasets import from_arrays
from zoo.evaluation import evaluate, probe_accuracy

ORDER = ["separability_accuracy", "probe_accuracy", "reconstruction_error", "psnr"]


def blobs(rows, spread, seed):
    """Codes of two dimensions around three corners of a square of side 1, with their labels."""
    labels = np.arange(rows) % 3
    noise = np.random.default_rng(seed).normal(0.0, spread, (rows, 2))
    return np.array([[0, 0], [0, 1], [1, 0]])[labels] + noise, labels


def test_classes_far_apart_are_told_apart():
    assert probe_accuracy(*blobs(30, 0.02, 0), *blobs(21, 0.02, 1)) == 1.0


def test_labels_of_the_test_rows_only_count():
    codes, labels = blobs(21, 0.02, 1)
    wrong = np.where(np.arange(21) < 7, (labels + 1) % 3, labels)
    assert probe_accuracy(*blobs(30, 0.02, 0), codes, wrong) == pytest.approx(14 / 21)


def test_the_probe_is_scikit_learns_svc():
    train, test = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    by_hand = SVC(C=1.0, kernel="rbf", gamma=1 / (2 * train[0].var())).fit(*train)
    accuracy = float(np.mean(by_hand.predict(test[0]) == test[1]))
    assert 0.4 < accuracy < 0.95, "a case that every probe solves would show nothing"
    assert probe_accuracy(*train, *test) == pytest.approx(accuracy)


def test_the_scale_of_the_codes_does_not_matter():
    (train, train_labels), (test, test_labels) = blobs(60, 0.5, 0), blobs(90, 0.5, 1)
    small = probe_accuracy(train, train_labels, test, test_labels)
    assert probe_accuracy(1e3 * train, train_labels, 1e3 * test, test_labels) == small


def test_a_training_set_of_one_class_is_no_mistake():
    codes, labels = blobs(21, 0.02, 1)
    assert probe_accuracy(codes, np.full(21, 2), codes, labels) == pytest.approx(1 / 3)


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


def test_the_same_seed_gives_the_same_scores(models, data, evaluations):
    again = evaluate(models["dae"], data, seed=0)
    assert again.scores == evaluations["dae"].scores
    for name, array in evaluations["dae"].figures.items():
        np.testing.assert_array_equal(again.figures[name], array)


@pytest.fixture
def probed(monkeypatch):
    """What the probe was fitted on, with room for 12 rows."""
    seen = []

    def record(train_codes, train_labels, test_codes, test_labels):
        seen.append((train_codes, train_labels))
        return 0.5

    monkeypatch.setattr(evaluation, "PROBE_ROWS", 12)
    monkeypatch.setattr(evaluation, "probe_accuracy", record)
    return seen


def test_the_probe_is_fitted_on_so_many_rows_at_most_and_stratified(models, data, probed):
    for seed in (0, 0, 1):
        evaluate(models["dae"], data, seed=seed)
    for codes, labels in probed:
        assert codes.shape == (12, 4)
        assert np.bincount(labels).tolist() == [4, 4, 4]
    np.testing.assert_array_equal(probed[0][0], probed[1][0])
    assert not np.array_equal(probed[0][0], probed[2][0]), "another seed draws other rows"


def test_hidden_labels_are_no_secret_to_the_probe(models, probed):
    hidden = from_arrays(TRAIN, TEST, labelled_fraction=0.2, validation_fraction=0.0)
    evaluate(models["dae"], hidden)
    assert np.bincount(probed[0][1]).tolist() == [4, 4, 4]


def test_validation_rows_are_kept_from_the_probe(models, probed, monkeypatch):
    monkeypatch.setattr(evaluation, "PROBE_ROWS", 1_000)
    cut = from_arrays(TRAIN, TEST, validation_fraction=0.5)
    evaluate(models["dae"], cut)
    assert len(probed[0][0]) == cut.rows["train"] == 30


def test_pictures_are_of_the_test_images_beside_what_became_of_them(models, evaluations):
    model, figures = models["se_co"], evaluations["se_co"].figures
    assert set(figures) == {"codes", "labels", "class_names", "originals", "reconstructions"}
    np.testing.assert_allclose(figures["codes"], model.encode(TEST[0]), atol=1e-5)
    np.testing.assert_array_equal(figures["labels"], TEST[1])
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
