"""Recipes: everything one training run needs, as a frozen value that can be read at a glance."""

import dataclasses
import functools
import importlib
import inspect
import json
import math
import os
import pathlib
import pkgutil
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from zoo.datasets.options import Options
from zoo.errors import InputError, check_choice, check_count, check_number, first_line
from zoo.registry import (
    entry_point,
    is_estimator,
    list_models,
    matching,
    settable,
    void_arguments,
)
from zoo.settings import FORMERLY, is_simple, literal, of_today, parse_json, read_json, typed
from zoo.settings.sources import defined, digests_of, import_file, import_sources, sources_of

# Keras's, told here without it; a registered one has the name `package>Name`.
OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "muon", "nadam",
    "rmsprop", "schedulefreeadamw", "sgd",
)  # fmt: skip
SCHEDULES = ("constant", "cosine", "linear_end")
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")

# What only says how a network is trained, step by step. An estimator is fitted in one go.
TRAINING_FIELDS = (
    "batch_size", "epochs", "optimizer", "learning_rate", "adversary_learning_rate", "beta_1",
    "ema_momentum", "schedule", "patience", "restore_best", "labelled_batch_size", "class_weights",
    "precision", "steps_per_execution", "jit_compile", "deterministic",
)  # fmt: skip

# What rows a recipe learns and is scored on, beside its data set: published numbers are of those.
PROTOCOL = ("labelled_fraction", "labelled_draw", "image_shape")

# Where files of one's own are, and by what their content is known again.
OF_FILES = ("sources", "definitions")

