"""zoo.networks.sizes: the arguments that the networks refuse, and in which words."""

import pytest

from zoo import networks
from zoo.errors import InputError

KINDS = ["convolutional", "dense"]
OF_IMAGES = ["encoder", "classifier", "decoder", "generator"]

BAD_SHAPES = [(28, 28), (28, 28, 1, 1), (28, 28, 0), (28, -28, 1), (28, 28.0, 1), (None, 28, 1)]
BAD_SHAPES += [28, "28x28x1", None, (True, 28, 1)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_shapes_that_are_no_images(shape, kind):
    for name, argument in (("encoder", "input_shape"), ("decoder", "output_shape")):
        with pytest.raises(InputError, match=f"`{argument}`.*height, width, channels.*Received"):
            getattr(networks, name)(shape, 4, kind=kind)
    for name in ("classifier", "generator"):
        with pytest.raises(InputError, match="height, width, channels"):
            getattr(networks, name)(shape, 4, kind=kind)


def test_images_too_small_for_convolutions():
    with pytest.raises(InputError, match="sides of at least 8 .*(7, 28, 1)"):
        networks.encoder((7, 28, 1), 4, size=4)
    assert networks.encoder((7, 2, 1), 4, size=4, kind="dense").output_shape == (None, 4)


@pytest.mark.parametrize("name", OF_IMAGES)
@pytest.mark.parametrize(("shape", "fit"), [((8, 8, 1), 3), ((9, 64, 1), 4), ((64, 64, 3), 6)])
def test_more_convolutions_than_there_is_room_for(name, shape, fit):
    build = getattr(networks, name)
    assert build(shape, 4, size=[2] * fit).count_params() > 0
    with pytest.raises(InputError, match=f"{fit + 1} convolutions.* has room for {fit} at most"):
        build(shape, 4, size=[2] * (fit + 1))


BAD_COUNTS = [0, -1, 1.5, "4", None, True]


@pytest.mark.parametrize("count", BAD_COUNTS)
def test_counts_that_are_none(count):
    with pytest.raises(InputError, match="`code_size` must be an integer of at least 1"):
        networks.encoder((8, 8, 1), code_size=count)
    with pytest.raises(InputError, match="`code_size` must be an integer of at least 1"):
        networks.decoder((8, 8, 1), code_size=count)
    with pytest.raises(InputError, match="`code_size` must be an integer of at least 1"):
        networks.separator(count, 3)
    with pytest.raises(InputError, match="`input_size` must be an integer of at least 1"):
        networks.discriminator(count)


@pytest.mark.parametrize("count", [*BAD_COUNTS, 1])
def test_fewer_than_two_classes(count):
    for build in (networks.classifier, networks.generator):
        with pytest.raises(InputError, match="`num_classes` must be an integer of at least 2"):
            build((8, 8, 1), count)
    with pytest.raises(InputError, match="`num_classes` must be an integer of at least 2"):
        networks.separator(8, count)


@pytest.mark.parametrize("size", [0, -4, 1.5, (4, 0), (4, "8"), [True], None, {4: 8}])
def test_sizes_that_are_none(size):
    for name in [*OF_IMAGES, "separator", "discriminator"]:
        with pytest.raises(InputError, match="`size` must be a word .*integer of at least 1"):
            arguments = (8,) if name == "discriminator" else (8, 3)
            if name in OF_IMAGES:
                arguments = ((8, 8, 1), 3)
            getattr(networks, name)(*arguments, size=size)


def test_unknown_words():
    with pytest.raises(InputError, match="convolutional size 'mediun'. Did you mean 'medium'"):
        networks.encoder((8, 8, 1), size="mediun")
    with pytest.raises(InputError, match="dense size 'huge'.*Allowed: large, medium, small"):
        networks.separator(8, 3, size="huge")
    for name in OF_IMAGES:
        with pytest.raises(InputError, match="Unknown kind 'recurrent'.*convolutional, dense"):
            getattr(networks, name)((8, 8, 1), 3, kind="recurrent")


def test_a_convolutional_network_needs_a_convolution():
    with pytest.raises(InputError, match="at least one number"):
        networks.encoder((8, 8, 1), size=())


@pytest.mark.parametrize("units", [0, -1, (4, 0), "small", None])
def test_hidden_layers_that_are_none(units):
    for build in (networks.encoder, networks.decoder):
        with pytest.raises(InputError, match="`units` must be an integer of at least 1 or"):
            build((8, 8, 1), units=units)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, 2, float("nan"), "0.5", None])
def test_rates_of_dropout_that_are_none(dropout):
    with pytest.raises(InputError, match="`dropout` must be a finite number between 0 and 0.99"):
        networks.encoder((8, 8, 1), dropout=dropout)
    with pytest.raises(InputError, match="`dropout`"):
        networks.classifier((8, 8, 1), 3, dropout=dropout)
    with pytest.raises(InputError, match="`dropout`"):
        networks.separator(8, 3, dropout=dropout)
    with pytest.raises(InputError, match="`dropout`"):
        networks.discriminator(8, dropout=dropout)
