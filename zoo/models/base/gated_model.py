"""A Keras model whose every entry looks at what it is given (`zoo.models.gate`)."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError, check_count, check_number, spoken
from zoo.models import allowed, gate
from zoo.models.base.stored_model import StoredModel, check_file
from zoo.models.base.streams import STREAMS, Gate, batches_of, unpacked
from zoo.networks.precision import weights_as_they_are

# What a share is at most, that leaves something.
_BELOW_ONE = 1 - 1e-9


class GatedModel(StoredModel):
    """A model that says what it takes, and refuses all else by one sentence.

    By `fit`, `evaluate`, `predict`, their `_on_batch` forms and calls come images as floats in
    [0, 1] or as bytes (byte / 255 is taken), finite numbers, labels in their range, and weights of
    at least 0. A method of a leaf says `x = self.take(x)`.

    Raises:
        InputError: inputs, labels or weights of another shape, type or range; the sentence names
            the row, and of a stream the batch. Arguments of Keras that would mean nothing.
    """

    # Whether inputs of any rank are pixels, as where the model makes some.
    makes_pixels = False
    # Of a model that standardizes its inputs, which may then be any finite numbers.
    scaling: Any = None
    # The answers that are scored, where the model gives several.
    scored_answers: tuple[str, ...] = ()

    @property
    def takes(self) -> allowed.Taken:
        """What is taken as inputs: images, or vectors of finite numbers."""
        shape = self.input_shape[1:]
        pixels = self.scaling is None and (self.makes_pixels or len(shape) > 1)
        return allowed.images(shape) if pixels else allowed.numbers("inputs", shape)

    def takes_labels(self, shape: tuple[int | None, ...]) -> allowed.Taken | None:
        """What is taken as labels, where such of a shape (batch_size, ...) are given; None: all."""
        return None

    def take(self, x: Any) -> Any:
        """Inputs that a method was given, looked at; bytes as floats."""
        if not gate.is_passed() and not isinstance(x, keras.KerasTensor):
            self.check_ready()
        return gate.take(self.takes, x)

    def check_ready(self) -> None:
        """Raises `InputError` where a model cannot answer yet."""

    def look_at(self, data: tf.data.Dataset) -> None:
        """Reads a data set to its end, and raises `InputError` where it is not as it is taken."""
        _check_end(data, None, "some batches of it, by `take`")
        looking, *_ = Gate(self).data(data)
        with spoken():
            looking.reduce(0, lambda count, batch: count + 1)

    def begin_fit(self, x: Any) -> None:
        """What is done with the training inputs, looked at, before the first step."""

    def callbacks_of_fit(self, callbacks: Any) -> Any:
        """The callbacks given to `fit`, with the model's own."""
        return callbacks

    @tf.autograph.experimental.do_not_convert
    def __call__(self, x, *args, **kwargs):
        # Before Keras makes another type of them, or writes its arguments below the sentence.
        x = self.take(x)
        # A model's own weights are read as in a step, which is no call of a layer.
        with gate.passed(), weights_as_they_are():
            return super().__call__(x, *args, **kwargs)

    def predict_step(self, data):
        with gate.passed():
            return super().predict_step(data)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=None,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        **kwargs,
    ):
        """As Keras's `fit`."""
        if validation_split and isinstance(x, STREAMS):
            raise InputError(
                "`validation_split` splits arrays; for a stream give `validation_data`. Received: "
                f"validation_split={validation_split!r}."
            )
        check_number("validation_split", validation_split, 0, _BELOW_ONE)
        if validation_split and validation_data is not None:
            raise InputError(
                "Rows to validate by are given as `validation_data` or cut off by "
                f"`validation_split`, not both. Received: validation_split={validation_split!r}."
            )
        # Keras takes a number below 1 for none.
        check_count("epochs", epochs, 0)
        check_count("initial_epoch", initial_epoch, 0)
        _check_counts(
            steps_per_epoch=steps_per_epoch,
            validation_steps=kwargs.get("validation_steps"),
            validation_batch_size=kwargs.get("validation_batch_size"),
        )
        frequency = kwargs.get("validation_freq", 1)
        for each in frequency if frequency and isinstance(frequency, list | tuple) else [frequency]:
            check_count("validation_freq", each)
        self._check_class_weight(class_weight)
        _check_callbacks(callbacks)
        _check_end(x, steps_per_epoch, "`steps_per_epoch`")
        size = _batch_size(batch_size, x)
        left = epochs - initial_epoch
        if left > 1 and isinstance(x, Iterator) and steps_per_epoch is None:
            raise _gone_through("`steps_per_epoch`, or a data set")
        needed = steps_per_epoch * left if steps_per_epoch and left > 1 else 0
        looking = Gate(self, weighs_classes=class_weight is not None)
        x, y, sample_weight = looking.data(x, y, sample_weight, needed)
        kept = None
        if validation_split:
            # Keras cuts its share off the end.
            kept = math.floor(x.shape[0] * (1.0 - validation_split))
            if kept in (0, x.shape[0]):
                raise InputError(
                    "`validation_split` must leave rows to train on, and some to validate by. "
                    f"Received: validation_split={validation_split!r} of {x.shape[0]} rows."
                )
        if validation_data is not None:
            given = unpacked(validation_data, "`validation_data`")
            _check_end(given[0], kwargs.get("validation_steps"), "`validation_steps`")
            if left > 1 and isinstance(given[0], Iterator):
                raise _gone_through("a data set as `validation_data`")
            validation_data = Gate(self, of="validation_data").data(*given)
        if shuffle is None:
            # Keras warns that it will not shuffle these, also when nobody asked it to.
            shuffle = not isinstance(x, tf.data.Dataset | Iterator)
        with spoken():
            # Last: what is refused leaves the model as it was.
            self.begin_fit(x if kept is None else x[:kept])
            history = super().fit(
                x,
                y,
                batch_size=size,
                epochs=epochs,
                verbose=verbose,
                callbacks=self.callbacks_of_fit(callbacks),
                validation_split=validation_split,
                validation_data=validation_data,
                shuffle=shuffle,
                class_weight=class_weight,
                sample_weight=sample_weight,
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                **kwargs,
            )
        if history.epoch and not history.history:
            raise Gate(self).nothing()
        return history

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **kw):
        """As Keras's `evaluate`."""
        self.check_ready()
        _check_counts(steps=kw.get("steps"))
        _check_end(x, kw.get("steps"), "`steps`")
        # What `fit` has evaluated after an epoch it looked at before the first.
        if not kw.get("_use_cached_eval_dataset"):
            x, y, sample_weight = Gate(self).data(x, y, sample_weight)
        with spoken():
            size = _batch_size(batch_size, x)
            scores = super().evaluate(x, y, size, verbose, sample_weight, **kw)
        if isinstance(scores, list | dict) and not scores:
            raise Gate(self).nothing()
        return scores

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """As Keras's `predict`."""
        self.check_ready()
        _check_counts(steps=steps)
        _check_end(x, steps, "`steps`")
        x, *_ = Gate(self, answers=True).data(x)
        with spoken():
            try:
                return super().predict(x, _batch_size(batch_size, x), verbose, steps, callbacks)
            except UnboundLocalError as error:
                # So Keras ends where a stream turns out to have no batch.
                if "'batch_outputs'" not in str(error):
                    raise
                raise Gate(self).nothing() from None

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """As Keras's `train_on_batch`."""
        self.check_ready()
        self._check_class_weight(class_weight)
        _check_batch(x)
        looking = Gate(self, weighs_classes=class_weight is not None)
        x, y, sample_weight = looking.data(x, y, sample_weight)
        return super().train_on_batch(x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """As Keras's `test_on_batch`."""
        self.check_ready()
        _check_batch(x)
        return super().test_on_batch(*Gate(self).data(x, y, sample_weight), return_dict)

    def predict_on_batch(self, x):
        """As Keras's `predict_on_batch`; on several replicas each has its share of the rows."""
        self.check_ready()
        _check_batch(x)
        x, *_ = Gate(self, answers=True).data(x)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            # Keras would give each replica all rows, and return them from each.
            return super().predict(x, batch_size=x.shape[0], verbose=0)
        return super().predict_on_batch(x)

    def compile(self, *args, **kwargs):
        """As Keras's `compile`."""
        for argument in ("metrics", "weighted_metrics"):
            given = kwargs.get(argument)
            for metric in filter(_is_sparse, keras.tree.flatten(given)):
                raise InputError(
                    "Metrics see classes as one-hot vectors, so they are the categorical ones, for "
                    "example keras.metrics.CategoricalAccuracy() for SparseCategoricalAccuracy(). "
                    f"Received: {argument} with {metric!r:.60}."
                )
            if not given or not self.scored_answers:
                continue
            if not isinstance(given, Mapping) or not set(given) <= set(self.scored_answers):
                example = f"{{{self.scored_answers[0]!r}: ['accuracy']}}"
                raise InputError(
                    f"A {type(self).__name__} has several answers, so `{argument}` go by their "
                    f"names, {' and '.join(self.scored_answers)}: {argument}={example}. Received: "
                    f"{given!r}."
                )
        super().compile(*args, **kwargs)

    def _check_class_weight(self, class_weight):
        if class_weight is None:
            return
        classes = getattr(self, "num_classes", None)
        if classes is None:
            raise InputError(
                f"`class_weight` weighs classes, and a {type(self).__name__} learns none; "
                f"`sample_weight` weighs rows. Received: class_weight={class_weight!r}."
            )
        if not isinstance(class_weight, Mapping) or set(class_weight) != set(range(classes)):
            raise InputError(
                f"`class_weight` must give each class from 0 to {classes - 1} a weight, and no "
                f"other. Received: class_weight={class_weight!r}."
            )
        for number, weight in class_weight.items():
            check_number(f"class_weight[{number}]", weight, 0, allowed.MOST_WEIGHT)
        if not any(class_weight.values()):
            raise InputError("A class at least must count. Received: `class_weight` of 0 for all.")


def _is_sparse(metric):
    """Whether a metric, by name, function or object, wants the numbers of classes."""
    function = getattr(metric, "_fn", metric)
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    return any(each.lower().startswith("sparse") for each in (name, type(metric).__name__))


def _gone_through(remedy):
    return InputError(f"A generator can be gone through once; for several epochs give {remedy}.")


def _check_batch(x):
    if isinstance(x, STREAMS):
        raise InputError(
            f"One batch is an array; a stream goes to `fit`. Received: {type(x).__name__}."
        )


def _check_end(x, steps, remedy):
    if steps is None and isinstance(x, tf.data.Dataset | keras.utils.PyDataset):
        endless = tf.data.INFINITE_CARDINALITY, None
        if (x.cardinality() if isinstance(x, tf.data.Dataset) else batches_of(x)) in endless:
            raise InputError(
                f"A data set that is repeated without end has no last batch; give {remedy}."
            )


def _batch_size(batch_size, x):
    if batch_size is not None and isinstance(x, STREAMS):
        raise InputError(
            "A stream comes in batches of its own, so it takes no `batch_size`. Received: "
            f"batch_size={batch_size!r}."
        )
    _check_counts(batch_size=batch_size)
    return batch_size


def _check_counts(**counts):
    for argument, count in counts.items():
        if count is not None:
            check_count(argument, count)


def _check_callbacks(callbacks):
    for callback in getattr(callbacks, "callbacks", keras.tree.flatten(callbacks)):
        if callback is None and callbacks is None:
            return
        if not isinstance(callback, keras.callbacks.Callback):
            raise InputError(
                "`callbacks` must be instances of keras.callbacks.Callback. Received: "
                f"{callback!r:.60}."
            )
        is_checkpoint = isinstance(callback, keras.callbacks.ModelCheckpoint)
        if is_checkpoint and not callback.save_weights_only:
            check_file(callback.filepath)
