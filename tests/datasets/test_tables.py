import os
from decimal import Decimal

import numpy as np
import pytest
from sklearn.datasets import load_wine

from zoo.datasets import TableData, from_arrays, from_table, load, multi_label_from_arrays
from zoo.datasets.options import Options
from zoo.datasets.table_columns import as_number
from zoo.datasets.tables import classes_of_label_sets
from zoo.errors import InputError

ROWS = 30
COLORS = ["red", "blue", "green"]
TABLE = {
    "color": [COLORS[row % 3] for row in range(ROWS)],
    "weight": [row / 2 for row in range(ROWS)],
    "size": [str(row) for row in range(ROWS)],
    "kind": ["cat" if row % 2 else "dog" for row in range(ROWS)],
}


class Frame:
    """As much of a data frame as is asked of one."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.held = columns

    def __getitem__(self, name):
        return self.held[name]


def changed(column, row, cell):
    cells = list(TABLE[column])
    cells[row] = cell
    return TABLE | {column: cells}


@pytest.mark.parametrize("make", [dict, Frame])
def test_numbers_stand_before_the_columns_of_categories(make):
    table = make(TABLE)
    data = from_table(table, table, target="kind", validation_fraction=0.0)
    assert isinstance(data, TableData)
    assert data.feature_names == ["weight", "size", "color=blue", "color=green", "color=red"]
    assert data.categories == (3,) and data.class_names == ["cat", "dog"]
    x, y = data.arrays("test")
    np.testing.assert_array_equal(x[:3], [[0, 0, 0, 0, 1], [0.5, 1, 1, 0, 0], [1, 2, 0, 1, 0]])
    np.testing.assert_array_equal(y[:3], [1, 0, 1])


def test_numbers_are_names_where_that_is_said():
    table = {"code": [3, 1.0, 3, 1] * 5, "y": [10, 9] * 10}
    data = from_table(table, table, target="y", categorical=["code"])
    assert data.feature_names == ["code=1", "code=3"] and data.class_names == ["9", "10"]


def test_numbers_with_a_comma_are_names_where_that_is_said():
    table = TABLE | {"size": ["0,5", "1,5", "2"] * 10}
    data = from_table(table, target="kind", categorical=["size"])
    assert {"size=0,5", "size=1,5", "size=2"} < set(data.feature_names)


def test_columns_may_have_numbers_for_names():
    table = {0: [3, 1] * 10, 1: ["a", "b"] * 10}
    data = from_table(Frame(table), target=1, categorical=[0])
    assert data.feature_names == ["0=1", "0=3"] and data.class_names == ["a", "b"]


def test_a_fifth_becomes_the_test_split_whatever_the_seed():
    one, other = (from_table(TABLE, target="kind", seed=seed) for seed in (0, 1))
    assert one.rows == {"train": 22, "validation": 2, "test": 6}
    np.testing.assert_array_equal(one.arrays("test")[0], other.arrays("test")[0])
    assert np.bincount(one.arrays("test")[1]).tolist() == [3, 3]


@pytest.mark.parametrize("empty", [None, float("nan"), np.ma.masked, "", "?", "NA"])
def test_missing_cells_are_refused_or_filled_by_the_training_rows(empty):
    table = changed("weight", 0, empty)
    with pytest.raises(InputError, match="'weight' of `train`, row 0: a missing cell"):
        from_table(table, TABLE, target="kind")
    data = from_table(TABLE, table, target="kind", missing="impute")
    assert data.arrays("test")[0][0, 0] == np.median(TABLE["weight"])
    table = TABLE | {"color": ["red", "red", "blue", empty, "red"] * 6}
    data = from_table(table, table, target="kind", missing="impute")
    np.testing.assert_array_equal(data.arrays("test")[0][3, 2:], [0, 1])


def test_a_sentence_names_the_row_as_it_was_given():
    """Also where the zoo has cut the test rows from the table."""
    for row in range(6):
        with pytest.raises(InputError, match=f"of `train`, row {row}: a missing cell"):
            from_table(changed("weight", row, None), target="kind")


def test_a_rare_value_is_known_wherever_it_stands():
    """Also where the zoo has cut its row for the test split."""
    held = []
    for row in range(ROWS):
        data = from_table(changed("color", row, "pink"), target="kind")
        pink = data.feature_names.index("color=pink")
        held += [data.arrays("test")[0][:, pink].sum()]
        assert data.feature_names == [
            "weight", "size", *(f"color={each}" for each in ("blue", "green", "pink", "red"))
        ]  # fmt: skip
    assert sum(held) == 6, "each test row once"


def test_a_category_of_one_value_is_refused():
    with pytest.raises(InputError, match="category of one value, 'red'"):
        from_table(TABLE | {"color": ["red"] * ROWS}, target="kind")


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        ({key: TABLE[key] for key in ("color", "size", "kind")}, "'weight' is missing in `test`"),
        (changed("weight", 4, "heavy"), "'weight' of `test`, row 4: 'heavy', and.*numbers"),
        (changed("weight", 4, "1,5"), "'weight' of `test`, row 4: '1,5', .*decimals with a point"),
        (
            changed("weight", 4, "1e39"),
            r"row 4: '1e39', .*float32 holds, up to 3.4e\+38",
        ),
        (changed("weight", 4, 2**2000), "'weight' of `test`, row 4: 1148"),
        (changed("weight", 4, float("inf")), "'weight' of `test`, row 4: inf"),
        (changed("color", 2, "pink"), "row 2: 'pink', and the column is one of blue, green, red"),
        (changed("kind", 2, "cow"), "Class 'cow' of `test` is none"),
        (changed("kind", 2, None), "Row 2 of `test` has no class"),
        ({"kind": TABLE["kind"]} | {"weight": [1.0]}, "columns of one length"),
        ([1, 2], "must be a data frame or a dict"),
    ],
)
def test_what_does_not_fit_the_training_rows_is_one_sentence(test, sentence):
    with pytest.raises(InputError, match=sentence):
        from_table(TABLE, test, target="kind")


@pytest.mark.parametrize(
    ("table", "arguments", "sentence"),
    [
        (TABLE, {"target": "species"}, "'species'. Received: color, weight, size, kind"),
        (TABLE | {"kind": ["cat"] * ROWS}, {"target": "kind"}, "at least two classes"),
        ({"kind": TABLE["kind"]}, {"target": "kind"}, "a column beside the class"),
        (TABLE, {"target": "kind", "missing": "drop"}, "missing"),
        (TABLE, {"target": "kind", "categorical": ["hue"]}, "hue"),
        (TABLE | {"weight": [None] * ROWS}, {"target": "kind"}, "no cell that is filled in"),
        (
            {"a": [1, 2], "kind": [0, 1]},
            {"target": "kind"},
            r"table \(class 'kind'\) must have enough rows of each.*2 classes in 2 rows",
        ),
        (TABLE | {"weight": ["inf", *["1"] * (ROWS - 1)]}, {"target": "kind"}, "no finite number"),
        (None, {"target": "kind"}, "`train` must be a data frame"),
        (TABLE | {"kind": ["1", "1.0", "2"] * 10}, {"target": "kind"}, "'1' and '1.0' are one"),
        (TABLE | {"size": ["1,5", *["1"] * (ROWS - 1)]}, {"target": "kind"}, "row 0: '1,5' is no"),
        (TABLE | {"size": ["0,5", "1,5", "2"] * 10}, {"target": "kind"}, "decimals with a point"),
        (
            TABLE | {"size": ["1.234,5", "2.345.678,0", "2"] * 10},
            {"target": "kind"},
            "with a point",
        ),
        (TABLE | {"size": ["1,234", "2,345,678", "1,000.5"] * 10}, {"target": "kind"}, "a point"),
        (TABLE | {"size": [2**2000 + row for row in range(ROWS)]}, {"target": "kind"}, "no finite"),
        (TABLE | {"color=red": TABLE["size"]}, {"target": "kind"}, "'color=red' 2 times"),
        (TABLE, {"target": "kind", "categorical": "color"}, "`categorical` must be a list"),
        (TABLE, {"target": 1}, "the column of the class, '1'"),
        (
            TABLE | {"size": ["-", *["1"] * (ROWS - 1)]},
            {"target": "kind"},
            "name the column as",
        ),
        (TABLE | {"size": np.ones((ROWS, 1))}, {"target": "kind"}, "in each cell. Received: nda"),
        (TABLE | {"weight": 1.7e9 + np.arange(ROWS)}, {"target": "kind"}, "subtract its least"),
    ],
)
def test_what_training_rows_must_be(table, arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        from_table(table, **arguments)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_files_by_the_name_of_the_class(tmp_path, separator):
    lines = [separator.join(TABLE)]
    lines += [separator.join(map(str, cells)) for cells in zip(*TABLE.values(), strict=True)]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8-sig")
    data, given = load(f"csv:{file}#kind"), from_table(TABLE, target="kind")
    np.testing.assert_array_equal(data.arrays("test")[0], given.arrays("test")[0])
    with pytest.raises(InputError, match=r"Which column.*Allowed: color, weight, size, kind"):
        load(f"csv:{file}")
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text(file.read_text().replace("kind", "class"))
    assert load(f"csv:{tmp_path}").rows["test"] == ROWS
    file.write_text(file.read_text().replace("red", "", 1))
    with pytest.raises(InputError, match="'color' of `train`.*a missing cell"):
        load(f"csv:{file}#kind")
    assert load(f"csv:{file}#kind&missing=impute").categories == (3,)


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("weight", "", "row 25: a missing cell"),
        ("weight", "heavy", "row 25: 'heavy' is no number"),
        ("kind", "", "Row 25 of `train`"),
    ],
)
def test_messages_count_the_rows_of_a_file_behind_its_header(column, cell, sentence, tmp_path):
    table, file = changed(column, 24, cell), tmp_path / "table.csv"
    lines = [",".join(table), *(",".join(map(str, c)) for c in zip(*table.values(), strict=True))]
    file.write_text("\n".join(lines))
    with pytest.raises(InputError, match=sentence):
        load(f"csv:{file}#kind")


def test_letters_with_accents_are_the_same_however_they_are_encoded(tmp_path):
    composed, decomposed = "\u00e9t\u00e9", "e\u0301te\u0301"
    file = tmp_path / "table.csv"
    rows = "".join(f"{row},{(composed, decomposed, 'x')[row % 3]},{row % 3}\n" for row in range(60))
    file.write_text(f"b,a,{decomposed}\n{rows}", "utf-8")
    for typed in (composed, decomposed):
        assert load(f"csv:{file}#{typed}").class_names == ["0", "1", "2"]
    assert load(f"csv:{file}#a").class_names == ["x", composed]


def test_the_name_of_a_class_may_hold_what_parts_settings(tmp_path):
    file = tmp_path / "table.csv"
    rows = "".join(f"{row % 4},{row % 3},{row % 2},{row % 5}\n" for row in range(60))
    file.write_text(f"weight,D,R&D,a=b\n{rows}")
    assert load(f"csv:{file}#R&D").class_names == ["0", "1"]
    assert load(f"csv:{file}#D&missing=impute").class_names == ["0", "1", "2"]
    given = load(f"csv:{file}#R&D&categorical=D&missing=impute&categorical=weight")
    assert given.feature_names == ["a=b", *(f"weight={n}" for n in "0123"), "D=0", "D=1", "D=2"]
    assert len(load(f"csv:{file}#a=b").class_names) == 5
    with pytest.raises(InputError, match="setting of a table 'mising'"):
        load(f"csv:{file}#D&mising=impute")
    with pytest.raises(InputError, match="'D&R'"):
        load(f"csv:{file}#D&R")


def test_a_path_may_hold_the_mark_before_the_class(tmp_path):
    file = tmp_path / "run#3" / "table#1.csv"
    file.parent.mkdir()
    file.write_text("a,b,c#1\n" + "".join(f"{row},{row % 3},{row % 2}\n" for row in range(60)))
    assert load(f"csv:{file}#b").class_names == ["0", "1", "2"]
    assert load(f"csv:{file}#c#1").class_names == ["0", "1"]
    with pytest.raises(InputError, match="'nope'"):
        load(f"csv:{file}#nope")


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_what_is_no_regular_file_is_not_waited_for(kind, tmp_path):
    os.mkfifo(tmp_path / f"rows.{kind}")
    with pytest.raises(InputError, match="no regular file"):
        load(f"{kind}:{tmp_path}/rows.{kind}")


class Arrow:
    """As much of an Arrow table as is asked of one, whose columns are no names."""

    columns = [[1], [2]]

    def to_pydict(self):
        return TABLE


def test_a_table_that_makes_a_dict_of_itself():
    made, given = (from_table(table, target="kind") for table in (Arrow(), TABLE))
    np.testing.assert_array_equal(made.arrays("test")[0], given.arrays("test")[0])


@pytest.mark.parametrize(
    ("labels", "names", "sentence"),
    [
        (np.empty((ROWS, 0)), None, "as many labels as rows"),
        (np.arange(ROWS) % 2 + 2.0**63, None, "labels of `train` must be below"),
        (np.full(ROWS, 2**63, "uint64"), None, "labels of `train` must be below"),
        (np.arange(ROWS) % 2, 5, "`class_names` must be a list of names"),
        (np.arange(ROWS) % 2, "ab", "`class_names` must be a list of names"),
    ],
)
def test_what_labels_and_names_of_arrays_must_be(labels, names, sentence):
    rows = np.arange(2.0 * ROWS).reshape(ROWS, 2)
    with pytest.raises(InputError, match=sentence):
        from_arrays((rows, labels), (rows, labels), class_names=names)


@pytest.mark.parametrize(
    "cell", [np.float16("nan"), np.datetime64("NaT"), Decimal("NaN"), Decimal("sNaN")]
)
def test_nothing_by_any_type_is_a_missing_cell(cell):
    with pytest.raises(InputError, match="row 3: a missing cell"):
        from_table(changed("weight", 3, cell), target="kind")
    assert from_table(changed("weight", 3, cell), target="kind", missing="impute").categories


def test_only_plain_numbers_are_numbers():
    """Python takes 1_0 for ten, and Arabic digits; NumPy takes 1 + 2i for 1."""
    for cell in ("1_0", "\u0661", np.complex64(1 + 2j)):
        assert as_number(cell) is None
    assert [as_number(cell) for cell in (" 1e3 ", "-.5", True, np.int8(3))] == [1000, -0.5, 1, 3]


def test_npz_files_with_and_without_splits(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    np.savez(tmp_path / "whole.npz", x=x, y=y, feature_names=["a", "b", "c"])
    data = load(f"npz:{tmp_path / 'whole.npz'}")
    assert data.rows["test"] == 4 and data.feature_names == ["a", "b", "c"]
    np.savez(tmp_path / "split.npz", x_train=x, y_train=y, x_test=x[:6], y_test=y[:6])
    assert load(f"npz:{tmp_path / 'split.npz'}").rows["test"] == 6
    images = np.zeros((20, 8, 8, 1), "uint8")
    np.savez(tmp_path / "images.npz", x=images, y=y)
    assert load(f"npz:{tmp_path / 'images.npz'}").input_shape == (8, 8, 1)
    asked = {"image_shape": (4, 4, 1)}
    assert load(f"npz:{tmp_path / 'images.npz'}", **asked).input_shape == (4, 4, 1)
    for refused in (asked, {"in_memory": False}):
        with pytest.raises(InputError, match="must be None"):
            load(f"npz:{tmp_path / 'whole.npz'}", **refused)
    # Of what is cut too, a row's number is the one in the file.
    holed = np.where(np.arange(20) == 13, np.nan, 1)[:, np.newaxis] * x
    for wrong, sentence in (
        ({"x": x[:0], "y": y[:0]}, r"must hold rows of features.*shape \(0, 3\)"),
        ({"x": x, "y": y[:3]}, r"as many labels as rows.*labels of shape \(3,\)"),
        ({"x": 1.0, "y": y}, r"rows of features.*shape \(\)"),
        ({"x": x[:, 0]}, r"rows of features.*shape \(20,\)"),
        ({"x": holed}, "row 13"),
        ({"y": np.eye(2)[y] + (np.arange(20) == 13)[:, np.newaxis]}, "row 13"),
        ({"x": np.zeros(20, "f4, f4")}, "the fields f0, f1"),
        ({"y": y * 5}, "count up from 0"),
        ({"y": np.array(["a", "b"])[y]}, "dtype <U1, first label 'a'"),
        ({"y": y + 0.5}, "dtype float64, first label 0.5"),
        ({"y": np.array(["a", None])[y]}, "'y' holds Python objects; make it an array of"),
        ({"class_names": [["a", "b"]]}, "`class_names` must be a list of names"),
    ):
        np.savez(tmp_path / "none.npz", **{"x": x, "y": y} | wrong)
        with pytest.raises(InputError, match=sentence):
            load(f"npz:{tmp_path / 'none.npz'}")
    np.savez(tmp_path / "none.npz", a=x)
    with pytest.raises(InputError, match="x_train, y_train.*Received: a"):
        load(f"npz:{tmp_path / 'none.npz'}")
    with pytest.raises(InputError, match="gone.npz cannot be read"):
        load(f"npz:{tmp_path / 'gone.npz'}")
    for kind in ("csv", "npz"):
        with pytest.raises(InputError, match="cannot be read: Not a directory"):
            load(f"{kind}:{tmp_path / 'none.npz' / 'rows'}.{kind}")
    with open(tmp_path / "one.npz", "wb") as file:
        np.save(file, x)
    with pytest.raises(InputError, match="it is one array; numpy.savez writes several"):
        load(f"npz:{tmp_path / 'one.npz'}")
    (tmp_path / "text.npz").write_text("1, 2")
    with pytest.raises(InputError, match="must be arrays in an .npz file: it holds Python objects"):
        load(f"npz:{tmp_path / 'text.npz'}")


def test_embedded_sets_are_those_of_scikit_learn():
    data = load("wine", validation_fraction=0.0)
    bunch = load_wine()
    assert data.rows == {"train": 142, "validation": 0, "test": 36}
    both = np.concatenate([data.arrays(split)[0] for split in ("train", "test")])
    np.testing.assert_allclose(np.sort(both, axis=0), np.sort(bunch.data, axis=0), rtol=1e-6)
    assert data.feature_names == bunch.feature_names and data.num_classes == 3
    assert load("breast_cancer").input_shape == (30,)


def test_arrays_of_two_dimensions_are_rows_of_features():
    x, y = np.arange(60).reshape(20, 3), np.arange(20) % 2
    data = from_arrays((x, y), (x, y), labelled_fraction=0.5)
    assert data.feature_names == ["0", "1", "2"] and data.labelled_rows == 9
    for wrong, sentence in (
        (np.where(x == 5, np.nan, x), "row 1, column 2: nan"),
        (x.astype(str), "from_table"),
        (x[:, :0], "rows of features"),
    ):
        with pytest.raises(InputError, match=sentence):
            from_arrays((wrong, y), (x, y))
    with pytest.raises(InputError, match="shape of the training rows"):
        from_arrays((x, y), (x[:, :2], y))
    with pytest.raises(InputError, match="no images"):
        from_arrays((x, y), (x, y), image_shape=(8, 8, 1))


def test_the_class_of_a_label_set_is_its_most_frequent_label():
    x = np.arange(12.0).reshape(6, 2)
    labels = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0, 0]])
    sets = multi_label_from_arrays((x, labels), (x, labels), validation_fraction=0.0)
    data = classes_of_label_sets(sets, "made", Options(validation_fraction=0.0))
    assert data.class_names == ["2", "1", "0"]
    np.testing.assert_array_equal(data.arrays("train")[1], [2, 0, 1, 0, 0])
    np.testing.assert_array_equal(data.arrays("train")[0], x[:5])
