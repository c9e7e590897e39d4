"""zoo/evaluation/robustness.py: accuracies by hand, and against the perturbed images one by one."""

import types

import numpy as np
import pytest
import tensorflow as tf
from linear_classifiers import linear, uniform

from zoo.errors import InputError
from zoo.evaluation import robustness
from zoo.evaluation.perturbations import PERTURBATIONS, perturbed_images
from zoo.evaluation.robustness import robust_accuracies

CONTRACT = """
accuracy_gaussian_noise_0.1 accuracy_gaussian_noise_0.2 accuracy_gaussian_noise_0.3
accuracy_blur_0.5 accuracy_blur_1 accuracy_blur_2
accuracy_occlusion_0.25 accuracy_occlusion_0.5 accuracy_occlusion_0.75
accuracy_fgsm_0.01 accuracy_fgsm_0.03 accuracy_fgsm_0.1
""".split()


def random_linear(shape, classes, seed=0):
    generator = np.random.default_rng(seed)
    return linear(generator.normal(size=(np.prod(shape), classes)), np.zeros(classes), shape)


def batches(x, y, size):
    return tf.data.Dataset.from_tensor_slices((x.astype("float32"), y)).batch(size)


def test_accuracies_by_hand():
    # One pixel; class 1 above 0.5. Rows 0.52 and 0.55 fall at steps above 0.02 and 0.05; the third
    # is wrong from the start.
    model = linear([[0, 20.0]], [0, -10.0], (1, 1, 1))
    x, y = np.array([0.52, 0.45, 0.6]).reshape(3, 1, 1, 1), np.array([1, 0, 0])
    found = robust_accuracies(
        model, batches(x, y, 2), perturbations={"fgsm": (0.01, 0.03, 0.06), "occlusion": (1, 0)}
    )
    # Black is of class 0.
    expected = {
        "accuracy_fgsm_0.01": 2 / 3,
        "accuracy_fgsm_0.03": 1 / 3,
        "accuracy_fgsm_0.06": 0.0,
        "accuracy_occlusion_1": 2 / 3,
        "accuracy_occlusion_0": 2 / 3,
    }
    assert found == pytest.approx(expected)


@pytest.fixture(scope="module")
def many():
    """1,203 images, more than two passes, whose labels the model tells in most rows."""
    model = random_linear((6, 5, 2), 4)
    x = uniform((1_203, 6, 5, 2))
    y = np.asarray(model.classify(x)).argmax(-1)
    y[::7] = (y[::7] + 1) % 4
    return model, x, y


def test_names_and_values_of_the_usual_levels(many):
    model, x, y = many
    accuracies = robust_accuracies(model, batches(x, y, 100))
    assert list(accuracies) == CONTRACT
    assert all(type(accuracy) is float for accuracy in accuracies.values())
    rows = tf.range(len(y), dtype=tf.int64)
    perturbed = tf.function(lambda *given: perturbed_images(model, *given), autograph=False)
    for name, images in perturbed(tf.constant(x), tf.constant(y), rows).items():
        right = np.asarray(model.classify(images)).argmax(-1) == y
        assert accuracies[f"accuracy_{name}"] == pytest.approx(right.mean(), abs=2e-3)


def test_the_data_sets_batches_change_nothing(many, monkeypatch):
    model, x, y = many
    first = robust_accuracies(model, batches(x, y, 100), seed=3)
    monkeypatch.setattr(robustness, "ROWS_AT_ONCE", 401)
    assert robust_accuracies(model, batches(x, y, 7), seed=3) == pytest.approx(first, abs=2e-3)
    other = robust_accuracies(model, batches(x, y, 100), seed=4)
    for name, accuracy in first.items():
        drawn = "noise" in name or "occlusion" in name
        assert (other[name] != accuracy) == drawn, name


def test_level_zero_is_the_clean_accuracy(many):
    model, x, y = many
    accuracies = robust_accuracies(
        model, batches(x, y, 64), perturbations=dict.fromkeys(PERTURBATIONS, (0,))
    )
    clean = np.mean(np.asarray(model.classify(x)).argmax(-1) == y)
    assert accuracies == pytest.approx(dict.fromkeys(accuracies, clean), abs=1e-3)
    assert len(accuracies) == 4


def test_the_images_are_read_once():
    model, reads = random_linear((2, 2, 1), 2), []

    def rows():
        reads.append(1)
        yield uniform((3, 2, 2, 1)), np.array([0, 1, 0])

    signature = tf.TensorSpec((None, 2, 2, 1)), tf.TensorSpec((None,), tf.int64)
    images = tf.data.Dataset.from_generator(rows, output_signature=signature)
    robust_accuracies(model, images)
    assert len(reads) == 1


def test_without_fgsm_no_classifier_is_needed():
    model = types.SimpleNamespace(
        classify=lambda x: tf.one_hot(tf.zeros(tf.shape(x)[0], "int32"), 2)
    )
    images = batches(uniform((4, 2, 2, 1)), np.array([0, 0, 0, 1]), 2)
    assert robust_accuracies(model, images, perturbations={"blur": [1.5]}) == {
        "accuracy_blur_1.5": 0.75
    }
    assert robust_accuracies(model, images, perturbations={}) == {}
    with pytest.raises(InputError, match="classifier"):
        robust_accuracies(model, images)


@pytest.mark.parametrize(
    ("perturbations", "named"),
    [
        ({"gaussian": (0.1,)}, "gaussian_noise"),
        ({"blur": (-0.1,)}, "-0.1"),
        ({"gaussian_noise": (float("nan"),)}, "nan"),
        ({"fgsm": (float("inf"),)}, "inf"),
        ({"fgsm": ("0.1",)}, "fgsm"),
        ({"occlusion": (1.1,)}, "1.1"),
        ({"blur": 0.1}, "blur"),
        ({"blur": "12"}, "blur"),
        ({"blur": (1, 1.0)}, "accuracy_blur_1"),
        (("blur",), "mapping"),
    ],
)
def test_bad_perturbations_are_refused(perturbations, named):
    images = batches(uniform((2, 2, 2, 1)), np.array([0, 1]), 2)
    model = random_linear((2, 2, 1), 2)
    with pytest.raises(InputError, match=named):
        robust_accuracies(model, images, perturbations=perturbations)
    with pytest.raises(InputError, match="seed"):
        robust_accuracies(model, images, seed=-1)


@pytest.mark.parametrize(
    "images",
    [
        uniform((2, 2, 2, 1)),
        tf.data.Dataset.from_tensor_slices(uniform((2, 2, 2, 1))).batch(2),
        batches(uniform((2, 2, 2)), np.array([0, 1]), 2),
        batches(uniform((2, 2, 2, 1)), np.eye(2), 2),
        batches(uniform((0, 2, 2, 1)), np.zeros(0, int), 2),
    ],
    ids=["an array", "no labels", "no channels", "label vectors", "no rows"],
)
def test_bad_images_are_refused(images):
    with pytest.raises(InputError, match="images"):
        robust_accuracies(random_linear((2, 2, 1), 2), images)