# What is said of a recipe, beside what is run.
SAID_OF_IT = ("target", "source", "system", "chosen", *OF_FILES)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One training run: a model, a data set, and how the first learns the second.

    Where the model is an estimator, the fields of `TRAINING_FIELDS` say nothing, and must be left
    as they are by default.

    Args:
        name: MODEL/DATASET, for example `se_co/mnist`.
        model: the entry point, one of `zoo.list_models()` or `zoo.list_estimators()`.
        dataset: what `zoo.datasets.load` takes.
        model_arguments: arguments of the entry point beyond the shape and the classes, which the
            data set gives.
        batch_size: rows a step, over all replicas together.
        epochs: passes over the training rows.
        optimizer: a Keras optimizer's name, or `package>Name` of a registered one of your own.
        learning_rate: its rate at the start.
        adversary_learning_rate: the adversary's in a game; None takes `learning_rate`.
        beta_1: the decay of Adam's average gradient, from 0 to below 1, of both players in a game;
            None takes Keras's 0.9.
        ema_momentum: of Keras's moving average of the weights, from 0 to below 1: after the last
            epoch the model has the average; None averages nothing. In a game, the players' weights.
        schedule: `"constant"`; `"cosine"`: half a cosine from the rate down to 0; or
            `"linear_end"`: constant for two thirds of the steps, then in a line down to 0. A model
            that is trained in stages counts its steps anew in each of them.
        labelled_fraction: the part of the training rows that keeps its labels, in (0, 1].
        labelled_batch_size: of the rows in a batch, how many are drawn from those with labels, and
            the rest, without them, from all; None draws all rows alike.
        labelled_draw: `"shares"`, of each class labels by its share of the rows, or `"balanced"`,
            as many of every class, as papers draw few labels.
        class_weights: None, or `"balanced"`: in the terms on labels, a row counts
            rows / (classes · rows of its class).
        validation_fraction: the part of the training rows held out, in [0, 1); 0 trains on every
            row. A set's own validation split is always kept apart.
        patience: epochs without a better score of held-out rows after which training stops; None
            trains all epochs. The score is the first that a search would go by: accuracy, F1, IoU,
            reconstruction error, or the loss (`zoo.training.held_out`).
        restore_best: whether the model ends with the weights of the epoch with the best score.
        image_shape: (height, width, channels) to convert the images to; None leaves them.
        seed: of the weights, the data order, noise and dropout.
        precision: `"float32"`, `"mixed_bfloat16"`, `"mixed_float16"`, or `"auto"`: bfloat16 where
            the hardware computes in it, float32 elsewhere.
        steps_per_execution: training steps run in one call (Keras); where that does not divide the
            steps of an epoch, the largest number that divides both.
        jit_compile: XLA for the whole step; None leaves it to the model. TensorFlow draws other
            numbers with XLA than without, of the same distributions: noise, dropout and what else
            a step draws differ between the two for one seed.
        deterministic: TensorFlow's op determinism; slower, equal bit for bit on one machine.
        in_memory: None keeps sets of up to 4 GiB in memory; False streams, True insists.
        missing: the number that stands for a missing feature (`?`) of an `arff:` table; None
            refuses one.
        search: for tuning: values by the name of a field or of a model argument.
        target: the published numbers, by the metric's name.
        source: where they are published.
        system: the name that tables of papers have for what is trained; "" where they have none.
        chosen: how its settings were chosen and on which rows, for example `"by hand, on held-out
            training rows"`; "" where they are a paper's or nobody has said. Results keep it.
        sources: Python files of one's own that define what the recipe names, by module, which
            `load_recipe` and a run fill in.
        definitions: by what the classes and functions in them are known again, which a run fills
            in (`zoo.settings.digests_of`).
        origin: the name of the recipe that this one was made of, which `load_recipe` fills in.
    """

    # In JSON a key that is none of these is a mistake.
    __pydantic_config__ = {"extra": "forbid"}

    name: str
    model: str
    dataset: str
    model_arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    batch_size: int = 128
    epochs: int = 20
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    adversary_learning_rate: float | None = None
    beta_1: float | None = None
    ema_momentum: float | None = None
    schedule: str = "cosine"
    labelled_fraction: float = 1.0
    labelled_batch_size: int | None = None
    labelled_draw: str = "shares"
    class_weights: str | None = None
    validation_fraction: float = 0.0
    patience: int | None = None
    restore_best: bool = False
    image_shape: Sequence[int] | None = None
    seed: int = 0
    precision: str = "auto"
    steps_per_execution: int = 1
    jit_compile: bool | None = None
    deterministic: bool = False
    in_memory: bool | None = None
    missing: float | None = None
    search: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    target: Mapping[str, float] = dataclasses.field(default_factory=dict)
    source: str = ""
    system: str = ""
    chosen: str = ""
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)
    definitions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        for field, kind in _field_types().items():
            if is_simple(kind):
                object.__setattr__(self, field, typed(field, getattr(self, field), kind))
        for field in ("epochs", "steps_per_execution"):
            check_count(field, getattr(self, field))
        # It looks at what it is given.
        Options(**{each.name: getattr(self, each.name) for each in dataclasses.fields(Options)})
        if self.patience is not None:
            check_count("patience", self.patience)
        if self.ema_momentum is not None and (self.patience is not None or self.restore_best):
            raise InputError(
                "`patience` and `restore_best` judge the weights themselves, and `ema_momentum` "
                f"ends with averages. Received: ema_momentum={self.ema_momentum}."
            )
        for field, most in {
            "learning_rate": math.inf,
            "adversary_learning_rate": math.inf,
            "beta_1": 0.999999,
            "ema_momentum": 0.999999,
        }.items():
            if getattr(self, field) is not None:
                check_number(field, getattr(self, field), maximum=most)
        if self.class_weights is not None:
            check_choice("class_weights", self.class_weights, ("balanced",))
        if ">" not in self.optimizer:
            check_choice("optimizer", self.optimizer.lower(), OPTIMIZERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("precision", self.precision, PRECISIONS)
        for field in ("model_arguments", "search", "target", "sources", "definitions"):
            if not isinstance(getattr(self, field), Mapping):
                raise InputError(f"`{field}` must map names. Received: {getattr(self, field)!r}.")
        if set(self.model_arguments) & set(FORMERLY.values()) and self.model in list_models():
            known = inspect.signature(entry_point(self.model)).parameters
            today = of_today(self.model_arguments, known)
            object.__setattr__(self, "model_arguments", today)
        for metric, value in self.target.items():
            check_number(f"target.{metric}", value, -math.inf)

    def on(self, dataset: str) -> "Recipe":
        """The recipe on another data set, without what is of this one: what is published of it,
        and how its settings were chosen."""
        if not dataset.strip():
            raise InputError(f"A data set must have a name. Received: dataset={dataset!r}.")
        name = f"{self.name.partition('/')[0]}/{dataset}"
        return dataclasses.replace(
            self, name=name, dataset=dataset, target={}, source="", chosen=""
        )

    def override(self, settings: Mapping[str, Any]) -> "Recipe":
        """The recipe with some fields or model arguments replaced, name and type checked.

        They leave its `search`.

        Args:
            settings: values by key. A string is read as a Python literal first, so `"3"` is the
                number and `"(4, 8)"` the pair; `"true"` and `"false"` are the truth values.

        Raises:
            InputError: an unknown key or a value of another type, with what is allowed; a setting
                under two of its names.
        """
        if "dataset" in settings:
            others = {key: value for key, value in settings.items() if key != "dataset"}
            return self.on(str(settings["dataset"])).override(others)
        fields: dict[str, Any] = {}
        arguments = dict(self.model_arguments)
        allowed = self.override_types()
        given: dict[tuple[str, bool], str] = {}
        for key, value in settings.items():
            (name,) = of_today({key: value}, allowed)
            is_field = key in _field_types()
            before = given.setdefault((name, is_field), key)
            if before != key:
                raise InputError(
                    f"`{before}` and `{key}` are names of one setting; give `{name}` once."
                )
            if name in TRAINING_FIELDS and name not in allowed:
                raise InputError(
                    f"{self.model!r} is fitted in one go, without steps, so `{key}` says nothing "
                    f"of it. Received: {key}={value}. Allowed: {', '.join(sorted(allowed))}."
                )
            check_choice("key of --set", name, allowed)
            kind = allowed[name]
            value = typed(name, literal(value, kind) if isinstance(value, str) else value, kind)
            (fields if is_field else arguments)[name] = value
        # What is fixed is not searched, under either of its names.
        fixed = {*settings, *(name for name, _ in given)}
        search = {key: each for key, each in self.search.items() if key not in fixed}
        made = dataclasses.replace(self, **fields, model_arguments=arguments, search=search)
        if any(getattr(made, key) != getattr(self, key) for key in PROTOCOL):
            # Nothing is published of it.
            made = dataclasses.replace(made, target={}, source="")
        return made

    def overridden(self) -> dict[str, Any]:
        """What differs from the recipe of this name, by field or argument, as JSON has it.

        Where there is no such recipe among the zoo's own and in the files of `sources`, as on
        another data set, from the one of the name `origin`. Empty where there is neither: a recipe
        that somebody wrote out in Python is its own, and nothing says what it should have been.
        The seed says nothing of a recipe, nor does the precision where the recipe leaves it open,
        nor the data set where the recipe's own name tells it.
        """
        read = [_recipes_of(sys.modules[name]) for name in self.sources if name in sys.modules]
        known = _own_recipes() | {key: each for found in read for key, each in found.items()}
        original = known.get(self.name) or known.get(self.origin)
        if original is None:
            return {}
        ours, theirs = self.compared(), original.compared()
        silent = {"name", "origin", "search", "seed", *SAID_OF_IT}
        silent |= {"precision"} if theirs.get("precision") == "auto" else set()
        silent |= {"dataset"} if self.name.endswith(f"/{self.dataset}") else set()
        arguments = theirs.pop("model_arguments")
        return _differences({k: v for k, v in ours.items() if k not in silent}, theirs, arguments)

    def override_types(self) -> dict[str, Any]:
        """The keys that `override` takes, with their types: simple fields and model arguments."""
        fixed = {"name", "model", "model_arguments", "search", "origin", *SAID_OF_IT}
        fields = {key: _field_types()[key] for key in self.fields() if key not in fixed}
        return {**settable(self.model), **fields}

    def fields(self) -> list[str]:
        """The fields that say something: all, or those of an estimator."""
        without = TRAINING_FIELDS if is_estimator(self.model) else ()
        return [field for field in _field_types() if field not in without]

    @property
    def in_epochs(self) -> bool:
        """Whether it is trained in epochs, and not fitted in one go."""
        return "epochs" in self.fields()

    def with_sources(self, *objects: Any) -> "Recipe":
        """The recipe with the files that define its model, its data set and other objects."""
        made = [each for each in self.model_arguments.values() if hasattr(each, "get_config")]
        named = [entry_point(self.model), *map(type, made), *objects]
        sources = {**self.sources, **sources_of(named)}
        return dataclasses.replace(self, sources=sources, definitions=digests_of(sources))

    def quick(self) -> "Recipe":
        """The same recipe shrunk to seconds, for tests: one epoch, tiny networks, float32."""
        if not self.in_epochs:
            return self
        small = {
            "size": (4, 8),
            "code_size": 4,
            "filters": (4, 8),
            "discriminator_filters": (4,),
            "units": (8,),
            "generator_units": (8,),
            "latent_size": 4,
            "feature_size": 4,
            "inference_steps": 2,
        }
        taken = self.override_types().keys() - void_arguments(
            entry_point(self.model), self.model_arguments
        )
        arguments = {key: small[key] for key in small if key in taken}
        return dataclasses.replace(
            self,
            epochs=1,
            batch_size=16,
            labelled_batch_size=None if self.labelled_batch_size is None else 4,
            precision="float32",
            # To compile takes longer than to train so little.
            jit_compile=None if self.jit_compile is None else False,
            steps_per_execution=1,
            model_arguments={**self.model_arguments, **arguments},
        )

    def to_json(self) -> str:
        """The recipe as JSON text, of its `fields`; a Keras layer among them as its config."""
        values = {field: getattr(self, field) for field in self.fields()}
        return json.dumps(values, indent=2, default=_plain) + "\n"

    def compared(self) -> dict[str, Any]:
        """The fields as JSON has them, without the names that Keras counts up for its objects."""
        return _unnamed(json.loads(self.to_json()))

    def differing(self, other: "Recipe") -> list[str]:
        """The fields in which two recipes differ, with the names of the model's arguments."""
        ours, theirs = self.compared(), other.compared()
        # Where files are says nothing of what is run, nor does what it was made of or chosen by.
        for field in (*OF_FILES, "origin", "chosen"):
            ours[field] = theirs[field] = None
        fields = [field for field in ours | theirs if ours.get(field) != theirs.get(field)]
        if "model_arguments" in fields:
            ours, theirs = ours["model_arguments"], theirs["model_arguments"]
            names = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
            # An argument given as None differs from one left out.
            names = names or sorted(ours.keys() ^ theirs.keys())
            fields[fields.index("model_arguments")] = f"model_arguments ({', '.join(names)})"
        return fields

    @classmethod
    def from_json(cls, text: str | bytes) -> "Recipe":
        """The recipe of `to_json`'s text."""
        return cls.from_values(parse_json(text, cls, "The recipe"))

    @classmethod
    def from_values(cls, values: Mapping[str, Any], objects: bool = True) -> "Recipe":
        """The recipe of what `to_json`'s text holds, of this version or of one before `system`.

        Args:
            values: by field.
            objects: whether a Keras object is made of its config, or left as that: who only reads
                about a run needs no class of its maker's.

        Raises:
            InputError: an object that cannot be made, or not without running code.
        """
        arguments = values.get("model_arguments", {})
        sources = values.get("sources", {})
        if objects:
            # An earlier recipe does not say what its files define.
            import_sources(sources, needed=bool(values.get("definitions", True)))
        try:
            with defined(sources):
                made = {key: _read(value, objects) for key, value in arguments.items()}
        except (ValueError, TypeError) as error:
            raise InputError(
                f"An argument of the recipe {values['name']!r} cannot be made: {first_line(error)}"
            ) from error
        own = _own_recipes().get(values["name"]) if "system" not in values else None
        system = {"system": own.system} if own else {}
        return cls(**{**values, **system, "model_arguments": made})


