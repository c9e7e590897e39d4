"""A recipe as a keras-tuner hypermodel: each trial builds and trains it with other values."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner

from zoo import distribution
from zoo.datasets import SplitData
from zoo.errors import InputError
from zoo.kinds import task_of
from zoo.models import ZooModel
from zoo.models.base.divergence import StopOnNonFiniteLoss
from zoo.models.base.stages import first_epochs
from zoo.recipe import Recipe
from zoo.training.building import DATA_FIELDS, build, load_data
from zoo.training.held_out import HeldOutScore, choose_objective, reported
from zoo.training.tracking import tracked
from zoo.tuning.search_space import default_of, read_search

# What is held out of the training rows where the recipe trains on all of them.
HELD_OUT = 0.1
# The part of the epochs without a better score after which a trial ends, and the fewest epochs.
PATIENCE, FEWEST = 0.2, 3
_OF_DATA = ("dataset", *DATA_FIELDS)


class RecipeHyperModel(keras_tuner.HyperModel):
    """A recipe whose `search` any keras-tuner Tuner explores.

    A trial builds and trains the recipe with the values it is given, from the recipe's seed, and
    is scored on held-out rows, never on test rows: a tenth of the training rows where the
    recipe's `validation_fraction` is 0. It ends early after a fifth of the epochs without a better
    score (three at least), in a model trained by stages not before the last stage. Where the
    recipe averages the weights (`ema_momentum`), the averages are scored. A loss that is no number
    any more ends the trial with `NonFiniteLossError`.

    The data is loaded once; trials that differ in what data is made with, as in `batch_size`,
    load it again.

    Args:
        recipe: what to train; its `search` says which values vary (see `read_search`).
        data: the data set itself, in place of the recipe's.
        objective: NAME, NAME:min or NAME:max; None takes the default of `choose_objective`.

    Raises:
        InputError: as for `read_search`, or the recipe of an estimator.

    Example:

        space = zoo.tuning.hypermodel(zoo.load_recipe("se_co/digits"))
        tuner = keras_tuner.RandomSearch(space, objective=space.objective, max_trials=10)
        tuner.search()
        best = space.recipe_of(tuner.get_best_hyperparameters()[0])
    """

    def __init__(
        self, recipe: Recipe, data: SplitData | None = None, objective: str | None = None
    ) -> None:
        if not recipe.in_epochs:
            raise InputError(
                f"{recipe.model!r} is no Keras model but an estimator, whose arguments "
                "scikit-learn searches, for example with GridSearchCV. Received: recipe "
                f"{recipe.name!r}."
            )
        super().__init__(name=recipe.name)
        self.dimensions = read_search(recipe)
        self.recipe = recipe
        self._asked = objective
        # The trackers to which each trial goes, see `zoo.training.tracking`.
        self.track: tuple[str, ...] = ()
        self._given = data
        self._loaded: tuple[Any, SplitData] | None = None
        of_data = [d.key for d in self.dimensions if d.key in _OF_DATA]
        if data is not None and of_data:
            raise InputError(
                f"`search` cannot vary {of_data[0]!r} of data that is given. Received: "
                f"search={dict(recipe.search)!r} with the data set {data.name!r}."
            )

    @functools.cached_property
    def objective(self) -> keras_tuner.Objective:
        """The score of held-out rows that trials are compared by, with its direction.

        Raises:
            InputError: as for `choose_objective`, or what `zoo.training.building.build` refuses.
        """
        model = self.build(self.space())
        task = task_of(model, self.data(self.recipe))
        names = reported(model, task)
        chosen = choose_objective(self._asked, names, self.recipe.model, task.objectives)
        return keras_tuner.Objective(*chosen)

    def space(self) -> keras_tuner.HyperParameters:
        """All dimensions, declared, with the recipe's own values where they lie in them."""
        hp = keras_tuner.HyperParameters()
        self.declare_hyperparameters(hp)
        return hp

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        self.values_of(hp)

    def values_of(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        """The values of a trial by their keys, as a recipe takes them."""
        return {d.key: d.declare(hp, default_of(self.recipe, d.key)) for d in self.dimensions}

    def recipe_of(self, hp: keras_tuner.HyperParameters) -> Recipe:
        """The recipe with the values of a trial, ready to train."""
        return self.recipe_with(self.values_of(hp))

    def recipe_with(self, values: Mapping[str, Any]) -> Recipe:
        """The recipe with searched values, ready to train; NAME/... becomes NAME_tuned/..."""
        system, slash, rest = self.recipe.name.partition("/")
        tuned = self.recipe.override(values)
        name = f"{system}_tuned{slash}{rest}"
        return dataclasses.replace(tuned, name=name, search=self.recipe.search)

    def data(self, recipe: Recipe) -> SplitData:
        """The data set of a recipe, with held-out rows."""
        if recipe.validation_fraction == 0:
            # A set with a validation split of its own keeps that one.
            recipe = dataclasses.replace(recipe, validation_fraction=HELD_OUT)
        key = [getattr(recipe, field) for field in _OF_DATA]
        data = self._given
        if data is None:
            if self._loaded is None or self._loaded[0] != key:
                self._loaded = None
                self._loaded = key, load_data(recipe)
            data = self._loaded[1]
        if not data.rows["validation"]:
            raise InputError(
                f"Trials are scored on held-out rows. Received: data set {data.name!r} with "
                f"{data.rows['train']} training and no validation rows."
            )
        return data

    def build(self, hp: keras_tuner.HyperParameters) -> ZooModel:
        """The compiled model of a trial."""
        recipe = self.recipe.override(self.values_of(hp))
        data = self.data(recipe)
        recipe = dataclasses.replace(
            recipe,
            precision=distribution.choose_precision(recipe.precision),
        )
        keras.utils.set_random_seed(recipe.seed)
        return build(recipe, data)

    def fit(
        self, hp: keras_tuner.HyperParameters, model: ZooModel, *args: Any, **kwargs: Any
    ) -> keras.callbacks.History:
        """Trains the model of a trial on the recipe's data; keywords are those of Keras's `fit`."""
        if args or "x" in kwargs:
            raise InputError("`search` of a recipe's tuner takes no data: the recipe names it.")
        recipe = self.recipe.override(self.values_of(hp))
        data = self.data(recipe)
        first, epochs = kwargs.pop("initial_epoch", 0), kwargs.pop("epochs", recipe.epochs)
        averaged = recipe.ema_momentum is not None
        callbacks = [
            *([keras.callbacks.SwapEMAWeights()] if averaged else []),
            HeldOutScore(data, averaged),
            StopOnNonFiniteLoss(),
            *kwargs.pop("callbacks", []),
            self._early_stopping(model, epochs),
        ]
        settings = {
            "steps_per_epoch": data.steps_per_epoch,
            "validation_data": data.validation,
            "class_weight": data.class_weights() if recipe.class_weights else None,
            "verbose": 0,
        }
        with tracked(self.track, recipe) as tracking:
            return model.fit(
                data.stream(first, epochs),
                initial_epoch=first,
                epochs=epochs,
                callbacks=[*callbacks, *tracking.callbacks],
                **{**settings, **kwargs},
            )

    def _early_stopping(self, model: ZooModel, epochs: int) -> keras.callbacks.Callback:
        # A part of the model that has not moved yet may still better the score.
        stages = getattr(model, "stages", ())
        return keras.callbacks.EarlyStopping(
            self.objective.name,
            mode=self.objective.direction,
            patience=max(FEWEST, math.ceil(PATIENCE * epochs)),
            start_from_epoch=first_epochs(stages, epochs)[-1] if stages else 0,
        )


def hypermodel(
    recipe: Recipe, data: SplitData | None = None, objective: str | None = None
) -> RecipeHyperModel:
    """The recipe as a hypermodel for any keras-tuner Tuner: see `RecipeHyperModel`."""
    return RecipeHyperModel(recipe, data, objective)
