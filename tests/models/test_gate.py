"""zoo/models/gate.py: what is taken, with values at hand and in a graph, and what is said."""

import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

from zoo.errors import InputError, spoken
from zoo.models import allowed, gate

IMAGES = allowed.images((8, 6, 3))
ROWS = np.random.default_rng(0).random((5, 8, 6, 3)).astype("float32")
SETS = np.eye(4, dtype="float32")


def changed(value, row=3, values=ROWS):
    values = np.array(values)
    values.reshape(len(values), -1)[row, -1] = value
    return values


def in_graph(taken, values):
    """As a tensor in a graph, where the sentence comes out of an assertion."""
    function = tf.function(lambda x: gate.take(taken, x), autograph=False)
    with spoken():
        return function(tf.constant(values))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_images_of_any_floats_and_number_pass(take, rows, dtype):
    assert take(IMAGES, tf.zeros((rows, 8, 6, 3), dtype)).dtype == dtype


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_no_rows_are_refused(take):
    """Keras's convolutions could not answer."""
    for dtype in ("float32", "uint8"):
        with pytest.raises(InputError, match=r"Received: (none|shape 0 8 6 3)\."):
            take(IMAGES, np.zeros((0, 8, 6, 3), dtype))


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_roundings_beyond_1_pass_and_no_more(take):
    ones = np.ones((1, 9, 10, 1), "float32")
    resized = max(
        (tf.image.resize(ones, (side, side), antialias=True) for side in (5, 13, 28)),
        key=lambda image: np.max(image),
    )
    assert np.max(resized) > 1
    take(allowed.images((None, None, 1)), resized)
    for wrong in (1 + 2e-6, -2e-6):
        with pytest.raises(InputError, match=r"(1\.000002\d*|-\S+e-06) in row 3"):
            take(IMAGES, changed(wrong))


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_bytes_are_scaled_as_data_sets_scale_them(take):
    pixels = np.arange(144, dtype="uint8").reshape(1, 8, 6, 3)
    floats = take(IMAGES, pixels)
    np.testing.assert_array_equal(floats, pixels.astype("float32") * np.float32(1 / 255))


def test_a_size_that_is_not_known_yet_passes():
    gate.take(IMAGES, keras.Input((8, 6, 3)))
    gate.take(IMAGES, keras.Input((None, 6, 3)))
    gate.take(allowed.images((None, 6, 3)), np.zeros((2, 9, 6, 3), "float32"))


@pytest.mark.parametrize(
    "shape",
    [(2, 8, 6), (8, 6, 3), (2, 6, 8, 3), (2, 8, 6, 1), (2, 8, 7, 3), (2, 1, 8, 6, 3), (2,), ()],
)
@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_other_ranks_sizes_and_channels_are_refused(take, shape):
    with pytest.raises(InputError) as error:
        take(IMAGES, np.zeros(shape, "float32"))
    assert str(error.value) == (
        "Expected images of shape (batch_size, 8, 6, 3), floats in [0, 1] or uint8. "
        f"Received: shape {shape}."
    )


def test_a_size_that_a_graph_learns_late_is_refused_there():
    spec = tf.TensorSpec((None, None, 6, 3))
    function = tf.function(lambda x: gate.take(IMAGES, x), autograph=False, input_signature=[spec])
    assert function(ROWS).shape == ROWS.shape
    with pytest.raises(InputError, match="Received: shape 5 7 6 3"), spoken():
        function(ROWS[:, 1:])


@pytest.mark.parametrize(
    ("dtype", "way_out"),
    [
        ("int32", "divide by 255, or give uint8"),
        ("int64", "divide by 255, or give uint8"),
        ("uint16", "divide by the largest that its depth allows, 65535 of 16 bits"),
        ("bool", "give them as float32"),
        ("complex64", "give real numbers"),
        ("string", "give numbers"),
    ],
)
@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_pixels_that_are_neither_floats_nor_bytes_are_refused(take, dtype, way_out):
    with pytest.raises(InputError) as error:
        take(IMAGES, tf.zeros((2, 8, 6, 3), dtype))
    assert str(error.value).endswith(f"Received: {dtype}; {way_out}.")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.nan, "nan in row 3."),
        (-np.inf, "-inf in row 3."),
        (-0.5, "-0.5 in row 3."),
        (np.inf, "inf in row 3; divide by 255, or give uint8."),
        (255.0, "255 in row 3; divide by 255, or give uint8."),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_pixels_out_of_range_name_their_row(take, dtype, value, said):
    with pytest.raises(InputError) as error:
        take(IMAGES, changed(value).astype(dtype))
    assert str(error.value) == f"{IMAGES.expected} Received: {said}"


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_numbers_must_be_such_that_float32_holds_their_squares(take):
    taken = allowed.numbers("inputs", (4,))
    take(taken, changed(-1e19, values=SETS))
    for wrong in (np.nan, np.inf, 1e300, -1e38):
        with pytest.raises(InputError, match="1e.19. Received: (nan|inf|-?1e.3.*) in row 3"):
            take(taken, changed(wrong, values=SETS.astype("float64")))
    with pytest.raises(InputError, match="Received: uint8; give them as float32"):
        take(taken, SETS.astype("uint8"))


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_label_sets_are_numbers_from_0_to_1(take):
    taken = allowed.label_sets((4,))
    for y in (SETS, SETS.astype(int), SETS.astype("uint8"), SETS.astype(bool), 0.3 * SETS):
        take(taken, y)
    for y in (2 * SETS.astype(int), SETS - 0.5, SETS[:, :2], changed(np.nan, values=SETS)):
        with pytest.raises(InputError, match="Expected label sets"):
            take(taken, y)