def list_recipes(
    pattern: str | Sequence[str] = "*", exclude: str | Sequence[str] = ()
) -> list[str]:
    """The names of the zoo's own recipes that match, sorted.

    Args:
        pattern: a shell pattern such as `*/mnist`, or several, of which one must match.
        exclude: patterns of which none may match.
    """
    return matching(_own_recipes(), pattern, exclude)


def load_recipe(name: str | os.PathLike[str]) -> Recipe:
    """A recipe by name, or from a user's own file.

    Args:
        name: one of `list_recipes()`, or PATH:NAME for the recipe NAME in the Python file PATH,
            or the path of a recipe.json that a run has written.

    Raises:
        InputError: no such recipe, with the nearest name; or a file that cannot be read.
    """
    name = os.fspath(name)
    path, separator, key = name.partition(".py:")
    if separator:
        path += ".py"
        module = import_file(path)
        recipes = _recipes_of(module)
        check_choice(f"recipe in {path}", key, recipes)
        sources = {**recipes[key].sources, module.__name__: str(module.__file__)}
        return dataclasses.replace(recipes[key], sources=sources)
    if name.endswith(".json"):
        return read_recipe(pathlib.Path(name))
    if matches := matching(_own_recipes(), name) if set(name) & set("*?[") else ():
        raise InputError(
            f"A run is of one recipe, and {name!r} matches {len(matches)}, {matches[0]!r} for one; "
            "`zoo compare` takes patterns."
        )
    check_choice("recipe", name, _own_recipes())
    return _own_recipes()[name]


