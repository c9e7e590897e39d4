"""Tiny models of every kind, and rows that they learn from."""

import inspect

import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.models.base import random_state
from zoo.registry import entry_point, void_arguments

# One entry point of each class that `zoo.models` exports: what the default tier tests.
OF_EACH_CLASS = (
    "ac_co_v2",
    "ac_nc_v1",
    "ac_nc_v2",
    "adversarial_segmenter",
    "catgan",
    "cnn",
    "dae",
    "dvae",
    "dvn",
    "fcn",
    "idaae",
    "infnet",
    "ladder",
    "m1m2",
    "m2",
    "mlp",
    "multiclass_svm",
    "se_nc",
    "spen",
    "spen_e2e",
    "task_oriented_gan",
    "vat",
)
# One player, a game, a generator as adversary, an energy, stages, a ladder: each shape of step.
SHAPES = ("ac_co_v2", "aae", "ac_nc_v1", "spen", "m1m2", "ladder")
# What takes rows of features as well as images: NAME_on_vectors stands for NAME on these.
VECTORS = "_on_vectors"
ON_VECTORS = tuple(
    name + VECTORS
    for name in zoo.list_models()
    if "categories" in inspect.signature(entry_point(name)).parameters
)
# One of each class: what trains and is served, as the others differ by their arguments alone.
CLASSES_ON_VECTORS = tuple(
    name for name in ON_VECTORS if name.removesuffix(VECTORS) in OF_EACH_CLASS
)
# Of them in the default tier.
SOME_ON_VECTORS = ("se_nc_on_vectors",)
# By what an entry point asks for; the first that fits.
KINDS = {"num_labels": "label_sets", "crop_size": "masks", "input_shape": "images"}
TINY = {
    "num_classes": 3,
    "size": (4,),
    "code_size": 4,
    "num_labels": 4,
    "measurements": 3,
    "inference_steps": 2,
    "filters": (4, 6),
    "units": (5,),
    "kernel_size": 3,
    "discriminator_filters": (4,),
    "generator_units": (5,),
    "discriminator_units": (5,),
    "latent_size": 4,
    "feature_size": 6,
}
INPUT_SHAPES = {"label_sets": (6,), "masks": (8, 8, 3), "images": (8, 8, 1), "vectors": (6,)}
# A category of two columns behind four numbers.
CATEGORIES = (2,)
OF_MODEL = {
    # The rates of its stages are those of SGD at the published size.
    "dvn": {"stages": None},
    # Linear, as machines are: of five rectified units all may be dead.
    "binary_svm": {"units": ()},
    "multiclass_svm": {"units": ()},
    # At the published weights plain gradient descent flies off.
    "ladder": {"input_weight": 0.1, "first_weight": 0.1},
    # Each stage has a loss of its own, which only within it can fall.
    "task_oriented_gan": {"stages": (("task", 1),)},
    "m1m2": {"stages": (("classes", 1),)},
    # Of pixels between 0 and 1 the loss is mostly their entropy, which does not fall.
    "beta_vae": {"likelihood": "gaussian"},
    "dvae": {"likelihood": "gaussian"},
    # One level of convolutions learns too slowly against the discriminator.
    "aae": {"size": (4, 8)},
    # Under the published noise the loss falls too slowly for so few steps.
    "daae": {"noise": 0.1},
    "idaae": {"noise": 0.1},
    # The loss of a value between 0 and 1 cannot fall below the value's own entropy.
    "dvn_masks": {"generators": {"ground_truth": 1.0}},
    # So few dense units learn nothing of a picture.
    "m1": {"kind": "convolutional"},
}
# What is refused, for each kind of rows.
WRONG_SHAPES = {
    "label_sets": [(64, 6, 1), (64, 7)],
    "masks": [(64, 8, 8), (64, 9, 8, 3), (64, 8, 8, 1)],
    "images": [(64, 8, 8), (64, 9, 8, 1), (64, 8, 8, 3)],
    "vectors": [(64, 6, 1), (64, 7)],
}


@keras.saving.register_keras_serializable(package="tests")
class Dim(keras.layers.Layer):
    """A corruption without randomness."""

    def call(self, x, training=False):
        return 0.7 * x if training else x


# Random layers and draws off, for the tests that compare two trainings, beside `without_draws`.
QUIET = {
    "dropout": 0.0,
    "input_dropout": 0.0,
    "discriminator_dropout": 0.0,
    "classifier_noise": 0.0,
    "corruption": Dim(),
    "generators": {"inference": 1.0},
    # Gaussian gradients are so large that what two trainings round differently would show.
    "likelihood": "bernoulli",
}


