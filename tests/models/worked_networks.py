"""Networks of one matrix and two images, whose outputs can be worked out by hand.

With L = log 3 and images of two pixels:

    image      class   classifier's logits   ŷ            generator's logits   x̂
    A (1, 0)   0       (L, 0)                (3/4, 1/4)   (L, 0)               (3/4, 1/2)
    B (1, 1)   1       (L, L)                (1/2, 1/2)   (0, 0)               (1/2, 1/2)

    label      generator's logits   image          logit of being real
    (1, 0)     (2L, 0)              (9/10, 1/2)    2L
    (0, 1)     (-2L, 0)             (1/10, 1/2)    -2L

The logit of being real is L for A's ŷ and 0 for B's.
"""

import math

import keras
import numpy as np
import tensorflow as tf

SHAPE = (1, 2, 1)
IMAGES = np.array([[1, 0], [1, 1]], "float32").reshape(2, *SHAPE)
LABELS = np.array([0, 1])
LOG3 = math.log(3.0)


def classifier():
    image = keras.Input(SHAPE)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(image))
    return _with_weights(keras.Model(image, logits), [LOG3 * np.eye(2), np.zeros(2)])


def generator():
    label = keras.Input((2,))
    image = keras.layers.Reshape(SHAPE)(keras.layers.Dense(2)(label))
    return _with_weights(keras.Model(label, image), _to_pixels())


def two_headed_generator():
    label = keras.Input((2,))
    image = keras.layers.Reshape(SHAPE)(keras.layers.Dense(2, name="image")(label))
    network = keras.Model(label, [image, keras.layers.Dense(1, name="real")(label)])
    network.get_layer("image").set_weights(_to_pixels())
    network.get_layer("real").set_weights(_to_logit())
    return network


def discriminator():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return _with_weights(network, _to_logit())


def scores(model, x=IMAGES, y=LABELS, **settings):
    """The terms of one batch, by name. Eagerly: a graph would take longer to make than to run."""
    if not model.compiled:
        model.compile(optimizer="sgd", run_eagerly=True)
    settings = {"batch_size": len(x), "verbose": 0, "return_dict": True, **settings}
    return model.evaluate(x, y, **settings)


def players_loss(model, x, y):
    """What the players minimize, of one batch at rest."""
    outputs = model.forward_after_adversary(model.forward(x))
    terms = model.terms(x, model.prepare_labels(y), outputs)
    return float(model.total({name: tf.reduce_mean(term) for name, term in terms.items()}))


def adversary_loss(model, x, y):
    """What the adversary minimizes, of one batch at rest."""
    y = model.prepare_labels(y)
    terms = model.adversary_terms(x, y, model.forward(x), training=False)
    return float(sum(tf.reduce_mean(term) for term in terms.values()))


def slopes(variables, loss, step=1e-2):
    """Central finite differences of `loss()` by every number in `variables`."""
    found = []
    for variable in variables:
        start = variable.numpy()
        gradient = np.zeros_like(start)
        for index in np.ndindex(start.shape):
            nudge = np.zeros_like(start)
            nudge[index] = step
            variable.assign(start + nudge)
            above = loss()
            variable.assign(start - nudge)
            gradient[index] = (above - loss()) / (2 * step)
            variable.assign(start)
        found.append(gradient)
    return found


def values(variables):
    return [variable.numpy().copy() for variable in variables]


def one_step(model, x, y, *rates):
    """One step of plain gradient descent: by the players' rate, and the adversary's in a game."""
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates), run_eagerly=True)
    return model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0).history


def _to_pixels():
    return [2 * LOG3 * np.array([[1, 0], [-1, 0]]), np.zeros(2)]


def _to_logit():
    return [2 * LOG3 * np.array([[1], [-1]]), np.zeros(1)]


def _with_weights(network, weights):
    network.set_weights(weights)
    return network
