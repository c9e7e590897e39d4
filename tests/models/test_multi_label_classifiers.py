"""zoo/models/multi_label_classifiers.py: its losses, by name."""

import numpy as np
import pytest
from label_set_rows import compiled, rows, tiny

import zoo

X, Y = rows()


@pytest.mark.parametrize("loss", ["crossentropy", "squared", "kl"])
def test_the_loss_is_summed_over_the_labels(loss):
    model = compiled("mlp", label_loss=loss)
    shown = model.evaluate(X, Y, verbose=0, return_dict=True)["classification_loss"]
    found = np.asarray(model.predict(X, verbose=0), "float64")
    expected = {
        "crossentropy": -Y * np.log(found) - (1 - Y) * np.log(1 - found),
        "squared": (Y - found) ** 2,
        "kl": -Y * np.log(found),
    }[loss]
    assert shown == pytest.approx(expected.sum(1).mean(), rel=1e-4)


def test_an_unknown_loss_is_refused():
    with pytest.raises(zoo.InputError, match="squared"):
        tiny("mlp", label_loss="squares")
