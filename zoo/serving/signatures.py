"""What a served model can be asked: a signature for each of its public methods."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from zoo.evaluation.masks import MASK_THRESHOLD
from zoo.models import SupportVectorMachine, ZooModel
from zoo.serving.image_inputs import ModelInput, model_input


class Signature(NamedTuple):
    """One question that a served model answers.

    function: tensors, in the order of `inputs`, to `{output name: tensor}`.
    inputs: `{input name: tf.TensorSpec}`, the first dimension free.
    """

    function: Callable[..., dict[str, Any]]
    inputs: Mapping[str, tf.TensorSpec]


def signatures_of(model: ZooModel, images: str = "float") -> dict[str, Signature]:
    """The signatures of a model, by name: those whose method it has.

    * `serving_default`: what the model's call returns; for label sets and masks `soft_labels` and
      `soft_masks` in [0, 1], and `labels` above the model's threshold, `masks` above 0.5.
    * `classify`: `class_ids`, and `probabilities` (support vector machines: `scores`).
    * `encode`: images to `codes`; `decode`: `codes` to `images`; `reconstruct`: images to `images`.
    * `generate`: `images` of `class_ids`, or drawn from the prior by `seeds`, one seed an image;
      the same seed gives the same image.
    * `energy`: `energies` of inputs with labels, low is good; `value`: `values` in [0, 1].

    Args:
        model: any model of the zoo.
        images: how images are sent, see `zoo.serving.image_inputs.model_input`. Images in answers
            are floats in [0, 1].

    Raises:
        InputError: as for `model_input`.
    """
    x = model_input(model.image_shape, images)
    found = {"serving_default": _answer(model, x)}
    if hasattr(model, "classify"):
        found["classify"] = _classify(model, x)
    if hasattr(model, "encode"):
        found["encode"] = _of(x, "codes", model.encode)
    if hasattr(model, "decode"):
        # A variational encoder gives two numbers for each of the code.
        size = getattr(model, "code_size", None) or model.encoder.output_shape[-1]
        codes = _plain("codes", (size,))
        found["decode"] = _of(codes, "images", model.decode)
    if hasattr(model, "reconstruct"):
        found["reconstruct"] = _of(x, "images", model.reconstruct)
    if hasattr(model, "generate"):
        classes = _plain("class_ids", (), "int64")
        found["generate"] = _of(classes, "images", model.generate)
    elif hasattr(model, "prior"):
        seeds = _plain("seeds", (), "int32")
        drawn = functools.partial(_drawn, model)
        found["generate"] = _of(seeds, "images", drawn)
    for name, output in (("energy", "energies"), ("value", "values")):
        if hasattr(model, name):
            found[name] = _judge(model, x, name, output)
    return found


def _of(given: ModelInput, output: str, method: Callable) -> Signature:
    def function(value):
        return {output: method(given.to_floats(value))}

    return Signature(function, {given.name: given.spec})


def _plain(name: str, shape: tuple[int, ...], dtype: str = "float32") -> ModelInput:
    return ModelInput(name, tf.TensorSpec((None, *shape), dtype), tf.identity)


def _answer(model: ZooModel, x: ModelInput) -> Signature:
    def function(value):
        answer = model(x.to_floats(value), training=False)
        if isinstance(answer, dict):
            return {name: tf.identity(part) for name, part in answer.items()}
        if not hasattr(model, "label_shape"):
            return {_prediction_name(model): tf.identity(answer)}
        # Hard ones are floats too, so that they can be sent on to `energy`.
        kind = _kind_of_labels(model)
        threshold = MASK_THRESHOLD if kind == "masks" else model.threshold
        return {f"soft_{kind}": tf.identity(answer), kind: tf.cast(answer > threshold, "float32")}

    return Signature(function, {x.name: x.spec})


def _prediction_name(model: ZooModel) -> str:
    if hasattr(model, "reconstruct"):
        return "reconstruction"
    return "scores" if isinstance(model, SupportVectorMachine) else "label"


def _kind_of_labels(model: ZooModel) -> str:
    return "masks" if len(model.label_shape) > 1 else "labels"


def _classify(model: ZooModel, x: ModelInput) -> Signature:
    def function(value):
        x_floats = x.to_floats(value)
        if isinstance(model, SupportVectorMachine):
            scores = model(x_floats, training=False)
            classes = model.classes_of_scores(scores)
            return {"class_ids": tf.cast(classes, "int64"), "scores": scores}
        probabilities = model.classify(x_floats)
        return {"class_ids": tf.argmax(probabilities, -1), "probabilities": probabilities}

    return Signature(function, {x.name: x.spec})


def _judge(model: ZooModel, x: ModelInput, method: str, output: str) -> Signature:
    kind = _kind_of_labels(model)

    def function(value, y):
        return {output: getattr(model, method)(x.to_floats(value), y)}

    spec = tf.TensorSpec((None, *model.label_shape), "float32")
    return Signature(function, {x.name: x.spec, kind: spec})


def _drawn(model: ZooModel, seeds):
    def code(seed):
        # A seed given makes the draw depend on nothing else.
        return tf.cast(model.prior.sample(seed=tf.stack([seed, 0])), "float32")

    shape = tuple(model.prior.event_shape)
    return model.decode(tf.map_fn(code, seeds, fn_output_signature=tf.TensorSpec(shape, "float32")))
