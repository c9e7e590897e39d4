"""What the tests of readers draw, and what a reader may answer."""

from hypothesis import strategies as st

from zoo.errors import InputError

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.integers(-9, 9)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)


def answer(read, *arguments):
    """What a reader gives, or None where it says in one sentence why it gives nothing."""
    try:
        return read(*arguments)
    except InputError as error:
        said = str(error).encode(errors="backslashreplace").decode()
        assert len(said) < 900 and said.count("\n") < 3, said
        return None


@st.composite
def damaged(draw, contents):
    """Bytes with some of them cut out, doubled, replaced or put in."""
    content = draw(contents)
    pieces = [b"\n", b"'", b'"', b"{", b"}", b",", b"%", b"?", b"\0", b"\xff", b"1" * 9_999, b"-"]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        end = at + draw(st.sampled_from([0, 0, 1, 2, 7, 100]))
        twice = st.just(content[at:end] * 2)
        put = draw(st.binary(max_size=4) | st.sampled_from(pieces) | twice)
        content = content[:at] + put + content[end:]
    return content