def read_recipe(path: pathlib.Path, objects: bool = True) -> Recipe:
    """The recipe in a recipe.json; see `Recipe.from_values`."""
    values = read_json(path, Recipe)
    check_sources(path, values)
    return Recipe.from_values(values, objects)


def check_sources(path: pathlib.Path, values: Mapping[str, Any]) -> None:
    """Raises `InputError` where a recipe's Python files lie in the folder of the file that has it.

    They would be run, and somebody else may have made the folder.
    """
    for file in values.get("sources", {}).values():
        if pathlib.Path(file).resolve().is_relative_to(path.resolve().parent):
            raise InputError(f"{str(path)!r} names a Python file beside itself, {file!r}, to run.")


@functools.cache
def _own_recipes() -> dict[str, Recipe]:
    package = importlib.import_module("zoo.recipes")
    found: dict[str, Recipe] = {}
    for module in pkgutil.iter_modules(package.__path__):
        found.update(_recipes_of(importlib.import_module(f"zoo.recipes.{module.name}")))
    return found


def _recipes_of(module: types.ModuleType) -> dict[str, Recipe]:
    """Every Recipe that a module holds, alone or in a list.

    Raises:
        InputError: two that differ have one name.
    """
    found: dict[str, Recipe] = {}
    for value in vars(module).values():
        for recipe in value if isinstance(value, list | tuple) else [value]:
            if isinstance(recipe, Recipe):
                recipe = dataclasses.replace(recipe, origin=recipe.name)
                if found.setdefault(recipe.name, recipe) != recipe:
                    raise InputError(
                        f"Two recipes of {module.__file__} are called {recipe.name!r}; give each a "
                        "name of its own."
                    )
    return found


