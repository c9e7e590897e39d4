"""Task-Oriented GAN: images made for a classifier that has few of its own."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import priors
from zoo.errors import check_count, check_number
from zoo.models import allowed, codes, gate, latent_vectors
from zoo.models.base.batch_moments import moments_at_rest
from zoo.models.base.class_model import ClassModel


@keras.saving.register_keras_serializable(package="zoo")
class TaskOrientedGAN(ClassModel):
    """A stand-in for the Task-Oriented GAN: three networks, trained in stages.

    What is published of the original are its three networks G, D and T (the task's), its two
    stages, and that the generator is adjusted so that its images help the task, whose small
    training set they enlarge. Its losses are not; these are the zoo's own reading:

        g = sigmoid(generator([z, c])),  z ~ U(0, 1),  c one-hot, each class alike

        D minimizes, first:
        discriminator_real_loss        mean_i -log D(x_i)
        discriminator_fake_loss        mean_i -log(1 - D(g_i))
        G and T minimize, then, and see the moved D:
        adversarial_loss               mean_i -log D(g_i)  ("non_saturating")
        classification_loss            L_C = Σ_i w_i · (-log softmax(T(x_i))_{y_i}) / Σ_i w_i
        generated_classification_loss  L_G = mean_i -log softmax(T(g_i))_{c_i}

        stage "adversarial": loss = L_C + adversarial_loss, and T and G move
        stage "guidance":    loss = μ · L_G + adversarial_loss, and G alone moves
        stage "task":        loss = L_C + μ · L_G + adversarial_loss, and T and G move

    The first of the original's stages is "adversarial", where nothing tells G what c means, and T
    learns from labeled rows alone. The second is "guidance", where G is adjusted to T, and then
    "task", where made images enlarge T's training set. Without guidance before, T and G agree on
    classes of their own: on MNIST zeros looked like ones, and T's accuracy fell.

    D sees all images, labeled or not, and T learns from the labeled ones (weights above 0) and
    the made ones. Real and made images pass T by themselves, as in `zoo.CategoricalGAN`.

    Args:
        classifier: T, any built classifier, images (batch_size, height, width, channels) in [0, 1]
            to class logits (batch_size, num_classes).
        generator: G, built model, vectors (batch_size, latent_size + num_classes) to pixel logits
            of the images' shape.
        discriminator: D, built model, images to one logit (batch_size, 1).
        generated_weight: μ, at least 0; 0 is T alone on the labeled rows, beside a GAN.
        stages: (part, share of the epochs[, learning rate]), see `zoo.models.base.stages`; the
            parts are `"adversarial"`, `"guidance"` and `"task"`.
        seed: of the draws.
        **kwargs: `label_loss` and `label_smoothing` as for `zoo.Classifier`, `adversarial_loss`
            and `adversary_steps` as for `MinMaxGame`, `augmentation` as for `ZooModel`.

    Call arguments:
        x: images, float in [0, 1], (batch_size, height, width, channels).

    Returns:
        Class probabilities (batch_size, num_classes), float32; metrics given to `compile` see
        them beside one-hot labels.

    Raises:
        InputError: networks that do not fit each other, a negative weight, an unknown stage, or
            labels that are missing, out of range or of another shape.

    Example:

        model = zoo.create_model("task_oriented_gan", input_shape=(28, 28, 1), num_classes=10)
        model.compile(optimizer="adam")
        model.fit(images, numbers, sample_weight=is_labeled, epochs=30)
        sevens = model.generate([7] * 25, model.prior.sample(25)[:, : model.latent_size])

    Reference: F. Liu, L. Jiao and X. Tang, Task-oriented GAN for PolSAR image classification and
    clustering, IEEE TNNLS 30(9), 2019, for the networks and the stages.
    """

    logit_roles = ("classifier", "generator", "discriminator")
    parts = ("adversarial", "guidance", "task")

    def __init__(
        self,
        classifier: keras.Model,
        generator: keras.Model,
        discriminator: keras.Model,
        generated_weight: float = 1.0,
        stages: Sequence[Sequence[Any]] = (("adversarial", 1), ("guidance", 1), ("task", 1)),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        networks = {
            "classifier": classifier,
            "generator": generator,
            "discriminator": discriminator,
        }
        terms = ("classification_loss", "generated_classification_loss")
        super().__init__(networks, terms, stages=stages, **kwargs)
        check_number("generated_weight (mu)", generated_weight)
        latent_vectors.check_generator(generator, self.input_shape[1:], self.num_classes)
        latent_vectors.check_image_discriminator(discriminator, self.input_shape[1:])
        self.code_size = generator.input_shape[-1]
        self.latent_size = self.code_size - self.num_classes
        self.prior = latent_vectors.uniform_prior(self.latent_size, self.num_classes)
        self.generated_weight = generated_weight
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def decode(self, code) -> Any:
        """Images in [0, 1] made from vectors [z, c] (batch_size, code_size), float32."""
        return codes.decode(self.generator, code, self.scaling)

    def sample(self, n: int) -> Any:
        """`n` images in [0, 1] made from draws of z and of the class, float32."""
        check_count("n", n)
        return self.decode(priors.draw(self.prior, n, self.seeds))

    def generate(self, y, code=None) -> Any:
        """Images in [0, 1] of classes, float32.

        Args:
            y: class numbers (batch_size,) or label vectors (batch_size, num_classes).
            code: z (batch_size, latent_size); None takes the middle of its range for all.
        """
        y = self.take_labels(y)
        if code is None:
            code = tf.fill((tf.shape(y)[0], self.latent_size), 0.5)
        code = gate.take(allowed.numbers("codes", (self.latent_size,)), code)
        code = gate.one_each(y, code, "code")
        vector = tf.concat([tf.cast(code, "float32"), y], axis=-1)
        return self.restored(self.generator(vector, training=False))

    def variables_of(self, part):
        moving = self.generator.trainable_variables
        return moving if part == "guidance" else moving + self.classifier.trainable_variables

    @property
    def _task_learns(self):
        return self.stage != "guidance"

    def forward(self, x, y=None, sample_weight=None, training=False):
        learns = training and self._task_learns
        outputs = {"class_logits": self.classifier(x, training=learns)}
        if y is None:
            return outputs
        latent = latent_vectors.draw(self.prior, x, self.seeds)
        made = self.made(self.generator(latent, training=training))
        with moments_at_rest(self.classifier):
            class_logits_of_made = self.classifier(made, training=learns)
        return {
            **outputs,
            "made": made,
            "made_class": latent[:, self.latent_size :],
            "class_logits_of_made": class_logits_of_made,
        }

    def discriminator_input(self, x, y, outputs):
        return tf.cast(x, "float32"), outputs["made"]

    def terms(self, x, y, outputs):
        of_made = self.label_distance(outputs["made_class"], outputs["class_logits_of_made"])
        return {
            "classification_loss": self.classification_term(y, outputs),
            "generated_classification_loss": of_made,
            "adversarial_loss": self.adversarial_term(outputs["made"]),
        }

    def total(self, means):
        loss = means["adversarial_loss"]
        if self._task_learns:
            loss += means["classification_loss"]
        if self.stage != "adversarial":
            loss += self.generated_weight * means["generated_classification_loss"]
        return loss
