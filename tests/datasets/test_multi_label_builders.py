import gzip
import hashlib
import shutil

import numpy as np
import pytest

from zoo.datasets import DamagedDataError, MissingDataError, load, preparing

NAMES = ["f0", "f1", "f2", "f3", "la", "lb", "lc"]
HEADER = "@relation r\n" + "".join(f"@attribute {name} {{0,1}}\n" for name in NAMES) + "@data\n"
HEADER = HEADER.replace("f3 {0,1}", "f3 numeric")
XML = "<labels>" + "".join(f'<label name="{name}"/>' for name in NAMES[4:]) + "</labels>"


def table(rows, first=0):
    """Row n: feature 3 is n / 2; label a always, b on even rows; every fourth row is empty."""
    lines = []
    for n in range(first, first + rows):
        entries = [] if n % 4 == 3 else [f"3 {n / 2}", "4 1"] + ["5 1"] * (n % 2 == 0)
        lines.append("{" + ",".join(entries) + "}")
    return HEADER + "\n".join(lines) + "\n"


@pytest.fixture
def bookmarks(monkeypatch):
    """The builder of bookmarks, for tables of 4 features and 3 labels."""
    from zoo.datasets.multi_label_builders import Bookmarks

    monkeypatch.setattr(Bookmarks, "num_features", 4)
    monkeypatch.setattr(Bookmarks, "num_labels", 3)
    monkeypatch.setattr(Bookmarks, "split_rows", {"train": 8, "validation": 3, "test": 5})
    return Bookmarks


@pytest.fixture
def manual(tmp_path):
    folder = tmp_path / "originals" / "bookmarks"
    folder.mkdir(parents=True)
    (folder / "bookmarks.xml").write_text(XML)
    return folder


def load_it(manual, **options):
    folders = {"manual_dir": str(manual.parent), "data_dir": str(manual.parent.parent / "data")}
    return load("bookmarks", **folders, **options)


def test_one_file_is_split_in_its_order(bookmarks, manual):
    (manual / "bookmarks.arff").write_text(table(16))
    data = load_it(manual, validation_fraction=0)
    assert data.rows == {"train": 8, "validation": 3, "test": 5}
    assert data.label_names == NAMES[4:] and data.feature_names == NAMES[:4]
    rows = np.arange(16)
    parts = zip(*map(data.arrays, data.rows), strict=True)
    x, y = (np.concatenate(part) for part in parts)
    expected = np.where(rows % 4 == 3, 0, rows / 2)
    np.testing.assert_array_equal(x, np.stack([rows * 0, rows * 0, rows * 0, expected], 1))
    full = rows % 4 != 3
    np.testing.assert_array_equal(y, np.stack([full, full & (rows % 2 == 0), rows < 0], 1))


