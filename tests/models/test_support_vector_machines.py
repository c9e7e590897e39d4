"""zoo/models/support_vector_machines.py: hinges by hand, two classes and many."""

import keras
import numpy as np
import pytest
from sklearn.svm import LinearSVC

import zoo
from zoo.models.support_vector_machines import SupportVectorMachine
from zoo.registry import create_model

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 3)).astype("float32")
CLASSES = np.argmax(X + 0.3 * GENERATOR.normal(size=X.shape), axis=1)


def machine(hinge="crammer_singer", **arguments):
    if hinge == "binary":
        return create_model("binary_svm", input_shape=(3,), **arguments)
    return create_model("multiclass_svm", input_shape=(3,), num_classes=3, hinge=hinge, **arguments)


@pytest.mark.parametrize("hinge", ["binary", "crammer_singer", "weston_watkins"])
def test_the_hinge_is_the_formula(hinge):
    model = machine(hinge, weight_decay=0.0)
    model.compile(optimizer="sgd")
    y = CLASSES % 2 if hinge == "binary" else CLASSES
    scores = np.asarray(model.predict(X, verbose=0))
    if hinge == "binary":
        losses = np.maximum(0, 1 - (2 * y - 1) * scores[:, 0])
        right = (scores[:, 0] > 0) == y
    else:
        margins = 1 + scores - scores[np.arange(60), y][:, None]
        margins[np.arange(60), y] = 0
        wrong = np.maximum(0, margins)
        losses = wrong.max(1) if hinge == "crammer_singer" else wrong.sum(1)
        right = scores.argmax(1) == y
    shown = model.evaluate(X, y, verbose=0, return_dict=True)
    assert shown["hinge_loss"] == pytest.approx(losses.mean(), rel=1e-4)
    assert shown["accuracy"] == pytest.approx(right.mean(), rel=1e-4)
    probabilities = np.asarray(model.classify(X))
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=-1) == y, right)


def test_a_binary_machine_finds_the_plane_of_scikit_learn():
    y = (X @ [1.0, -2.0, 0.5] > 0.2).astype(int)
    # scikit-learn's C·Σ hinge + ‖w‖²/2 (with the bias in it): λ = 1 / (2·C·rows).
    theirs = LinearSVC(C=1.0, loss="hinge", intercept_scaling=100.0, max_iter=200_000).fit(X, y)
    model = machine("binary", weight_decay=1.0 / (2 * 60))
    model.compile(optimizer=keras.optimizers.SGD(0.05))
    model.fit(np.tile(X, (2000, 1)), np.tile(y, 2000), batch_size=60, shuffle=False, verbose=0)
    kernel = model.scorer.layers[-1].kernel.numpy()[:, 0]
    np.testing.assert_allclose(kernel, theirs.coef_[0], rtol=0.05, atol=0.05)


def test_unlabeled_rows_weigh_nothing():
    model = machine()
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    half = np.repeat([1.0, 0.0], 30)
    alone = model.evaluate(X[:30], CLASSES[:30], verbose=0, return_dict=True)["hinge_loss"]
    weighted = model.evaluate(
        X, CLASSES, sample_weight=half, batch_size=60, verbose=0, return_dict=True
    )
    assert weighted["hinge_loss"] == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize(
    ("hinge", "y", "message"),
    [
        ("binary", CLASSES, "2 in row 0"),
        ("crammer_singer", CLASSES + 1, "3 in row 0"),
        ("crammer_singer", None, "no labels"),
        ("crammer_singer", np.full((len(CLASSES), 3), 1 / 3), r"one-hot vectors.*0\.333+ in row 0"),
    ],
)
def test_bad_labels_are_refused(hinge, y, message):
    model = machine(hinge)
    model.compile(optimizer="sgd")
    with pytest.raises(zoo.InputError, match=message):
        model.fit(X, y, verbose=0)


def test_scores_must_fit_the_hinge():
    with pytest.raises(zoo.InputError, match="one score"):
        SupportVectorMachine(machine().scorer, "binary")
    with pytest.raises(zoo.InputError, match="one score"):
        SupportVectorMachine(machine("binary").scorer, "crammer_singer")
    with pytest.raises(zoo.InputError, match="Unknown hinge"):
        machine("hard")
