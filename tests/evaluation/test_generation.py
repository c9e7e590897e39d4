"""zoo/evaluation/generation.py: distances by hand and by brute force; models that make images."""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import zoo
from zoo.datasets.pixels import resize
from zoo.errors import InputError
from zoo.evaluation import (
    evaluate_generation,
    frechet_distance,
    image_features,
    kernel_distance,
)
from zoo.evaluation.generation import FEATURES, NETWORK

RANDOM = np.random.RandomState(0)
# Moments that are exactly (0, 0) and diag(4, 1), with n - 1 = 3.
FOUR = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * np.sqrt([3.0, 0.75])


def test_the_frechet_distance_of_known_moments():
    # Against the means (3, 4) and diag(36, 9): 25 + 4 + 1 + 36 + 9 - 2 (2·6 + 1·3) = 45.
    assert frechet_distance(FOUR, [3, 4] + 3 * FOUR) == pytest.approx(45)
    assert frechet_distance(FOUR, FOUR) == pytest.approx(0, abs=1e-9)
    # One deviation is 0: (2 - 0)² + (1 - 1)².
    assert frechet_distance(FOUR, FOUR * [0, 1]) == pytest.approx(4)


def test_the_frechet_distance_has_the_root_of_the_product():
    from scipy.linalg import sqrtm

    x, y = RANDOM.standard_normal((40, 5)), RANDOM.gamma(2.0, size=(30, 5)) @ np.tri(5)
    a, b = np.cov(x.T), np.cov(y.T)
    gap = x.mean(0) - y.mean(0)
    wanted = gap @ gap + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(x, y) == pytest.approx(wanted)


def test_the_kernel_distance_is_that_of_a_loop():
    x, y = RANDOM.standard_normal((7, 3)), RANDOM.standard_normal((9, 3)) + 0.5

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    order = np.random.RandomState(4).permutation
    chosen = [each[order(len(each))[:5]] for each in (x, y)]
    wanted = 0.0
    for i in range(5):
        for j in range(5):
            if i != j:
                wanted += sum(kernel(rows[i], rows[j]) for rows in chosen) / 20
            wanted -= 2 * kernel(chosen[0][i], chosen[1][j]) / 25
    assert kernel_distance(x, y, subsets=1, subset_size=5, seed=4) == pytest.approx(wanted)


def test_the_kernel_distance_of_one_distribution_is_0_in_the_mean():
    draws = RANDOM.standard_normal((2, 2000, 4))
    assert abs(kernel_distance(*draws, subsets=50, subset_size=100)) < 0.05
    assert kernel_distance(draws[0], draws[1] + 1, subsets=10, subset_size=100) > 1


def test_features_are_of_each_channel_by_itself_at_any_size():
    images = RANDOM.uniform(size=(3, 8, 9, 3)).astype("float32")
    features = image_features(images)
    assert features.shape == (3, 192)
    np.testing.assert_allclose(features[:, 64:128], image_features(images[..., 1:2]), atol=1e-5)
    whole = np.round(images * 255).astype("uint8")
    np.testing.assert_allclose(image_features(whole), image_features(whole / 255), atol=1e-5)


def test_the_network_tells_the_classes_that_it_learned():
    network = keras.saving.load_model(NETWORK, compile=False)
    assert network.get_layer(FEATURES).output.shape == (None, 64)
    assert network.count_params() < 100_000 and NETWORK.stat().st_size < 400_000
    # Digits of other writers, of 8x8 pixels, which fill the image as its own do not.
    digits = load_digits()
    images = resize((digits.images[:300, ..., np.newaxis] / 16).astype("float32"), (28, 28, 1))
    predicted = network(images, training=False).numpy()[:, :10].argmax(axis=1)
    assert np.mean(predicted == digits.target[:300]) > 0.5


@pytest.fixture(scope="module")
def data():
    x = RANDOM.uniform(size=(24, 8, 8, 1)).astype("float32")
    return zoo.datasets.from_arrays((x, np.arange(24) % 3), (x[:12], np.arange(12) % 3))


MADE = {"fid", "kid", "reconstruction_fid", "training_fid"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vae", {"size": (4,), "code_size": 2}),
        pytest.param("m2", {"num_classes": 3, "code_size": 2}, marks=pytest.mark.full),
        pytest.param("ac_co_v1", {"num_classes": 3, "size": (4,)}, marks=pytest.mark.full),
    ],
)
def test_what_a_model_makes_is_scored(data, name, arguments):
    model = zoo.create_model(name, input_shape=(8, 8, 1), **arguments)
    found = evaluate_generation(model, data, seed=3)
    assert found.keys() == MADE and np.isfinite(list(found.values())).all()
    assert found == pytest.approx(evaluate_generation(model, data, seed=3))


def test_rebuilding_without_a_change_is_no_distance(data):
    class Copy:
        encode = decode = staticmethod(lambda x: x)

    found = evaluate_generation(Copy(), data)
    assert found.keys() == {"reconstruction_fid", "training_fid"}
    assert found["reconstruction_fid"] == pytest.approx(0, abs=1e-3)


def test_codes_of_images_with_known_factors_are_scored_too():
    shapes = zoo.datasets.load("shapes")
    # A code that finds the place: the rows and columns of the image that are not empty.
    few = {split: rows[:300] for split, rows in shapes.factors.items()}

    class Places:
        @staticmethod
        def encode(x):
            sums = keras.ops.sum(x, axis=(1, 3)), keras.ops.sum(x, axis=(2, 3))
            middles = np.arange(32, dtype="float32")
            total = keras.ops.sum(x, axis=(1, 2))[:, 0]
            return keras.ops.stack(
                [keras.ops.matmul(each, middles) / total for each in sums], axis=1
            )

        @staticmethod
        def decode(code):
            return keras.ops.zeros((keras.ops.shape(code)[0], 32, 32, 1))

    shapes = zoo.datasets.from_arrays(
        *((shapes.arrays(split)[0][:300], few[split][:, 0]) for split in ("train", "test")),
        validation_fraction=0.0,
    )
    shapes.factors = {split: rows[:, 3:] // 4 for split, rows in few.items()}
    found = evaluate_generation(Places(), shapes)
    for name in ("mutual_information_gap", "disentanglement", "completeness", "informativeness"):
        assert found[name] > 0.7


def test_models_and_data_without_images_are_refused(data):
    cnn = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, size=(4,))
    with pytest.raises(InputError, match="Classifier makes no images"):
        evaluate_generation(cnn, data)
    with pytest.raises(InputError, match="Received: data set 'wine'"):
        evaluate_generation(cnn, zoo.datasets.load("wine"))
    with pytest.raises(InputError, match=r"\(rows, size\).*Received: \(4, 2\) and \(4, 1\)"):
        frechet_distance(FOUR, FOUR[:, :1])
