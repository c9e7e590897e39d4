"""zoo.networks.vision: what goes in and comes out, over shapes, kinds and sizes."""

import doctest

import keras
import numpy as np
import pytest

from zoo import errors, networks
from zoo.networks import vision

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (32, 32, 3), (64, 64, 3), (8, 65, 2)]
KINDS = ["convolutional", "dense"]

# One network each, of few numbers, by name.
SMALL = {
    "encoder": lambda **kwargs: networks.encoder((9, 13, 3), 5, size=(4, 6), **kwargs),
    "classifier": lambda **kwargs: networks.classifier((9, 13, 3), 5, size=(4, 6), **kwargs),
    "decoder": lambda **kwargs: networks.decoder((9, 13, 3), 5, size=(4, 6), **kwargs),
    "generator": lambda **kwargs: networks.generator((9, 13, 3), 5, size=(4, 6), **kwargs),
    "separator": lambda **kwargs: networks.separator(5, 3, size=4, **kwargs),
    "discriminator": lambda **kwargs: networks.discriminator(5, size=4, **kwargs),
}
OF_IMAGES = ["encoder", "classifier", "decoder", "generator"]


def sample_input(network, rows=2):
    rng = np.random.default_rng(0)
    return rng.uniform(size=(rows, *network.input_shape[1:])).astype("float32")


