"""zoo/representation/kernels.py: against their formulas written out."""

import numpy as np
import pytest

from zoo.errors import InputError
from zoo.representation import KERNELS, Kernel

SETTINGS = {"degree": 3, "gamma": 0.7, "coef0": 0.5}


def unit(x):
    return x / np.linalg.norm(x)


FORMULAS = {
    "linear": lambda x, y: unit(x) @ unit(y),
    "polynomial": lambda x, y: (unit(x) @ unit(y) + 0.5) ** 3,
    "rbf": lambda x, y: np.exp(-0.7 * np.sum((unit(x) - unit(y)) ** 2)),
    "hellinger": lambda x, y: np.sum(np.sqrt(x / x.sum() * y / y.sum())),
}


@pytest.fixture
def rows():
    return np.random.default_rng(0).uniform(size=(6, 5))


@pytest.mark.parametrize("name", KERNELS)
def test_it_is_its_formula(name, rows):
    kernel = Kernel(name, **SETTINGS)
    features = kernel.features(rows)
    expected = [[FORMULAS[name](x, y) for y in rows] for x in rows[:4]]
    np.testing.assert_allclose(kernel.products(features[:4], features), expected, atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_a_row_with_itself_is_its_squared_length(name, rows):
    rows[2] = 0.0
    kernel = Kernel(name, **SETTINGS)
    features = kernel.features(rows)
    gram = kernel.products(features, features)
    np.testing.assert_allclose(kernel.squared_norms(features), np.diag(gram), atol=1e-12)
    assert np.linalg.eigvalsh(gram).min() > -1e-12


@pytest.mark.parametrize("name", KERNELS)
def test_brightness_does_not_matter_and_blank_stays_blank(name, rows):
    kernel = Kernel(name)
    np.testing.assert_allclose(kernel.features(255.0 * rows), kernel.features(rows), atol=1e-12)
    assert not kernel.features(0.0 * rows).any()


def test_the_hellinger_kernel_takes_no_negative_numbers(rows):
    rows[3, 1] = -0.25
    with pytest.raises(InputError, match=r"least 0.*1 of 6 rows.*row 3.*-0\.25"):
        Kernel("hellinger").features(rows)
    assert np.isfinite(Kernel("polynomial").features(rows)).all()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"name": "helinger"}, "hellinger"),
        ({"name": "polynomial", "degree": 0}, "degree"),
        ({"name": "polynomial", "degree": 2.5}, "degree"),
        ({"name": "polynomial", "coef0": -1.0}, "coef0"),
        ({"name": "rbf", "gamma": -0.1}, "gamma"),
        ({"name": "rbf", "gamma": float("nan")}, "gamma"),
    ],
)
def test_bad_settings_are_named(settings, named):
    with pytest.raises(InputError, match=named):
        Kernel(**settings)
