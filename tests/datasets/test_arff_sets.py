import gzip

import numpy as np
import pytest

from zoo.datasets import load
from zoo.errors import InputError
from zoo.recipe import load_recipe
from zoo.tasks import LABEL_SETS
from zoo.training.building import build, load_data

HEADER = "@relation r\n" + "".join(f"@attribute f{n} numeric\n" for n in range(3))
LABELS = "".join(f"@attribute l{n} {{0,1}}\n" for n in range(2)) + "@data\n"
XML = '<labels><label name="l0"/><label name="l1"/></labels>'


def rows(first, count):
    """Row n: feature 0 is n + 0.5, label 0 on even rows, label 1 on every fifth."""
    return "".join(
        f"{n + 0.5},0,1,{int(n % 2 == 0)},{int(n % 5 == 0)}\n" for n in range(first, first + count)
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.xml").write_text(XML)
    return tmp_path


def write(folder, part, text, header=HEADER):
    (folder / f"own{part}.arff").write_text(header + LABELS + text)


def test_train_and_test_files(folder):
    write(folder, "-train", rows(0, 20))
    text = HEADER + LABELS + rows(20, 10)
    (folder / "own-test.arff.gz").write_bytes(gzip.compress(text.encode()))
    data = load(f"arff:{folder / 'own'}", batch_size=8)
    assert data.rows == {"train": 18, "validation": 2, "test": 10}
    assert data.task is LABEL_SETS and data.input_shape == (3,) and data.num_labels == 2
    assert data.label_names == ["l0", "l1"] and data.feature_names == ["f0", "f1", "f2"]
    x, y = data.arrays("test")
    np.testing.assert_array_equal(x[:, 0], np.arange(20, 30) + 0.5)
    np.testing.assert_array_equal(y[:, 0], [1, 0] * 5)
    write(folder, "-dev", rows(30, 6))
    own = load(f"arff:{folder / 'own.arff'}", validation_fraction=0.5)
    assert own.rows == {"train": 20, "validation": 6, "test": 10}


def test_a_single_file_is_cut_by_labels_and_never_by_the_seed(folder):
    write(folder, "", rows(0, 100))
    cuts = []
    for seed in (0, 1):
        data = load(f"arff:{folder / 'own.arff'}", validation_fraction=0, seed=seed)
        assert data.rows == {"train": 80, "validation": 0, "test": 20}
        parts = [data.arrays(split) for split in ("train", "test")]
        assert sorted(np.concatenate([x[:, 0] for x, _ in parts])) == [n + 0.5 for n in range(100)]
        assert parts[1][1].sum(axis=0).tolist() == [10, 4]
        cuts.append(parts[1][0])
    np.testing.assert_array_equal(*cuts)


def test_a_missing_feature_is_refused_or_stands_as_a_recipe_says(folder):
    recipe = load_recipe("mlp/bibtex").on(f"arff:{folder / 'own'}")
    write(folder, "-train", rows(0, 20) + "?,0,1,1,0\n")
    write(folder, "-test", "2,?,1,0,1\n")
    with pytest.raises(InputError, match="line 28: a value is missing .`--set missing=0`"):
        load_data(recipe)
    data = load_data(recipe.override({"missing": "-1", "validation_fraction": 0.0}))
    assert data.arrays("test")[0].tolist() == [[2, -1, 1]]
    assert -1 in data.arrays("train")[0][:, 0]
    for wrong in ("nan", "1e39", "few"):
        with pytest.raises(InputError, match="missing"):
            load_data(recipe.override({"missing": wrong}))
    for name in ("digits", "blocks", "bibtex"):
        with pytest.raises(InputError, match="has no missing values"):
            load(name, missing=0)


def test_missing_files_are_named(folder):
    with pytest.raises(InputError, match=r"own\.xml, and .*own-train\.arff.*no ARFF files"):
        load(f"arff:{folder / 'own'}")
    (folder / "own.xml").unlink()
    write(folder, "", rows(0, 5))
    with pytest.raises(InputError, match="Received: no XML file"):
        load(f"arff:{folder / 'own'}")


@pytest.mark.parametrize(
    ("header", "received"),
    [
        (HEADER.replace("f1", "g1"), "'g1' as feature 1, not 'f1'"),
        (HEADER + "@attribute extra numeric\n", "4 features, not 3"),
    ],
)
def test_files_must_have_the_same_attributes(folder, header, received):
    write(folder, "-train", rows(0, 5))
    write(folder, "-test", "{3 1}\n" if "extra" in header else rows(0, 5), header)
    with pytest.raises(InputError, match=rf"own-test\.arff must have the attributes.*{received}"):
        load(f"arff:{folder / 'own'}")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"": rows(0, 1)}, r"own\.arff must have enough rows"),
        (
            {"-train": rows(0, 5), "-test": "1,1,1,0,0\n"},
            "Split 'test'.*at least one row with a label",
        ),
    ],
)
def test_rows_that_make_no_splits_are_refused(folder, parts, message):
    for part, text in parts.items():
        write(folder, part, text)
    with pytest.raises(InputError, match=message):
        load(f"arff:{folder / 'own'}")


def test_endings_in_capitals_and_labels_counted_by_meka(folder):
    (folder / "own.xml").rename(folder / "own.XML")
    write(folder, "-train", rows(0, 20))
    write(folder, "-test", rows(20, 10))
    (folder / "own-train.arff").rename(folder / "own-train.ARFF")
    (folder / "own-test.arff").rename(folder / "own-test.Arff")
    by_xml = load(f"arff:{folder / 'own'}")
    (folder / "own.XML").unlink()
    for file in folder.glob("own-*"):
        file.write_text(file.read_text().replace("@relation r", "@relation 'r: -C -2'"))
    by_count = load(f"arff:{folder / 'own'}")
    assert by_count.label_names == by_xml.label_names == ["l0", "l1"]
    for split in ("train", "validation", "test"):
        for ours, theirs in zip(by_count.arrays(split), by_xml.arrays(split), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    write(folder, "", rows(0, 20), HEADER.replace("@relation r", "@relation 'r: -C -2'"))
    (folder / "own.arff").rename(folder / "whole.ARFF")
    assert load(f"arff:{folder / 'whole.ARFF'}").num_labels == 2


@pytest.mark.parametrize("path", ["~nosuchuser/x", "", ".", "/", "n" * 300, "a\0b", "\udcff"])
def test_names_that_are_none(path):
    with pytest.raises(InputError):
        load(f"arff:{path}")


def test_a_recipe_of_another_set_runs_on_it(folder):
    write(folder, "", rows(0, 100))
    other = load_recipe("dvn/bibtex")
    assert other.steps_per_execution == 8
    recipe = other.on(f"arff:{folder / 'own'}").override({"batch_size": 8})
    data = load(recipe.dataset, batch_size=8, validation_fraction=0)
    assert data.steps_per_epoch == 10
    # The largest number that divides 8 and 10.
    assert build(recipe, data).steps_per_execution == 2
