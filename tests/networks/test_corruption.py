"""zoo/networks/corruption.py: how many pixels change, to what, when, and by which draws."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks import MaskingNoise, SaltAndPepperNoise, corruption_layer

KINDS = [MaskingNoise, SaltAndPepperNoise]
SHAPE = (50, 20, 10, 3)
PIXELS = 50 * 20 * 10


def images(dtype="float32"):
    """Images whose pixels are neither black nor white."""
    x = np.random.default_rng(0).uniform(0.25, 0.75, SHAPE)
    return tf.cast(x, dtype)


def within(count, rate, of=PIXELS):
    """Five standard deviations of a binomial."""
    return abs(count - rate * of) <= 5 * np.sqrt(of * rate * (1 - rate))


@pytest.mark.parametrize("rate", [0.05, 0.25, 0.9])
def test_masking_sets_its_share_to_zero(rate):
    x = images().numpy()
    noisy = np.asarray(MaskingNoise(rate, seed=1)(x, training=True))
    changed = noisy != x
    assert np.all(noisy[changed] == 0.0)
    # All channels of a pixel together.
    assert np.all(changed.any(axis=-1) == changed.all(axis=-1))
    assert within(changed[..., 0].sum(), rate)


@pytest.mark.parametrize(("rate", "salt"), [(0.1, 0.5), (0.5, 0.2), (0.3, 1.0), (0.3, 0.0)])
def test_salt_and_pepper_in_their_shares(rate, salt):
    x = images().numpy()
    noisy = np.asarray(SaltAndPepperNoise(rate, salt, seed=1)(x, training=True))
    white, black = noisy == 1.0, noisy == 0.0
    np.testing.assert_array_equal(noisy[~white & ~black], x[~white & ~black])
    for color, share in ((white, rate * salt), (black, rate * (1 - salt))):
        assert np.all(color.any(axis=-1) == color.all(axis=-1))
        assert within(color[..., 0].sum(), share)


@pytest.mark.parametrize("kind", KINDS)
def test_every_image_and_pixel_by_itself(kind):
    noisy = np.asarray(kind(0.5, seed=1)(images(), training=True))
    changed = (noisy == 0.0) | (noisy == 1.0)
    for axes, of in (((1, 2), 200), ((0, 2), 500), ((0, 1), 1000)):
        counts = changed[..., 0].sum(axis=axes)
        assert all(within(count, 0.5, of) for count in counts)
        assert len(set(counts)) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_and_everything_are_exact(kind):
    x = images().numpy()
    np.testing.assert_array_equal(kind(0.0)(x, training=True), x)
    assert set(np.unique(kind(1.0)(x, training=True))) <= {0.0, 1.0}


@pytest.mark.parametrize("kind", KINDS)
def test_it_rests_outside_training(kind):
    x = images().numpy()
    layer = kind(0.9)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer(x, training=False), x)
    model = keras.Sequential([keras.Input(SHAPE[1:]), layer])
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_and_a_state_decide_the_draws(kind):
    x = images()
    layer, twin, other = kind(0.5, seed=3), kind(0.5, seed=3), kind(0.5, seed=4)
    first = np.asarray(layer(x, training=True))
    np.testing.assert_array_equal(first, twin(x, training=True))
    assert np.any(first != np.asarray(other(x, training=True)))
    # The next call draws anew; a generator set to the same state draws the same.
    other.seed_generator.state.assign(layer.seed_generator.state)
    second = np.asarray(layer(x, training=True))
    assert np.any(first != second)
    np.testing.assert_array_equal(second, other(x, training=True))


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_seed_two_layers_differ(kind):
    x = images()
    assert np.any(np.asarray(kind(0.5)(x, training=True)) != kind(0.5)(x, training=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_floats_stay_what_they_are(kind, dtype):
    x = images(dtype)
    noisy = kind(0.3, seed=1, dtype=dtype)(x, training=True)
    assert noisy.dtype == x.dtype and noisy.shape == x.shape
    changed = (noisy != x).numpy()
    assert within(changed[..., 0].sum(), 0.3)
    assert np.isin(tf.cast(noisy, "float32").numpy()[changed], [0.0, 1.0]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_graph_of_unknown_batch_size(kind, jit_compile):
    layer = kind(0.4, seed=1)
    signature = [tf.TensorSpec((None, *SHAPE[1:]))]

    @tf.function(input_signature=signature, jit_compile=jit_compile)
    def step(x):
        return layer(x, training=True)

    draws = [step(images()[:rows]) for rows in (50, 50, 7)]
    assert draws[2].shape == (7, *SHAPE[1:])
    changed = draws[0] != images()
    assert within(changed.numpy()[..., 0].sum(), 0.4)
    assert np.any(draws[0] != draws[1])


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_pass_where_pixels_stay(kind):
    x = images()
    with tf.GradientTape() as tape:
        tape.watch(x)
        noisy = kind(0.5, seed=1)(x, training=True)
    gradient = tape.gradient(noisy, x).numpy()
    np.testing.assert_array_equal(gradient, (noisy == x).numpy().astype("float32"))


@pytest.mark.parametrize("kind", KINDS)
def test_configuration_and_shape(kind):
    layer = kind(0.3, seed=5, name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is kind and again.get_config() == layer.get_config()
    np.testing.assert_array_equal(again(images(), training=True), layer(images(), training=True))
    assert layer.compute_output_shape((None, 4, 5, 1)) == (None, 4, 5, 1)
    assert SaltAndPepperNoise(0.3, salt=0.1).get_config()["salt"] == 0.1


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan"), float("inf"), None, "half", True])
def test_shares_out_of_range_are_refused(bad):
    for kind in KINDS:
        with pytest.raises(zoo.InputError, match="`rate` must be a finite number between 0 and 1"):
            kind(bad)
    with pytest.raises(zoo.InputError, match="`salt` must be a finite number between 0 and 1"):
        SaltAndPepperNoise(0.1, salt=bad)
    for kind in ("gaussian", "masking", "salt_and_pepper"):
        with pytest.raises(zoo.InputError, match="`noise` must be a finite number between 0 and"):
            corruption_layer(kind, bad)


def test_corruptions_by_name():
    assert corruption_layer("gaussian", 0.25).stddev == 0.25
    assert isinstance(corruption_layer("gaussian", 0.25), keras.layers.GaussianNoise)
    for name, kind in (("masking", MaskingNoise), ("salt_and_pepper", SaltAndPepperNoise)):
        layer = corruption_layer(name, 0.25)
        assert type(layer) is kind and layer.rate == 0.25
        assert corruption_layer(name, 0.0) is None
    with pytest.raises(zoo.InputError, match="Unknown noise_kind 'salt'"):
        corruption_layer("salt", 0.1)


def test_gaussian_noise_has_its_deviation_and_is_not_clipped():
    x = images().numpy()
    noise = np.asarray(corruption_layer("gaussian", 0.5)(x, training=True)) - x
    # The deviation of 30000 draws is known to 0.5 / sqrt(60000) = 0.002.
    assert noise.std() == pytest.approx(0.5, abs=6 * 0.002)
    assert (x + noise).min() < 0.0 and (x + noise).max() > 1.0
