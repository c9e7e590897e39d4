"""What a served model can be asked: a signature for each of its public methods."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from zoo.datasets.table_columns import Column
from zoo.evaluation.protocol import methods_of
from zoo.kinds import task_of
from zoo.models import SupportVectorMachine, ZooModel
from zoo.serving.column_inputs import column_input
from zoo.serving.image_inputs import ModelInput, model_input

# Columns up to which a table's signatures take one input each: those of words are too many.
MOST_COLUMNS = 256


class Signature(NamedTuple):
    """One question that a served model answers.

    function: tensors, in the order of `inputs`, to `{output name: tensor}`.
    inputs: `{input name: tf.TensorSpec}`, the first dimension free.
    examples: by the name of an input a value of it, where not any of its type is one.
    """

    function: Callable[..., dict[str, Any]]
    inputs: Mapping[str, tf.TensorSpec]
    examples: Mapping[str, Any] = {}


def signatures_of(
    model: ZooModel, images: str = "float", columns: Sequence[Column] = ()
) -> dict[str, Signature]:
    """The signatures of a model, by name: those whose method it has.

    * `serving_default`: what the model's call returns, as its task names it; for label sets and
      masks `soft_labels` and `soft_masks` in [0, 1], and `labels` above the model's threshold,
      `masks` above 0.5.
    * `classify`: `class_ids`, and `probabilities` (support vector machines: `scores`).
    * `encode`: images to `codes`; `decode`: `codes` to `images`; `reconstruct`: images to `images`.
      Of a model of rows of features the images are `features`, in their own units.
    * `generate`: `images` of `class_ids`, or drawn from the prior by `seeds`, one seed an image;
      the same seed gives the same image.
    * `energy`: `energies` of inputs with labels, low is good; `value`: `values` in [0, 1].
    * Of a table with up to 256 columns, each of these that takes `features` once more, with
      `_of_columns` behind its name: one input for each column, see
      `zoo.serving.column_inputs.column_input`.

    Args:
        model: any model of the zoo.
        images: how images are sent, see `zoo.serving.image_inputs.model_input`. Images in answers
            are floats in [0, 1].
        columns: of the table that the model was trained on.

    Raises:
        InputError: as for `model_input`, or a model that declares no task.
    """
    x = model_input(model.input_shape[1:], images)
    makers = {"serving_default": _answer, **dict(map(_METHODS.get, methods_of(model, *_METHODS)))}
    found = {name: make(model, x) for name, make in makers.items()}
    if 0 < len(columns) <= MOST_COLUMNS:
        of_features = [name for name in found if x.specs.keys() <= found[name].inputs.keys()]
        x = column_input(columns)
        found |= {f"{name}_of_columns": makers[name](model, x) for name in of_features}
    return found


def _of(given: ModelInput, output: str, method: Callable) -> Signature:
    def function(*values):
        return {output: method(given.to_floats(*values))}

    return Signature(function, given.specs, given.examples)


def _plain(name: str, shape: tuple[int, ...], dtype: str = "float32") -> ModelInput:
    return ModelInput({name: tf.TensorSpec((None, *shape), dtype)}, tf.identity)


def _answer(model: ZooModel, x: ModelInput) -> Signature:
    task = task_of(model)

    def function(*values):
        answer = model(x.to_floats(*values), training=False)
        if not isinstance(answer, dict):
            answer = task.answer(model, answer)
        return {name: tf.identity(part) for name, part in answer.items()}

    return Signature(function, x.specs, x.examples)


def _classify(model: ZooModel, x: ModelInput) -> Signature:
    def function(*values):
        x_floats = x.to_floats(*values)
        if isinstance(model, SupportVectorMachine):
            scores = model(x_floats, training=False)
            return {"class_ids": tf.argmax(model.class_logits(scores), -1), "scores": scores}
        probabilities = model.classify(x_floats)
        return {"class_ids": tf.argmax(probabilities, -1), "probabilities": probabilities}

    return Signature(function, x.specs, x.examples)


def _decode(model: ZooModel, x: ModelInput) -> Signature:
    # A variational encoder gives two numbers for each of the code.
    size = getattr(model, "code_size", None) or model.encoder.output_shape[-1]
    return _of(_plain("codes", (size,)), _made(model), model.decode)


def _judge(method: str, output: str, model: ZooModel, x: ModelInput) -> Signature:
    def function(*values):
        *given, y = values
        return {output: getattr(model, method)(x.to_floats(*given), y)}

    spec = tf.TensorSpec((None, *model.label_shape), "float32")
    return Signature(function, {**x.specs, task_of(model).labels: spec}, x.examples)


def _draw(model: ZooModel, x: ModelInput) -> Signature:
    def code(seed):
        # A seed given makes the draw depend on nothing else.
        return tf.cast(model.prior.sample(seed=tf.stack([seed, 0])), "float32")

    def drawn(seeds):
        spec = tf.TensorSpec(tuple(model.prior.event_shape), "float32")
        return model.decode(tf.map_fn(code, seeds, fn_output_signature=spec))

    return _of(_plain("seeds", (), "int32"), _made(model), drawn)


def _made(model: ZooModel) -> str:
    """What that is called which a model makes: images, or rows of features."""
    return "images" if len(model.input_shape) > 2 else "features"


# By what a model must have: the name of the signature, and what makes it.
_METHODS: dict[str, tuple[str, Callable[[ZooModel, ModelInput], Signature]]] = {
    "classify": ("classify", _classify),
    "encode": ("encode", lambda model, x: _of(x, "codes", model.encode)),
    "decode": ("decode", _decode),
    "reconstruct": ("reconstruct", lambda model, x: _of(x, _made(model), model.reconstruct)),
    "prior": ("generate", _draw),
    # Of a class, which is more than of the prior.
    "generate": (
        "generate",
        lambda model, x: _of(_plain("class_ids", (), "int64"), _made(model), model.generate),
    ),
    "energy": ("energy", functools.partial(_judge, "energy", "energies")),
    "value": ("value", functools.partial(_judge, "value", "values")),
}
