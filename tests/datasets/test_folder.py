import os
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from image_kinds import exif
from PIL import Image

import zoo
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


def refused(folder, message, kind=InputError):
    with pytest.raises(kind, match=message):
        load(f"folder:{folder}")


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
    refused(tree / "nowhere", "nowhere': there is no such folder")
    (tree / "extra").mkdir()
    refused(tree, "no others. Received: extra, test, train")
    (tree / "extra").rmdir()
    (tree / "test").rename(tree / "valid")
    refused(tree, "must hold the folders train and test.*train, valid")
    (tree / "train").rename(tree / "test")
    refused(tree, "must hold the folders train and test.*test, valid")


def test_classes_must_be_the_same_and_hold_images(tree):
    (tree / "test" / "cow").mkdir()
    refused(tree, "classes of train, cat, dog. Received in test: cat, cow")
    (tree / "test" / "cow").rmdir()
    for file in (tree / "test").rglob("*.png"):
        file.rename(file.with_suffix(".txt"))
    refused(tree, r"class folders of test must hold images.*none in cat, dog")
    for split in ("train", "test"):
        shutil.rmtree(tree / split)
        (tree / split).mkdir()
    refused(tree, "at least two class folders. Received: none")


def test_files_that_are_no_images_and_damaged_ones_are_named(tree):
    file = tree / "train" / "dog" / "9.png"
    file.write_text("no image")
    refused(tree, r"dog/9\.png must be an image")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 5, 3), "uint8")).save(file)
    file.write_bytes(file.read_bytes()[:-60])
    for in_memory in (True, False):
        with pytest.raises(DamagedDataError, match=r"dog/9\.png is a damaged image"):
            load(f"folder:{tree}", in_memory=in_memory)


@pytest.mark.parametrize("in_memory", [True, False])
def test_files_are_decoded_as_everywhere(tree, in_memory):
    clear = np.full((6, 5, 4), (200, 10, 30, 0), "uint8")
    Image.fromarray(clear).save(tree / "train/cat/9.PNG")
    turned = Image.fromarray(np.full((5, 6, 3), 60, "uint8"))
    turned.save(tree / "train/cat/8.jpeg", exif=exif(6))
    turned.rotate(90, expand=True).convert("CMYK").save(tree / "train/cat/7.jpg")
    for kind in ("gif", "bmp", "webp", "tiff", "tif"):
        Image.fromarray(np.full((6, 5), 7, "uint8")).save(tree / f"train/dog/9.{kind}")
    data = load(f"folder:{tree}", in_memory=in_memory, validation_fraction=0)
    assert data.rows["train"] == 16 and data.image_shape == (6, 5, 3)
    x, y = data.arrays("train")
    cats = sorted(np.rint(255 * x[y == 0].mean(axis=(1, 2, 3))).tolist())
    assert cats[:4] == [0, 1, 2, 3] and cats[-1] == 255
    np.testing.assert_allclose(cats[4:6], 60, atol=3)


