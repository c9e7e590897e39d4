"""zoo/datasets/text_tables.py: files of text as people have them, read or refused."""

import gzip

import pytest

from zoo.datasets.text_tables import read_csv, read_named
from zoo.errors import InputError


def test_a_cell_in_quotes_may_go_on_in_the_next_line(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text('a,b\n"1\n2",12\n')
    assert read_csv(file) == {"a": ["1\n2"], "b": ["12"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a header and rows"),
        ("a,b\n", "a header and rows"),
        ("a,a\n1,2\n", "names that differ"),
        ("a,b\n1,2,3\n", "2 columns. Received in row 1: 3 cells"),
        ("a,b\n1,2\0\n", "a byte 0"),
        ('a,b\n1,2\n3,"4 inch\n5,6\n', "never closed, in the row that begins '3,\"4 inch'"),
        ('a,b\n"1"2,3\n', "expected after"),
    ],
)
def test_what_is_no_table(tmp_path, text, sentence):
    file = tmp_path / "table.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_csv(file)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('#"made, today\na,b\n1,2\n', {"a": ["1"], "b": ["2"]}),
        ("# made today\n\na,b\n#7,2\n", {"a": ["#7"], "b": ["2"]}),
        ("# a, b\n1,2\n3,4\n", {"a": ["1", "3"], "b": ["2", "4"]}),
        ("# one, two\na,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
        ("sep=|\na|b;c\n1|2\n", {"a": ["1"], "b;c": ["2"]}),
    ],
)
def test_what_stands_before_the_header(tmp_path, text, table):
    file = tmp_path / "table.csv"
    file.write_text(text)
    assert read_csv(file) == table


def test_a_packed_table_is_named_as_one(tmp_path):
    (tmp_path / "table.csv").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(InputError, match="what gzip has packed"):
        read_csv(tmp_path / "table.csv")


def test_blank_lines_within_quotes_belong_to_their_cells(tmp_path):
    lines = ["a,kind", *(f'{row},"b\n{gap}c"' for row, gap in enumerate(["\n", ""] * 15)), "", ""]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    table = read_csv(tmp_path / "table.csv")
    assert table["kind"] == ["b\n\nc", "b\nc"] * 15 and len(table["a"]) == 30


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # Names that are numbers: none of these begins with a header.
        ("3,4,1\n1,2,0\n", None),
        ("0.5,10,2\n2,0,1\n", None),
        ("1,2,3\n", None),
        # These do.
        ("2,0,1\n0.5,10,2\n", {"2": ["0.5"], "0": ["10"], "1": ["2"]}),
        ("2,0,1,x\n5,10,2,7\n", {"2": ["5"], "0": ["10"], "1": ["2"], "x": ["7"]}),
    ],
)
def test_names_that_are_numbers_are_told_from_rows(text, wanted, tmp_path):
    (tmp_path / "rows.csv").write_text(text)
    assert read_named(tmp_path / "rows.csv", ["0", "1", "2"]) == wanted


def test_a_header_that_may_be_a_row_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_text("1,2,0\n3,4,1\n")
    with pytest.raises(InputError, match="1, 2, 0, may be a header or a row"):
        read_named(tmp_path / "rows.csv", ["0", "1", "2"])
