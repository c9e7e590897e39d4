"""What a recipe names, made: the data set, the compiled model, the estimator."""

import dataclasses
import inspect
import math
import warnings
from typing import Any

import keras
import tensorflow as tf
from sklearn.base import ClassifierMixin

from zoo.datasets import SplitData, list_datasets, load
from zoo.distribution import choose_precision
from zoo.distribution.multi_worker import cluster_of
from zoo.errors import InputError
from zoo.kinds import data_in_words, find_task, task_of
from zoo.models import ZooModel
from zoo.networks.standardization import standardizations, standardize
from zoo.optimizers import LinearEnd, get_optimizer
from zoo.recipe import TRAINING_FIELDS, Recipe
from zoo.registry import create_estimator, create_model, entry_point
from zoo.registry.names import OF_DATA
from zoo.settings.sources import import_sources

_SCHEDULES = {"cosine": keras.optimizers.schedules.CosineDecay, "linear_end": LinearEnd}
# The fields of a recipe that say, beside `dataset`, what its data is like.
DATA_FIELDS = (
    "batch_size",
    "image_shape",
    "labelled_fraction",
    "labelled_batch_size",
    "labelled_draw",
    "validation_fraction",
    "seed",
    "in_memory",
    "missing",
)


def build(recipe: Recipe, data: SplitData) -> ZooModel:
    """The compiled model of a recipe for a data set.

    What says nothing here is warned of: a share of rows to hold out beside a validation split of
    the set's own, and a learning rate where every stage of the model has its own.

    Raises:
        InputError: an argument that the model refuses, an unknown optimizer, partial labels for
            a model without label terms, a batch that leaves a replica without a row, or a schedule
            over all epochs for a model in stages.
    """
    known = inspect.signature(entry_point(recipe.model)).parameters
    of_data = [key for key in OF_DATA if key in known]
    for key in of_data:
        if key in recipe.model_arguments:
            raise InputError(
                f"`model_arguments` must leave {key} to the data. Received: "
                f"{key}={recipe.model_arguments[key]!r:.60}."
            )
        if not hasattr(data, key):
            raise InputError(
                f"Model {recipe.model!r} needs data with {key}. Received: {data_in_words(data)}."
            )
    arguments = {key: getattr(data, key) for key in of_data}
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(choose_precision(recipe.precision))
    try:
        model = create_model(recipe.model, **arguments, **recipe.model_arguments)
    finally:
        keras.config.set_dtype_policy(policy)
    task_of(model, data).check_data(data, f"Model {recipe.model!r}")
    if standardizations(model):
        standardize(model, data.arrays("train")[0])
    steps = data.steps_per_epoch
    if recipe.class_weights and not (hasattr(data, "class_weights") and model.label_terms):
        raise InputError(
            f"Model {recipe.model!r} learns from no labels of {data.name!r} that are classes. "
            f"Received: class_weights={recipe.class_weights!r}."
        )
    if recipe.class_weights and data.labelled_rows < data.rows["train"]:
        raise InputError(
            "Class weights and hidden labels cannot be had together. Received: class_weights="
            f"{recipe.class_weights!r} with {data.labelled_rows} labeled of "
            f"{data.rows['train']} rows."
        )
    if (recipe.patience is not None or recipe.restore_best) and not data.rows["validation"]:
        raise InputError(
            "`patience` and `restore_best` go by held-out rows; give validation_fraction=0.1, or "
            "data that has some. "
            f"Received: {data.rows['train']} training and no validation rows."
        )
    _tell_of_own_validation(recipe, data)
    check_replicas(data)
    if data.labelled_rows < data.rows["train"] and not model.label_terms:
        raise InputError(
            f"Model {recipe.model!r} learns from no labels, so there are none to leave out. "
            f"Received: {data.labelled_rows} labeled of {data.rows['train']} rows."
        )
    _check_stages(recipe, model)
    jit_compile = "auto" if recipe.jit_compile is None else recipe.jit_compile
    optimizers = {"optimizer": _optimizer(recipe, recipe.learning_rate, steps, recipe.ema_momentum)}
    if model.adversary_role is not None:
        rate = recipe.adversary_learning_rate
        rate = recipe.learning_rate if rate is None else rate
        moves = steps * model.adversary_steps
        optimizers["adversary_optimizer"] = _optimizer(recipe, rate, moves)
    elif recipe.adversary_learning_rate is not None:
        raise InputError(
            f"Model {recipe.model!r} has no adversary. Received: "
            f"adversary_learning_rate={recipe.adversary_learning_rate}."
        )
    model.compile(
        **optimizers,
        jit_compile=jit_compile,
        # T22: Keras would run the last steps of an epoch on images of the next one.
        steps_per_execution=math.gcd(recipe.steps_per_execution, steps),
    )
    return model


