"""zoo/priors.py: densities by hand, draws, and priors that survive their configuration."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo
from zoo import priors

tfd = tfp.distributions

# Parameters as tensors, arrays, numbers and lists, in classes of one and of several parts.
PRIORS = {
    "standard normal": lambda: priors.standard_normal(3),
    "mixture": lambda: priors.gaussian_mixture(3, num_components=4),
    "diagonal": lambda: tfd.MultivariateNormalDiag(tf.constant([0.0, 1.0, 2.0]), tf.ones(3)),
    "diagonal of lists": lambda: tfd.MultivariateNormalDiag([0.0, 1.0, 2.0], [1.0, 2.0, 0.5]),
    "triangle": lambda: tfd.MultivariateNormalTriL(scale_tril=2.0 * np.eye(3, dtype="float32")),
    "laplace": lambda: tfd.Independent(tfd.Laplace(np.zeros(3, "float32"), 2.0), 1),
    "uniform of tuples": lambda: tfd.Independent(tfd.Uniform((-2.0,) * 3, (2.0,) * 3), 1),
    "sample": lambda: tfd.Sample(tfd.StudentT(5.0, 0.0, 1.0), [3]),
}


def network(inputs, outputs):
    given = keras.Input(inputs)
    x = keras.layers.Dense(int(np.prod(outputs)))(keras.layers.Flatten()(given))
    return keras.Model(given, keras.layers.Reshape(outputs)(x))


def adversarial_autoencoder(prior, code_size=3):
    return zoo.AdversarialAutoencoder(
        network((2, 2, 1), (code_size,)),
        network((code_size,), (2, 2, 1)),
        network((code_size,), (1,)),
        prior,
    )


def test_standard_normal_by_hand():
    z = np.array([[0.0, 0.0], [1.0, -2.0]], "float32")
    density = priors.standard_normal(2).log_prob(z)
    np.testing.assert_allclose(density, -np.log(2 * np.pi) - np.array([0.0, 2.5]), rtol=1e-6)


def test_mixture_by_hand():
    prior = priors.gaussian_mixture(3, num_components=4, radius=2.0, scale=0.5)
    z = np.random.default_rng(0).normal(size=(5, 3))
    means = np.array([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [0.0, -2.0]])
    squares = np.sum((z[:, None, :2] - means) ** 2, axis=-1) / 0.5**2
    circle = np.exp(-squares / 2).mean(axis=1) / (2 * np.pi * 0.5**2)
    rest = np.exp(-(z[:, 2] ** 2) / 2) / np.sqrt(2 * np.pi)
    density = prior.log_prob(z.astype("float32"))
    np.testing.assert_allclose(density, np.log(circle * rest), rtol=1e-5)


def test_mixture_has_ten_equal_parts_on_its_circle():
    codes = np.asarray(priors.gaussian_mixture(2).sample(5000, seed=0))
    part = np.round(np.arctan2(codes[:, 1], codes[:, 0]) / (2 * np.pi) * 10).astype(int) % 10
    # 500 of each expected, with a deviation of sqrt(5000 · 0.1 · 0.9) = 21; the parts overlap a
    # little, alike on both sides.
    np.testing.assert_allclose(np.bincount(part), 500, atol=6 * 21)
    assert np.linalg.norm(codes, axis=1).mean() == pytest.approx(4.0, abs=0.1)


def test_mixture_of_one_is_a_gaussian():
    prior = priors.gaussian_mixture(2, num_components=1, radius=1.0, scale=2.0)
    gaussian = tfd.MultivariateNormalDiag([1.0, 0.0], [2.0, 2.0])
    z = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    np.testing.assert_allclose(prior.log_prob(z), gaussian.log_prob(z), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"code_size": 1}, "code_size"),
        ({"code_size": 2, "num_components": 0}, "num_components"),
        ({"code_size": 2, "radius": -1.0}, "radius"),
        ({"code_size": 2, "scale": 0.0}, "scale"),
    ],
)
def test_impossible_mixtures_are_refused(arguments, named):
    with pytest.raises(zoo.InputError, match=f"`{named}`"):
        priors.gaussian_mixture(**arguments)


def test_priors_by_name_and_as_they_are():
    for name, function in priors.PRIORS.items():
        ours, theirs = priors.prior_on_codes(name, 3), function(3)
        np.testing.assert_array_equal(ours.log_prob(Z), theirs.log_prob(Z))
    mine = tfd.MultivariateNormalDiag(tf.zeros(4), tf.ones(4))
    assert priors.prior_on_codes(mine, 4) is mine


Z = np.random.default_rng(0).uniform(-1, 1, (7, 3)).astype("float32")


@pytest.mark.parametrize("name", PRIORS)
def test_a_configuration_keeps_the_distribution(name):
    prior = PRIORS[name]()
    config = priors.to_config(prior)
    again = priors.prior_on_codes(json.loads(json.dumps(config)), 3)
    assert type(again) is type(prior)
    np.testing.assert_array_equal(again.log_prob(Z), prior.log_prob(Z))
    ours, theirs = (each.sample(4, seed=tf.constant([1, 2])) for each in (again, prior))
    np.testing.assert_array_equal(ours, theirs)
    assert priors.to_config(again) == config


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "mixture" else pytest.mark.full) for name in PRIORS],
)
def test_a_model_with_the_prior_is_saved_and_loaded(name, tmp_path):
    model = adversarial_autoencoder(PRIORS[name]())
    model.compile(optimizer="adam")
    x = np.random.default_rng(0).uniform(size=(8, 2, 2, 1)).astype("float32")
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.prior.log_prob(Z), model.prior.log_prob(Z))
    # The same generator state, so the same draws.
    np.testing.assert_array_equal(loaded.sample(3), model.sample(3))


def test_priors_that_cannot_be_saved_are_refused():
    class Mine(tfd.Normal):
        pass

    shifted = tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfp.bijectors.Shift(1.0))
    for prior, message in (
        (Mine(0.0, 1.0), "class's name in tfp.distributions. Received: Mine"),
        (tfd.Independent(Mine([0.0], [1.0]), 1), "Received: Mine"),
        (shifted, "TransformedDistribution with bijector"),
    ):
        with pytest.raises(zoo.InputError, match=message):
            priors.to_config(prior)


@pytest.mark.parametrize(
    "prior",
    [
        tfd.Normal(0.0, 1.0),
        tfd.Normal([0.0] * 3, [1.0] * 3),
        tfd.MultivariateNormalDiag([0.0] * 4),
        tfd.MultivariateNormalDiag([[0.0] * 3] * 2),
    ],
    ids=["number", "batch of numbers", "other size", "batch"],
)
def test_priors_of_no_codes_are_refused(prior):
    with pytest.raises(zoo.InputError, match=r"must be codes of shape \(3,\)"):
        priors.prior_on_codes(prior, 3)
    with pytest.raises(zoo.InputError, match=r"must be codes of shape \(3,\)"):
        adversarial_autoencoder(prior)


def test_what_is_no_prior_is_refused():
    with pytest.raises(zoo.InputError, match="Unknown prior 'gauss"):
        priors.prior_on_codes("gaussian_mixtur", 3)
    with pytest.raises(zoo.InputError, match=r"or a TFP distribution. Received: prior=\{\}"):
        priors.prior_on_codes({}, 2)
    with pytest.raises(zoo.InputError, match="or a TFP distribution. Received: prior=3"):
        priors.prior_on_codes(3, 3)


def test_draws_go_by_the_generator():
    prior = priors.gaussian_mixture(2)
    first, second = (keras.random.SeedGenerator(3) for _ in range(2))
    ours = [np.asarray(priors.draw(prior, 4, first)) for _ in range(2)]
    theirs = [np.asarray(priors.draw(prior, (4,), second)) for _ in range(2)]
    np.testing.assert_array_equal(ours, theirs)
    assert np.all(ours[0] != ours[1])
    other = np.asarray(priors.draw(prior, 4, keras.random.SeedGenerator(4)))
    assert ours[0].shape == (4, 2) and np.all(ours[0] != other)


def test_draws_of_a_graph_are_new_in_each_step():
    seeds = keras.random.SeedGenerator(0)

    @tf.function
    def step(rows):
        return priors.draw(priors.standard_normal(3), (rows,), seeds)

    draws = np.stack([step(tf.constant(1000)) for _ in range(3)])
    assert draws.shape == (3, 1000, 3) and np.all(draws[0] != draws[1])
    # The mean of 9000 numbers of N(0, 1) deviates by 0.0105, the variance by 0.0149.
    assert abs(draws.mean()) < 6 * 0.0105 and abs(draws.var() - 1) < 6 * 0.0149
