"""zoo/serving/prediction.py: what a person is told of tables and arrays of rows."""

import json
import os

import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.serving import export_model, predict


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """A model of label sets for rows of six features, three rows, and the labels of each."""
    folder = tmp_path_factory.mktemp("labels")
    model = zoo.create_model("mlp", input_shape=(6,), num_labels=4, units=(5,))
    x = np.random.default_rng(0).normal(size=(3, 6)).astype("float32")
    soft = model.predict(x, verbose=0)
    model.threshold.assign(float(np.median(soft)))
    export_model(model, folder / "mlp", names=list("abcd"))
    chosen = [set(np.array(list("abcd"))[each > np.median(soft)]) or {"no"} for each in soft]
    return folder / "mlp", x, chosen


def chosen_in(lines, file):
    """The labels that the lines of a file name."""
    found = []
    for row, line in enumerate(lines, 1):
        start, _, told = line.partition(": ")
        assert start == f"{file}:{row}"
        found.append({each.split()[0] for each in told.split(", ")})
    return found


def table(x, between=",", end="\n", head="", quote=""):
    """Rows as text."""
    rows = [between.join(f"{quote}{value!r}{quote}" for value in row) for row in x.tolist()]
    return head + end.join(rows) + end


TABLES = {
    "plain": lambda x: table(x),
    "no end": lambda x: table(x).rstrip(),
    "a header": lambda x: table(x, head="a,b,c,d,e,f\n"),
    "a quoted header": lambda x: table(x, head='"size, cm","b","c","d","e","f"\n'),
    "pandas' numbers of columns": lambda x: table(x, head="0,1,2,3,4,5\n"),
    "numpy's header": lambda x: table(x, head="# a,b,c,d,e,f\n"),
    "a byte order mark": lambda x: table(x, head="\ufeffa,b,c,d,e,f\n"),
    "Excel": lambda x: table(x, ";", "\r\n", "sep=;\r\na;b;c;d;e;f\r\n"),
    "blanks behind commas": lambda x: table(x, ", "),
    "quotes": lambda x: table(x, ", ", quote='"'),
    "tabs": lambda x: table(x, "\t", "\r\n"),
    "bars": lambda x: table(x, " | "),
    "blanks": lambda x: table(x, "  "),
    "blank lines": lambda x: table(x, ",", "\n\n") + "\n  \n",
    "old Mac": lambda x: table(x, ",", "\r", "a,b,c,d,e,f\r"),
    "a comma at the end": lambda x: table(x, ",", ",\n"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_are_read_as_people_have_them(kind, labels, tmp_path):
    served, x, chosen = labels
    file = tmp_path / "rows.csv"
    file.write_bytes(TABLES[kind](x).encode())
    assert chosen_in(predict(served, [file]), file) == chosen


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_tables_of_other_encodings(encoding, labels, tmp_path):
    served, x, chosen = labels
    file = tmp_path / "rows.CSV"
    file.write_bytes(table(x, head="größe,b,c,d,e,f\n").encode(encoding))
    assert chosen_in(predict(served, [file]), file) == chosen


def test_arrays_of_rows_and_folders_of_them(labels, tmp_path):
    served, x, chosen = labels
    np.save(tmp_path / "a.npy", x.astype("float64"))
    np.savez(tmp_path / "b.npz", y=np.zeros(3), x=x)
    np.savez_compressed(tmp_path / "c.npz", anything=x[0])
    (tmp_path / "d.csv").write_text(table(x))
    (tmp_path / "notes.md").write_text("of another kind")
    with pytest.warns(UserWarning, match=r"1 files of other kinds are left out: .*notes\.md"):
        lines = list(predict(served, [tmp_path]))
    for name, own, wanted in (
        ("a.npy", lines[:3], chosen),
        ("b.npz", lines[3:6], chosen),
        ("c.npz", lines[6:7], chosen[:1]),
        ("d.csv", lines[7:], chosen),
    ):
        assert chosen_in(own, tmp_path / name) == wanted


def test_answers_of_before_are_no_inputs(labels, tmp_path):
    served, x, chosen = labels
    (tmp_path / "rows.csv").write_text(table(x))
    answers = tmp_path / "answers.csv"
    first = list(predict(served, [tmp_path], answers))
    held = answers.read_bytes()
    with pytest.warns(UserWarning, match=r"1 files of other kinds are left out: .*answers\.csv"):
        assert list(predict(served, [tmp_path], answers)) == first
    assert list(predict(served, [tmp_path / "*.csv"])) == first
    assert answers.read_bytes() == held
    with pytest.raises(InputError, match="rows of 6 features"):
        list(predict(served, [answers]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n", "rows of 6 features. Received in row 1 of .*3 cells"),
        ("1,2,3,4,5,6\n1,2,3,4,5\n", "rows of 6 features. Received in row 2 of .*5 cells"),
        ("a,b,c,d,e,f\n", "must hold rows of numbers. Received: none"),
        ("", "must hold rows of numbers. Received: none"),
        ("nan,0,0,0,0,0\n", "row 1, column 1: 'nan'"),
        ("1,2,3,4,5,6\n1,2,3,inf,5,6\n", "row 2, column 4: 'inf'"),
        ("a,b,c,d,e,f\n1,2,3,4,5,\n", "row 1, column 6: ''"),
        ("1,2,3,4,5,NA\n", "row 1, column 6: 'NA'"),
        ("1,2,3,x,5,6\n1,2,3,4,5,6\n", "row 1, column 4: 'x'"),
        ("1,2,3,4,5,1e39\n", r"row 1, column 6: 1e\+39"),
        ("1,2,3,4,5,1_0\n", "row 1, column 6: '1_0'"),
        ("1,5;2;3;4;5;6\n", "decimals with a point.*row 1, column 1: '1,5'"),
        (",a,b,c,d,e,f\n0,1,2,3,4,5,6\n", "write it with index=False"),
        ("0,1,2,3,4,5\n0,1,0,0,1,0\n", "may be a header or a row"),
        ("PK\x03\x04\0\0", "rows of 6 features|rows of numbers"),
    ],
)
def test_rows_that_are_none_are_refused(text, message, labels, tmp_path):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        list(predict(labels[0], [tmp_path / "rows.csv"]))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[0, 0, 0, 0, 0, 0], [0, 0, np.nan, 0, 0, 0]]), "row 2, column 3: nan"),
        (np.array([[0, 0, 0, 0, 0, -np.inf]]), "row 1, column 6: -inf"),
        (np.full((1, 6), 1e300), r"finite in float32.*row 1, column 1: 1e\+300"),
        (np.zeros((2, 5)), r"6 features. .*shape \(2, 5\)"),
        (np.zeros((2, 3, 6)), r"6 features. .*shape \(2, 3, 6\)"),
        (np.zeros((0, 6)), "Received: none"),
        (np.zeros((1, 6), complex), "dtype complex128"),
        (np.array([["1"] * 6]), "dtype <U1"),
    ],
)
def test_arrays_that_are_no_rows_are_refused(array, message, labels, tmp_path):
    np.save(tmp_path / "rows.npy", array)
    with pytest.raises(InputError, match=message):
        list(predict(labels[0], [tmp_path / "rows.npy"]))


