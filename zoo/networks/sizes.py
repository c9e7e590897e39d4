"""How the networks read their arguments: shapes of rows, sizes in words or numbers."""

from collections.abc import Sequence

from zoo.errors import WIDEST, InputError, check_choice, check_count, check_number
from zoo.keras_settings import check_settings

KINDS = ("convolutional", "dense")

# Filters of each convolution, and units of each hidden dense layer, from the image inwards.
SIZES = {
    "convolutional": {"small": (16, 32), "medium": (32, 64, 128), "large": (64, 128, 256)},
    "dense": {"small": (128,), "medium": (512, 256), "large": (1000, 1000)},
}

SMALLEST_CONVOLUTIONAL_SIDE = 8


def read_size(size: str | int | Sequence[int], kind: str) -> tuple[int, ...]:
    """The numbers behind `size`: a word of `SIZES[kind]`, one number, or a sequence of numbers.

    Raises:
        InputError: for an unknown word, for anything but whole numbers of at least 1, and for no
            number at all where `kind` is "convolutional".
    """
    if isinstance(size, str):
        check_choice(f"{kind} size", size, SIZES[kind])
        return SIZES[kind][size]
    numbers = read_units("size", size)
    if kind == "convolutional" and not numbers:
        raise InputError("A convolutional `size` must hold at least one number. Received: size=().")
    return numbers


def read_units(argument: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """`value` as a tuple of whole numbers from 1 to a million; one number is a tuple of one.

    Raises:
        InputError: for anything else, by the name `argument`.
    """
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    if any(not _is_count(number) or number > WIDEST for number in numbers):
        most = f" and at most {WIDEST}" if all(map(_is_count, numbers)) else ""
        word = " a word (small, medium, large)," if argument == "size" else ""
        raise InputError(
            f"`{argument}` must be{word} an integer of at least 1{most} or a sequence of them. "
            f"Received: {argument}={value!r}."
        )
    return numbers


def read_shape(argument: str, shape: Sequence[int], kind: str) -> tuple[int, ...]:
    """`shape` as (height, width, channels) or (features,), checked against what `kind` works on.

    Raises:
        InputError: unless `shape` is three whole numbers of at least 1, and of at least 8 for the
            sides of an image under convolutions, or one number for dense layers.
    """
    check_settings()
    least = SMALLEST_CONVOLUTIONAL_SIDE if kind == "convolutional" else 1
    good = (
        isinstance(shape, list | tuple)
        and (len(shape) == 3 or len(shape) == 1 and kind == "dense")
        and all(_is_count(side) for side in shape)
        and min(shape[:2]) >= least
    )
    if not good:
        or_features = ", or (features,)" if kind == "dense" else ""
        raise InputError(
            f"`{argument}` of a {kind} network must be (height, width, channels) with sides of at "
            f"least {least} and at least 1 channel{or_features}. Received: {argument}={shape!r}."
        )
    return tuple(shape)


def read_kind(kind: str | None, shape: Sequence[int]) -> str:
    """`kind`, or where it is None the one for rows of a shape: "convolutional" for images.

    Raises:
        InputError: another kind, or convolutions of rows of features, which have no neighbors.
    """
    is_vector = isinstance(shape, list | tuple) and len(shape) == 1
    if kind is None:
        return "dense" if is_vector else "convolutional"
    check_kind(kind)
    if is_vector and kind == "convolutional":
        raise InputError(
            "Rows of features have no neighbors to convolve, so `kind` must be 'dense' or None. "
            f"Received: kind={kind!r} for a shape {tuple(shape)}."
        )
    return kind


def sides_of_levels(
    argument: str, shape: tuple[int, int, int], num_levels: int
) -> list[tuple[int, int]]:
    """Height and width before and after each of `num_levels` strides of two: 28, 14, 7, 4.

    Raises:
        InputError: when a stride would find a side of one pixel, which it cannot halve.
    """
    sides = [shape[:2]]
    while len(sides) <= num_levels:
        if min(sides[-1]) == 1:
            raise InputError(
                f"`size` asks for {num_levels} convolutions with stride 2, but "
                f"{argument}={shape!r} has room for {len(sides) - 1} at most."
            )
        sides.append(tuple(-(-side // 2) for side in sides[-1]))
    return sides


def check_kind(kind: str) -> None:
    """Raises `InputError` unless `kind` is "convolutional" or "dense"."""
    check_choice("kind", kind, KINDS)


def check_dropout(dropout: float) -> None:
    """Raises `InputError` unless `dropout` is a rate that leaves something: from 0 to 0.99."""
    check_number("dropout", dropout, 0.0, 0.99)


def check_num_classes(num_classes: int) -> None:
    """Raises `InputError` unless there are at least two classes to tell apart."""
    check_count("num_classes", num_classes, minimum=2)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
