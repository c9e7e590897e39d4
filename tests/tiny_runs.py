"""Recipes of runs that take seconds, and the settings of such a run on the command line."""

import zoo

QUICK = {"size": (4, 8), "code_size": 4}
SETTINGS = [
    argument
    for setting in ("size=(4,8)", "code_size=4", "epochs=1", "batch_size=256", "precision=float32")
    for argument in ("--set", setting)
]


def recipe(model="ae", dataset="digits", **fields):
    settings = {
        "name": f"{model}/{dataset}",
        "model_arguments": QUICK,
        "batch_size": 256,
        "epochs": 1,
        "precision": "float32",
    }
    return zoo.Recipe(model=model, dataset=dataset, **{**settings, **fields})