def widths(network, layer_class):
    layers = [layer for layer in network.layers if type(layer) is layer_class]
    return [getattr(layer, "filters", None) or layer.units for layer in layers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_there_and_back(shape, kind):
    encoder = networks.encoder(shape, code_size=3, size=(4, 5, 6), kind=kind)
    decoder = networks.decoder(shape, code_size=3, size=(4, 5, 6), kind=kind)
    code = encoder(sample_input(encoder))
    assert code.shape == (2, 3)
    assert decoder(code).shape == (2, *shape)
    classifier = networks.classifier(shape, num_classes=4, size=(4, 5, 6), kind=kind)
    generator = networks.generator(shape, num_classes=4, size=(4, 5, 6), kind=kind)
    logits = classifier(sample_input(classifier))
    assert logits.shape == (2, 4)
    assert generator(logits).shape == (2, *shape)


def test_sides_are_halved_and_doubled_back():
    encoder = networks.encoder((28, 28, 1), size=(4, 5, 6))
    decoder = networks.decoder((28, 28, 1), size=(4, 5, 6))

    def sides(network, of):
        return [layer.output.shape[1] for layer in network.layers if layer.name.endswith(of)]

    assert sides(encoder, "activation") == [14, 7, 4]
    assert sides(decoder, "activation") == [4, 7, 14]
    assert decoder.output_shape == (None, 28, 28, 1)


@pytest.mark.parametrize(
    ("kind", "size", "numbers"),
    [
        ("convolutional", "small", [16, 32]),
        ("convolutional", "medium", [32, 64, 128]),
        ("convolutional", "large", [64, 128, 256]),
        ("convolutional", 7, [7]),
        ("convolutional", [7, 3], [7, 3]),
        ("dense", "small", [128]),
        ("dense", "medium", [512, 256]),
        ("dense", "large", [1000, 1000]),
        ("dense", 7, [7]),
        ("dense", (7, 3), [7, 3]),
        ("dense", (), []),
    ],
)
def test_sizes_in_words_and_numbers(kind, size, numbers):
    layer_class = keras.layers.Conv2D if kind == "convolutional" else keras.layers.Dense
    encoder = networks.encoder((8, 8, 1), code_size=2, size=size, kind=kind)
    code = [] if kind == "convolutional" else [2]
    assert widths(encoder, layer_class) == numbers + code
    decoder = networks.decoder((8, 8, 1), code_size=2, size=size, kind=kind)
    if kind == "convolutional":
        # The mirror: the last filters are those that the features are opened up to.
        assert widths(decoder, keras.layers.Conv2DTranspose) == numbers[-2::-1] + [1]
        assert decoder.get_layer("reshape").output.shape[-1] == numbers[-1]
    else:
        assert widths(decoder, keras.layers.Dense) == numbers[::-1] + [64]


@pytest.mark.parametrize("size", ["small", "medium", "large", 7, (7, 3), ()])
def test_sizes_of_networks_on_vectors(size):
    words = {"small": [128], "medium": [512, 256], "large": [1000, 1000]}
    numbers = words.get(size) or (list(size) if isinstance(size, tuple) else [size])
    assert widths(networks.separator(5, 3, size=size), keras.layers.Dense) == [*numbers, 3]
    assert widths(networks.discriminator(5, size=size), keras.layers.Dense) == [*numbers, 1]


def test_benchmark_network_and_its_mirror():
    encoder = networks.encoder((28, 28, 1), 16, (32, 64), units=128, batch_normalization=False)
    # 3*3*1*32 + 32, 3*3*32*64 + 64, 7*7*64*128 + 128, 128*16 + 16.
    assert encoder.count_params() == 320 + 18_496 + 401_536 + 2_064
    decoder = networks.decoder((28, 28, 1), 16, (32, 64), units=128, batch_normalization=False)
    # 16*128 + 128, 128*7*7*64 + 7*7*64, 3*3*64*32 + 32, 3*3*32*1 + 1.
    assert decoder.count_params() == 2_176 + 404_544 + 18_464 + 289


def test_hidden_layers_are_mirrored():
    encoder = networks.encoder((8, 8, 1), 2, size=4, units=(6, 5))
    assert widths(encoder, keras.layers.Dense) == [6, 5, 2]
    decoder = networks.decoder((8, 8, 1), 2, size=4, units=(6, 5))
    assert widths(decoder, keras.layers.Dense) == [5, 6, 4 * 4 * 4]
    dense = networks.decoder((8, 8, 1), 2, size=(9, 8), kind="dense", units=(6, 5))
    assert widths(dense, keras.layers.Dense) == [5, 6, 8, 9, 64]


@pytest.mark.parametrize("name", OF_IMAGES)
def test_batch_normalization_is_synchronized_or_left_out(name):
    def normalizations(network):
        kind = keras.layers.BatchNormalization
        return [layer for layer in network.layers if isinstance(layer, kind)]

    with_it = normalizations(SMALL[name]())
    assert len(with_it) == 2
    assert all(layer.synchronized for layer in with_it)
    without = SMALL[name](batch_normalization=False)
    assert normalizations(without) == []
    convolutions = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    layers = [layer for layer in without.layers if isinstance(layer, convolutions)]
    assert len(layers) == 2
    assert all(layer.use_bias for layer in layers)


def test_convolutions_before_normalization_have_no_bias():
    encoder = networks.encoder((8, 8, 1), 2, size=(4, 6))
    assert not encoder.get_layer("convolution_1").use_bias
    decoder = networks.decoder((8, 8, 1), 2, size=(4, 6))
    assert not decoder.get_layer("transposed_1").use_bias
    assert not decoder.get_layer("features").use_bias
    assert decoder.get_layer("logits").use_bias


@pytest.mark.parametrize("name", SMALL)
def test_outputs_are_linear(name):
    network = SMALL[name]()
    x = sample_input(network)
    output = network(x).numpy()
    last = network.get_layer("code" if name == "encoder" else "logits")
    last.set_weights([-weight for weight in last.get_weights()])
    # No sigmoid, softmax or ReLU would turn the sign with the weights.
    np.testing.assert_array_equal(network(x), -output)
    assert np.abs(output).max() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_float32_under_mixed_precision(kind):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        made = [SMALL[name](kind=kind, units=4) for name in OF_IMAGES]
        made += [SMALL["separator"](), SMALL["discriminator"]()]
        hidden = made[0].get_layer("hidden_1")
    finally:
        keras.config.set_dtype_policy(policy)
    assert hidden.compute_dtype == "bfloat16"
    for network in made:
        output = network(sample_input(network))
        assert keras.backend.standardize_dtype(output.dtype) == "float32", network.name
        assert all(v.dtype == "float32" for v in network.variables)


@pytest.mark.parametrize("name", SMALL)
def test_config_round_trip(name):
    network = SMALL[name]()
    copy = keras.Model.from_config(network.get_config())
    assert copy.name == name
    assert [layer.name for layer in copy.layers] == [layer.name for layer in network.layers]
    copy.set_weights(network.get_weights())
    x = sample_input(network)
    np.testing.assert_array_equal(copy(x), network(x))


@pytest.mark.parametrize("name", SMALL)
def test_saved_and_loaded(name, tmp_path):
    network = SMALL[name]()
    network.save(tmp_path / "network.keras")
    x = sample_input(network)
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(x), network(x))


