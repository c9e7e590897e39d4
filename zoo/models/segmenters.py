"""Segmenters: a mask for each image, learned pixel by pixel and, beyond it, against a judge."""

from typing import Any

import keras
from keras import ops

from zoo.errors import InputError, check_number
from zoo.kinds import TaskNamed
from zoo.metrics.structured_metrics import ImageIoU
from zoo.models import allowed, label_sets
from zoo.models.base.min_max_game import MinMaxGame
from zoo.networks.segmentation import mask_maps, num_maps


@keras.saving.register_keras_serializable(package="zoo")
class Segmenter(MinMaxGame):
    """A mask for each image, every pixel for itself: the baseline of structured segmentation.

        ŷ = sigmoid(segmenter(x))
        segmentation_loss  Σ_i w_i · mean_pixels crossentropy(y_i, ŷ_i) / Σ_i w_i, in nats
        loss = segmentation_loss

    Args:
        segmenter: built model, images (batch_size, height, width, channels) in [0, 1] to mask
            logits (batch_size, height, width, 1).
        **kwargs: `augmentation` as for `ZooModel`; with a `RandomPairCrop` the images and masks
            given may be larger than those of the network, and `predict_by_crops` predicts theirs.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Soft masks (batch_size, height, width, 1) in [0, 1], float32.

    Raises:
        InputError: a segmenter whose masks are not of its images' size, or masks that are missing,
            outside [0, 1] or of another size than their images.

    Example:

        model = zoo.create_model("fcn", input_shape=(32, 32, 3), crop_size=24)
        model.compile(optimizer="adam")
        model.fit(images, masks, epochs=100)
        masks = predict_by_crops(model, images) > 0.5
    """

    task = TaskNamed("masks")
    label_terms = ("segmentation_loss",)
    real_terms = ("discriminator_real_loss",)
    logit_roles = ("segmenter", "discriminator")

    def __init__(
        self, segmenter: keras.Model, discriminator: keras.Model | None = None, **kwargs: Any
    ) -> None:
        networks = {"segmenter": segmenter, "discriminator": discriminator}
        super().__init__(networks, ("segmentation_loss",), **kwargs)
        image, mask = tuple(segmenter.input_shape[1:]), tuple(segmenter.output_shape[1:])
        if len(image) != 3 or mask != (*image[:2], 1):
            raise InputError(
                "The segmenter must turn images (height, width, channels) into mask logits "
                f"(height, width, 1). Received: a network that turns {image} into {mask}."
            )
        self.label_shape = mask
        self.mean_iou = ImageIoU(name="mean_iou")

    def takes_labels(self, shape):
        return allowed.label_sets(self.label_shape)

    def prepare_labels(self, y):
        return label_sets.as_label_sets(y, self.label_shape)

    def forward(self, x, y=None, sample_weight=None, training=False):
        logits = ops.cast(self.segmenter(x, training=training), "float32")
        return {"logits": logits, "mask": ops.sigmoid(logits)}

    def terms(self, x, y, outputs):
        pixels = ops.binary_crossentropy(y, outputs["logits"], from_logits=True)
        return {"segmentation_loss": ops.mean(pixels, axis=(1, 2, 3))}

    def total(self, means):
        return means["segmentation_loss"]

    def predictions(self, outputs):
        return outputs["mask"]

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        self.mean_iou.update_state(y, y_pred, sample_weight)


@keras.saving.register_keras_serializable(package="zoo")
class AdversarialSegmenter(Segmenter):
    """A segmenter whose masks a discriminator must not tell from true ones.

    As `Segmenter`, with a discriminator D of an image x with a mask, which sees `form` of them:

        discriminator_real_loss  mean over the labeled rows of -log D(x_i, y_i)
        discriminator_fake_loss  mean_i -log(1 - D(x_i, ŷ_i))
        adversarial_loss         mean_i log(1 - D(x_i, ŷ_i))  ("minimax"), or
                                 mean_i -log D(x_i, ŷ_i)      ("non_saturating")
        loss = segmentation_loss + λ · adversarial_loss

    The slides' pair of objectives,

        D:  min  ℓ_BCE(D(x, G(x)), 0) + ℓ_BCE(D(x, y), 1)
        G:  min  -ℓ_BCE(D(x, G(x)), 0) + ℓ_avgBCE(y, G(x)),

    is `"minimax"` with λ = 1. Luc et al. train with `"non_saturating"`, the default.

    Args:
        segmenter: as for `Segmenter`.
        discriminator: built model, maps of `zoo.networks.segmentation.mask_maps` to one logit.
        form: what the discriminator sees: `"basic"`, the mask; `"basic_and_image"`, the image
            beside it; or `"product"`, each channel times the mask and times what it leaves.
        adversarial_weight: λ, at least 0.
        **kwargs: `adversarial_loss` and `adversary_steps` as for `MinMaxGame`, `augmentation` as
            for `Segmenter`.

    Raises:
        InputError: as for `Segmenter`, a discriminator of other maps, an unknown form, or a
            negative weight.

    Reference: P. Luc, C. Couprie, S. Chintala and J. Verbeek, Semantic segmentation using
    adversarial networks, 2016, section 3, arXiv:1611.08408; slides B, "Adversarial Training for
    Segmentation".
    """

    def __init__(
        self,
        segmenter: keras.Model,
        discriminator: keras.Model,
        form: str = "product",
        adversarial_weight: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(segmenter, discriminator, **kwargs)
        check_number("adversarial_weight", adversarial_weight)
        wanted = (*self.label_shape[:2], num_maps(self.input_shape[1:][2], form))
        shapes = tuple(discriminator.input_shape[1:]), tuple(discriminator.output_shape[1:])
        if shapes != (wanted, (1,)):
            raise InputError(
                f"The discriminator must take maps of shape {wanted} for the form {form!r} and "
                f"return one logit. Received: a network that turns {shapes[0]} into {shapes[1]}."
            )
        self.form = form
        self.adversarial_weight = adversarial_weight

    def discriminator_input(self, x, y, outputs):
        return mask_maps(x, y, self.form), mask_maps(x, outputs["mask"], self.form)

    def terms(self, x, y, outputs):
        fake = mask_maps(x, outputs["mask"], self.form)
        return {**super().terms(x, y, outputs), "adversarial_loss": self.adversarial_term(fake)}

    def total(self, means):
        return super().total(means) + self.adversarial_weight * means["adversarial_loss"]
