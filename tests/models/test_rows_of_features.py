"""Models of rows of features: what they standardize, rebuild and refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo

# Correlated features of very different units.
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 2)) @ GENERATOR.normal(size=(2, 5))
X = X + 0.3 * GENERATOR.normal(size=X.shape)
X = (X * [1.0, 10.0, 0.1, 100.0, 1.0] + [0.0, 5.0, 1.0, -50.0, 3.0]).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


def linear(model, **arguments):
    """A model with linear networks and a code of two numbers."""
    made = zoo.create_model(model, input_shape=(5,), code_size=2, size=(), **arguments)
    made.scaling.adapt(X)
    return made


def standardized(x):
    return (x - X.mean(axis=0)) / X.std(axis=0)


def principal(k=2):
    """Means-free standardized rows' covariance: eigenvalues and vectors, the largest first."""
    values, vectors = np.linalg.eigh(np.cov(standardized(X.astype("float64")).T, bias=True))
    return values[::-1], vectors[:, ::-1]


def test_fit_adapts_once_and_files_keep_it(tmp_path):
    model = zoo.create_model("ae", input_shape=(5,), size=(8,), code_size=2)
    model.compile()
    model.fit(X, verbose=0)
    np.testing.assert_allclose(model.scaling(X), standardized(X), atol=1e-4)
    model.fit(X[:10] + 1e3, verbose=0)
    np.testing.assert_allclose(model.scaling(X), standardized(X), atol=1e-4)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))


def test_rows_cut_off_for_validation_are_not_adapted_to():
    model = zoo.create_model("mlp_classifier", input_shape=(X.shape[1],), num_classes=3)
    model.compile(optimizer="adam")
    model.fit(X, np.arange(len(X)) % 3, validation_split=0.3, verbose=0)
    kept = X[: int(len(X) * 0.7)]
    np.testing.assert_allclose(model.scaling.adapt_mean, kept.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"validation_data": (X[:, :3],)},
        {"validation_split": 0.9999},
        {"callbacks": ["early"]},
        {"x": tf.data.Dataset.from_tensor_slices(X).batch(8).filter(lambda x: False)},
    ],
)
def test_what_is_refused_adapts_nothing(wrong):
    model = zoo.create_model("ae", input_shape=(5,), size=(8,), code_size=2)
    model.compile()
    with pytest.raises(zoo.InputError):
        model.fit(**{"x": X, "verbose": 0, **wrong})
    assert not model.scaling.is_adapted
    np.testing.assert_array_equal(model.scaling.adapt_mean, np.zeros(5))


def test_before_any_rows_were_seen_there_is_no_answer():
    model = zoo.create_model("ae", input_shape=(5,), size=(8,), code_size=2)
    model.compile()
    ways = model.evaluate, model.predict, model.predict_on_batch, model.train_on_batch
    for way in (*ways, model.test_on_batch, model.encode, model.reconstruct, model):
        with pytest.raises(zoo.InputError, match="has seen no training rows"):
            way(X)
    model.scaling.adapt(X)
    assert model.encode(X).shape == (len(X), 2)


def test_a_stream_without_end_must_be_adapted_by_hand():
    model = zoo.create_model("ae", input_shape=(5,), size=(8,), code_size=2)
    model.compile()
    endless = tf.data.Dataset.from_tensor_slices(X).batch(50).repeat()
    with pytest.raises(zoo.InputError, match=r"model\.scaling\.adapt"):
        model.fit(endless, steps_per_epoch=2, verbose=0)
    model.scaling.adapt(X)
    model.fit(endless, steps_per_epoch=2, verbose=0)


@pytest.mark.parametrize("model", ["ae", "se_co", "ac_co_v2"])
def test_the_error_in_units_is_the_standardized_one_times_the_variances(model):
    classes = {} if model == "ae" else {"num_classes": 2}
    codes = {} if model == "ac_co_v2" else {"code_size": 2}
    model = zoo.create_model(model, input_shape=(5,), size=(8,), **classes, **codes)
    model.compile()
    model.fit(X, Y, verbose=0)
    in_units = np.square(model.reconstruct(X) - X).mean(axis=0)
    scaled = np.square(model.scaled(model.reconstruct(X)) - standardized(X)).mean(axis=0)
    np.testing.assert_allclose(in_units, scaled * X.var(axis=0), rtol=1e-3)
    # What is minimized and shown is the standardized one.
    shown = model.evaluate(X, Y, verbose=0, return_dict=True)["reconstruction_error"]
    assert shown == pytest.approx(scaled.mean(), rel=1e-4)


