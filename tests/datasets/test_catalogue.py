import sys

import pytest
import tensorflow_datasets as tfds

from zoo.datasets import list_datasets, load, names
from zoo.errors import InputError


def test_the_list_is_sorted_and_complete():
    images = "cifar10 digits fashion_mnist mnist mnist_2k2k pneumonia_mnist svhn_cropped"
    others = "bibtex blocks bookmarks delicious shapes weizmann_horse"
    others += " bibtex_classes breast_cancer digits_vectors wine"
    assert list_datasets() == sorted(f"{images} {others}".split())


@pytest.mark.parametrize("name", ["minst", "hub:mnist", "", "mnist; rm", "blockss"])
def test_unknown_names_list_what_is_allowed(tmp_path, name):
    with pytest.raises(InputError) as error:
        load(name, data_dir=str(tmp_path))
    message = str(error.value)
    assert message.startswith(f"Unknown data set {name!r}.")
    assert " Allowed: bibtex, bibtex_classes, " in message
    paths = [f"{kind}:PATH" for kind in ("folder", "csv", "npz", "arff")]
    for allowed in (*paths, "any TFDS set of images or of a table"):
        assert allowed in message


def test_sets_for_other_tasks_are_refused_before_any_download(tmp_path):
    with pytest.raises(InputError, match="'glue' is not for classification.*sentence"):
        load("glue", data_dir=str(tmp_path))
    with pytest.raises(InputError, match="'cats_vs_dogs' vary in size.*image_shape"):
        load("cats_vs_dogs", data_dir=str(tmp_path))


def test_bad_arguments(digits_dir):
    with pytest.raises(InputError, match="name=3"):
        load(3)
    for options, message in (
        ({"in_memory": "yes"}, "in_memory='yes'"),
        ({"image_shape": (8, 8)}, "image_shape"),
        ({"labelled_fraction": 0.001}, "labelled_fraction=0.001.*class '"),
    ):
        with pytest.raises(InputError, match=message):
            load("digits", data_dir=digits_dir, **options)


@pytest.mark.parametrize("name", ["blocks", "bibtex", "arff:table", "weizmann_horse"])
def test_options_that_only_image_classification_has(tmp_path, name):
    for option, message in (
        ({"labelled_fraction": 0.5}, f"{name}.*must be 1.*labelled_fraction=0.5"),
        ({"in_memory": False}, f"{name}.*read into memory.*in_memory=False"),
        ({"image_shape": (8, 8)}, "image_shape"),
    ):
        with pytest.raises(InputError, match=message):
            load(name, data_dir=str(tmp_path), manual_dir=str(tmp_path), **option)


def test_the_names_of_tfds_are_known_without_it(monkeypatch):
    sets = tfds.list_builders(with_community_datasets=False)
    monkeypatch.delitem(sys.modules, "tensorflow_datasets")
    for name in sets:
        names.check_name(name)
    with pytest.raises(InputError, match="Unknown data set 'cifar_11'"):
        names.check_name("cifar_11")


def test_a_function_that_returns_no_data_set_is_named(monkeypatch):
    monkeypatch.setitem(names._REGISTERED, "of_nothing", lambda options: None)
    with pytest.raises(InputError, match="'of_nothing' must return .*Received: NoneType"):
        load("of_nothing")
