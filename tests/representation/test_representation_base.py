"""zoo/representation/base.py: scikit-learn's own checks, images, bad input."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from zoo.errors import InputError
from zoo.representation import (
    KERNELS,
    CollaborativeRepresentationClassifier,
    KernelElasticNetClassifier,
    SparseRepresentationClassifier,
)

CLASSIFIERS = {
    "src": SparseRepresentationClassifier(),
    "crc": CollaborativeRepresentationClassifier(),
    "kenrr": KernelElasticNetClassifier(),
    "kenrr_hellinger": KernelElasticNetClassifier("hellinger", lambda1=0.0, lambda2=0.1),
}
each_classifier = pytest.mark.parametrize("classifier", CLASSIFIERS.values(), ids=CLASSIFIERS)


@pytest.mark.full
@each_classifier
def test_scikit_learns_checks_pass(classifier):
    results = check_estimator(classifier, on_skip=None)
    assert len(results) > 40
    assert {each["status"] for each in results} <= {"passed", "skipped"}


@each_classifier
def test_images_are_taken_as_they_are(classifier, images):
    x, y = images
    flat = classifier.fit(x.reshape(64, -1), y).codes(x.reshape(64, -1)[:5])
    assert classifier.fit(x, y).n_features_in_ == 64
    np.testing.assert_array_equal(classifier.codes(x[:5]), flat)
    # The squares of the last two are no numbers of float64.
    for factor in (255.0, 1e250, 1e-250):
        scaled = factor * x.astype("float64")
        np.testing.assert_allclose(classifier.fit(scaled, y).codes(x[:5]), flat, atol=1e-5)
        np.testing.assert_allclose(classifier.codes(scaled[:5]), flat, atol=1e-5)


@each_classifier
def test_what_is_said_of_a_row_is_one_thing(classifier, images):
    x, y = images
    classifier.fit(x, np.array(["dark", "grey", "light"])[y])
    residuals = classifier.residuals(x[:9])
    assert classifier.codes(x[:9]).shape == (9, 64) and residuals.shape == (9, 3)
    np.testing.assert_array_equal(classifier.decision_function(x[:9]), -residuals)
    expected = np.array(["dark", "grey", "light"])[residuals.argmin(axis=1)]
    np.testing.assert_array_equal(classifier.predict(x[:9]), expected)


@each_classifier
def test_of_two_classes_the_decision_is_one_number(classifier, images):
    x, y = images[0], images[1] > 0
    classifier.fit(x, y)
    residuals = classifier.residuals(x)
    difference = residuals[:, 0] - residuals[:, 1]
    np.testing.assert_array_equal(classifier.decision_function(x), difference)
    np.testing.assert_array_equal(classifier.predict(x), difference > 0)


@each_classifier
def test_many_rows_are_taken_in_parts(classifier, images, monkeypatch):
    x, y = images
    whole = classifier.fit(x, y).codes(x[:7])
    monkeypatch.setattr("zoo.representation.base._CODES_AT_A_TIME", 3 * len(x))
    np.testing.assert_allclose(classifier.codes(x[:7]), whole, atol=1e-7)
    assert classifier.residuals(x[:7]).shape == (7, 3)


@each_classifier
def test_rows_that_are_refused(classifier, images):
    x, y = images
    for value in (np.nan, np.inf):
        broken = x.copy()
        broken[3, 2, 1] = value
        with pytest.raises(InputError, match="NaN|infinity"):
            classifier.fit(broken, y)
        with pytest.raises(InputError, match="NaN|infinity"):
            classifier.fit(x, y).predict(broken)
    with pytest.raises(InputError, match="a masked array"):
        classifier.fit(np.ma.masked_array(x, x == x[3, 2, 1]), y)
    with pytest.raises(InputError, match="64"):
        classifier.fit(x, y[:-1])
    with pytest.raises(InputError, match="dim 3"):
        classifier.fit(x[..., 0], y)
    with pytest.raises(InputError, match="features"):
        classifier.fit(x, y).predict(x[:, :4])
    with pytest.raises(InputError, match="at least two classes.*one class, 7"):
        classifier.fit(x, np.full(64, 7))


@pytest.mark.parametrize(
    ("classifier", "least"),
    [
        (SparseRepresentationClassifier(), 0.94),
        (CollaborativeRepresentationClassifier(), 0.9),
        *((KernelElasticNetClassifier(name), 0.94) for name in KERNELS),
    ],
    ids=str,
)
def test_digits_are_told_apart(classifier, least):
    x, y = load_digits(return_X_y=True)
    assert classifier.fit(x[:1_000], y[:1_000]).score(x[1_000:1_500], y[1_000:1_500]) > least


@pytest.mark.parametrize(
    "kind", [SparseRepresentationClassifier, CollaborativeRepresentationClassifier]
)
@pytest.mark.parametrize(("atoms", "features"), [(12, 3), (12, 30), (80, 30)])
def test_without_a_penalty_codes_are_those_of_least_squares(kind, atoms, features):
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(atoms, features)), generator.normal(size=(5, features))
    codes = kind(0.0).fit(x, np.arange(atoms) % 3).codes(y)
    x, y = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x, y))
    np.testing.assert_allclose(codes, y @ np.linalg.pinv(x), atol=1e-8)


@each_classifier
def test_images_can_be_cross_validated(classifier, images):
    x, y = images
    folds = [(np.arange(40), np.arange(40, 64)), (np.arange(24, 64), np.arange(24))]
    by_hand = [classifier.fit(x[a], y[a]).score(x[b], y[b]) for a, b in folds]
    np.testing.assert_array_equal(cross_val_score(classifier, x, y, cv=folds), by_hand)


@each_classifier
def test_each_class_number_needs_a_row(classifier, images):
    x, y = images
    try:
        assert classifier.set_params(num_classes=3).fit(x, y).classes_.tolist() == [0, 1, 2]
        for count, said in ((4, "no row of class 3"), (2, "a label 2"), (1, "num_classes")):
            with pytest.raises(InputError, match=said):
                classifier.set_params(num_classes=count).fit(x, y)
        with pytest.raises(InputError, match="no row of class 1"):
            classifier.set_params(num_classes=3).fit(x[y != 1], y[y != 1])
    finally:
        classifier.set_params(num_classes=None)


@pytest.mark.parametrize(
    "classifier",
    [
        SparseRepresentationClassifier(lambda1=-0.1),
        SparseRepresentationClassifier(lambda1=float("nan")),
        SparseRepresentationClassifier(tolerance=-1.0),
        SparseRepresentationClassifier(max_rounds=0),
        CollaborativeRepresentationClassifier(lambda2=-1e-9),
        CollaborativeRepresentationClassifier(lambda2="much"),
        KernelElasticNetClassifier(lambda1=-0.1),
        KernelElasticNetClassifier(lambda2=-0.1),
        KernelElasticNetClassifier(tolerance=-1.0),
        KernelElasticNetClassifier(max_rounds=0),
        KernelElasticNetClassifier(kernel="gaussian"),
        KernelElasticNetClassifier(degree=0),
    ],
    ids=str,
)
def test_a_setting_out_of_its_range_is_named_with_what_was_received(classifier, images):
    (name, value) = next(
        (name, value)
        for name, value in classifier.get_params().items()
        if value != type(classifier)().get_params()[name]
    )
    with pytest.raises(InputError) as error:
        classifier.fit(*images)
    assert name in str(error.value) and repr(value) in str(error.value)


def test_negative_pixels_are_refused_by_the_hellinger_kernel_alone(images):
    x, y = images
    dark = x.copy()
    dark[3, 0, 0] = -0.5
    hellinger = KernelElasticNetClassifier("hellinger", lambda1=0.0, lambda2=0.1)
    with pytest.raises(InputError, match="hellinger.*row 3"):
        hellinger.fit(dark, y)
    with pytest.raises(InputError, match="hellinger.*row 3"):
        hellinger.fit(x, y).predict(dark)
    assert KernelElasticNetClassifier("linear").fit(dark, y).predict(dark).shape == (64,)
