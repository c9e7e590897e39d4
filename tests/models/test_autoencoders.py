"""zoo/models/autoencoders.py: the objective by hand, corruption, the coder's methods."""

import keras
import numpy as np
import pytest

import zoo
from zoo.networks import decoder, encoder


def coder(shape=(8, 8, 1), code_size=4):
    return encoder(shape, code_size, (4,)), decoder(shape, code_size, (4,))


class AddOne(keras.layers.Layer):
    """Adds 1 while training, so that a corrupted input is easy to tell."""

    def call(self, x, training=False):
        return x + 1.0 if training else x


@pytest.mark.parametrize(
    ("name", "distance"),
    [
        ("mse", lambda x, p: (x - p) ** 2),
        ("mae", lambda x, p: np.abs(x - p)),
        ("crossentropy", lambda x, p: -x * np.log(p) - (1 - x) * np.log(1 - p)),
    ],
)
def test_loss_is_the_mean_distance_of_the_pixels(name, distance, images):
    x, _ = images
    model = zoo.Autoencoder(*coder(), reconstruction_loss=name)
    model.compile(optimizer="adam")
    rebuilt = model.predict(x, verbose=0).astype("float64")
    scores = model.evaluate(x, verbose=0, return_dict=True)
    assert scores["loss"] == pytest.approx(distance(x, rebuilt).mean(), rel=1e-4)
    assert scores["reconstruction_error"] == pytest.approx(((x - rebuilt) ** 2).mean(), rel=1e-4)


def test_corruption_acts_while_training_and_only_on_the_input(images):
    x, _ = images
    model = zoo.Autoencoder(*coder(), corruption=AddOne())
    trained = model.forward(x, training=True)
    by_hand = model.decoder(model.encoder(x + 1.0, training=True), training=True)
    np.testing.assert_allclose(trained["pixel_logits"], by_hand, atol=1e-5)
    terms = model.terms(x, None, trained)
    clean = np.mean((x - 1 / (1 + np.exp(-np.asarray(by_hand)))) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(terms["reconstruction_loss"], clean, atol=1e-5)
    np.testing.assert_allclose(
        model.forward(x)["code"], model.encoder(x, training=False), atol=1e-6
    )


def test_autoencoder_without_noise_equals_denoising_with_none(images):
    x, _ = images
    plain = zoo.Autoencoder(*coder())
    quiet = zoo.Autoencoder(*coder(), corruption=keras.layers.GaussianNoise(0.0))
    quiet.set_weights(plain.get_weights())
    for model in (plain, quiet):
        model.compile(optimizer=keras.optimizers.SGD(0.1))
        model.fit(x, epochs=3, shuffle=False, verbose=0)
    for ours, theirs in zip(plain.get_weights(), quiet.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_methods_agree_with_each_other_and_with_call(images):
    x, _ = images
    model = zoo.Autoencoder(*coder())
    code = model.encode(x)
    assert code.shape == (64, 4)
    rebuilt = np.asarray(model.reconstruct(x))
    np.testing.assert_allclose(model.decode(code), rebuilt, atol=1e-6)
    np.testing.assert_allclose(model(x), rebuilt, atol=1e-6)
    assert rebuilt.shape == x.shape and rebuilt.min() >= 0 and rebuilt.max() <= 1


def test_a_users_own_networks_and_masking_noise(images):
    x, _ = images
    mine = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(5)])
    back = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    )
    model = zoo.Autoencoder(mine, back, corruption=keras.layers.Dropout(0.3))
    model.compile(optimizer="adam")
    losses = model.fit(x, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_as_a_layer_of_a_functional_model(images):
    x, _ = images
    model = zoo.Autoencoder(*coder())
    inputs = keras.Input((8, 8, 1))
    outer = keras.Model(inputs, keras.layers.Flatten()(model(inputs)))
    assert outer(x).shape == (64, 64)


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(zoo.InputError, match=r"codes of shape \(4,\).*takes \(5,\)"):
        zoo.Autoencoder(coder()[0], coder(code_size=5)[1])
    with pytest.raises(zoo.InputError, match=r"encoder for \(8, 8, 1\).*makes \(9, 8, 1\)"):
        zoo.Autoencoder(coder()[0], coder((9, 8, 1))[1])


def test_bad_arguments_are_refused():
    with pytest.raises(zoo.InputError, match="`corruption` must be a Keras layer"):
        zoo.Autoencoder(*coder(), corruption=0.5)
    with pytest.raises(zoo.InputError, match="Unknown .*'l3'"):
        zoo.Autoencoder(*coder(), reconstruction_loss="l3")


def test_images_as_labels_are_the_target(images):
    """The Keras idiom fit(noisy, clean); labels of another rank are ignored."""
    x, y = images
    model = zoo.Autoencoder(*coder())
    model.compile(optimizer="adam", metrics=["mae"])
    rebuilt = model.predict(x, verbose=0)
    for target in (x, 1.0 - x):
        result = model.evaluate(x, target, verbose=0, return_dict=True)
        assert result["loss"] == pytest.approx(np.mean((target - rebuilt) ** 2), rel=1e-4)
        assert result["reconstruction_error"] == pytest.approx(result["loss"], rel=1e-4)
        assert result["mae"] == pytest.approx(np.mean(np.abs(target - rebuilt)), rel=1e-4)
    labeled = model.evaluate(x, y, verbose=0, return_dict=True)
    assert labeled == pytest.approx(model.evaluate(x, verbose=0, return_dict=True))


def test_an_augmentation_has_no_second_image_to_change(images):
    x, _ = images
    model = zoo.Autoencoder(*coder(), augmentation=keras.layers.RandomFlip("horizontal"))
    model.compile(optimizer="adam")
    with pytest.raises(zoo.InputError, match="`y` must not hold images"):
        model.fit(x, x, verbose=0)


@pytest.mark.parametrize(
    "corruption",
    [keras.layers.Conv2D(1, 3, padding="same"), keras.layers.BatchNormalization()],
    ids=["convolution", "normalization"],
)
def test_a_corruption_with_weights_trains(corruption, images):
    x, _ = images
    model = zoo.Autoencoder(*coder(), corruption=corruption)
    model.compile(optimizer="adam")
    assert np.isfinite(model.fit(x, verbose=0).history["loss"]).all()