@pytest.mark.full
def test_a_linear_auto_encoder_spans_the_space_of_pca():
    model = linear("ae")
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.03, 1500)))
    stream = tf.data.Dataset.from_tensors(X).repeat(1500)
    model.fit(stream, verbose=0)
    basis, _ = np.linalg.qr(model.decoder.layers[-2].kernel.numpy().T)
    cosines = np.linalg.svd(basis.T @ principal()[1][:, :2], compute_uv=False)
    assert np.arccos(np.minimum(cosines, 1.0)).max() < 1e-3


def test_a_linear_vae_is_probabilistic_pca():
    # Tipping and Bishop 1999: W = U (Λ - σ² I)^½, σ² the mean of the eigenvalues left out.
    model = linear("vae", likelihood_scale="learned")
    values, vectors = principal()
    variance = values[2:].mean()
    weights = vectors[:, :2] * np.sqrt(values[:2] - variance)
    precision = weights.T @ weights + variance * np.eye(2)
    to_code = np.linalg.solve(precision, weights.T)
    spread = np.sqrt(np.diag(variance * np.linalg.inv(precision)))
    raw = np.log(np.expm1(spread - 1e-5))
    model.encoder.set_weights(
        [np.hstack([to_code.T, np.zeros((5, 2))]), np.array([0.0, 0.0, *raw])]
    )
    model.decoder.set_weights([weights.T, np.zeros(5)])
    model.log_scale.assign(np.log(variance) / 2)
    covariance = weights @ weights.T + variance * np.eye(5)
    x = standardized(X.astype("float64"))
    _, log_determinant = np.linalg.slogdet(covariance)
    squares = np.einsum("ij,jk,ik->i", x, np.linalg.inv(covariance), x)
    likelihood = -0.5 * (squares + log_determinant + 5 * np.log(2 * np.pi))
    # The posterior is exact, so the bound is tight, and each importance weight is p(x).
    np.testing.assert_allclose(model.log_likelihood(X, 2), likelihood, atol=2e-3)
    assert np.mean(model.elbo(X, 400)) == pytest.approx(likelihood.mean(), abs=0.02)


def test_a_super_encoder_without_a_term_is_what_the_other_makes_it():
    def gradients(model, **arguments):
        keras.utils.set_random_seed(1)
        codes = {"num_classes": 2} if model == "se_co" else {}
        made = zoo.create_model(
            model, input_shape=(5,), size=(8,), code_size=2, **codes, **arguments
        )
        made.compile(keras.optimizers.SGD(0.1))
        for variable in made.encoder.weights:
            variable.assign(np.linspace(-1, 1, variable.numpy().size).reshape(variable.shape))
        for variable in made.decoder.weights:
            variable.assign(np.linspace(-1, 1, variable.numpy().size).reshape(variable.shape))
        made.fit(X, Y, batch_size=300, verbose=0)
        return made

    alone, without = gradients("ae"), gradients("se_co", classification_weight=0.0)
    for ours, theirs in zip(without.encoder.weights, alone.encoder.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    # And with β = 0 nothing moves the decoder: it is a classifier.
    classifier = gradients("se_co", reconstruction_weight=0.0)
    (kernel, *_) = classifier.decoder.weights
    np.testing.assert_array_equal(kernel, np.linspace(-1, 1, 16).reshape(2, 8).astype("float32"))


def test_features_in_unit_range_are_taken_as_pixels_are():
    x = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    model = zoo.create_model("vae", input_shape=(5,), size=(8,), code_size=2, features="unit")
    model.compile()
    model.fit(x, verbose=0)
    assert model.likelihood == "bernoulli" and 0 <= np.min(model.sample(5))
    with pytest.raises(zoo.InputError, match=r"floats in \[0, 1\]"):
        model.fit(X, verbose=0)


@pytest.mark.parametrize(
    ("model", "arguments", "sentence"),
    [
        ("vae", {"likelihood": "bernoulli"}, "features='unit'"),
        ("ae", {"reconstruction_loss": "crossentropy"}, "features='unit'"),
        ("ac_nc_v1", {"variant": "pixels", "num_classes": 2}, "every pixel is a probability"),
        ("ae", {"flip": True}, "no places"),
        ("cnn", {"kind": "convolutional", "num_classes": 2}, "no neighbors"),
    ],
)
def test_what_is_for_pixels_alone_says_so(model, arguments, sentence):
    with pytest.raises(zoo.InputError, match=sentence):
        zoo.create_model(model, input_shape=(5,), **arguments)


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_dense_networks_are_normalized_and_residual_by_argument(normalization):
    arguments = {"size": (8, 8), "normalization": normalization, "residual": True}
    model = zoo.create_model("se_co", input_shape=(5,), num_classes=2, code_size=2, **arguments)
    names = [type(layer).__name__ for layer in model.decoder.layers]
    assert names.count("Add") == 2
    wanted = {None: 0, "batch": 2, "layer": 2}[normalization]
    assert sum("Normalization" in name for name in names) == wanted
    model.compile()
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"][0])