def without_draws(patch):
    """Nothing is drawn, to compare two trainings: `patch` is a `pytest.MonkeyPatch`.

    Codes are the means of their distributions, and directions follow from the rows.
    """

    def mean(distribution, shape, seeds):
        mean = distribution.mean()
        before = tf.cast(tf.reshape(shape, [-1]), "int32")
        return tf.broadcast_to(mean, tf.concat([before, tf.shape(mean)], axis=0))

    def waves(x, seeds):
        # Another direction for each row: batch normalization would take a common one away.
        return tf.sin(10.0 * x)

    def pixels(prior, x, seeds):
        # Not one mean for all rows, for the same reason.
        return tf.abs(tf.sin(10.0 * tf.reshape(x, (tf.shape(x)[0], -1))[:, : prior.event_shape[0]]))

    patch.setattr("zoo.priors.draw", mean)
    patch.setattr("zoo.models.latent_vectors.draw", pixels)
    patch.setattr("zoo.models.virtual_adversarial_classifiers.draw_direction", waves)
    # Of gentle slope: from layer to layer it would double what two trainings round differently.
    patch.setattr(
        "zoo.models.ladder_networks.draw_noise", lambda z, seeds: tf.stop_gradient(tf.sin(z))
    )


def without_kinks(patch):
    """Rectified units are smooth: at a kink rounding would decide what two trainings learn."""
    patch.setattr(tf.nn, "relu", tf.nn.silu)
    patch.setattr(tf.nn, "leaky_relu", lambda x, alpha: (1 - alpha) * tf.nn.silu(x) + alpha * x)


def state(model):
    """Weights, the state of the optimizers and the state of the random generators."""
    optimizers = [model.optimizer]
    if model.adversary_role is not None:
        optimizers.append(model.adversary_optimizer)
    moments = [variable for optimizer in optimizers for variable in optimizer.variables]
    return model.weights + moments + random_state.states(model)


def parameters(name):
    return inspect.signature(entry_point(name.removesuffix(VECTORS))).parameters


def kind(name):
    if name.endswith(VECTORS):
        return "vectors"
    return next(found for asked, found in KINDS.items() if asked in parameters(name))


def tiny(name, **arguments):
    known = parameters(name)
    wanted = {
        "input_shape": INPUT_SHAPES[kind(name)],
        **TINY,
        **OF_MODEL.get(name.removesuffix(VECTORS), {}),
        **arguments,
    }
    if kind(name) == "vectors":
        name = name.removesuffix(VECTORS)
        wanted |= {"categories": CATEGORIES, "size": (16,), "kind": "dense", **arguments}
        # Standardized features have no other.
        wanted["likelihood"] = "gaussian"
    void = void_arguments(entry_point(name), wanted).keys() - arguments.keys()
    taken = [key for key in wanted if key in known and key not in void]
    return zoo.create_model(name, **{key: wanted[key] for key in taken})


def rows(name):
    """64 inputs with what is to be learned of them."""
    generator = np.random.default_rng(0)
    if kind(name) == "label_sets":
        x = generator.normal(size=(64, 6)).astype("float32")
        return x, (x @ generator.normal(size=(6, 4)) > 0.3).astype("float32")
    if kind(name) == "masks":
        mask = np.zeros((64, 8, 8, 1), "float32")
        for row, (top, left) in enumerate(generator.integers(0, 4, (64, 2))):
            mask[row, top : top + 4, left : left + 4] = 1
        noise = generator.uniform(0.0, 0.4, (64, 8, 8, 3))
        return (noise + 0.6 * mask).astype("float32"), mask
    # A machine of two classes is given two.
    classes = 3 if "binary" not in name else 2
    labels = np.arange(64) % classes
    if kind(name) == "vectors":
        # In units of their own.
        numbers = labels[:, None] + generator.normal(0.0, 0.3, (64, 4))
        numbers = numbers * [1.0, 10.0, 0.1, 1e3] + [0.0, 5.0, 1.0, -2e3]
        return np.hstack([numbers, np.eye(2)[labels % 2]]).astype("float32"), labels
    noise = generator.uniform(0.0, 0.3, (64, 8, 8, 1))
    return (noise + 0.3 * labels[:, None, None, None]).astype("float32"), labels