def _differences(ours: dict[str, Any], theirs: dict[str, Any], arguments: Any) -> dict[str, Any]:
    changed = ours.pop("model_arguments")
    changed = {key: value for key, value in changed.items() if value != arguments.get(key)}
    return {key: value for key, value in ours.items() if value != theirs.get(key)} | changed


def _field_types() -> dict[str, Any]:
    return {field.name: field.type for field in dataclasses.fields(Recipe)}


def _unnamed(value: Any) -> Any:
    """A value of JSON; what is the config of a Keras object in it without a name."""
    if isinstance(value, list):
        return [_unnamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: _unnamed(each) for key, each in value.items()}
    if "class_name" in made and isinstance(made.get("config"), dict):
        made["config"].pop("name", None)
    return made


def _plain(value: Any) -> Any:
    """A value that JSON does not know: a mapping, or a Keras object by its config."""
    if isinstance(value, Mapping):
        return dict(value)
    import keras

    return keras.saving.serialize_keras_object(value)


def _read(value: Any, objects: bool) -> Any:
    """The argument that stands in JSON."""
    if isinstance(value, dict) and "class_name" in value and objects:
        import keras

        return keras.saving.deserialize_keras_object(value)
    return tuple(_read(each, objects) for each in value) if isinstance(value, list) else value
