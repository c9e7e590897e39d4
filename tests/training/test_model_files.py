"""zoo/training/model_files.py: an estimator is fitted again as it was, and no code is run."""

import json
import pickle

import numpy as np
import pytest

import zoo
from zoo.training.model_files import load_estimator, save_estimator


def rows():
    generator = np.random.default_rng(0)
    return generator.uniform(size=(24, 4, 4, 1)).astype("float32"), np.arange(24) % 3


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("src", {"lambda1": 0.05}),
        ("crc", {"lambda2": 0.5}),
        ("kenrr", {"kernel": "hellinger", "lambda1": 0.2, "lambda2": 0.0}),
    ],
)
def test_it_classifies_as_before_bit_for_bit(name, arguments, tmp_path):
    x, y = rows()
    arguments = {"num_classes": 3, **arguments}
    estimator = zoo.create_estimator(name, **arguments).fit(x, y)
    save_estimator(tmp_path / "model.npz", name, arguments, x, y)
    loaded = load_estimator(tmp_path / "model.npz")
    assert type(loaded) is type(estimator) and loaded.get_params() == estimator.get_params()
    asked = np.random.default_rng(1).uniform(size=(9, 4, 4, 1)).astype("float32")
    np.testing.assert_array_equal(loaded.residuals(asked), estimator.residuals(asked))


class Told:
    """What a pickle would run."""

    def __reduce__(self):
        return exec, ("raise SystemExit('code was run')",)


def archive(**arrays):
    return lambda path: np.savez(path, **arrays)


X, Y = rows()
ARGUMENTS = json.dumps({"num_classes": 3})


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"PK"), "cannot be loaded"),
        (lambda path: path.write_bytes(pickle.dumps(Told())), "cannot be loaded.*Python objects"),
        (archive(estimator="src", arguments=ARGUMENTS, x=X), "cannot be loaded"),
        (archive(estimator="src", arguments="{", x=X, y=Y), "cannot be loaded"),
        (
            archive(estimator="src", arguments=ARGUMENTS, x=np.array([Told()], object), y=Y),
            "cannot be loaded.*allow_pickle=False",
        ),
        (archive(estimator="scr", arguments=ARGUMENTS, x=X, y=Y), "estimator 'scr'.*'src'"),
        (archive(estimator="src", arguments=ARGUMENTS, x=X, y=Y % 2), "no row of class 2"),
        (lambda path: None, "model.npz cannot be loaded: .*No such file"),
    ],
)
def test_damaged_files_are_refused(write, message, tmp_path):
    write(tmp_path / "model.npz")
    with pytest.raises(zoo.InputError, match=message):
        load_estimator(tmp_path / "model.npz")