@pytest.mark.parametrize("name", SMALL)
def test_names_are_predictable_and_can_be_chosen(name):
    assert SMALL[name]().name == name
    assert SMALL[name](name="mine").name == "mine"
    again = [layer.name for layer in SMALL[name]().layers]
    assert again == [layer.name for layer in SMALL[name]().layers]
    assert again[-1].split("_")[0] in ("code", "logits", "image")


def test_dropout_follows_features_and_hidden_layers():
    encoder = networks.encoder((8, 8, 1), 2, size=4, units=6, dropout=0.5)
    names = [layer.name for layer in encoder.layers if isinstance(layer, keras.layers.Dropout)]
    assert names == ["flatten_dropout", "hidden_1_dropout"]
    dense = networks.classifier((8, 8, 1), 2, size=4, kind="dense", dropout=0.5)
    names = [layer.name for layer in dense.layers if isinstance(layer, keras.layers.Dropout)]
    assert names == ["hidden_1_dropout"]
    separator = networks.separator(8, 2, dropout=0.5)
    x = sample_input(separator)
    assert not np.allclose(separator(x, training=True), separator(x, training=True))
    np.testing.assert_array_equal(separator(x), separator(x))


@pytest.mark.full
def test_encoder_and_decoder_learn_an_image_of_odd_sides():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).uniform(size=(16, 9, 13, 1)).astype("float32").round()
    encoder = networks.encoder((9, 13, 1), 8, size=(8, 8), units=16)
    decoder = networks.decoder((9, 13, 1), 8, size=(8, 8), units=16)
    model = keras.Sequential([encoder, decoder])
    before = [v.numpy() for v in model.trainable_variables]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss=loss, jit_compile=False)
    history = model.fit(x, x, batch_size=16, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.75 * history[0]
    for start, variable in zip(before, model.trainable_variables, strict=True):
        assert not np.array_equal(start, variable.numpy()), variable.path


def test_examples_in_docstrings():
    results = doctest.testmod(vision)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("build", [networks.encoder, networks.classifier])
@pytest.mark.parametrize("convolutions", [1, 3])
def test_convolutions_of_a_level_end_in_one_with_a_stride(build, convolutions):
    network = build((9, 13, 3), 4, (4, 8), convolutions=convolutions)
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    level = [(1, 1)] * (convolutions - 1) + [(2, 2)]
    assert [layer.strides for layer in layers] == 2 * level
    assert [layer.filters for layer in layers] == [4] * convolutions + [8] * convolutions
    assert [tuple(layer.output.shape[1:3]) for layer in layers][-1] == (3, 4)


@pytest.mark.parametrize("convolutions", [0, 1.5])
def test_a_level_has_at_least_one_convolution(convolutions):
    with pytest.raises(errors.InputError, match="`convolutions`"):
        networks.encoder((8, 8, 1), convolutions=convolutions)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "dense", "convolutions": 2}, "has no `convolutions`.*Received: 2"),
        ({"kind": "dense", "size": (), "dropout": 0.5}, "`dropout` follows hidden layers"),
    ],
)
def test_what_a_dense_network_does_not_have_is_refused(arguments, sentence):
    with pytest.raises(errors.InputError, match=sentence):
        networks.encoder((8, 8, 1), **arguments)