def test_prepared_once_then_neither_originals_nor_network(bookmarks, manual, monkeypatch):
    (manual / "bookmarks-train.arff.gz").write_bytes(gzip.compress(table(10).encode()))
    (manual / "bookmarks-test.arff").write_text(table(4, 10))
    first = load_it(manual, validation_fraction=0)
    assert first.rows == {"train": 10, "validation": 0, "test": 4}
    shutil.rmtree(manual.parent)
    monkeypatch.setattr(preparing, "_make", None)
    monkeypatch.setenv("TFDS_DATA_DIR", str(manual.parent.parent / "data"))
    again = load("bookmarks", validation_fraction=0)
    for split in ("train", "test"):
        for ours, theirs in zip(again.arrays(split), first.arrays(split), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert again.label_names == first.label_names


def test_the_common_folder_and_the_variable(bookmarks, manual, monkeypatch):
    (manual / "bookmarks.arff").write_text(table(16))
    manual.rename(manual.parent / "mulan")
    # A folder of the set's name with nothing of it inside does not count.
    manual.mkdir()
    monkeypatch.setenv("ZOO_MANUAL_DIR", str(manual.parent))
    data = load("bookmarks", data_dir=str(manual.parent.parent / "data"))
    assert data.rows["test"] == 5


def test_missing_files_are_listed(tmp_path):
    with pytest.raises(MissingDataError) as error:
        load("bibtex", manual_dir=str(tmp_path), data_dir=str(tmp_path / "data"))
    message = str(error.value)
    assert message.startswith("Data set 'bibtex' is not prepared in")
    assert str(tmp_path / "bibtex") in message and "ZOO_MANUAL_DIR" in message
    assert "bibtex-train.arff or bibtex-train.arff.gz: 2292961 bytes unzipped" in message
    assert "bibtex.xml: 5880 bytes" in message and "github.com/tsoumakas/mulan" in message
    with pytest.raises(MissingDataError, match="must be fetched by hand"):
        load("delicious", data_dir=str(tmp_path / "data"))
    with pytest.raises(MissingDataError, match=r"bookmarks\.xml, and bookmarks\.arff or"):
        load("bookmarks", manual_dir=str(tmp_path), data_dir=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_only_what_is_missing_is_listed(tmp_path):
    (tmp_path / "mulan").mkdir()
    (tmp_path / "mulan" / "bibtex-train.arff.gz").write_bytes(b"")
    (tmp_path / "mulan" / "bibtex.xml").write_text(XML)
    with pytest.raises(MissingDataError, match=r"bibtex-test\.arff or") as error:
        load("bibtex", manual_dir=str(tmp_path), data_dir=str(tmp_path / "data"))
    assert "bibtex-train.arff" not in str(error.value) and "bibtex.xml" not in str(error.value)


def test_other_files_than_the_originals_are_refused(bookmarks, manual, monkeypatch):
    content = table(16).encode()
    checksums = {"bookmarks.arff": (len(content), hashlib.sha256(content).hexdigest())}
    monkeypatch.setattr(bookmarks, "checksums", checksums)
    other = content.replace(b"3 2.5", b"3 9.5")
    for name, wrong in (
        ("bookmarks.arff", other),
        ("bookmarks.arff.gz", gzip.compress(other, mtime=0)),
    ):
        (manual / name).write_bytes(wrong)
        with pytest.raises(DamagedDataError, match=rf"{name} of data set 'bookmarks' is damaged"):
            load_it(manual)
        (manual / name).unlink()
    (manual / "bookmarks.arff.gz").write_bytes(gzip.compress(content)[:-9])
    with pytest.raises(DamagedDataError, match=r"bookmarks\.arff\.gz cannot be read"):
        load_it(manual)
    # Unzipped it is the original, however it was zipped.
    (manual / "bookmarks.arff.gz").write_bytes(gzip.compress(content, 1))
    assert load_it(manual).rows["test"] == 5


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("num_labels", 4, r"bookmarks\.arff with .*\.xml must give .* 4 labels. Received: 3"),
        ("num_features", 5, r"must give .* 5 features. Received: 4"),
        ("split_rows", {"train": 8, "test": 9}, r"bookmarks\.arff must have 17 rows.*16"),
    ],
)
def test_wrong_counts_are_refused(bookmarks, manual, monkeypatch, attribute, value, message):
    monkeypatch.setattr(bookmarks, attribute, value)
    (manual / "bookmarks.arff").write_text(table(16))
    with pytest.raises(DamagedDataError, match=message):
        load_it(manual)


def test_a_prepared_file_that_was_cut_is_refused(bookmarks, manual):
    (manual / "bookmarks.arff").write_text(table(16))
    load_it(manual)
    folder = manual.parent.parent / "data" / "bookmarks" / "1.0.0"
    file = next(folder.glob("*train*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-60] + bytes(40) + whole[-20:])
    with pytest.raises(DamagedDataError, match="'train' must have 8 rows, and cannot be read"):
        load_it(manual)