@pytest.mark.parametrize("sizes", [[(9, 7)], [(9, 7), (4, 5), (8, 8)]])
def test_streamed_rows_are_those_in_memory(sizes, tmp_path):
    generator = np.random.default_rng(0)
    modes = {"L": (), "LA": (2,), "RGB": (3,), "RGBA": (4,)}
    for number in range(37):
        mode = list(modes)[number % 4]
        shape = (*sizes[number % len(sizes)], *modes[mode])
        for split in ("train", "test"):
            file = tmp_path / split / "ab"[number % 2] / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(generator.integers(0, 256, shape, "uint8"), mode).save(file)
    for image_shape in ((8, 8, 3), (9, 7, 1)):
        settings = {"image_shape": image_shape, "validation_fraction": 0.3, "batch_size": 5}
        memory, streamed = (
            load(f"folder:{tmp_path}", in_memory=in_memory, **settings)
            for in_memory in (True, False)
        )
        assert memory.rows == streamed.rows == {"train": 26, "validation": 11, "test": 37}
        for split in memory.rows:
            wanted, answered = (data.arrays(split) for data in (memory, streamed))
            for one, other in zip(wanted, answered, strict=True):
                np.testing.assert_array_equal(one, other)
        # The order of the epochs is the same too.
        for pairs in zip(memory.stream(1, 3), streamed.stream(1, 3), strict=True):
            for one, other in zip(*pairs, strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_file_that_is_damaged_while_it_is_streamed_is_named(tree):
    data = load(f"folder:{tree}", in_memory=False, batch_size=4, validation_fraction=0)
    (tree / "train/cat/0.png").write_bytes((tree / "train/cat/0.png").read_bytes()[:45])
    model = zoo.create_model("cnn", input_shape=(6, 5, 3), num_classes=2, kind="dense", size=(4,))
    model.compile("adam")
    with pytest.raises(InputError, match=r"^File .*cat/0\.png is a damaged image: .{1,60}\.$"):
        model.fit(data.train, verbose=0)


def test_rows_keep_the_order_they_always_had(tree):
    order = tfds.ImageFolder(str(tree)).as_dataset(split="train", shuffle_files=False)
    wanted = [int(row["image"][0, 0, 0]) for row in order]
    x, _ = load(f"folder:{tree}", validation_fraction=0).arrays("train")
    assert np.rint(255 * x[:, 0, 0, 0]).tolist() == wanted


def test_what_is_left_out_is_named_with_its_reason(tree):
    for name in ("train/cat/a.heic", "train/cat/b.txt", "train/dog/.c.png", "d.csv", "test/e.png"):
        (tree / name).write_text("")
    (tree / "train/dog/.ipynb_checkpoints").mkdir()
    (tree / "train/.ipynb_checkpoints").mkdir()
    (tree / "train/cat/old").mkdir()
    (tree / "train/cat/circle").symlink_to(tree / "train")
    os.mkfifo(tree / "train/cat/pipe.png")
    (tree / "train/cat/circle.png").symlink_to("circle.png")
    with pytest.warns(UserWarning, match="leaves out") as told:
        data = load(f"folder:{tree}", validation_fraction=0)
    assert data.rows["train"] == 8 and data.class_names == ["cat", "dog"]
    (told,) = [str(each.message) for each in told]
    for reason in (
        "2 of another kind (train/cat/a.heic, train/cat/b.txt)",
        "2 in no class folder (d.csv, test/e.png)",
        "2 folders within a class (train/cat/circle, train/cat/old)",
        "2 no regular files (train/cat/circle.png, train/cat/pipe.png)",
        "3 hidden (train/.ipynb_checkpoints, train/dog/.c.png, train/dog/.ipynb_checkpoints)",
    ):
        assert reason in told


def test_a_class_without_a_training_image_is_an_error(tree):
    for file in (tree / "train/cat").iterdir():
        file.rename(file.with_suffix(".heic"))
    refused(tree, "class folders of train must hold images.*none in cat")


def test_names_that_are_none(tree):
    for path, words in (
        ("~nosuchuser/x", "nosuchuser"),
        ("n" * 300, "more than 255 bytes"),
        ("", "is empty"),
        ("a\0b", "holds a byte 0"),
        ("\udcff", "is not UTF-8"),
    ):
        refused(path, words)
    for split in ("train", "test"):
        (tree / split / "dog").rename(tree / split / "h\udcfcnd")
    refused(tree, "must be UTF-8.*udcfc")
    for split in ("train", "test"):
        (tree / split / "h\udcfcnd").rename(tree / split / "\u200b")
    refused(tree, r"class names of 'folder:.*must be names that can be read. Received: '.u200b'")


def test_a_class_is_the_same_however_its_accents_are_encoded(tree):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    (tree / "train" / "cat").rename(tree / "train" / composed)
    (tree / "test" / "cat").rename(tree / "test" / decomposed)
    assert load(f"folder:{tree}").class_names == [composed, "dog"]
    shutil.copytree(tree / "train" / composed, tree / "train" / decomposed)
    refused(tree, r"spelled alike. Received: 'cafe\\u0301' and 'caf\\xe9'; merge them")
