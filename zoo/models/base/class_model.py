"""The base of every model that answers with the probabilities of classes."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.errors import InputError
from zoo.kinds import TaskNamed
from zoo.losses import label_loss as label_loss_named
from zoo.models import allowed, label_vectors
from zoo.models.base import labels
from zoo.models.base.min_max_game import MinMaxGame


class ClassModel(MinMaxGame):
    """A model of classes: `forward` returns `class_logits`, and the answer is their softmax.

        p = softmax(class_logits),   classification_term(y, outputs) = d((1 - s) · y + s / K, p)

    Labels are class numbers or label vectors: `prepare_labels` makes one-hot vectors of length K
    of them, once a step, and all hooks and the metrics given to `compile` see these. `accuracy`
    is there without `compile`. Weights of 0 mark unlabeled rows.

    Args:
        networks: as for `MinMaxGame`; that of the role `class_role` makes the class logits.
        term_names: as for `MinMaxGame`.
        label_loss: d: `"crossentropy"` (nats), `"mse"` or `"mae"`.
        label_smoothing: s, the part of the target that is spread over all classes, from 0 to 0.99.
        **kwargs: as for `MinMaxGame`.

    Raises:
        InputError: as for `MinMaxGame`, logits of another rank, an unknown loss, a smoothing out of
            its range, or labels that are missing, out of range or of another shape.
    """

    task = TaskNamed("classes")
    label_terms = ("classification_loss",)
    class_role = "classifier"
    makes_pixels = True

    def __init__(
        self,
        networks: Mapping[str, keras.Model | None],
        term_names: tuple[str, ...],
        label_loss: str = "crossentropy",
        label_smoothing: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(networks, term_names, **kwargs)
        label_vectors.check_label_smoothing(label_smoothing)
        logits = self.networks[self.class_role].output_shape
        if not isinstance(logits, tuple) or len(logits) != 2:
            raise InputError(
                f"`{self.class_role}` must return class logits (batch_size, classes). Received: a "
                f"network that returns {logits}."
            )
        self.num_classes = logits[-1]
        self.label_loss = label_loss
        self.label_smoothing = label_smoothing
        self.label_distance = label_loss_named(label_loss)
        self.accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")

    def classify(self, x) -> Any:
        """Class probabilities (batch_size, num_classes) of images, float32."""
        return label_vectors.classify(self.networks[self.class_role], x, self.scaling)

    def takes_labels(self, shape):
        return allowed.classes(self.num_classes, shape)

    def prepare_labels(self, y):
        return labels.one_hot(y, self.num_classes)

    def classification_term(self, y, outputs: Mapping[str, Any]) -> Any:
        """d of each row, (batch_size,), with smoothed labels."""
        y = label_vectors.smoothed(y, self.label_smoothing)
        return self.label_distance(y, outputs["class_logits"])

    def predictions(self, outputs):
        return label_vectors.probabilities(outputs["class_logits"])

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        probabilities = y_pred["label"] if isinstance(y_pred, dict) else y_pred
        self.accuracy.update_state(y, probabilities, sample_weight)