def test_damaged_arrays_are_one_sentence(labels, tmp_path):
    np.save(tmp_path / "cut.npy", np.zeros((9, 6)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-9])
    np.savez(tmp_path / "two.npz", a=np.zeros((1, 6)), b=np.zeros((1, 6)))
    np.savez(tmp_path / "cut.npz", np.zeros((9, 6)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:-90])
    (tmp_path / "text.npy").write_text("1,2,3,4,5,6")
    np.save(tmp_path / "pickle.npy", np.array([{}]), allow_pickle=True)
    os.mkfifo(tmp_path / "pipe.npy")
    for file in tmp_path.iterdir():
        with pytest.raises(
            InputError, match=f"{file.name} (must be an array|is no regular file)"
        ) as told:
            list(predict(labels[0], [file]))
        # NumPy's advice would run what a file holds.
        assert "unsafely" not in str(told.value)


def test_names_of_labels_and_machines_are_counted(labels, tmp_path):
    shape = {"input_shape": (6,)}
    for name, folder, wanted in (
        ("mlp", labels[0], 4),
        ("binary_svm", tmp_path / "two", 2),
        ("multiclass_svm", tmp_path / "three", 3),
    ):
        if name != "mlp":
            classes = {"num_classes": wanted} if wanted > 2 else {}
            machine = zoo.create_model(name, units=(), **shape, **classes)
            export_model(machine, folder, names=list("abc")[:wanted])
        np.save(tmp_path / "rows.npy", labels[1])
        assert len(list(predict(folder, [tmp_path / "rows.npy"]))) == 3
        file = folder / "1/assets.extra/zoo.json"
        whole = file.read_text()
        file.write_text(json.dumps(json.loads(whole) | {"names": ["a"]}))
        with pytest.raises(InputError, match=f"must be {wanted} names. Received: 1"):
            list(predict(folder, [tmp_path / "rows.npy"]))
        file.write_text(whole)
