import numpy as np
import pytest

import zoo
from zoo.evaluation.reducers import reduce_all
from zoo.evaluation.rows_of_features import robust_accuracies_of_rows, units_of
from zoo.training.figure_arrays import check_figures

GENERATOR = np.random.default_rng(0)
Y = np.arange(90) % 3
TABLE = {
    "large": 1e3 * Y + GENERATOR.normal(size=90),
    "small": 1e-3 * GENERATOR.normal(size=90),
    "kind": [["a", "b"][row % 2] for row in range(90)],
    "y": Y,
}


@pytest.fixture(scope="module")
def data():
    return zoo.datasets.from_table(TABLE, TABLE, target="y", validation_fraction=0.0)


class ByTheFirst:
    """It reads the class off the first feature."""

    def classify(self, x):
        distances = np.abs(np.asarray(x)[:, :1] - [[0.0, 1e3, 2e3]])
        return np.eye(3)[distances.argmin(axis=1)]


def test_units_are_deviations_of_numbers_and_leave_categories(data):
    units = units_of(data)
    x = data.arrays("train")[0]
    np.testing.assert_allclose(units.deviations, [*x[:, :2].std(axis=0), 1, 1], rtol=1e-5)
    np.testing.assert_allclose(units.scaled(x)[:, 2:], x[:, 2:])
    np.testing.assert_allclose(units.restored(units.scaled(x)), x, rtol=1e-3, atol=1e-6)
    images = zoo.datasets.from_arrays(*[(np.zeros((30, 8, 8), "uint8"), Y[:30])] * 2)
    assert units_of(images).scaled(3.0) == 3.0


def test_noise_and_gaps_are_the_same_for_each_model_and_hurt_more_at_higher_levels(data):
    found = robust_accuracies_of_rows(ByTheFirst(), data)
    assert found == robust_accuracies_of_rows(ByTheFirst(), data)
    assert found["accuracy_feature_noise_0.1"] == 1.0
    assert found["accuracy_feature_noise_1"] < found["accuracy_feature_noise_0.5"] < 1
    # A missing first feature is its mean, which is of the class in the middle.
    share = found["accuracy_missing_features_0.5"]
    assert 0.5 < share < found["accuracy_missing_features_0.1"] < 1


def test_features_in_the_unit_interval_stay_there():
    x = (GENERATOR.random((90, 4)) < 0.3).astype("float32")
    words = zoo.datasets.from_arrays((x, Y), (x, Y))
    arguments = {"num_classes": 3, "features": "unit", "size": (8,)}
    model = zoo.create_model("ac_co_v2", input_shape=(4,), **arguments)
    # It refuses numbers beyond 0 and 1.
    assert len(robust_accuracies_of_rows(model, words)) == 6


@pytest.mark.parametrize("model", ["se_co", "vae", "ac_co_v2"])
def test_every_kind_of_model_is_scored_in_the_units_of_the_features(data, model):
    arguments = {"num_classes": 3} if model != "vae" else {}
    arguments |= {"code_size": 2} if model != "ac_co_v2" else {}
    made = zoo.create_model(model, input_shape=(4,), categories=(2,), size=(8,), **arguments)
    made.compile()
    made.fit(data.train, verbose=0)
    found = zoo.evaluation.evaluate(made, data)
    assert "psnr" not in found.scores and "originals" not in found.figures
    check_figures(found.figures, "figures.npz")
    x = data.arrays("test")[0]
    rebuilt = np.asarray(
        made.generate(made.classify(x)) if model == "ac_co_v2" else made.reconstruct(x)
    )
    errors = np.square(rebuilt - x).mean(axis=0)
    np.testing.assert_allclose(found.figures["feature_errors"], np.sqrt(errors), rtol=1e-3)
    deviations = units_of(data).deviations
    wanted = np.mean(errors / np.square(deviations))
    assert found.scores["reconstruction_error"] == pytest.approx(wanted, rel=1e-3)
    if model == "ac_co_v2":
        assert found.figures["class_profiles"].shape == (3, 4)
        assert "accuracy_missing_features_0.3" in found.scores


def test_reducers_see_standardized_features(data):
    # Unscaled, the large feature alone would be the first component of all.
    found = reduce_all(data, ["pca"])["pca"].embedding
    assert np.ptp(found) < 20
