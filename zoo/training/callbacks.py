"""Keras callbacks: a line an epoch, and a checkpoint to go on from where a run was killed."""

import json
import os
import pathlib
import time
import warnings
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

import keras
import numpy as np
from annotated_types import Ge, MinLen
from typing_extensions import TypedDict

from zoo.distribution.multi_worker import file_from_chief, from_chief, is_chief
from zoo.errors import InputError
from zoo.files import check_folder, sha256_of, whole_file
from zoo.recipe import Recipe
from zoo.settings import read_json, sealed_json
from zoo.training.row_signatures import check_trained_rows

_FIRST = "epoch-0001.json"
_WAY_OUT = "Put the file back as it was, or train anew in another --output."


class WarnOfIdleNetworks(keras.callbacks.Callback):
    """Warns at the end of networks whose weights did not move in an epoch, with its number.

    Networks that the stage of a model leaves alone are at rest on purpose.
    """

    def on_train_begin(self, logs=None):
        self._idle: dict[str, list[int]] = {}

    def on_epoch_begin(self, epoch, logs=None):
        moving = list(self.model.moving_variables)
        if self.model.adversary_role is not None:
            moving += self.model.networks[self.model.adversary_role].trainable_variables
        moving = {id(variable) for variable in moving}
        self._watched = {
            role: [(variable, keras.ops.convert_to_numpy(variable)) for variable in found]
            for role, network in self.model.networks.items()
            if (found := [each for each in network.trainable_variables if id(each) in moving])
        }

    def on_epoch_end(self, epoch, logs=None):
        for role, watched in self._watched.items():
            if all(np.array_equal(keras.ops.convert_to_numpy(now), held) for now, held in watched):
                self._idle.setdefault(role, []).append(epoch + 1)

    def on_train_end(self, logs=None):
        for role, epochs in self._idle.items():
            warnings.warn(
                f"The weights of the {role} did not move in epoch {', '.join(map(str, epochs))}: "
                "the loss does not reach them.",
                stacklevel=2,
            )


class EpochLines(keras.callbacks.Callback):
    """Prints one line an epoch, for a log: its number, its seconds, and what the model reports."""

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._begun
        values = "  ".join(f"{name} {float(value):.4g}" for name, value in (logs or {}).items())
        print(f"epoch {epoch + 1}/{self.params['epochs']}  {seconds:.1f} s  {values}", flush=True)


class _State(TypedDict):
    """What the JSON of a checkpoint holds; an older one says nothing of its weights and rows."""

    epoch: Annotated[int, Ge(1)]
    seconds: Annotated[float, Ge(0)]
    history: dict[str, list[float]]
    sha256: NotRequired[str]
    beside: NotRequired[dict[str, str]]
    recipe: NotRequired[Recipe | None]
    rows: NotRequired[dict[str, Annotated[list[float], MinLen(1)]]]


