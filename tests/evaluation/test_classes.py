"""zoo/evaluation/classes.py: the scores by hand, by scikit-learn's definitions and by NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.datasets import from_arrays
from zoo.errors import InputError
from zoo.evaluation import evaluate
from zoo.evaluation.calibration import expected_calibration_error, reliability_bins
from zoo.evaluation.classes import evaluate_classifier, evaluate_estimator
from zoo.evaluation.robustness import robust_accuracies

CLASSES = 4
SCORES = [
    "accuracy",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "expected_calibration_error",
    "reconstruction_error",
]


class Told(keras.Model):
    """Reads the logits off the first row of pixels, so that the images say what it predicts."""

    num_classes = CLASSES

    def __init__(self, columns=CLASSES):
        super().__init__()
        self.classifier = keras.Sequential(
            [
                keras.Input((2, columns, 1)),
                keras.layers.Lambda(lambda x: 8.0 * x[:, 0, :CLASSES, 0]),
            ]
        )

    def classify(self, x):
        return tf.nn.softmax(self.classifier(x))


class Generating(Told):
    """Generates an image whose rows of pixels are both the label vector."""

    def generate(self, labels):
        labels = tf.convert_to_tensor(labels)
        if labels.dtype.is_integer:
            labels = tf.one_hot(labels, CLASSES)
        return tf.stack([labels, labels], axis=1)[..., None]

    def reconstruct(self, x):
        return self.generate(self.classify(x))


def data_of(predictions, labels, seed=0):
    """Data whose test images are told as `predictions`, more or less surely."""
    generator = np.random.default_rng(seed)
    images = generator.uniform(0, 0.5, (len(labels), 2, CLASSES, 1))
    images[np.arange(len(labels)), 0, predictions, 0] = generator.uniform(0.6, 1, len(labels))
    train = np.zeros((CLASSES, 2, CLASSES, 1), "float32"), np.arange(CLASSES)
    test = images.astype("float32"), np.asarray(labels)
    return from_arrays(
        train, test, batch_size=9, validation_fraction=0.0, class_names=["ant", "bee", "cow", "dog"]
    )


# Three classes of 3, 2 and 1 rows; class 3 is neither there nor predicted.
LABELS, PREDICTIONS = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 0]


def test_scores_and_confusion_by_hand():
    evaluation = evaluate_classifier(Told(), data_of(PREDICTIONS, LABELS), perturbations={})
    expected = [[2, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(evaluation.figures["confusion"], expected)
    assert evaluation.figures["confusion"].dtype == np.int64
    scores = evaluation.scores
    assert scores["accuracy"] == pytest.approx(3 / 6)
    # Class by class; where nothing is predicted or there, 0.
    assert scores["macro_precision"] == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)
    assert scores["macro_recall"] == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)


def test_precision_recall_and_f1_are_not_taken_for_each_other():
    # Class 0: precision 3/4, recall 1. Class 1: precision 1, recall 1/2; f1 6/7 and 2/3.
    data = data_of([0, 0, 0, 0, 1], [0, 0, 0, 1, 1])
    scores = evaluate_classifier(Told(), data, perturbations={}).scores
    assert scores["macro_precision"] == pytest.approx((3 / 4 + 1) / 4)
    assert scores["macro_recall"] == pytest.approx((1 + 1 / 2) / 4)
    assert scores["macro_f1"] == pytest.approx((6 / 7 + 2 / 3) / 4)


@pytest.mark.parametrize("name", ["ac_co_v2", "ac_nc_v1"])
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_a_generator_is_held_against_the_class_means(name, loss, images):
    x, y = images
    model = zoo.create_model(
        name, input_shape=(8, 8, 1), num_classes=3, size=(4,), reconstruction_loss=loss
    )
    train, test = (x[:40], y[:40]), (x[40:], y[40:])
    data = from_arrays(train, test, validation_fraction=0.0, batch_size=7)
    scores = evaluate_classifier(model, data, perturbations={}).scores
    (x, y), (held_x, held_y) = data.arrays("train"), data.arrays("test")
    means = np.stack([x[y == number].mean(axis=0) for number in range(3)])
    made = model.generate(held_y) if name == "ac_nc_v1" else model.reconstruct(held_x)
    distance = np.abs if loss == "mae" else np.square
    ratio = distance(held_x - made).mean() / distance(held_x - means[held_y]).mean()
    assert scores["generator_ratio"] == pytest.approx(ratio, rel=1e-5)


class ToldAsEstimator:
    """The same as an estimator has it."""

    def predict(self, x):
        return x[:, 0, :, 0].argmax(axis=1)


def test_an_estimator_has_the_scores_of_its_classes_alone():
    data = data_of(PREDICTIONS, LABELS)
    ours = evaluate(ToldAsEstimator(), data)
    theirs = evaluate_classifier(Told(), data, perturbations={})
    assert set(ours.scores) == {"accuracy", "macro_f1", "macro_precision", "macro_recall"}
    assert ours.scores == {name: theirs.scores[name] for name in ours.scores}
    assert set(ours.figures) == {"confusion", "class_names"}
    for name, array in ours.figures.items():
        np.testing.assert_array_equal(array, theirs.figures[name])


def test_what_predicts_no_classes_is_not_scored():
    with pytest.raises(InputError, match="Received: object"):
        evaluate(object(), data_of(PREDICTIONS, LABELS))
    with pytest.raises(InputError, match="one class each. Received: .* label sets"):
        evaluate_estimator(ToldAsEstimator(), zoo.datasets.load("blocks/40"))


@pytest.mark.parametrize("seed", range(8))
def test_of_balanced_classes_macro_recall_is_the_accuracy(seed):
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.repeat(np.arange(CLASSES), generator.integers(3, 12)))
    predictions = generator.integers(0, generator.integers(1, CLASSES + 1), len(labels))
    data = data_of(predictions, labels, seed)
    scores = evaluate_classifier(Told(), data, perturbations={}).scores
    assert scores["accuracy"] == pytest.approx(np.mean(predictions == labels))
    assert scores["macro_recall"] == pytest.approx(scores["accuracy"])


@pytest.fixture(scope="module")
def many():
    """1,100 rows, more than two passes, and one in four wrong."""
    generator = np.random.default_rng(5)
    labels = generator.integers(0, CLASSES, 1_100)
    wrong = generator.uniform(size=1_100) < 0.25
    data = data_of(np.where(wrong, (labels + 1) % CLASSES, labels), labels)
    return data, *data.sample("test", 1_100)


@pytest.fixture(scope="module")
def evaluation(many):
    return evaluate_classifier(Generating(), many[0], seed=2)


def test_calibration_is_that_of_all_test_images(many, evaluation):
    _, x, y = many
    probabilities = np.asarray(Generating().classify(x))
    expected = expected_calibration_error(probabilities, y)
    assert evaluation.scores["expected_calibration_error"] == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(
        evaluation.figures["calibration"], reliability_bins(probabilities, y), rtol=1e-4
    )


def test_accuracies_of_perturbed_images_are_those_of_robustness(many, evaluation):
    robust = robust_accuracies(Generating(), many[0].test, seed=2)
    assert list(evaluation.scores) == SCORES + list(robust)
    assert {name: evaluation.scores[name] for name in robust} == robust
    assert all(type(score) is float for score in evaluation.scores.values())
    other = evaluate_classifier(
        Generating(), many[0], seed=2, perturbations={"gaussian_noise": (0.2, 0.25)}
    ).scores
    assert list(other) == SCORES + ["accuracy_gaussian_noise_0.2", "accuracy_gaussian_noise_0.25"]
    assert other["accuracy_gaussian_noise_0.2"] == robust["accuracy_gaussian_noise_0.2"]


def test_the_reconstruction_is_generated_from_the_label_vector(many, evaluation):
    _, x, _ = many
    rebuilt = np.asarray(Generating().reconstruct(x))
    assert evaluation.scores["reconstruction_error"] == pytest.approx(np.mean((rebuilt - x) ** 2))


def test_pictures_and_codes(many, evaluation):
    data, figures, model = many[0], evaluation.figures, Generating()
    assert list(figures["class_names"]) == ["ant", "bee", "cow", "dog"]
    originals, _ = data.sample("test", 20, seed=2)
    np.testing.assert_array_equal(figures["originals"], originals)
    np.testing.assert_allclose(figures["reconstructions"], model.reconstruct(originals), atol=1e-6)
    assert figures["generated"].shape == (CLASSES, 2, CLASSES, 1)
    assert figures["generated"].dtype == np.float32
    np.testing.assert_array_equal(figures["generated"], model.generate(np.arange(CLASSES)))
    # Fewer than 2,000 rows are all of them.
    np.testing.assert_array_equal(figures["labels"], many[2])
    np.testing.assert_allclose(figures["codes"], model.classify(many[1]), atol=1e-6)


def test_codes_are_of_at_most_2000_rows_and_of_their_labels():
    labels = np.arange(2_100) % CLASSES
    data = data_of(labels, labels)
    figures = evaluate_classifier(Told(), data, seed=3, perturbations={}).figures
    x, y = data.sample("test", 2_000, seed=3)
    np.testing.assert_array_equal(figures["labels"], y)
    np.testing.assert_allclose(figures["codes"], Told().classify(x), atol=1e-6)


def test_a_classifier_alone_has_no_pictures(many):
    evaluation = evaluate_classifier(Told(), many[0], perturbations={})
    assert list(evaluation.scores) == SCORES[:-1]
    kept = {"confusion", "class_names", "calibration", "codes", "labels", "code_images"}
    assert set(evaluation.figures) == kept


def test_neither_batches_nor_earlier_draws_change_the_scores(many, evaluation):
    _, x, y = many
    train = x[:4], np.arange(4)
    other = from_arrays(train, (x, y), batch_size=64, validation_fraction=0.0)
    keras.random.normal((5,))
    assert evaluate_classifier(Generating(), other, seed=2).scores == evaluation.scores


def test_a_model_of_other_classes_is_refused():
    x, y = np.zeros((6, 2, CLASSES, 1), "float32"), np.arange(6) % 3
    data = from_arrays((x, y), (x, y), validation_fraction=0.0)
    with pytest.raises(InputError, match="classes"):
        evaluate_classifier(Told(), data)


def test_logits_in_place_of_probabilities_are_refused():
    model = Told()
    model.classify = model.classifier
    with pytest.raises(InputError, match="softmax"):
        evaluate_classifier(model, data_of(PREDICTIONS, LABELS), perturbations={})


@pytest.mark.parametrize(
    "arguments",
    [{"seed": -1}, {"perturbations": {"blur": (-1,)}}, {"perturbations": {"fog": (1,)}}],
)
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(InputError):
        evaluate_classifier(Told(), data_of(PREDICTIONS, LABELS), **arguments)


def test_evaluate_hands_over_a_model_without_codes(many, evaluation):
    found = evaluate(Generating(), many[0], seed=2)
    assert found.scores == evaluation.scores
    assert set(found.figures) == set(evaluation.figures)
    for name, array in evaluation.figures.items():
        np.testing.assert_array_equal(found.figures[name], array)


def test_evaluate_keeps_a_model_that_classifies_and_encodes():
    class Both(zoo.Autoencoder):
        num_classes = CLASSES

        def classify(self, x):
            return Told().classify(x)

    alone = zoo.create_model("ae", input_shape=(2, CLASSES, 1), size=(4,), kind="dense")
    both = Both(alone.encoder, alone.decoder)
    data = data_of(PREDICTIONS, LABELS)
    scores = evaluate(both, data, probes=()).scores
    assert scores == evaluate(alone, data, probes=()).scores
    assert "psnr" in scores and "accuracy" not in scores


def test_evaluate_checks_also_what_a_classifier_makes_no_use_of():
    with pytest.raises(InputError, match="probe"):
        evaluate(Told(), data_of(PREDICTIONS, LABELS), probes=("svm",))
