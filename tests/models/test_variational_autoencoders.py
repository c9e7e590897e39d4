"""zoo/models/variational_autoencoders.py: terms by hand, what equals what."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo
from zoo.networks import decoder, encoder

tfd = tfp.distributions

TINY = {"input_shape": (8, 8, 1), "kind": "dense", "size": (8,), "code_size": 4}


def test_loss_is_the_negative_bound(images):
    x, _ = images
    model = zoo.create_model("vae", **TINY)
    twin = zoo.create_model("vae", **TINY)
    twin.set_weights(model.get_weights())
    twin.seeds.state.assign(model.seeds.state)
    terms = model.terms(x, None, model.forward(x))
    loss = terms["reconstruction_loss"] + terms["kl_loss"]
    np.testing.assert_allclose(loss, -twin.elbo(x), rtol=1e-5)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "mse"])
def test_reconstruction_by_hand(likelihood, images):
    x, _ = images
    scale = {} if likelihood == "bernoulli" else {"likelihood_scale": 0.2}
    model = zoo.create_model("vae", likelihood=likelihood, **scale, **TINY)
    outputs = model.forward(x)
    term = model.terms(x, None, outputs)["reconstruction_loss"]
    rebuilt = 1 / (1 + np.exp(-np.asarray(outputs["pixel_logits"], "float64")))
    squares = (x - rebuilt) ** 2 / (2 * 0.2**2)
    by_hand = {
        "bernoulli": -x * np.log(rebuilt) - (1 - x) * np.log(1 - rebuilt),
        "gaussian": squares + np.log(0.2) + 0.5 * np.log(2 * np.pi),
        "mse": squares,
    }[likelihood]
    np.testing.assert_allclose(term, by_hand.sum(axis=(1, 2, 3)), rtol=1e-4)


def trained(name, images, steps=10, **arguments):
    keras.utils.set_random_seed(0)
    model = zoo.create_model(name, **{**TINY, **arguments})
    model.compile(optimizer="adam")
    x, _ = images
    model.fit(x, batch_size=32, epochs=steps // 2, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == steps
    return model.get_weights()


def test_systems_that_differ_in_nothing_learn_the_same(images):
    vae = trained("vae", images)
    for name, arguments in (("beta_vae", {"beta": 1.0}), ("dvae", {"noise": 0.0})):
        for ours, theirs in zip(vae, trained(name, images, **arguments), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_systems_that_differ_learn_otherwise(images):
    vae = trained("vae", images)
    for name in ("beta_vae", "dvae"):
        others = trained(name, images)
        assert any(np.any(ours != other) for ours, other in zip(vae, others, strict=True))


def test_mse_learns_what_the_gaussian_learns(images):
    gaussian, mse = (
        trained("vae", images, likelihood=likelihood) for likelihood in ("gaussian", "mse")
    )
    for ours, theirs in zip(gaussian, mse, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_beta_weighs_the_divergence_alone(images):
    x, _ = images
    model = zoo.create_model("beta_vae", beta=3.0, **TINY)
    model.compile(optimizer="adam")
    scores = model.evaluate(x, verbose=0, return_dict=True)
    total = scores["reconstruction_loss"] + 3 * scores["kl_loss"]
    assert scores["loss"] == pytest.approx(total, rel=1e-4)


class Brighter(keras.layers.Layer):
    """A corruption that is easy to tell."""

    def call(self, x, training=False):
        return x + 1.0 if training else x


def test_corruption_acts_while_training_and_only_on_the_input(images):
    x, _ = images
    model = zoo.create_model("dvae", corruption=Brighter(), **TINY)
    clean = model.forward(x)["posterior_parameters"]
    np.testing.assert_allclose(clean, model.encoder(x, training=False), atol=1e-6)
    noisy = model.forward(x, training=True)
    by_hand = model.encoder(x + 1.0, training=True)
    np.testing.assert_allclose(noisy["posterior_parameters"], by_hand, atol=1e-5)
    target = tfd.Bernoulli(logits=noisy["pixel_logits"])
    by_hand = -tf.reduce_sum(target.log_prob(tf.constant(x)), axis=(1, 2, 3))
    np.testing.assert_allclose(
        model.terms(x, None, noisy)["reconstruction_loss"], by_hand, rtol=1e-5
    )


def test_answers_are_clean_and_go_by_the_mean(images):
    x, _ = images
    model = zoo.create_model("dvae", noise=0.9, **TINY)
    np.testing.assert_array_equal(model.encode(x), model.posterior(x).mean())
    np.testing.assert_array_equal(model.reconstruct(x), model.decode(model.encode(x)))
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6)


def test_arrays_and_tensors_of_any_floats_are_alike(images):
    x, _ = images
    model = zoo.create_model("vae", **TINY)
    state = model.seeds.state.numpy()
    results = []
    for each in (x, x.astype("float64"), tf.constant(x)):
        model.seeds.state.assign(state)
        results.append([model.elbo(each), model.log_likelihood(each, 2)])
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_allclose(results[1], results[2], rtol=1e-5)


def test_active_units_show_a_collapse(images):
    x, _ = images
    model = zoo.create_model("vae", **TINY)
    parameters = model.encoder.layers[-1]
    kernel = parameters.kernel.numpy()
    kernel[:, 1:4] = 0.0
    kernel[:, 0] *= 100.0
    parameters.kernel.assign(kernel)
    model.compile(optimizer="adam")
    assert model.evaluate(x, verbose=0, return_dict=True)["active_units"] == 1.0
    parameters.kernel.assign(0.0 * kernel)
    assert model.evaluate(x, verbose=0, return_dict=True)["active_units"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"likelihood": "poisson"}, "Unknown likelihood 'poisson'"),
        ({"likelihood_scale": 0.0}, "`likelihood_scale`"),
        ({"beta": -1.0}, "`beta`"),
        ({"beta": float("nan")}, "`beta`"),
        ({"corruption": "salt"}, "`corruption` must be a Keras layer"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(zoo.InputError, match=message):
        zoo.VariationalAutoencoder(
            encoder((8, 8, 1), 8, (4,), "dense"), decoder((8, 8, 1), 4, (4,), "dense"), **arguments
        )


def test_an_encoder_without_scales_is_refused():
    with pytest.raises(zoo.InputError, match="a mean and a scale for each dimension"):
        zoo.VariationalAutoencoder(encoder((8, 8, 1), 4, (4,)), decoder((8, 8, 1), 4, (4,)))


@pytest.mark.parametrize("count", [0, -1, 1.5])
def test_counts_of_draws_are_checked(count, images):
    model = zoo.VariationalAutoencoder(
        encoder((8, 8, 1), 8, (4,), "dense"), decoder((8, 8, 1), 4, (4,), "dense")
    )
    x = images[0][:, :2, :2]
    for ask in (lambda: model.elbo(x, count), lambda: model.log_likelihood(x, count)):
        with pytest.raises(zoo.InputError, match="`num_samples`"):
            ask()
    with pytest.raises(zoo.InputError, match="`n`"):
        model.sample(count)
