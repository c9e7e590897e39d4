"""Scores and pictures of label sets and masks, by hand."""

import types

import keras
import numpy as np
import pytest

import zoo
from zoo.evaluation import evaluate
from zoo.evaluation.masks import evaluate_masks
from zoo.metrics.structured_scores import THRESHOLDS, example_f1

LABELS = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]], "float32")


class Predictor:
    """Predicts the features themselves, and gets there in two steps from nothing."""

    threshold = 0.5

    def predict(self, x, verbose=0):
        return x

    def predict_labels(self, x):
        return (x > self.threshold).astype("float32")

    def trajectory(self, x):
        iterates = np.stack([np.zeros_like(x), x / 2, x])
        energies = -iterates.sum(axis=2)
        return types.SimpleNamespace(trajectory=iterates, energies=energies)


def label_sets(validation_fraction=0.0):
    soft = np.where(LABELS == 1, 0.9, 0.1).astype("float32")
    soft[0, 1], soft[2, 0] = 0.3, 0.8  # one missed, one too many
    return zoo.datasets.multi_label_from_arrays(
        (np.tile(soft, (5, 1)), np.tile(LABELS, (5, 1))),
        (soft, LABELS),
        validation_fraction=validation_fraction,
    )


def test_scores_of_label_sets_by_hand():
    scores = evaluate(Predictor(), label_sets()).scores
    # Rows: 2·1/(2+1), 1, 2·1/(1+2), 1.
    assert scores["example_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3 + 1) / 4)
    # Labels: 2·2/(2+3), 2·1/(2+1), 1.
    assert scores["label_f1"] == pytest.approx((4 / 5 + 2 / 3 + 1) / 3)
    assert scores["micro_f1"] == pytest.approx(2 * 5 / 12)
    assert scores["hamming_loss"] == pytest.approx(2 / 12)
    assert scores["threshold"] == 0.5


def test_a_single_label_is_no_problem_of_two_classes():
    x = np.array([[0.9], [0.9], [0.1], [0.1]], "float32")
    rows = x, np.array([[1], [0], [0], [0]], "float32")
    data = zoo.datasets.multi_label_from_arrays(rows, rows, validation_fraction=0.0)
    scores = evaluate(Predictor(), data).scores
    # One right, one too many; with the class of zeros it would be more.
    assert scores["label_f1"] == scores["micro_f1"] == pytest.approx(2 / 3)
    assert scores["hamming_loss"] == 1 / 4


def test_steps_of_the_inner_loop():
    figures = evaluate(Predictor(), label_sets()).figures
    x, _ = label_sets().arrays("test")
    assert figures["step_f1"] == pytest.approx([0, 0, 5 / 6])
    assert figures["step_energies"] == pytest.approx(
        [0, -x.sum(axis=1).mean() / 2, -x.sum(axis=1).mean()], rel=1e-5
    )
    assert "thresholds" not in figures  # no rows were held out


def test_thresholds_are_scored_on_held_out_rows():
    data = label_sets(validation_fraction=0.5)
    figures = evaluate(Predictor(), data).figures
    x, y = data.arrays("validation")
    assert figures["thresholds"] == pytest.approx(THRESHOLDS)
    by_hand = [example_f1(y, x > threshold) for threshold in THRESHOLDS]
    assert figures["threshold_f1"] == pytest.approx(by_hand)
    assert len(set(np.round(by_hand, 4))) > 1


class Painter:
    """Paints the first channel, on images of 4x4."""

    input_shape = (None, 4, 4, 3)

    def predict(self, x, verbose=0):
        assert x.shape[1:] == self.input_shape[1:]
        return x[..., :1]

    def trajectory(self, x):
        iterates = np.stack([step / 9 * x[..., :1] for step in range(10)])
        return types.SimpleNamespace(trajectory=iterates)


def masks(side):
    rng = np.random.default_rng(0)
    y = (rng.random((6, side, side, 1)) > 0.5).astype("float32")
    x = np.repeat(y, 3, axis=3)
    x[0, 0, 0] = 1 - x[0, 0, 0]  # one wrong pixel
    return zoo.datasets.masks_from_arrays((x, y), (x, y), validation_fraction=0.0)


def test_scores_of_masks_by_hand():
    data = masks(4)
    x, y = data.arrays("test")
    scores = evaluate(Painter(), data).scores
    sure, wrong = y.sum(axis=(1, 2, 3)), abs(x[..., :1] - y).sum(axis=(1, 2, 3))
    both, either = (
        (x[..., :1] * y).sum(axis=(1, 2, 3)),
        np.maximum(x[..., :1], y).sum(axis=(1, 2, 3)),
    )
    assert list(wrong) == [1, 0, 0, 0, 0, 0] and (sure > 1).all()
    assert scores["mean_iou"] == pytest.approx((both / either).mean())
    assert scores["global_iou"] == pytest.approx(both.sum() / either.sum())


def test_steps_of_masks_start_and_end_where_inference_does():
    figures = evaluate(Painter(), masks(4)).figures
    numbers = figures["mask_step_numbers"]
    assert numbers[0] == 0 and numbers[-1] == 9 and (np.diff(numbers) > 0).all()
    assert figures["mask_steps"].shape == (len(numbers), 6, 4, 4, 1)
    assert np.array_equal(figures["mask_steps"][-1], figures["predicted_masks"])
    assert not figures["mask_steps"][0].any()


def test_smaller_models_are_shown_the_middle():
    painter = Painter()
    painter.predict = lambda x, verbose=0: x[..., :1]
    x = np.zeros((2, 12, 12, 3), "float32")
    x[:, 4:8, 4:8] = 1
    data = zoo.datasets.masks_from_arrays((x, x[..., :1]), (x, x[..., :1]), validation_fraction=0.0)
    figures = evaluate_masks(painter, data).figures
    assert figures["mask_originals"].shape[1:3] == (4, 4) and (figures["mask_originals"] == 1).all()


def test_slopes_of_the_energy_beside_the_local_one():
    image = keras.Input((3,))
    pairwise = zoo.networks.PairwiseEnergy(3)
    terms = [zoo.networks.LocalEnergy(3), pairwise]
    network = zoo.networks.EnergyNetwork(keras.Model(image, image * 1.0), terms)
    pairwise.kernel.assign(np.arange(9.0).reshape(3, 3))
    pairwise.bias.assign([1.0, -2.0, 0.5])
    model, data = Predictor(), label_sets()
    model.networks = {"energy_network": network}
    scores = evaluate(model, data).scores
    # E = yᵀ P y + bᵀ y with a symmetric P, at y = x.
    slopes = 2 * data.arrays("test")[0] @ np.asarray(pairwise.pairs) + [1.0, -2.0, 0.5]
    assert scores["label_gradient_over_labels"] == pytest.approx(slopes.mean(axis=0).std())
    assert scores["label_gradient_over_rows"] == pytest.approx(slopes.std(axis=0).mean())
    network.terms = terms[:1]
    assert "label_gradient_over_rows" not in evaluate(model, data).scores
