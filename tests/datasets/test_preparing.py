import gzip
import hashlib
import pathlib
import shutil

import numpy as np
import pytest

from zoo.datasets import DamagedDataError, MissingDataError, load, originals, preparing
from zoo.errors import InputError

ROWS = 30


def content(value):
    return gzip.compress(bytes([value]) * 16 * ROWS, mtime=0)


@pytest.fixture(scope="module")
def tiny_sets():
    """TFDS sets tiny_one and tiny_two, whose only original file has the same name."""
    import tensorflow_datasets as tfds

    class Tiny(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")
        skip_registration = True

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(4, 4, 1)),
                "label": tfds.features.ClassLabel(num_classes=2),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, dl_manager):
            path = dl_manager.download_and_extract(next(iter(self.url_infos)))
            return {split: self._generate_examples(path) for split in ("train", "test")}

        def _generate_examples(self, path):
            pixels = np.frombuffer(pathlib.Path(path).read_bytes(), "uint8")
            for row, image in enumerate(pixels.reshape(-1, 4, 4, 1)):
                yield row, {"image": image, "label": row % 2}

    def define(name, value):
        file = content(value)
        info = tfds.download.checksums.UrlInfo(
            size=len(file), checksum=hashlib.sha256(file).hexdigest(), filename="rows.gz"
        )
        return type(name, (Tiny,), {"url_infos": {f"https://{name}.invalid/rows.gz": info}})

    define("TinyOne", 1), define("TinyTwo", 2)


@pytest.fixture
def manual(tmp_path, tiny_sets):
    for name, value in {"tiny_one": 1, "tiny_two": 2}.items():
        (tmp_path / "originals" / name).mkdir(parents=True)
        (tmp_path / "originals" / name / "rows.gz").write_bytes(content(value))
    return tmp_path / "originals"


def load_it(manual, name="tiny_one", data="data"):
    return load(name, manual_dir=str(manual), data_dir=str(manual.parent / data))


@pytest.mark.parametrize("names", [["tiny_one", "tiny_two"], ["tiny_two", "tiny_one"]])
def test_sets_whose_files_share_names_stay_apart(manual, names):
    loaded = {name: load_it(manual, name) for name in names}
    for name, value in {"tiny_one": 1, "tiny_two": 2}.items():
        x, _ = loaded[name].sample("train", 100)
        assert loaded[name].rows == {"train": 27, "validation": 3, "test": 30}
        np.testing.assert_array_equal(np.rint(x * 255), value)


def test_a_prepared_set_needs_neither_originals_nor_network(tmp_path, manual, monkeypatch):
    load_it(manual)
    shutil.rmtree(manual)
    monkeypatch.setattr(originals, "check_originals", None)
    monkeypatch.setattr(preparing, "_make", None)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    assert load("tiny_one").rows["test"] == 30


def test_a_failed_download_is_one_error(tmp_path, tiny_sets, monkeypatch):
    import requests

    def get(*args, **kwargs):
        raise requests.ConnectionError("connection reset")

    monkeypatch.setattr(originals, "_reachable", lambda url: True)
    monkeypatch.setattr(requests.Session, "get", get)
    with pytest.raises(MissingDataError, match=r"(?s)'tiny_one'.*\(connection reset\).*rows\.gz"):
        load("tiny_one", data_dir=str(tmp_path))


def test_a_prepared_set_that_was_cut_short_is_refused(tmp_path, manual):
    load_it(manual)
    folder = tmp_path / "data" / "tiny_one" / "1.0.0"
    file = next(folder.glob("*train*"))
    whole = file.read_bytes()
    for damaged, message in (
        (whole[: len(whole) // 2], f"{file.name}.*fewer than"),
        # Cut between two records: the sizes still seem right, the count does not.
        (whole[: -(len(whole) // ROWS)], "'train' must have 30 rows.*only 29 elements"),
        (whole[:-200] + bytes(100) + whole[-100:], "'train' must have 30 rows.*corrupted record"),
    ):
        file.write_bytes(damaged)
        with pytest.raises(DamagedDataError, match=message):
            load_it(manual)
    for gone, message in (
        (file, f"{file.name} is missing"),
        (folder / "dataset_info.json", "has no dataset_info.json"),
    ):
        gone.unlink()
        with pytest.raises(DamagedDataError, match=message):
            load_it(manual)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, manual):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="'tiny_one' cannot be prepared in .*file/data"):
        load_it(manual, data="file/data")
