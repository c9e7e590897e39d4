"""Every estimator in scikit-learn's own checks, pipelines, searches and files."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import zoo
from zoo.sklearn import (
    AutoClassifierClassifier,
    AutoencoderTransformer,
    MultiLabelEnergyClassifier,
    SemiSupervisedClassifier,
    SuperEncoderTransformer,
)

X, Y = load_wine(return_X_y=True)
FAST = {"epochs": 12, "learning_rate": 1e-2, "random_state": 0}
ESTIMATORS = [
    SuperEncoderTransformer(**FAST),
    AutoencoderTransformer(**FAST),
    AutoClassifierClassifier(**FAST),
    SemiSupervisedClassifier(**FAST),
    MultiLabelEnergyClassifier(**FAST),
]
each = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
# What scikit-learn lets its own estimators of these kinds do too.
GRANTED = {
    "check_sample_weight_equivalence_on_dense_data": "rows are drawn in batches, as for SGD, and a "
    "row of weight 0 is an unlabeled one",
    "check_classifiers_classes": "-1 is no label, as for LabelPropagation",
}


@pytest.mark.full
# Of rows that say nothing of their labels.
@pytest.mark.filterwarnings("ignore:The best threshold")
@each
def test_it_passes_the_checks_of_scikit_learn(estimator):
    quick = clone(estimator).set_params(epochs=4, learning_rate=0.03, size=(16,))
    if isinstance(quick, MultiLabelEnergyClassifier):
        # One stage is traced once.
        quick.set_params(arguments={"stages": (("all", 1),), "inference_steps": 2})
    check_estimator(quick, expected_failed_checks=GRANTED, on_skip=None)


@pytest.mark.parametrize(
    "estimator",
    [ESTIMATORS[0], *(pytest.param(each, marks=pytest.mark.full) for each in ESTIMATORS[1:])],
    ids=lambda each: type(each).__name__,
)
def test_it_is_fitted_twice_alike_and_pickled(estimator):
    one, other = (clone(estimator).fit(X, Y) for _ in range(2))
    method = "transform" if hasattr(one, "transform") else "predict_proba"
    again = pickle.loads(pickle.dumps(one))
    for each in (other, again):
        np.testing.assert_array_equal(getattr(one, method)(X), getattr(each, method)(X))
    assert one.score(X, Y) == again.score(X, Y)
    # A row's answer does not depend on those beside it.
    np.testing.assert_array_equal(getattr(one, method)(X)[5:6], getattr(one, method)(X[5:6]))


def test_many_steps_go_in_one_call_and_learn_the_same(monkeypatch):
    # 23 of an epoch, 230 in all.
    settings = {**FAST, "epochs": 10, "batch_size": 8, "size": (8,)}
    together = AutoencoderTransformer(2, **settings).fit(X)
    assert together.model_.steps_per_execution == 23
    monkeypatch.setattr("zoo.sklearn.base._MANY_STEPS", 231)
    alone = AutoencoderTransformer(2, **settings).fit(X)
    assert alone.model_.steps_per_execution == 1
    np.testing.assert_allclose(alone.transform(X), together.transform(X), atol=1e-5)


@pytest.mark.full
def test_it_answers_alike_in_another_process(tmp_path):
    estimator = SuperEncoderTransformer(**FAST).fit(X, Y)
    with open(tmp_path / "estimator.pickle", "wb") as file:
        pickle.dump((estimator, X, estimator.transform(X)), file)
    code = (
        "import pickle, sys, numpy; estimator, x, codes = pickle.load(open(sys.argv[1], 'rb')); "
        "numpy.testing.assert_array_equal(estimator.transform(x), codes)"
    )
    arguments = [sys.executable, "-c", code, tmp_path / "estimator.pickle"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.full
def test_codes_are_of_some_columns_and_are_brought_back():
    encoder = SuperEncoderTransformer(2, **FAST)
    columns = ColumnTransformer([("code", encoder, [0, 6, 9, 12])], remainder="passthrough")
    assert columns.fit_transform(X, Y).shape == (178, 2 + 9)
    encoder.fit(X, Y).set_params(code_size=5)
    assert list(encoder.get_feature_names_out()) == [
        "superencodertransformer0",
        "superencodertransformer1",
    ]
    encoder.set_params(code_size=2)
    rebuilt = encoder.inverse_transform(encoder.transform(X))
    # In the features' own units: nearer to the rows than their means are.
    assert np.all(np.square(rebuilt - X).mean(axis=0) < 1.1 * X.var(axis=0))
    assert cross_val_score(encoder, X, Y, cv=2).mean() > 0.9


@pytest.mark.full
def test_rows_without_a_label_teach_the_reconstruction_alone():
    few = np.where(np.arange(len(Y)) % 5, -1, Y)
    encoder = SuperEncoderTransformer(**FAST | {"epochs": 40}).fit(X, few)
    assert encoder.classes_.tolist() == [0, 1, 2] and encoder.score(X, Y) > 0.9
    for model in ("vat", "catgan"):
        classifier = SemiSupervisedClassifier(model, **FAST | {"epochs": 40}).fit(X, few)
        assert classifier.score(X, Y) > 0.8


@pytest.mark.full
def test_beside_texts_the_number_says_that_there_is_no_label():
    names = np.array(["cat", "dog", "owl"])[Y]
    few = np.where(np.arange(len(Y)) % 5, -1, names.astype(object))
    classifier = SemiSupervisedClassifier(**FAST).fit(X, few)
    numbered = SemiSupervisedClassifier(**FAST).fit(X, np.where(np.arange(len(Y)) % 5, -1, Y))
    assert classifier.classes_.tolist() == ["cat", "dog", "owl"]
    np.testing.assert_array_equal(classifier.predict(X), classifier.classes_[numbered.predict(X)])
    for wrong in (few.astype(str), few.astype(str).tolist()):
        with pytest.raises(zoo.InputError, match="Received: the text '-1'"):
            SuperEncoderTransformer(**FAST).fit(X, wrong)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:The best threshold")
def test_sparse_label_sets_and_no_codes():
    sets = np.eye(3, dtype=int)[Y] | np.eye(3, dtype=int)[(Y + (X[:, 0] > 13)) % 3]
    dense, sparse = (
        MultiLabelEnergyClassifier("mlp", **FAST).fit(X, labels).predict_proba(X)
        for labels in (sets, scipy.sparse.csr_matrix(sets))
    )
    np.testing.assert_array_equal(dense, sparse)
    encoder = AutoencoderTransformer(**FAST | {"epochs": 1}).fit(X)
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        encoder.inverse_transform(np.empty((0, 2)))
    with pytest.raises(zoo.InputError, match=r"Codes must have .* Received: shape \(2, 3\)"):
        encoder.inverse_transform(np.ones((2, 3)))


@pytest.mark.full
def test_weights_of_rows_and_classes():
    names = np.array(["a", "b", "c"])[Y]
    weights = np.where(names == "c", 0.0, 1.0)
    classifier = AutoClassifierClassifier(**FAST).fit(X, names, sample_weight=weights)
    assert "c" not in classifier.predict(X)
    weighted = AutoClassifierClassifier(class_weight={"a": 1.0, "b": 1e-6, "c": 1e-6}, **FAST)
    assert np.mean(weighted.fit(X, names).predict(X) == "a") > 0.5


@pytest.mark.full
def test_training_ends_early_with_the_best_weights():
    settings = FAST | {"epochs": 200, "learning_rate": 0.05}
    encoder = AutoencoderTransformer(early_stopping=True, patience=2, **settings).fit(X)
    losses = encoder.history_["val_loss"]
    assert len(losses) < 200 and np.argmin(losses) == len(losses) - 3


@pytest.mark.full
def test_images_are_taken_as_bytes_and_floats():
    data = zoo.datasets.load("digits")
    x, y = data.sample("train", 200)
    bytes_ = np.round(x * 255).astype("uint8")
    encoder = SuperEncoderTransformer(4, size=(8,), **FAST).fit(bytes_, y)
    np.testing.assert_allclose(encoder.transform(bytes_), encoder.transform(x), atol=1e-4)
    assert encoder.inverse_transform(encoder.transform(x)).shape == x.shape


@pytest.mark.full
def test_prototypes_are_rows_that_their_own_class_is_read_from():
    classifier = AutoClassifierClassifier(**FAST | {"epochs": 40}).fit(X, Y)
    np.testing.assert_array_equal(classifier.predict(classifier.prototypes()), [0, 1, 2])


@pytest.mark.full
# Where soft labels are 0 and 1 all thresholds are alike, and the first is chosen.
@pytest.mark.filterwarnings("ignore:The best threshold")
def test_label_sets():
    sets = np.stack([X[:, 0] > 13, X[:, 9] > 5, X[:, 12] > 700], axis=1).astype(int)
    classifier = MultiLabelEnergyClassifier(**FAST | {"epochs": 30}).fit(X, sets)
    assert np.mean(classifier.predict(X) == sets) > 0.85
    energies = classifier.energy(X, sets), classifier.energy(X, 1 - sets)
    assert np.mean(energies[0] < energies[1]) > 0.9
    sparse = scipy.sparse.csr_matrix(sets)
    np.testing.assert_array_equal(classifier.energy(X, sparse), energies[0])
    with pytest.raises(zoo.InputError, match="Label sets are rows of numbers"):
        classifier.energy(X, np.full(sets.shape, "good"))
    assert classifier.predict_proba(X).shape == (178, 3)


@pytest.mark.parametrize(
    ("estimator", "x", "y", "sentence"),
    [
        (SuperEncoderTransformer(), X, np.zeros(len(X)), "one class, 0"),
        (SuperEncoderTransformer(), X, np.full(len(X), -1), "no label"),
        (SuperEncoderTransformer(epochs=0), X, Y, "epochs"),
        (SuperEncoderTransformer(size=(0,)), X, Y, "size"),
        (AutoencoderTransformer(model="pca"), X, Y, "model"),
        (SemiSupervisedClassifier("svm"), X, Y, "model"),
        (SuperEncoderTransformer(), np.where(X > 1e3, np.nan, X), Y, "NaN"),
        (SuperEncoderTransformer(), np.ma.masked_greater(X, 1e3), Y, "a masked array"),
        (AutoClassifierClassifier(), X, np.ma.masked_equal(Y, 1), "a masked array"),
        (SuperEncoderTransformer(), X.astype(str) + "mg", Y, "could not convert"),
        (AutoClassifierClassifier(), X[:2], Y[:1], "inconsistent numbers"),
        (AutoencoderTransformer(), 1e12 + X, Y, "Column 0 goes .* subtract its least"),
        (AutoencoderTransformer(), X * 1e30, Y, "too large numbers in column 0"),
        (AutoencoderTransformer(10**9), X, Y, "at most 1048576"),
        (AutoClassifierClassifier(size=(10**9,)), X, Y, "at most 1048576"),
        (MultiLabelEnergyClassifier(), X, [{each} for each in Y.tolist()], "rows of type set"),
    ],
)
def test_bad_input_is_one_sentence(estimator, x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        clone(estimator).fit(x, y)


EARLY = {"early_stopping": True}


@pytest.mark.parametrize(
    ("estimator", "settings", "sentence"),
    [
        *(
            (SuperEncoderTransformer(), {"arguments": given}, sentence)
            for given, sentence in [
                (5, "`arguments` must be a dict.*arguments=5"),
                ([1], "`arguments` must be a dict"),
                ({1: 2}, "`arguments` must be a dict"),
                ({"input_shape": (3,)}, "'input_shape', which `X` says"),
                ({"num_classes": 2}, "'num_classes', which `y` says"),
                ({"code_size": 9}, "'code_size', which the estimator's `code_size` says"),
                ({"size": (4,)}, "'size', which the estimator's `size` says"),
                ({"name": "ae"}, "'name', which the estimator says"),
            ]
        ),
        (SemiSupervisedClassifier("vat"), {"arguments": {"units": 4}}, "'units', which .* `size`"),
        (MultiLabelEnergyClassifier(), {"arguments": {"num_labels": 2}}, "'num_labels', which `y`"),
        *(
            (AutoClassifierClassifier(), {"class_weight": given}, sentence)
            for given, sentence in [
                ({0: 1}, "no other: 0, 1, 2. Received: class_weight={0: 1}"),
                ({0: 1, 1: 1, 2: 1, 9: 1}, "no other: 0, 1, 2"),
                ("bal", "class_weight='bal'"),
                (5, "class_weight=5"),
                ({0: 1, 1: -1, 2: 1}, r"`class_weight\[1\]` must be"),
                ({0: "a", 1: 1, 2: 1}, r"`class_weight\[0\]` must be"),
                ({0: 1, 1: 1, 2: 1e31}, r"`class_weight\[2\]` must be"),
            ]
        ),
        *(
            (estimator, EARLY | {"validation_fraction": given}, "`validation_fraction` must")
            for estimator in (SuperEncoderTransformer(), AutoencoderTransformer())
            for given in (0, 1.0, float("nan"), "a", 1e-9, 2)
        ),
        (SuperEncoderTransformer(), EARLY | {"validation_fraction": 0.01}, "3, one of each class"),
        *(
            (AutoencoderTransformer(), {"random_state": given}, "`random_state` must")
            for given in ("a", -1, 1.5)
        ),
    ],
)
def test_a_bad_setting_is_one_sentence(estimator, settings, sentence):
    with pytest.raises(zoo.InputError, match=sentence):
        clone(estimator).set_params(**settings).fit(X, Y)


@pytest.mark.parametrize("weights", [["a"] * len(X), np.full(len(X), -1.0), [1.0]])
def test_weights_of_rows_are_numbers(weights):
    with pytest.raises(zoo.InputError, match="`sample_weight` must be a number"):
        AutoClassifierClassifier().fit(X, Y, sample_weight=weights)


@pytest.mark.parametrize(
    ("estimator", "x", "network", "widths"),
    [
        (AutoencoderTransformer(size=(5, 4)), X, "encoder", [5, 4, 2]),
        (SemiSupervisedClassifier("m2", size=(5, 4)), X, "classifier", [5, 4, 3]),
        (SemiSupervisedClassifier("vat", size=(5, 4)), np.ones((len(X), 4, 4, 1)), "classifier",
         [5, 4, 3]),
        (SemiSupervisedClassifier("vat", size=(5,), arguments={"kind": "convolutional"}),
         np.ones((len(X), 8, 8, 1)), "classifier", [5, 5, 3]),
    ],
)  # fmt: skip
def test_size_is_that_of_the_layers(estimator, x, network, widths):
    network = getattr(clone(estimator).set_params(epochs=1).fit(x, Y).model_, network)
    found = [getattr(each, "units", getattr(each, "filters", None)) for each in network.layers]
    assert [width for width in found if width] == widths


def test_a_training_that_diverges_says_so():
    """Weights that are no numbers would answer, by the first class."""
    with pytest.raises(zoo.NonFiniteLossError, match="Training stopped"):
        AutoencoderTransformer(epochs=3, learning_rate=1e30, size=(4,)).fit(X)


def test_networks_for_images_have_sizes_of_their_own():
    images = X[:24, :9].reshape(24, 3, 3, 1).repeat(3, 1).repeat(3, 2) / X.max()
    settings = {"epochs": 1, "arguments": {"generator_size": (4,)}}
    for size in (None, (4,)):
        classifier = AutoClassifierClassifier(size=size, **settings).fit(images, np.arange(24) % 3)
        assert classifier.predict(images).shape == (24,)


def test_other_columns_at_predict_are_refused_and_a_constant_one_is_not():
    constant = np.hstack([X, np.full((len(X), 1), 7.0)])
    encoder = SuperEncoderTransformer(**FAST).fit(constant, Y)
    assert np.isfinite(encoder.transform(constant)).all()
    with pytest.raises(ValueError, match="13 features, but .* is expecting 14"):
        encoder.transform(X)
