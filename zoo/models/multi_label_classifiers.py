"""A classifier for each label by itself: what energies are measured against."""

from typing import Any

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.kinds import TaskNamed
from zoo.losses import multi_label
from zoo.models.base.label_set_model import LabelSetModel

LABEL_SET_LOSSES = ("crossentropy", "squared", "kl")


def label_set_loss(name: str) -> Any:
    """The loss of label sets against logits, (batch_size,), summed over the labels.

    Args:
        name: `"crossentropy"`, `"squared"` or `"kl"`.

    Raises:
        InputError: another name.
    """
    check_choice("label set loss", name, LABEL_SET_LOSSES)
    return {
        "crossentropy": multi_label.multi_label_crossentropy,
        "squared": multi_label.multi_label_squared,
        "kl": multi_label.multi_label_kl,
    }[name]


@keras.saving.register_keras_serializable(package="zoo")
class MultiLabelClassifier(LabelSetModel):
    """One logit for each label, each label for itself: the baseline MLP.

        ŷ = sigmoid(classifier(x))
        classification_loss  Σ_i w_i · ℓ(y_i, ŷ_i) / Σ_i w_i,   ℓ summed over the labels
        loss = classification_loss

    Args:
        classifier: built model, inputs (batch_size, ...) to logits (batch_size, num_labels).
        label_loss: ℓ: `"crossentropy"` (nats), `"squared"` or `"kl"`.
        **kwargs: as for `ZooModel`.

    Call arguments:
        x: inputs, float.

    Returns:
        Probabilities of the labels (batch_size, num_labels), float32. `predict_labels` cuts them
        at the `threshold`, which `choose_threshold` finds on held-out rows.

    Raises:
        InputError: an unknown loss, or labels that are missing, outside [0, 1] or of another
            shape.
    """

    task = TaskNamed("label_sets")
    label_terms = ("classification_loss",)
    logit_roles = ("classifier",)

    def __init__(
        self, classifier: keras.Model, label_loss: str = "crossentropy", **kwargs: Any
    ) -> None:
        super().__init__({"classifier": classifier}, ("classification_loss",), **kwargs)
        self.label_shape = tuple(classifier.output_shape[1:])
        self.label_loss = label_loss
        self.label_distance = label_set_loss(label_loss)

    def forward(self, x, y=None, sample_weight=None, training=False):
        return {"logits": ops.cast(self.classifier(x, training=training), "float32")}

    def terms(self, x, y, outputs):
        return {"classification_loss": self.label_distance(y, outputs["logits"])}

    def total(self, means):
        return means["classification_loss"]

    def predictions(self, outputs):
        return ops.sigmoid(outputs["logits"])
