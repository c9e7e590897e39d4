import io
import shutil
import zipfile

import numpy as np
import pytest

from zoo.datasets import DamagedDataError, MissingDataError, load, preparing

NAMES = [0, 1, 2, 10, 11, 3]
AS_STRINGS = [0, 1, 10, 11, 2, 3]


def png(array):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def pair(number):
    """An image in the color 20 · number, of a size of its own, with its left half for a mask."""
    height, width = 20 + 2 * number, 30 + 2 * number
    mask = np.zeros((height, width), "uint8")
    mask[:, : width // 2] = 255
    return png(np.full((height, width, 3), 20 * number, "uint8")), png(mask)


@pytest.fixture
def manual(tmp_path, monkeypatch):
    from zoo.datasets.weizmann_horse import WeizmannHorse

    monkeypatch.setattr(WeizmannHorse, "checksum", None)
    monkeypatch.setattr(WeizmannHorse, "split_rows", {"train": 3, "validation": 1, "test": 2})
    folder = tmp_path / "originals" / "weizmann_horse"
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for number in NAMES:
        image, mask = pair(number)
        (folder / "images" / f"image-{number}.png").write_bytes(image)
        (folder / "masks" / f"mask-{number}.png").write_bytes(mask)
    return folder


def zipped(manual):
    with zipfile.ZipFile(manual / "weizmann_horse.zip", "w") as archive:
        for file in sorted(manual.rglob("*.png")):
            archive.write(file, f"weizmann_horse/{file.relative_to(manual)}")
    for kind in ("images", "masks"):
        shutil.rmtree(manual / kind)


def load_it(manual, **options):
    folders = {"manual_dir": str(manual.parent), "data_dir": str(manual.parent.parent / "data")}
    return load("weizmann_horse", **folders, **options)


@pytest.mark.parametrize("archive", [False, True])
def test_pairs_are_split_by_name_and_resized(manual, monkeypatch, archive):
    if archive:
        zipped(manual)
    data = load_it(manual, validation_fraction=0)
    assert data.rows == {"train": 3, "validation": 1, "test": 2}
    assert data.input_shape == (32, 32, 3) and data.label_names == ["horse"]
    colors = []
    for split in data.rows:
        x, y = data.arrays(split)
        colors.extend(np.rint(x[:, 5, 5, 0] * 255 / 20).astype(int))
        assert y.shape[1:] == (32, 32, 1) and set(np.unique(y)) == {0, 1}
        np.testing.assert_array_equal(y[:, :, :16], 1)
        np.testing.assert_array_equal(y[:, :, 16:], 0)
    assert colors == AS_STRINGS
    # Prepared, it needs its originals no more, and comes in any size.
    shutil.rmtree(manual)
    monkeypatch.setattr(preparing, "_make", None)
    assert load_it(manual, image_shape=(24, 16, 1)).input_shape == (24, 16, 1)


def test_missing_files(manual):
    shutil.rmtree(manual / "masks")
    with pytest.raises(MissingDataError, match=r"(?s)weizmann_horse.*\.zip with .*MANUAL_DIR"):
        load_it(manual)
    with pytest.raises(MissingDataError, match="must be fetched by hand"):
        load("weizmann_horse", data_dir=str(manual.parent / "data"))


MASK, IMAGE = "masks/mask-2.png", "images/image-2.png"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (MASK, pair(3)[1], r"mask-2\.png .* the size of its image, \(34, 24\).*\(36, 26\)"),
        (MASK, None, r"image-2\.png has no mask"),
        (IMAGE, None, r"must hold 6 files image-N\.png. Received: 5"),
        (IMAGE, b"GIF89a", r"image-2\.png must be a PNG image"),
        ("weizmann_horse.zip", b"PK", r"weizmann_horse\.zip is damaged"),
    ],
    ids=["other size", "no mask", "too few", "not PNG", "not ZIP"],
)
def test_damaged_originals_are_named(manual, file, content, message):
    if content is None:
        (manual / file).unlink()
    else:
        (manual / file).write_bytes(content)
    with pytest.raises(DamagedDataError, match=message):
        load_it(manual)


def test_other_pictures_are_refused(manual, monkeypatch):
    from zoo.datasets.weizmann_horse import WeizmannHorse

    monkeypatch.setattr(WeizmannHorse, "checksum", "0" * 64)
    with pytest.raises(DamagedDataError, match="not the originals"):
        load_it(manual)