class Checkpoint(keras.callbacks.Callback):
    """Saves everything a run needs to go on, at the end of each epoch, in one atomic step.

    Weights, the optimizer's variables and the state of the random generators go to
    epoch-NNNN.weights.h5; the history, the seconds so far, the SHA-256 of that file and of those
    `beside` it, the recipe and the signatures of the rows to epoch-NNNN.json, which takes its name
    first. A checkpoint exists once its weights have their final name; older ones are removed after
    that, so a kill at any moment leaves one whole checkpoint. Other files in the folder are left
    alone.

    Of several workers the chief alone reads and writes; the others restore what it sends them, so
    the folder need not be theirs too.

    Args:
        folder: where the checkpoints live.
        rows: by what the rows of a run are known again, split -> signature; a checkpoint with
            others is refused.
        recipe: of the run; a checkpoint of another is refused.

    `beside`: the SHA-256 by the name of other files of the folder that belong to the checkpoint.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        rows: Mapping[str, list[float]] | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.rows = dict(rows or {})
        self.recipe = recipe
        self.beside: dict[str, str] = {}
        self.history: dict[str, list[float]] = {}
        self.epoch = 0
        self.seconds = 0.0

    def restore(self, model: keras.Model) -> int:
        """Loads the newest checkpoint into the compiled model; returns the epochs done.

        Raises:
            InputError: the checkpoint or a file beside it cannot be read or is not as it was
                written, or it is of a run on other rows or of another recipe.
        """
        strategy = model.distribute_strategy
        newest = from_chief(strategy, self._newest)
        if newest is not None:
            weights = self.folder / newest["weights"]
            try:
                with file_from_chief(strategy, weights) as path:
                    if newest.get("sha256", (found := sha256_of(path))) != found:
                        raise ValueError("its bytes are not those that were written")
                    model.load_weights(path)
            except (OSError, ValueError, KeyError) as error:
                raise InputError(
                    f"Checkpoint {weights} cannot be read: {str(error).rstrip('.')}. {_WAY_OUT}"
                ) from error
            self.epoch, self.history = newest["epoch"], newest["history"]
            self.seconds, self.beside = newest["seconds"], newest.get("beside", {})
        return self.epoch

    def _newest(self):
        """What the newest checkpoint's JSON holds, and the name of its weights."""
        check_folder(self.folder)
        weights = sorted(self.folder.glob("epoch-[0-9]*.weights.h5"))
        if not weights:
            # The first epoch's may be half of a checkpoint, which a kill left.
            lost = sorted(set(self.folder.glob("epoch-[0-9]*.json")) - {self.folder / _FIRST})
            if lost:
                raise InputError(f"The weights of {str(lost[-1])!r} are not there. {_WAY_OUT}")
            return None
        name = weights[-1].name.removesuffix(".weights.h5")
        file = self.folder / f"{name}.json"
        try:
            state = read_json(file, _State)
        except InputError as error:
            raise InputError(f"{str(error).rstrip('.')}. {_WAY_OUT}") from error
        if f"epoch-{state['epoch']:04d}" != name:
            raise InputError(f"{str(file)!r} is of another epoch. Received: {state['epoch']}.")
        for term, values in state["history"].items():
            if len(values) > state["epoch"]:
                raise InputError(
                    f"{str(file)!r} has more than {state['epoch']} epochs. Received: "
                    f"{len(values)} of {term!r}."
                )
        check_trained_rows(self.rows, state.get("rows", {}), file)
        if self.recipe is not None and state.get("recipe") is not None:
            held = Recipe.from_values(state["recipe"], objects=False)
            # What a search would vary says nothing of one run.
            differing = [each for each in self.recipe.differing(held) if each != "search"]
            if differing:
                raise InputError(
                    f"{str(file)!r} is of a run with another {', '.join(differing)} than the "
                    "recipe.json beside it says. Put both back as they were, or train anew in "
                    "another --output."
                )
        for each, digest in state.get("beside", {}).items():
            other = self.folder / each
            if not other.is_file() or sha256_of(other) != digest:
                raise InputError(f"{str(other)!r} is not there as it was written. {_WAY_OUT}")
        return {**state, "weights": weights[-1].name}

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self.seconds += time.perf_counter() - self._begun
        self.epoch = epoch + 1
        if not is_chief(self.model.distribute_strategy):
            return
        name = f"epoch-{self.epoch:04d}"
        state: dict[str, Any] = {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "history": self.history,
            "beside": self.beside,
            "recipe": self.recipe and json.loads(self.recipe.to_json()),
            "rows": self.rows,
        }
        with whole_file(self.folder / f"{name}.weights.h5") as weights:
            self.model.save_weights(weights)
            state["sha256"] = sha256_of(weights)
            with whole_file(self.folder / f"{name}.json") as path:
                path.write_text(sealed_json(state))
        for pattern in ("epoch-[0-9]*.json", "epoch-[0-9]*.weights.h5", ".*-epoch-*"):
            for old in self.folder.glob(pattern):
                if not old.name.startswith(name):
                    old.unlink()
