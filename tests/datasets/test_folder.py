import numpy as np
import pytest
from PIL import Image

from zoo.datasets import DamagedDataError, load
from zoo.errors import InputError


@pytest.fixture
def tree(tmp_path):
    """train: 4 cats and 4 dogs, test: 2 and 2; 6x5 color images of one value each."""
    for split, count in {"train": 4, "test": 2}.items():
        for label, name in enumerate(["cat", "dog"]):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = np.full((6, 5, 3), 100 * label + number, "uint8")
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_tree_is_read_whole(tree, in_memory):
    data = load(f"folder:{tree}", validation_fraction=0.25, in_memory=in_memory, batch_size=8)
    assert data.rows == {"train": 6, "validation": 2, "test": 4}
    assert data.image_shape == (6, 5, 3) and data.class_names == ["cat", "dog"]
    assert data.in_memory is in_memory
    values = []
    for split in ("train", "validation", "test"):
        x, y = data.sample(split, 8)
        value = np.rint(x[:, 0, 0, 0] * 255)
        np.testing.assert_array_equal(value >= 100, y == 1)
        values += value.tolist()
    assert sorted(values[:8]) == [0, 1, 2, 3, 100, 101, 102, 103]
    assert sorted(values[8:]) == [0, 1, 100, 101]


@pytest.mark.parametrize("name", ["validation", "val", "valid"])
def test_own_validation_split(tree, name):
    (tree / name).mkdir()
    for label in ("cat", "dog"):
        (tree / "test" / label).rename(tree / name / label)
        (tree / "test" / label).mkdir()
        Image.fromarray(np.zeros((6, 5, 3), "uint8")).save(tree / "test" / label / "a.JPG")
    data = load(f"folder:{tree}", validation_fraction=0)
    assert data.rows == {"train": 8, "validation": 4, "test": 2}


def test_gray_images_get_one_channel_unless_one_is_not_gray(tree):
    for file in tree.rglob("*.png"):
        Image.open(file).convert("L").save(file)
    assert load(f"folder:{tree}").image_shape == (6, 5, 1)
    Image.open(file).convert("RGB").save(file)
    assert load(f"folder:{tree}").image_shape == (6, 5, 3)
    assert load(f"folder:{tree}", image_shape=(6, 5, 1)).image_shape == (6, 5, 1)


def test_images_of_several_sizes_need_a_shape(tree):
    Image.fromarray(np.full((9, 9, 3), 7, "uint8")).save(tree / "test" / "cat" / "large.jpeg")
    with pytest.raises(InputError, match=r"vary in size, \(None, None, 3\): give `image_shape`"):
        load(f"folder:{tree}")
    data = load(f"folder:{tree}", image_shape=(4, 4, 3))
    assert next(iter(data.test))[0].shape == (5, 4, 4, 3)


def test_missing_folders_are_named(tree):
    with pytest.raises(InputError, match="nowhere': there is no such folder"):
        load(f"folder:{tree}/nowhere")
    (tree / "extra").mkdir()
    with pytest.raises(InputError, match="no others. Received: extra, test, train"):
        load(f"folder:{tree}")
    (tree / "extra").rmdir()
    (tree / "test").rename(tree / "valid")
    with pytest.raises(InputError, match="must hold the folders train and test.*train, valid"):
        load(f"folder:{tree}")
    (tree / "train").rename(tree / "test")
    with pytest.raises(InputError, match="must hold the folders train and test.*test, valid"):
        load(f"folder:{tree}")


def test_classes_must_be_the_same_and_hold_images(tree):
    (tree / "test" / "cow").mkdir()
    with pytest.raises(InputError, match="classes of train, cat, dog. Received in test: cat, cow"):
        load(f"folder:{tree}")
    (tree / "test" / "cow").rmdir()
    for file in (tree / "test").rglob("*.png"):
        file.rename(file.with_suffix(".txt"))
    with pytest.raises(InputError, match=r"class folders of test must hold images.*none"):
        load(f"folder:{tree}")


def test_a_folder_without_classes(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    with pytest.raises(InputError, match="at least two class folders. Received: none"):
        load(f"folder:{tmp_path}")


def test_files_that_are_no_images_are_named(tree):
    (tree / "train" / "dog" / "9.png").write_text("no image")
    with pytest.raises(InputError, match=r"dog/9\.png must be a PNG or JPEG image"):
        load(f"folder:{tree}")


def test_a_damaged_image_is_named(tree):
    file = tree / "train" / "dog" / "9.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 5, 3), "uint8")).save(file)
    file.write_bytes(file.read_bytes()[:-60])
    with pytest.raises(DamagedDataError, match=r"dog/9\.png.*damaged"):
        load(f"folder:{tree}")
