"""Models of tables served: by one matrix, and files with named columns."""

import json

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.datasets.table_columns import Column
from zoo.errors import InputError
from zoo.serving import export_run, predict
from zoo.serving.column_inputs import column_input
from zoo.training import run

# The run and its export take seconds.
pytestmark = pytest.mark.full

ROWS = 60
TABLE = {
    "weight": [row % 7 + 10 * (row % 2) for row in range(ROWS)],
    "color": [["red", "blue"][row % 3 == 0] for row in range(ROWS)],
    "kind": [["cat", "dog"][row % 2] for row in range(ROWS)],
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    settings = {"epochs": 30, "size": (8,), "learning_rate": 0.03}
    recipe = zoo.load_recipe("se_co/wine").override(settings)
    data = zoo.datasets.from_table(TABLE, target="kind", missing="impute", name="animals")
    run(recipe, folder / "run", data=data, verbose=0)
    return export_run(folder / "run", folder / "served")


def write(path, columns):
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join(",".join(map(str, row)) for row in (columns, *rows)) + "\n")
    return path


def test_columns_are_found_by_name_in_any_order(exported, tmp_path):
    new = {"note": ["x", "y", "z"], "color": ["red", "blue", ""], "weight": [12, 3, ""]}
    lines = list(predict(exported, [write(tmp_path / "new.csv", new)]))
    assert [line.split(": ")[1].split()[0] for line in lines[:2]] == ["dog", "cat"]
    assert len(lines) == 3
    with pytest.raises(InputError, match="are no pictures"):
        list(predict(exported, [tmp_path / "new.csv"], tmp_path / "answers"))
    # The same rows as one matrix, and as the signature has them.
    np.save(tmp_path / "new.npy", np.array([[12, 0, 1], [3, 1, 0]], "float32"))
    others = list(predict(exported, [tmp_path / "new.npy"]))
    assert [line.split(": ")[1] for line in others] == [line.split(": ")[1] for line in lines[:2]]
    served = tf.saved_model.load(str(exported)).signatures["reconstruct"]
    rebuilt = served(features=tf.constant([[12.0, 0, 1], [3, 1, 0]]))["features"]
    # In its own unit: nearer to each row than the other is.
    assert rebuilt[0, 0] > 8 > rebuilt[1, 0]
    about = json.loads((exported / "assets.extra/zoo.json").read_text())
    assert [column["name"] for column in about["columns"]] == ["weight", "color"]


def test_a_signature_has_an_input_for_each_column(exported):
    served = tf.saved_model.load(str(exported)).signatures
    by_column, by_row = served["classify_of_columns"], served["classify"]
    asked = {"color": tf.constant(["red", "blue", ""]), "weight": tf.constant([12.0, 3, np.nan])}
    # The missing ones are filled as in training: by the median and the most frequent value.
    rows = tf.constant([[12.0, 0, 1], [3, 1, 0], [np.median(TABLE["weight"]), 0, 1]], tf.float32)
    answers = by_column(**asked)["probabilities"]
    np.testing.assert_allclose(answers, by_row(features=rows)["probabilities"], atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="color.* has a value"):
        by_column(color=tf.constant(["pink"]), weight=tf.constant([1.0]))
    assert {"serving_default_of_columns", "encode_of_columns", "reconstruct_of_columns"} < set(
        served
    )
    assert "decode_of_columns" not in served


def test_columns_of_any_name_have_inputs_of_their_own():
    columns = [Column("mean radius"), Column("Mean radius"), Column("mean_radius"), Column("9 é")]
    names = list(column_input(columns).specs)
    assert names == ["mean_radius", "Mean_radius", "mean_radius_2", "column_9__"]
    archive = tf.Module()
    archive.asked = tf.function(
        lambda *cells: {"rows": column_input(columns).to_floats(*cells)},
        input_signature=[tf.TensorSpec((None,), name=name) for name in names],
    )
    cells = {name: tf.constant([float(place)]) for place, name in enumerate(names)}
    rows = archive.asked.get_concrete_function()(**cells)["rows"]
    np.testing.assert_array_equal(rows, [[0.0, 1, 2, 3]])


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ({"weight": [1]}, "Column 'color' is missing in .*new.csv. Received: weight"),
        ({"weight": ["heavy"], "color": ["red"]}, "'weight' of .*new.csv, row 1: 'heavy'"),
        ({"weight": [1], "color": ["pink"]}, "'pink', and the column is one of blue, red"),
    ],
)
def test_other_columns_are_one_sentence(exported, tmp_path, new, sentence):
    with pytest.raises(InputError, match=sentence):
        list(predict(exported, [write(tmp_path / "new.csv", new)]))


@pytest.mark.parametrize("text", ["Weight,Color\n1,red\n", "sep=;\nheight;hue\n1;red\n"])
def test_a_header_of_other_names_is_not_passed_over(exported, tmp_path, text):
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(InputError, match="must name the columns weight, color. Received: '"):
        list(predict(exported, [tmp_path / "new.csv"]))


def test_the_report_draws_profiles_in_place_of_pictures(exported, tmp_path):
    folder = exported.parents[1] / "run"
    zoo.report.write_report([folder], tmp_path / "report")
    assert "Errors by feature" in (tmp_path / "report" / "index.html").read_text()
