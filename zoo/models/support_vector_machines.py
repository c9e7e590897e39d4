"""Support vector machines on any features, trained by gradient descent on their hinges."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import InputError, check_choice
from zoo.kinds import TaskNamed
from zoo.losses.hinge import binary_hinge, crammer_singer_hinge, weston_watkins_hinge
from zoo.models import allowed
from zoo.models.base import labels
from zoo.models.base.zoo_model import ZooModel
from zoo.models.label_vectors import probabilities

HINGES = {
    "binary": binary_hinge,
    "crammer_singer": crammer_singer_hinge,
    "weston_watkins": weston_watkins_hinge,
}


@keras.saving.register_keras_serializable(package="zoo")
class SupportVectorMachine(ZooModel):
    """Scores whose hinge is minimized; ‖W‖² is a regularizer of the network.

        f = scorer(x)
        hinge_loss  Σ_i w_i · hinge(y_i, f_i) / Σ_i w_i
        loss = hinge_loss + what the network's regularizers ask for

    Args:
        scorer: built model, inputs (batch_size, ...) to one score (batch_size, 1), or to one for
            each class (batch_size, num_classes).
        hinge: `"binary"`, of one score: max(0, 1 - y·f) with y = ±1; of class scores
            `"crammer_singer"`: max(0, 1 + max_{t≠y} f_t - f_y), or `"weston_watkins"`: the sum of
            max(0, 1 + f_t - f_y) over t ≠ y.
        **kwargs: as for `ZooModel`.

    Call arguments:
        x: inputs, float.

    Returns:
        Scores (batch_size, 1) or (batch_size, num_classes), float32.
        `classify` makes probabilities of them.

    Raises:
        InputError: an unknown hinge, scores that do not fit it, or labels that are missing, out
            of range or of another shape: for the binary one 0 and 1, for the others class numbers
            or one-hot vectors.
    """

    task = TaskNamed("classes")
    label_terms = ("hinge_loss",)
    logit_roles = ("scorer",)

    def __init__(self, scorer: keras.Model, hinge: str = "crammer_singer", **kwargs: Any) -> None:
        check_choice("hinge", hinge, HINGES)
        super().__init__({"scorer": scorer}, ("hinge_loss",), **kwargs)
        scores = tuple(scorer.output_shape[1:])
        if len(scores) != 1 or (scores[0] == 1) != (hinge == "binary"):
            raise InputError(
                "The binary hinge takes one score, the others one for each of two classes or more. "
                f"Received: hinge={hinge!r} with scores of shape {scores}."
            )
        self.hinge = hinge
        self.num_classes = max(2, scores[0])
        self.accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")

    def classify(self, x) -> Any:
        """Class probabilities (batch_size, num_classes) of inputs, float32: softmax(class_logits).

        A hinge asks for a margin and not for probabilities: their order is that of the scores,
        and the largest is the machine's class, but their sizes are not calibrated.
        """
        x = self.take(x)
        return probabilities(self.class_logits(self(x)))

    @property
    def classifier(self) -> Callable[..., Any]:
        """Inputs to one score for each class, which a perturbation of images climbs."""

        def scores(x, training=False):
            return self.class_logits(ops.cast(self.scorer(x, training=training), "float32"))

        return scores

    def class_logits(self, scores) -> Any:
        """The model's scores, one for each class: (0, f) of the one score f, whose class is 1."""
        return tf.pad(scores, [[0, 0], [1, 0]]) if self.hinge == "binary" else scores

    def takes_labels(self, shape):
        # A hinge asks which class is right: of label vectors only those of one class.
        return dataclasses.replace(allowed.classes(self.num_classes, shape), whole=True)

    def prepare_labels(self, y):
        return labels.one_hot(y, self.num_classes)

    def forward(self, x, y=None, sample_weight=None, training=False):
        return {"scores": ops.cast(self.scorer(x, training=training), "float32")}

    def terms(self, x, y, outputs):
        y = y[:, 1] if self.hinge == "binary" else y
        return {"hinge_loss": HINGES[self.hinge](y, outputs["scores"])}

    def total(self, means):
        return means["hinge_loss"]

    def predictions(self, outputs):
        return outputs["scores"]

    def metric_pairs(self, x, y, y_pred):
        return (y[:, 1:] if self.hinge == "binary" else y), y_pred

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        self.accuracy.update_state(y, self.class_logits(y_pred), sample_weight)
