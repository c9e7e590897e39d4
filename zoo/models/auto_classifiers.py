"""Auto-classifiers: the label vector is the code (Kamal & Bae, slides A)."""

from typing import Any

import keras
import tensorflow as tf

from zoo.errors import InputError
from zoo.losses import AdjustedCooperation, StrictCooperation
from zoo.metrics.images import ReconstructionError
from zoo.models import gate, label_vectors
from zoo.models.base.class_model import ClassModel
from zoo.networks.replicas import sum_over_replicas

COOPERATIONS = {"strict": StrictCooperation, "adjusted": AdjustedCooperation}


@keras.saving.register_keras_serializable(package="zoo")
class AutoClassifier(ClassModel):
    """Auto-classifier: from a classifier's label vector, a generator must rebuild the image.

        ŷ = softmax(classifier(x)),  x̂ = sigmoid(generator(ŷ))
        classification_loss  L_C = Σ_i w_i · d(y_i, ŷ_i) / Σ_i w_i
        generation_loss      L_G = mean_i e(x_i, x̂_i)

    minimized over both networks. Where images are augmented, ŷ is of the augmented one and x in L_G
    the image itself: that it was shifted no label vector can say. The cooperation says how the two
    become one:

        strict    AC (co) v1:  loss = L_C + G + |L_C - G| = 2 · max(L_C, G),  G = w · (L_G - a)
        adjusted  AC (co) v2:  loss = λ · L_C + L_G

    L_C and L_G are the means over the global batch. The maximum of means is no mean of maxima, so
    under several replicas they first agree on which loss is larger; each then adds its share of
    that one, and the step is the one of a single replica. Strict cooperation moves the generator
    only while G is the larger: the losses need a common scale. With w = 1 and a = 0, as in the
    slides, cross-entropy may never fall below any image error, and the generator never moves; of
    losses in the same unit, or relative to those of predictors that know nothing, the image's stays
    the larger, since the class tells little of an image, and label vectors turn into codes of it.
    With a, the error of a generator that knows the class, both losses are 0 where the class is
    known.

    Args:
        classifier: built model, images (batch_size, height, width, channels) in [0, 1] to class
            logits (batch_size, num_classes).
        generator: built model, label vectors (batch_size, num_classes) to pixel logits of the
            images' shape.
        cooperation: `"strict"`, `"adjusted"`, or an object of `zoo.losses.StrictCooperation` or
            `AdjustedCooperation` with a weight of its own (w, λ; 1 by name, as in the slides, and
            a = 0).
        label_loss: d: `"crossentropy"` (nats), `"mse"` or `"mae"`. The slides do not say.
        reconstruction_loss: e: `"mse"` or `"mae"`, the two rows of each system in Table 2.
        label_smoothing: the part s of the target (1 - s) · y + s / num_classes that is spread
            over the classes, from 0 to 0.99.
        **kwargs: `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        A dict of `label` (batch_size, num_classes), the class probabilities, and `reconstruction`,
        in [0, 1] and of the images' shape. Metrics given to `compile` go by these keys.

    Raises:
        InputError: the networks do not fit each other, an unknown loss or cooperation, a negative
            weight, or labels that are missing, out of range or of another shape.

    Example:

        model = zoo.create_model("ac_co_v2", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, labels, epochs=5)

    Reference: I. M. Kamal and H. Bae, slides A, "Cooperative Auto-classifier".
    """

    term_names = ("classification_loss", "generation_loss")
    logit_roles = ("classifier", "generator", "discriminator")
    scored_answers = ("label", "reconstruction")
    rebuilds_clean = True
    # Whether its generator is to make images of true labels alone, by which it is then judged.
    generates_from_labels = False

    def __init__(
        self,
        classifier: keras.Model,
        generator: keras.Model,
        cooperation: str | StrictCooperation | AdjustedCooperation = "adjusted",
        label_loss: str = "crossentropy",
        reconstruction_loss: str = "mse",
        label_smoothing: float = 0.0,
        discriminator: keras.Model | None = None,
        **kwargs: Any,
    ) -> None:
        networks = {
            "classifier": classifier,
            "generator": generator,
            "discriminator": discriminator,
        }
        super().__init__(networks, self.term_names, label_loss, label_smoothing, **kwargs)
        self.check_generator()
        self.cooperation = _cooperation(cooperation)
        self.reconstruction_loss = reconstruction_loss
        self.image_distance = self.distance(reconstruction_loss)
        self.reconstruction_error = ReconstructionError(name="reconstruction_error")

    def check_generator(self) -> None:
        """Raises `InputError` unless the generator fits the classifier."""
        label_vectors.check_generator(self.classifier, self.generator)

    def generate(self, y) -> Any:
        """Images in [0, 1] of labels: class numbers (batch_size,) or label vectors."""
        y = self.take_labels(y)
        if y.shape[0] == 0:
            raise gate.nothing()
        return self.restored(self.pixel_logits(y))

    def reconstruct(self, x) -> Any:
        """Images in [0, 1] rebuilt from the label vectors of `x`, float32."""
        label = self.classify(x)
        with gate.passed():
            return self.generate(label)

    def pixel_logits(self, label, training=False) -> Any:
        """What the generator makes of label vectors (batch_size, num_classes)."""
        return self.generator(label, training=training)

    def forward(self, x, y=None, sample_weight=None, training=False):
        class_logits = self.classifier(x, training=training)
        label = label_vectors.probabilities(class_logits)
        pixel_logits = self.pixel_logits(label, training=training)
        return {"class_logits": class_logits, "label": label, "pixel_logits": pixel_logits}

    def terms(self, x, y, outputs):
        return {
            "classification_loss": self.classification_term(y, outputs),
            "generation_loss": self.image_distance(x, outputs["pixel_logits"]),
        }

    def total(self, means):
        losses = means["classification_loss"], means["generation_loss"]
        if isinstance(self.cooperation, StrictCooperation):
            share = 1.0 / tf.distribute.get_strategy().num_replicas_in_sync
            gap = sum_over_replicas(self.cooperation.gap(*losses, share))
            return self.cooperation(*losses, gap, share)
        return self.cooperation(*losses)

    def predictions(self, outputs):
        reconstruction = self.restored(outputs["pixel_logits"])
        return {"label": outputs["label"], "reconstruction": reconstruction}

    def metric_pairs(self, x, y, y_pred):
        targets = {"label": y, "reconstruction": x}
        return targets, {key: y_pred[key] for key in targets}

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        super().update_metrics(x, y, sample_weight, outputs, y_pred)
        rebuilt = self.scaled(y_pred["reconstruction"])
        self.reconstruction_error.update_state(self.scaled(x), rebuilt)


def _cooperation(cooperation):
    if isinstance(cooperation, tuple(COOPERATIONS.values())):
        return cooperation
    if isinstance(cooperation, str) and cooperation in COOPERATIONS:
        return COOPERATIONS[cooperation]()
    raise InputError(
        "`cooperation` must be 'strict', 'adjusted', or a StrictCooperation or "
        f"AdjustedCooperation of zoo.losses. Received: cooperation={cooperation!r}."
    )
