"""A search of seconds, for tests; as a script, one process of it: FOLDER [--meet NAMES]."""

import pathlib
import sys
import time
import types

import numpy as np

import zoo
from zoo.recipe import Recipe

SEARCH = {"learning_rate": (1e-4, 1e-2), "code_size": (2, 3, 4)}
TRIALS = 4


def recipe(**fields):
    settings = {
        "name": "ae/arrays",
        "model": "ae",
        "dataset": "arrays",
        "model_arguments": {"size": (4,)},
        "epochs": 2,
        "precision": "float32",
        "search": SEARCH,
    }
    return Recipe(**{**settings, **fields})


def data(validation_fraction=0.25):
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (64, 8, 8, 1), dtype="uint8")
    y = np.arange(64) % 4
    return zoo.datasets.from_arrays(
        (x, y), (x[:8], y[:8]), batch_size=24, validation_fraction=validation_fraction
    )


def main(folder, *meet):
    from keras_tuner.src.distribute import oracle_chief

    from zoo.tuning import tune
    from zoo.tuning.resumable import RecipeTuner

    # The chief looks every 20 seconds whether its workers are done.
    oracle_chief.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(0.1))
    begin = RecipeTuner.on_trial_begin

    def on_trial_begin(self, trial):
        print("begin", trial.trial_id, flush=True)
        if meet:
            # No worker does all the trials before the others have come.
            pathlib.Path(f"{folder}-{self.tuner_id}").touch()
            while not all(pathlib.Path(f"{folder}-{name}").exists() for name in meet):
                time.sleep(0.05)
        begin(self, trial)

    RecipeTuner.on_trial_begin = on_trial_begin
    tune(recipe(), folder, trials=TRIALS, tuner="random", data=data())


if __name__ == "__main__":
    main(*sys.argv[1:])
