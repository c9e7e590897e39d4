"""zoo/representation/kernel_elastic_net.py: its limits are kernel CRC and SRC."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from zoo.representation import (
    KERNELS,
    Kernel,
    KernelElasticNetClassifier,
    SparseRepresentationClassifier,
)


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:300], y[:300], x[300:340]


@pytest.mark.parametrize("name", KERNELS)
def test_without_lambda1_it_is_kernel_crc(name, digits):
    """a = (K + λ2 I)⁻¹ k, and the residual κ − 2 k_cᵀa_c + a_cᵀ K_cc a_c, row by row."""
    x, y, test = digits
    classifier = KernelElasticNetClassifier(name, lambda1=0.0, lambda2=0.5).fit(x, y)
    kernel = Kernel(name)
    atoms, rows = kernel.features(x), kernel.features(test)
    gram, products = kernel.products(atoms, atoms), kernel.products(atoms, rows)
    codes = np.linalg.solve(gram + 0.5 * np.eye(len(x)), products).T
    np.testing.assert_allclose(classifier.codes(test), codes, atol=1e-9)
    for row, code, product, residuals in zip(
        rows, codes, products.T, classifier.residuals(test), strict=True
    ):
        itself = kernel.products(row[None], row[None])[0, 0]
        for c, residual in enumerate(residuals):
            mine = y == c
            square = itself - 2 * product[mine] @ code[mine]
            square += code[mine] @ gram[np.ix_(mine, mine)] @ code[mine]
            assert residual**2 == pytest.approx(square, abs=1e-9)


def test_linear_and_without_lambda2_it_is_src(digits):
    x, y, test = digits
    settings = {"lambda1": 0.1, "tolerance": 1e-10}
    ours = KernelElasticNetClassifier("linear", lambda2=0.0, **settings).fit(x, y)
    src = SparseRepresentationClassifier(**settings).fit(x, y)
    np.testing.assert_allclose(ours.codes(test), src.codes(test), atol=1e-7)
    np.testing.assert_allclose(ours.residuals(test), src.residuals(test), atol=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_the_conditions_of_optimality_hold(name, digits):
    """2 (k − K a − λ2 a) is λ1 sign(a) where an atom is used, and at most λ1 elsewhere."""
    x, y, test = digits
    classifier = KernelElasticNetClassifier(name, lambda1=0.1, lambda2=0.05, tolerance=1e-11)
    codes = classifier.fit(x, y).codes(test)
    kernel = Kernel(name)
    atoms = kernel.features(x)
    gram = kernel.products(atoms, atoms)
    slope = 2 * (kernel.products(kernel.features(test), atoms) - codes @ gram - 0.05 * codes)
    used = codes != 0
    assert 0.01 < used.mean() < 0.9
    np.testing.assert_allclose(slope[used], 0.1 * np.sign(codes)[used], atol=1e-5)
    assert np.abs(slope).max() < 0.1 + 1e-5


@pytest.mark.parametrize(
    ("kernel", "setting"), [("polynomial", "degree"), ("polynomial", "coef0"), ("rbf", "gamma")]
)
def test_settings_of_the_kernel_reach_it(kernel, setting, digits):
    x, y, test = digits
    plain = KernelElasticNetClassifier(kernel, lambda1=0.0).fit(x, y).codes(test)
    other = KernelElasticNetClassifier(kernel, lambda1=0.0, **{setting: 4}).fit(x, y).codes(test)
    assert np.abs(plain - other).max() > 1e-3