@pytest.mark.parametrize("take", [gate.take, in_graph])
def test_masks_of_bytes_are_told_what_to_do(take):
    taken = allowed.label_sets((2, 2, 1))
    with pytest.raises(InputError, match="Expected masks.*255 in row 1; give masks > 0"):
        take(taken, changed(255, 1, np.zeros((3, 2, 2, 1), "uint8")))


@pytest.mark.parametrize("take", [gate.take, in_graph])
@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(take, wrong):
    for shape in ((5,), (5, 1)):
        taken = allowed.weights(shape)
        take(taken, np.full(shape, 3))
        with pytest.raises(InputError, match="Expected a weight for each row.* in row 3"):
            take(taken, changed(wrong, values=np.ones(shape)))
    with pytest.raises(InputError, match=r"shape \(5, 8\)"):
        take(allowed.weights((5, 8)), np.ones((5, 8)))


class Columns:
    """What NumPy can make an array of, column by column, as a frame of pandas is."""

    def __init__(self, **columns):
        self.columns = columns

    def __getitem__(self, name):
        return self.columns[name]

    def __array__(self, dtype=None, copy=None):
        return np.array(list(self.columns.values()), object).T


@pytest.mark.parametrize(
    "given",
    [
        SETS.tolist(),
        tuple(map(tuple, SETS)),
        tf.constant(SETS),
        tf.Variable(SETS),
        scipy.sparse.csr_matrix(SETS),
        tf.sparse.from_dense(SETS),
    ],
)
def test_what_can_be_made_an_array_is_one(given):
    np.testing.assert_array_equal(gate.take(allowed.numbers("inputs", (4,)), given), SETS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": SETS}, "dict"),
        ([[1.0], [1.0, 2.0]], "list of rows that differ in length"),
        (tf.ragged.constant([[1.0], [2.0, 3.0]]), "RaggedTensor"),
        (SETS.astype(object), "ndarray of object; give them as float32"),
        (np.array(["cat", "dog"], object), "ndarray of object; give numbers"),
        (SETS.astype(str), "ndarray of str; give numbers"),
        (SETS.astype("longdouble"), "float128; give them as float32"),
        (np.ma.masked_equal(SETS, 1), "nan in row 0"),
        (list(np.ma.masked_equal(SETS, 1)), "nan in row 0"),
        (tf.SparseTensor([[0, 1], [0, 1]], [1.0, 1.0], (1, 4)), "a SparseTensor that has a place"),
        (SETS.astype("complex64"), "ndarray of complex64; give real numbers"),
        (SETS.astype("datetime64[s]"), "ndarray of datetime64; give numbers, such as days"),
        (tf.constant([list("abcd")]), "string; give numbers"),
        (None, "NoneType, which is no array\\."),
        (Columns(age=np.arange(3), name=np.array(["a", "b", "c"])), "Columns.*column 'name'"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(given, said):
    with pytest.raises(InputError, match=f"Received: {said}"):
        gate.take(allowed.numbers("inputs", (4,)), given)


def test_numbers_longer_than_float64_are_told_what_to_do():
    labels, weights = allowed.classes(3, (5,)), allowed.weights((5,))
    for taken, values in ((IMAGES, ROWS), (weights, np.ones(5)), (labels, np.ones(5))):
        with pytest.raises(InputError, match="Received: float128; give them as float32"):
            gate.take(taken, values.astype("longdouble"))


def test_nothing_is_looked_at_twice():
    with gate.passed():
        with gate.passed():
            gate.take(IMAGES, 255 * ROWS)
        gate.take(IMAGES, 255 * ROWS)
        with pytest.raises(InputError, match="shape"):
            gate.take(IMAGES, ROWS[0])
    with pytest.raises(InputError, match="in row"):
        gate.take(IMAGES, 255 * ROWS)


@pytest.mark.parametrize("taken", [IMAGES, allowed.numbers("inputs", ROWS.shape[1:])])
def test_a_function_of_ones_own_may_be_compiled_with_xla(taken):
    compiled = tf.function(lambda rows: gate.take(taken, rows), jit_compile=True)
    np.testing.assert_array_equal(compiled(tf.constant(ROWS)), ROWS)


def test_other_errors_of_a_graph_stay_what_they_are():
    with pytest.raises(tf.errors.InvalidArgumentError, match="mine"), spoken():
        raise tf.errors.InvalidArgumentError(None, None, "mine")
