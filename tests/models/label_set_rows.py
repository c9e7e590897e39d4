"""Rows of label sets that can be learned, and tiny models of every kind."""

import keras
import numpy as np

from zoo.registry import create_model

FEATURES, LABELS = 6, 4


def rows(count=48):
    """Inputs (count, 6) and label sets (count, 4): each label is the sign of a projection."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, FEATURES)).astype("float32")
    return x, (x @ generator.normal(size=(FEATURES, LABELS)) > 0.3).astype("float32")


def tiny(name, **arguments):
    """A model of few units whose training has no random draws."""
    settings = {"input_shape": (FEATURES,), "num_labels": LABELS, "units": (5,)}
    if name == "dvn":
        settings["generators"] = {"inference": 1.0}
    if name != "mlp":
        settings["measurements"] = 3
    if name not in ("mlp", "infnet"):
        settings["inference_steps"] = 4
    return create_model(name, **{**settings, **arguments})


def compiled(name, rate=0.1, jit_compile=False, **arguments):
    model = tiny(name, **arguments)
    model.compile(optimizer=keras.optimizers.SGD(rate), jit_compile=jit_compile)
    return model


def values(variables):
    return [variable.numpy().copy() for variable in variables]


def moved(before, variables):
    """Whether each variable changed."""
    return [bool(np.any(old != new.numpy())) for old, new in zip(before, variables, strict=True)]
