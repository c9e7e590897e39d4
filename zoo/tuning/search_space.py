"""The search space: what the `search` of a recipe means, and what keras-tuner makes of it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner

from zoo.errors import InputError, check_choice
from zoo.recipe import Recipe
from zoo.settings import of_today, typed

# They change what is scored, or are the tuner's own business.
NOT_SEARCHED = (
    "dataset", "epochs", "labelled_draw", "labelled_fraction", "patience", "restore_best", "seed",
    "validation_fraction",
)  # fmt: skip
# From this quotient of its ends on, a range is searched on a logarithmic scale.
LOGARITHMIC_FROM = 10


@dataclasses.dataclass(frozen=True)
class Dimension:
    """One searched value.

    Attributes:
        key: the field of the recipe or the argument of its model.
        values: (low, high) of a range, both included, or the values of a choice.
        is_range: whether all numbers between the two may be drawn, whole ones where both are.
        logarithmic: whether a range is searched evenly in the logarithm.
    """

    key: str
    values: tuple[Any, ...]
    is_range: bool = False
    logarithmic: bool = False

    def declare(self, hp: keras_tuner.HyperParameters, default: Any = None) -> Any:
        """Declares the dimension to keras-tuner, and returns the value that `hp` has for it.

        Args:
            hp: the hyperparameters of a trial, or those of a space that is being declared.
            default: what `hp` starts with, where it lies in the dimension.
        """
        if self.is_range:
            low, high = self.values
            scale = {"sampling": "log" if self.logarithmic else "linear"}
            number = type(default) in (int, float) and low <= default <= high
            default = type(low)(default) if number else None
            range_of = hp.Int if isinstance(low, int) else hp.Float
            return range_of(self.key, low, high, default=default, **scale)
        default = default if default in self.values else self.values[0]
        if set(map(type, self.values)) == {bool}:
            return hp.Boolean(self.key, default=default)
        if set(map(type, self.values)) in ({int}, {float}, {str}):
            return hp.Choice(self.key, list(self.values), default=default)
        # keras-tuner chooses among numbers or texts alone.
        texts = {str(value): value for value in self.values}
        return texts[hp.Choice(self.key, list(texts), default=str(default), ordered=False)]


def read_search(recipe: Recipe) -> tuple[Dimension, ...]:
    """The dimensions of a recipe's `search`, in its order.

    `search` gives by the name of a field or of a model argument:

    * two numbers, a range: of floats, or of whole numbers where the value is one. From a
      positive low end to a high end of ten times that or more it is searched on a logarithmic
      scale, otherwise on a linear one. Tuples and lists mean the same, as JSON has no tuples.
    * three or more values, or two that are no numbers, a choice: (16, 32, 64), ("mse", "mae"),
      (None, 0.99), (False, True).
    * {"choice": (16, 64)}, a choice between two numbers.

    Raises:
        InputError: there is nothing to search, an unknown key or one that is not searched, a
            value of another type than the key's, an empty range, or a choice without alternatives.
    """
    if not isinstance(recipe.search, Mapping) or not recipe.search:
        raise InputError(
            f"Recipe {recipe.name!r} names nothing to search: its `search` must give values by "
            "name, for example {'learning_rate': (1e-4, 1e-2)}. "
            f"Received: search={recipe.search!r}."
        )
    allowed = recipe.override_types()
    searched = [key for key in allowed if key not in NOT_SEARCHED]
    dimensions = []
    for key, asked in recipe.search.items():
        # A search that was begun under a former name keeps it, as its trials have it.
        (name,) = of_today({key: asked}, searched)
        check_choice("key of `search`", name, searched)
        dimension = _read(key, asked, allowed[name])
        for value in dimension.values:
            # The recipe's own limits, as for a learning rate.
            recipe.override({key: value})
        dimensions.append(dimension)
    return tuple(dimensions)


def default_of(recipe: Recipe, key: str) -> Any:
    """What the recipe as it is says of a key; None where it leaves it to the model."""
    return recipe.model_arguments.get(key, getattr(recipe, key, None))


def _read(key: str, asked: Any, kind: Any) -> Dimension:
    place = f"search[{key!r}]"
    is_choice = isinstance(asked, Mapping) and set(asked) == {"choice"}
    values = asked["choice"] if is_choice else asked
    if isinstance(values, str) or not isinstance(values, Sequence) or len(values) < 2:
        raise InputError(
            f"`{place}` must be a range (low, high), three or more values, or "
            f"{{'choice': values}}. Received: {asked!r}."
        )
    is_range = len(values) == 2 and not is_choice and all(type(v) in (int, float) for v in values)
    values = tuple(typed(place, value, kind) for value in values)
    if not is_range:
        if len(set(values)) < len(values):
            raise InputError(f"The values of `{place}` must differ. Received: {asked!r}.")
        return Dimension(key, values)
    low, high = values
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(
            f"The range `{place}` is empty: it must be (low, high), finite, with low below high. "
            f"Received: {asked!r}."
        )
    if type(low) is not type(high):
        low, high = float(low), float(high)
    return Dimension(key, (low, high), True, low > 0 and high / low >= LOGARITHMIC_FROM)