def build_estimator(recipe: Recipe, data: SplitData) -> tuple[ClassifierMixin, dict[str, Any]]:
    """The estimator of a recipe for a data set, not fitted, and the arguments that made it.

    Raises:
        InputError: data whose rows have not one class each, an argument that the estimator
            refuses, or a field of `TRAINING_FIELDS` that is set.
    """
    find_task("classes").check_data(data, f"Estimator {recipe.model!r}")
    for field in dataclasses.fields(Recipe):
        value = getattr(recipe, field.name)
        if field.name in TRAINING_FIELDS and value != field.default:
            raise InputError(
                f"Estimator {recipe.model!r} is fitted in one go, without steps: its recipe must "
                f"leave `{field.name}` as it is. Received: {field.name}={value!r}."
            )
    if "num_classes" in recipe.model_arguments:
        raise InputError("`model_arguments` must leave num_classes to the data.")
    _tell_of_own_validation(recipe, data)
    arguments = {"num_classes": data.num_classes, **recipe.model_arguments}
    return create_estimator(recipe.model, **arguments), arguments


def _tell_of_own_validation(recipe: Recipe, data: SplitData) -> None:
    if recipe.validation_fraction and data.has_own_validation:
        warnings.warn(
            f"Data set {data.name!r} keeps the {data.rows['validation']} validation rows of its "
            f"own: validation_fraction={recipe.validation_fraction} cuts no others.",
            stacklevel=3,
        )


def _check_stages(recipe: Recipe, model: ZooModel) -> None:
    """Says of rates that stages make void, and refuses a schedule that none of them would end."""
    stages = model.stages
    rates = [rate for _, _, rate in stages]
    if rates and None not in rates and recipe.learning_rate != rates[0]:
        warnings.warn(
            f"Each stage of {recipe.model!r} has a learning rate of its own, "
            f"{', '.join(map(str, rates))}: learning_rate={recipe.learning_rate} says nothing.",
            stacklevel=3,
        )
    if recipe.schedule == "linear_end" and len(stages) > 1:
        raise InputError(
            f"Model {recipe.model!r} is trained in {len(stages)} stages, which count their steps "
            "anew; give schedule='constant'. Received: schedule='linear_end'."
        )


def check_replicas(data: SplitData) -> None:
    """Raises `InputError` where a batch of a fit leaves one of several workers without a row.

    On one machine a replica may have none (T24).
    """
    strategy = tf.distribute.get_strategy()
    if cluster_of(strategy) is None:
        return
    replicas = strategy.num_replicas_in_sync
    train, held_out, size = data.rows["train"], data.rows.get("validation", 0), data.batch_size
    batches = [(min(size, train), "training"), (data.last_batch_size, "training")]
    if held_out:
        batches += [(min(size, held_out), "validation"), (held_out % size or size, "validation")]
    for rows, split in batches:
        # Each replica takes as many, rounded up, until there are none left.
        if replicas > 1 and (replicas - 1) * -(-rows // replicas) >= rows:
            raise InputError(
                f"A batch of {rows} rows leaves one of {replicas} replicas without a row; give "
                f"another batch size. Received: batch_size={size} for "
                f"{train if split == 'training' else held_out} {split} rows."
            )


def recipe_on(recipe: Recipe, data: SplitData) -> Recipe:
    """The recipe as it runs on a data set that is given itself: with its name, batches, labels and
    rows held out.

    What is published is not of data that only has the name of the recipe's.
    """
    fields = {
        "batch_size": data.batch_size,
        "labelled_fraction": data.labelled_rows / data.rows["train"],
        "labelled_batch_size": data.labelled_batch_size,
        "labelled_draw": getattr(data, "labelled_draw", "shares"),
        "validation_fraction": data.validation_fraction,
        # They are said to `load`.
        "image_shape": None,
        "in_memory": None,
        "missing": None,
    }
    known = recipe.fields()
    named = data.name == recipe.dataset and recipe.dataset not in list_datasets()
    if data.loaded_as != recipe.dataset and not named:
        recipe = recipe.on(data.name)
    return dataclasses.replace(recipe, **{key: fields[key] for key in fields if key in known})


def load_data(recipe: Recipe) -> SplitData:
    """The data set of a recipe."""
    import_sources(recipe.sources, needed=bool(recipe.definitions))
    return load(recipe.dataset, **{key: getattr(recipe, key) for key in DATA_FIELDS})


def _optimizer(
    recipe: Recipe, rate: float, steps_per_epoch: int, ema_momentum: float | None = None
) -> keras.optimizers.Optimizer:
    if recipe.schedule != "constant":
        rate = _SCHEDULES[recipe.schedule](rate, recipe.epochs * steps_per_epoch)
    optimizer = get_optimizer(recipe.optimizer)
    further = {} if ema_momentum is None else {"use_ema": True, "ema_momentum": ema_momentum}
    if recipe.beta_1 is not None:
        if not hasattr(optimizer, "beta_1"):
            raise InputError(
                "`beta_1` is a number of Adam and its kin. Received: "
                f"beta_1={recipe.beta_1} with optimizer={recipe.optimizer!r}."
            )
        further["beta_1"] = recipe.beta_1
    return type(optimizer)(learning_rate=rate, **further)
