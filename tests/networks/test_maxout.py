"""zoo/networks/maxout.py: the largest of several linear pieces, and the networks made of it."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.networks import Maxout, maxout_classifier


def test_a_unit_is_the_largest_of_its_pieces():
    x = np.array([[3.0, -1.0, 2.0, -5.0, -4.0, -6.0]], "float32")
    np.testing.assert_array_equal(Maxout(3)(x), [[3.0, -4.0]])
    np.testing.assert_array_equal(Maxout(2)(x), [[3.0, 2.0, -4.0]])


def test_images_keep_their_places():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 6)).astype("float32")
    found = Maxout(2)(x)
    assert found.shape == (2, 3, 4, 3)
    np.testing.assert_array_equal(found, np.maximum(x[..., ::2], x[..., 1::2]))


def test_one_piece_is_linear():
    """A network of one piece is a product of matrices: f(a) + f(b) = f(a + b) + f(0)."""
    network = maxout_classifier((4, 4, 1), 3, units=(5, 6), pieces=1)
    a, b = np.random.default_rng(0).normal(size=(2, 7, 4, 4, 1)).astype("float32")
    given = network(a) + network(b)
    np.testing.assert_allclose(given, network(a + b) + network(0 * a), atol=1e-5)
    several = maxout_classifier((4, 4, 1), 3, units=(5, 6), pieces=3)
    given = several(a) + several(b)
    assert np.abs(given - (several(a + b) + several(0 * a))).max() > 0.1


def test_two_pieces_with_a_zero_one_are_a_rectifier():
    layer = keras.layers.Dense(8)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    layer.build(x.shape)
    kernel = layer.kernel.numpy()
    kernel[:, 1::2] = 0.0
    layer.kernel.assign(kernel)
    np.testing.assert_allclose(Maxout(2)(layer(x)), np.maximum(x @ kernel[:, ::2], 0), atol=1e-6)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_weights_of_a_piece_stay_within_the_norm(kind):
    network = maxout_classifier(
        (8, 8, 1), 3, kind, units=(5,), filters=(4, 6), pieces=2, max_norm=0.3
    )
    network.compile(keras.optimizers.SGD(5.0), keras.losses.SparseCategoricalCrossentropy(True))
    generator = np.random.default_rng(0)
    network.fit(generator.normal(size=(32, 8, 8, 1)), generator.integers(0, 3, 32), verbose=0)
    bounded = [each for each in network.layers if getattr(each, "kernel_constraint", None)]
    assert len(bounded) == (1 if kind == "dense" else 2)
    for each in bounded:
        kernel = each.kernel.numpy()
        norms = np.sqrt((kernel**2).reshape(-1, kernel.shape[-1]).sum(axis=0))
        assert norms.max() <= 0.3 + 1e-5 and norms.max() > 0.29


def test_the_networks_of_the_paper():
    dense = maxout_classifier((28, 28, 1), 10)
    # 784 · 1200 + 1200, 240 · 1200 + 1200 and 240 · 10 + 10.
    assert dense.count_params() == 942_000 + 289_200 + 2_410
    rates = [each.rate for each in dense.layers if isinstance(each, keras.layers.Dropout)]
    assert rates == [0.2, 0.5, 0.5]
    convolutional = maxout_classifier((28, 28, 1), 10, "convolutional", pieces=(2, 2, 4))
    maps = [each.output.shape[1:] for each in convolutional.layers if isinstance(each, Maxout)]
    assert maps == [(28, 28, 48), (14, 14, 48), (7, 7, 24)]


def test_saved_and_loaded_it_answers_alike(tmp_path):
    network = maxout_classifier((8, 8, 1), 3, "convolutional", filters=(4,), pieces=2)
    network.save(tmp_path / "maxout.keras")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "maxout.keras")
    np.testing.assert_array_equal(network(x), loaded(x))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pieces": 0}, "`pieces` must be an integer of at least 1"),
        ({"pieces": (2, 2, 2)}, r"one for each of the 2 layers. Received: pieces=\(2, 2, 2\)"),
        ({"units": ()}, "at least one layer"),
        ({"kind": "convolutional", "filters": (4, 4, 4, 4)}, "at most 3 convolutional.*4"),
        ({"kind": "round"}, "Unknown kind 'round'"),
        ({"units": 0}, "`units` must be an integer of at least 1"),
        ({"dropout": 1.0}, "`dropout`"),
        ({"max_norm": 0.0}, "`max_norm`"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        maxout_classifier((8, 8, 1), 3, **settings)


def test_channels_are_shared_out_evenly():
    with pytest.raises(InputError, match="multiple of the 2 pieces. Received: 5 channels"):
        Maxout(2)(np.zeros((1, 5), "float32"))
