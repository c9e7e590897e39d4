"""zoo/models/variational_autoencoders.py against models whose likelihood is known exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo

tfd = tfp.distributions


def dense_coder(pixels=4, code_size=2):
    """Linear networks: pixels to means and raw scales, and codes to pixel logits."""
    images = keras.Input((pixels // 2, 2, 1))
    parameters = keras.layers.Dense(2 * code_size)(keras.layers.Flatten()(images))
    codes = keras.Input((code_size,))
    logits = keras.layers.Reshape((pixels // 2, 2, 1))(keras.layers.Dense(pixels)(codes))
    return keras.Model(images, parameters), keras.Model(codes, logits)


def with_posterior(model, mean, scale):
    """Lets the encoder give one posterior for all images."""
    kernel = model.encoder.get_weights()[0]
    raw = np.log(np.expm1(np.asarray(scale) - 1e-5))
    model.encoder.set_weights([0.0 * kernel, np.concatenate([mean, raw])])
    return model


class LinearGaussian:
    """A VAE whose exact likelihood is known.

    sigmoid(l) is 1/2 + l/4 to l³/48. With logits of some 0.01 and a σ of 0.002 that is 1e-5 of a
    standard deviation, so p(x) = N(1/2 + b/4, V Vᵀ + σ² I) with V = W/4.
    """

    scale = 0.002
    slopes = np.array([[1.0, 0.8], [1.0, -0.8], [1.0, 0.8], [1.0, -0.8]]) * scale
    center = 0.5 + np.array([0.001, -0.002, 0.003, 0.0])

    def __init__(self):
        self.model = zoo.VariationalAutoencoder(
            *dense_coder(), likelihood="gaussian", likelihood_scale=self.scale
        )
        self.model.decoder.set_weights([4 * self.slopes.T, 4 * (self.center - 0.5)])
        covariance = self.slopes @ self.slopes.T + self.scale**2 * np.eye(4)
        self.marginal = tfd.MultivariateNormalFullCovariance(self.center, covariance)
        # The columns of W are orthogonal, so the exact posterior has independent dimensions.
        precision = np.eye(2) + self.slopes.T @ self.slopes / self.scale**2
        assert precision[0, 1] == pytest.approx(0)
        self.posterior_scale = np.diag(precision) ** -0.5
        self.pull = np.linalg.inv(precision) @ self.slopes.T / self.scale**2
        drawn = np.random.default_rng(0).multivariate_normal(self.center, covariance, 3)
        self.x = drawn.reshape(3, 2, 2, 1).astype("float32")
        self.exact = self.marginal.log_prob(self.x.reshape(3, 4).astype("float64")).numpy()

    def posterior_mean(self, x):
        return (x.reshape(-1, 4) - self.center) @ self.pull.T

    def set_exact_posterior(self):
        raw = np.log(np.expm1(self.posterior_scale - 1e-5))
        kernel = np.concatenate([self.pull.T, np.zeros((4, 2))], axis=1)
        bias = np.concatenate([-self.pull @ self.center, raw])
        self.model.encoder.set_weights([kernel, bias])


def test_divergence_by_hand_and_by_tfp():
    mean, scale = np.array([0.3, -1.2]), np.array([0.5, 2.0])
    model = with_posterior(zoo.VariationalAutoencoder(*dense_coder()), mean, scale)
    x = np.full((3, 2, 2, 1), 0.5, "float32")
    divergence = model.terms(x, None, model.forward(x))["kl_loss"]
    # (0.25 + 0.09 - 1 + log 4) / 2 + (4 + 1.44 - 1 - log 4) / 2 = 1.89 nats.
    closed = 0.5 * np.sum(scale**2 + mean**2 - 1 - np.log(scale**2))
    assert closed == pytest.approx(1.89)
    np.testing.assert_allclose(divergence, [closed] * 3, rtol=1e-5)
    by_tfp = tfd.MultivariateNormalDiag(mean, scale).kl_divergence(
        tfd.MultivariateNormalDiag(np.zeros(2), np.ones(2))
    )
    np.testing.assert_allclose(divergence, [by_tfp] * 3, rtol=1e-5)


def test_the_posterior_of_the_prior_costs_nothing():
    model = with_posterior(zoo.VariationalAutoencoder(*dense_coder()), np.zeros(2), np.ones(2))
    x = np.full((3, 2, 2, 1), 0.5, "float32")
    np.testing.assert_allclose(model.terms(x, None, model.forward(x))["kl_loss"], 0, atol=1e-6)


def test_with_the_exact_posterior_every_draw_gives_the_exact_likelihood():
    linear = LinearGaussian()
    linear.set_exact_posterior()
    np.testing.assert_allclose(
        linear.model.encode(linear.x), linear.posterior_mean(linear.x), atol=1e-4
    )
    for _ in range(5):
        one_draw = linear.model.log_likelihood(linear.x, num_samples=1)
        np.testing.assert_allclose(one_draw, linear.exact, atol=5e-3)
    # The bound takes the divergence in closed form, so that only its mean is exact.
    x = np.repeat(linear.x, 4000, axis=0)
    bounds = linear.model.elbo(x, num_samples=2).numpy().reshape(3, 4000)
    error = bounds.std(axis=1) / np.sqrt(4000)
    assert np.all(error < 0.05)
    assert np.all(np.abs(bounds.mean(axis=1) - linear.exact) < 5 * error)


def test_the_bound_holds_and_its_gap_is_the_divergence_from_the_exact_posterior():
    linear = LinearGaussian()
    mean, scale = np.array([0.4, -0.5]), np.array([0.7, 0.9])
    with_posterior(linear.model, mean, scale)
    x = np.repeat(linear.x, 4000, axis=0)
    bounds = linear.model.elbo(x, num_samples=2).numpy().reshape(3, 4000)
    error = bounds.std(axis=1) / np.sqrt(4000)
    exact_posterior = tfd.MultivariateNormalDiag(
        linear.posterior_mean(linear.x), linear.posterior_scale
    )
    gap = tfd.MultivariateNormalDiag(mean, scale).kl_divergence(exact_posterior).numpy()
    assert np.all(gap > 20 * error), "a gap that the draws can tell"
    assert np.all(np.abs(linear.exact - bounds.mean(axis=1) - gap) < 5 * error)


def test_more_draws_raise_the_estimate_to_the_exact_likelihood():
    linear = LinearGaussian()
    mean = linear.posterior_mean(linear.x[:1])[0] + 0.2
    with_posterior(linear.model, mean, 1.5 * linear.posterior_scale)
    x = np.repeat(linear.x[:1], 1000, axis=0)
    means, errors = [], []
    for num_samples in (1, 4, 40):
        estimates = linear.model.log_likelihood(x, num_samples).numpy()
        means.append(estimates.mean())
        errors.append(estimates.std() / np.sqrt(1000))
    assert means[0] + 5 * errors[0] < means[1] < means[2] - 5 * errors[1]
    assert np.all(np.array(means) < linear.exact[0] + 3 * np.array(errors))
    assert means[2] == pytest.approx(linear.exact[0], abs=0.05)


def test_gradients_pass_through_the_draw():
    """d/dm of -log p(x|z) is that of the code, d/ds is it times the standard normal draw."""
    linear = LinearGaussian()
    model = with_posterior(linear.model, np.array([0.1, 0.2]), np.array([0.5, 0.6]))
    bias = model.encoder.layers[-1].bias
    state = model.seeds.state.numpy()
    values = bias.value
    with tf.GradientTape() as tape:
        tape.watch(values)
        outputs = model.forward(linear.x[:1])
        loss = tf.reduce_sum(model.terms(linear.x[:1], None, outputs)["reconstruction_loss"])
    gradient = tape.gradient(loss, values).numpy()
    start, step = bias.numpy(), 1e-2
    for index in range(4):
        losses = []
        for sign in (1, -1):
            nudged = start.copy()
            nudged[index] += sign * step
            bias.assign(nudged)
            model.seeds.state.assign(state)
            outputs = model.forward(linear.x[:1])
            terms = model.terms(linear.x[:1], None, outputs)
            losses.append(float(terms["reconstruction_loss"][0]))
        assert gradient[index] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=2e-2)


def test_every_forward_pass_draws_anew(images):
    model = LinearGaussian().model
    x = np.repeat(images[0][:2, :2, :2], 4000, axis=0)
    codes, more = (np.asarray(model.forward(x)["code"]).reshape(2, 4000, 2) for _ in range(2))
    assert np.all(codes != more)
    posterior = model.posterior(x[::4000])
    # 4000 draws: the mean is known to s / 63, the deviation to s / 89.
    error = np.abs(codes.mean(axis=1) - posterior.mean()) / posterior.stddev()
    assert np.max(error) < 6 / 63
    np.testing.assert_allclose(codes.std(axis=1), posterior.stddev(), rtol=6 / 89)


def test_samples_are_decoded_draws_of_the_prior():
    model = LinearGaussian().model
    samples = model.sample(4000)
    assert samples.shape == (4000, 2, 2, 1) and samples.dtype == "float32"
    drawn = np.asarray(samples).reshape(4000, 4)
    slopes, center = LinearGaussian.slopes, LinearGaussian.center
    # A pixel deviates by 0.0026, so its mean by 4e-5.
    np.testing.assert_allclose(drawn.mean(axis=0), center, atol=2.5e-4)
    np.testing.assert_allclose(np.cov(drawn.T), slopes @ slopes.T, atol=1e-6)
    assert np.any(model.sample(4) != model.sample(4))


def test_weights_of_rows_reach_both_terms(images):
    x, _ = images
    model = with_posterior(zoo.VariationalAutoencoder(*dense_coder()), np.zeros(2), [1e-4] * 2)
    x = x[:, :2, :2]
    model.compile(optimizer="adam")
    weights = (np.arange(64) < 16).astype("float32")
    settings = {"batch_size": 64, "verbose": 0, "return_dict": True}
    some = model.evaluate(x, x, sample_weight=weights, **settings)
    first = model.evaluate(x[:16], **settings)
    for key in ("loss", "kl_loss", "reconstruction_loss", "reconstruction_error"):
        assert some[key] == pytest.approx(first[key], rel=1e-3), key


@pytest.mark.parametrize("bound", ["elbo", "log_likelihood"])
def test_bytes_have_the_bound_of_their_pixels(bound):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 2, 2, 1)).astype("uint8")
    given = []
    for images in (pixels, pixels.astype("float32") / 255):
        keras.utils.set_random_seed(0)
        model = zoo.VariationalAutoencoder(*dense_coder(), seed=1)
        given.append(getattr(model, bound)(images))
    np.testing.assert_allclose(*given, rtol=1e-5)
