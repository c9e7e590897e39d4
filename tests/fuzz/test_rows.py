"""Readers of rows of numbers: the right values, or one sentence, whatever a file holds."""

import csv
import io

import numpy as np
from damaged_files import NUMBERS, answer, damaged
from hypothesis import given
from hypothesis import strategies as st

from zoo.datasets.row_files import read_array, read_rows
from zoo.serving.prediction_inputs import read_images


@given(
    rows=st.integers(1, 5).flatmap(
        lambda size: st.lists(st.lists(NUMBERS, min_size=size, max_size=size), min_size=1)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|", ", ", "  "]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    head=st.lists(st.text(st.sampled_from("xyz ,;\"'#"), min_size=1), min_size=5, max_size=5),
    mark=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_text_is_read_as_csv_writes_it(rows, delimiter, quoting, end, head, mark, folder):
    text = io.StringIO(newline="")
    if delimiter == "  ":
        text.writelines(delimiter.join(map(repr, row)) + end for row in rows)
    else:
        writer = csv.writer(text, delimiter=delimiter[0], lineterminator=end, quoting=quoting)
        names = [f"a{name}" for name in head[: len(rows[0])]]
        writer.writerow(names)
        writer.writerows([[repr(value) for value in row] for row in rows])
    content = text.getvalue()
    if delimiter == ", " and quoting == csv.QUOTE_ALL:
        content = content.replace('","', '", "')
    (folder / "t.csv").write_bytes(content.encode(mark))
    read = read_rows(folder / "t.csv", len(rows[0]))
    np.testing.assert_array_equal(read, np.float32(rows))


@given(
    content=damaged(
        st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=4).map(
            lambda rows: "\n".join(",".join(map(repr, row)) for row in rows).encode()
        )
    )
    | st.binary(max_size=60)
)
def test_damaged_text_is_read_as_numpy_reads_it_or_refused(content, folder):
    (folder / "t.csv").write_bytes(content)
    read = answer(read_rows, folder / "t.csv", 3)
    if read is None:
        return
    assert read.dtype == np.float32 and np.isfinite(read).all() and read.shape[1] == 3
    try:
        theirs = np.loadtxt(io.StringIO(content.decode()), "float64", delimiter=",", ndmin=2)
    except (ValueError, UnicodeError):
        return
    if theirs.shape[1] == 3 and np.isfinite(theirs).all():
        np.testing.assert_array_equal(read, theirs.astype("float32")[-len(read) :])


@st.composite
def arrays(draw):
    """An array of NumPy of any kind, and the bytes of it as .npy or .npz."""
    kind = draw(
        st.sampled_from(["f2", "f4", ">f8", "i1", "<u2", ">i8", "?", "c8", "S2", "U1", "O"])
    )
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    if draw(st.booleans()):
        array = np.asfortranarray(array)
    file = io.BytesIO()
    if draw(st.booleans()):
        np.save(file, array, allow_pickle=True)
    else:
        save = draw(st.sampled_from([np.savez, np.savez_compressed]))
        save(file, **{draw(st.sampled_from(["x", "a"])): array})
    return array, file.getvalue()


@given(made=arrays(), size=st.integers(1, 4))
def test_arrays_are_rows_or_refused(made, size, folder):
    array, content = made
    file = folder / ("t.npz" if content[:2] == b"PK" else "t.npy")
    file.write_bytes(content)
    read = answer(read_rows, file, size)
    wanted = np.atleast_2d(array)
    fits = array.dtype.kind in "buif" and wanted.shape[1:] == (size,) and len(wanted)
    assert (read is not None) == bool(fits)
    if fits:
        np.testing.assert_array_equal(read, wanted.astype("float32"))


@given(content=damaged(arrays().map(lambda made: made[1])) | st.binary(max_size=50))
def test_damaged_arrays_are_read_as_numpy_reads_them_or_refused(content, folder):
    for ending in ("npy", "npz"):
        file = folder / f"t.{ending}"
        file.write_bytes(content)
        read = answer(read_array, file)
        answer(read_rows, file, 2)
        answer(read_images, file, (4, 4, 1))
        if read is not None and content[:2] != b"PK":
            np.testing.assert_array_equal(read, np.load(file))
