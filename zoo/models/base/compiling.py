"""What `compile` is given: what is refused, and what of it the devices can do."""

import warnings
from collections.abc import Mapping, Sequence, Set
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_count


def check_objective(model: str, **given: Any) -> None:
    """Raises `InputError` for a loss or its weights: a model's objective is its own."""
    for argument, value in given.items():
        if value is not None:
            raise InputError(
                f"{model}.compile takes no `{argument}`: the objective is the model's own, chosen "
                f"by its constructor arguments. Received: {value!r}."
            )


def check_metric_names(arguments: Mapping[str, Any], own: Set[str]) -> None:
    """Raises `InputError` for a metric that would be shown in the place of the model's own."""
    given = keras.tree.flatten([arguments.get(key) for key in ("metrics", "weighted_metrics")])
    for name in own & {getattr(each, "name", each) for each in given}:
        raise InputError(
            f"The model shows its own {name!r} under that name; give the metric another one. "
            f"Received: a metric named {name!r}."
        )


def check_owner(optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]) -> None:
    """Raises `InputError` for an optimizer that already moves other weights than these."""
    if optimizer.built and _moved_by(optimizer).keys() != {id(each) for each in variables}:
        raise InputError(
            "An optimizer keeps the moments of one model's weights; give each model its own. "
            "Received: the optimizer of another."
        )


def check_known(optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]) -> None:
    """Raises `InputError` for a weight that became trainable after `compile`.

    Also for one that was frozen, where the optimizer averages weights: Keras gives a model the
    averages by their places among those that learn (T65).
    """
    known, learning = _moved_by(optimizer), {id(each) for each in variables}
    for variable in variables:
        if id(variable) not in known:
            raise InputError(
                f"The weight {variable.path!r} became trainable after `compile`, whose "
                "optimizer does not know it; call `compile` again."
            )
    if _inside(optimizer).use_ema and (frozen := known.keys() - learning):
        raise InputError(
            f"The weight {known[frozen.pop()]!r} was frozen after `compile`, whose optimizer "
            "averages it; call `compile` again. Received: an optimizer with use_ema=True."
        )


def jit_of(asked: Any, augmentation: keras.layers.Layer | None) -> Any:
    """Whether XLA compiles the step: `"auto"` on one accelerator alone, else as asked."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if asked == "auto":
        return replicas == 1 and _xla_pays(augmentation)
    if asked and replicas > 1:
        # T56: Keras compiles what runs the replicas, and XLA reaches no other device's weights.
        warnings.warn(
            f"XLA cannot compile a step that {replicas} replicas share: it runs without. "
            "Received: jit_compile=True.",
            stacklevel=3,
        )
        return False
    return asked


def steps_of(asked: Any) -> int:
    """The steps that run together: one where replicas share it (T60), else as many as asked."""
    check_count("steps_per_execution", asked)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if asked > 1 and replicas > 1:
        warnings.warn(
            f"Keras runs no steps together that {replicas} replicas share: one is run at a time. "
            f"Received: steps_per_execution={asked}.",
            stacklevel=3,
        )
        return 1
    return asked


def weights_of(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """What an optimizer was made for, in its order."""
    return _inside(optimizer)._trainable_variables


def _moved_by(optimizer: keras.optimizers.Optimizer) -> dict[int, str]:
    """The paths of what an optimizer was made for, by identity."""
    return {id(each): each.path for each in weights_of(optimizer)}


def _inside(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that has the weights, where another one scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _xla_pays(augmentation: keras.layers.Layer | None) -> bool:
    layers = getattr(augmentation, "layers", [augmentation])
    return bool(tf.config.list_physical_devices("GPU")) and all(
        getattr(layer, "supports_jit", True) for layer in layers
    )
