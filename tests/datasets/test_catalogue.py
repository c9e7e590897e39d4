import pytest

from zoo.datasets import list_datasets, load
from zoo.errors import InputError


def test_the_list_is_sorted_and_complete():
    assert list_datasets() == [
        "bibtex",
        "blocks",
        "bookmarks",
        "cifar10",
        "delicious",
        "digits",
        "fashion_mnist",
        "mnist",
        "mnist_2k2k",
        "pneumonia_mnist",
        "svhn_cropped",
        "weizmann_horse",
    ]


@pytest.mark.parametrize("name", ["minst", "hub:mnist", "", "mnist; rm", "blockss"])
def test_unknown_names_list_what_is_allowed(tmp_path, name):
    with pytest.raises(InputError) as error:
        load(name, data_dir=str(tmp_path))
    message = str(error.value)
    assert message.startswith(f"Unknown data set {name!r}. Allowed: bibtex, blocks, ")
    assert (
        "folder:PATH" in message
        and "arff:PATH" in message
        and "any TFDS image-classification set" in message
    )


def test_sets_for_other_tasks_are_refused_before_any_download(tmp_path):
    with pytest.raises(InputError, match="'glue' is not an image-classification set.*sentence"):
        load("glue", data_dir=str(tmp_path))
    with pytest.raises(InputError, match="'cats_vs_dogs' vary in size.*image_shape"):
        load("cats_vs_dogs", data_dir=str(tmp_path))


def test_bad_arguments(digits_dir):
    with pytest.raises(InputError, match="in_memory='yes'"):
        load("digits", data_dir=digits_dir, in_memory="yes")
    with pytest.raises(InputError, match="name=3"):
        load(3)
    with pytest.raises(InputError, match="image_shape"):
        load("digits", data_dir=digits_dir, image_shape=(8, 8))
    with pytest.raises(InputError, match="labelled_fraction=0.001.*class '"):
        load("digits", data_dir=digits_dir, labelled_fraction=0.001)


@pytest.mark.parametrize("name", ["blocks", "bibtex", "arff:table", "weizmann_horse"])
def test_options_that_only_image_classification_has(tmp_path, name):
    options = {"data_dir": str(tmp_path), "manual_dir": str(tmp_path)}
    with pytest.raises(InputError, match=f"{name}.*must be 1.*labelled_fraction=0.5"):
        load(name, labelled_fraction=0.5, **options)
    with pytest.raises(InputError, match=f"{name}.*read into memory.*in_memory=False"):
        load(name, in_memory=False, **options)
    with pytest.raises(InputError, match="image_shape"):
        load(name, image_shape=(8, 8), **options)
