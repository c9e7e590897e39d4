import numpy as np
from sklearn.datasets import load_digits

from zoo.datasets import load


def test_digits_are_scikit_learns_in_full(digits_dir):
    data = load("digits", data_dir=digits_dir, validation_fraction=0)
    assert data.rows == {"train": 1437, "validation": 0, "test": 360}
    assert data.image_shape == (8, 8, 1) and data.class_names == [str(n) for n in range(10)]
    parts = [data.sample(split, 2000) for split in ("train", "test")]
    x = np.concatenate([x for x, _ in parts])[..., 0]
    y = np.concatenate([y for _, y in parts])
    original = load_digits()

    def sort(images, labels):
        flat = np.column_stack([labels, np.rint(images.reshape(len(images), -1))])
        return flat[np.lexsort(flat.T[::-1])]

    expected = np.rint(original.images * 255 / 16)
    np.testing.assert_array_equal(sort(x * 255, y), sort(expected, original.target))
    assert x.max() == 1


def test_the_test_split_is_stratified(digits_dir):
    data = load("digits", data_dir=digits_dir)
    whole = np.bincount(load_digits().target)
    test = np.bincount(data.sample("test", 360)[1])
    assert np.abs(test - whole * 360 / 1797).max() < 1
    assert data.rows == {"train": 1293, "validation": 144, "test": 360}


def test_a_folder_that_cannot_be_written_does_not_matter(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    data = load("digits", data_dir=str(file / "folder"))
    assert data.rows["test"] == 360
