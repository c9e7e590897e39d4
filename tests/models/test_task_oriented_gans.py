"""zoo/models/task_oriented_gans.py: who pays what, and who moves in which stage."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import InputError
from zoo.models import latent_vectors
from zoo.networks import image_discriminator, latent_generator, perceptron

X = np.random.default_rng(0).uniform(size=(32, 8, 8, 1)).astype("float32")
Y = np.arange(32) % 3


def tiny(kind="dense", generator_kind="dense", **arguments):
    keras.utils.set_random_seed(0)
    of_classifier = {"units": (6,)} if kind == "dense" else {}
    of_game = {"generator_units": (5,), "discriminator_units": (4,)}
    settings = {
        "kind": kind,
        "generator_kind": generator_kind,
        **of_classifier,
        **(of_game if generator_kind == "dense" else {}),
        "latent_size": 4,
        "dropout": 0.0,
        "stages": (("task", 1),),
    }
    return zoo.create_model(
        "task_oriented_gan", input_shape=(8, 8, 1), num_classes=3, **{**settings, **arguments}
    )


def values(variables):
    return [variable.numpy() for variable in variables]


def test_the_terms_worked_by_hand():
    """D says 1/4 for a made image, and T finds its class with 1/2; a real one's with 3/4."""
    model = tiny(generated_weight=0.1)
    model.discriminator = lambda x, training: tf.fill((1, 1), -tf.math.log(3.0))
    outputs = {
        "class_logits": tf.math.log([[0.75, 0.125, 0.125]]),
        "class_logits_of_made": tf.math.log([[0.25, 0.5, 0.25]]),
        "made": tf.zeros((1, 8, 8, 1)),
        "made_class": tf.constant([[0.0, 1.0, 0.0]]),
    }
    terms = model.terms(None, tf.constant([[1.0, 0.0, 0.0]]), outputs)
    terms = {name: float(tf.reduce_mean(term)) for name, term in terms.items()}
    assert terms == {
        "classification_loss": pytest.approx(0.287682),
        "generated_classification_loss": pytest.approx(0.693147),
        "adversarial_loss": pytest.approx(1.386294),
    }
    # 0.287682 + 0.0693147 + 1.386294, and in the stages before without the second, or the first.
    assert model.total(terms) == pytest.approx(1.743291)
    model.stage = "adversarial"
    assert model.total(terms) == pytest.approx(1.673976)
    model.stage = "guidance"
    assert model.total(terms) == pytest.approx(1.455609)


def test_each_stage_moves_its_networks():
    model = tiny(stages=(("adversarial", 1), ("guidance", 1), ("task", 1)))
    model.compile(optimizer="adam")
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.before = {role: values(net.weights) for role, net in model.networks.items()}

        def on_epoch_end(self, epoch, logs=None):
            moved = {
                role
                for role, network in model.networks.items()
                if not all(map(np.array_equal, self.before[role], values(network.weights)))
            }
            seen.append((model.stage, moved))

    model.fit(X, Y, batch_size=16, epochs=3, verbose=0, callbacks=[Watch()])
    assert seen == [
        ("adversarial", {"classifier", "generator", "discriminator"}),
        ("guidance", {"generator", "discriminator"}),
        ("task", {"classifier", "generator", "discriminator"}),
    ]


@pytest.mark.full
def test_a_fit_that_was_stopped_between_its_stages_goes_on_as_if_it_never_was(tmp_path):
    whole, part = (tiny(stages=(("adversarial", 1), ("task", 1)), seed=3) for _ in range(2))
    settings = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
    for model in (whole, part):
        model.compile(optimizer=keras.optimizers.Adam(0.01))
    whole.fit(X, Y, **settings)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    part.fit(X, Y, **settings, callbacks=[Stop()])
    part.save(tmp_path / "part.keras")
    loaded = keras.models.load_model(tmp_path / "part.keras")
    loaded.fit(X, Y, **settings, initial_epoch=1)
    for ours, theirs in zip(values(whole.weights), values(loaded.weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_without_weight_the_task_is_learned_from_the_labeled_rows_alone():
    model = tiny(generated_weight=0.0)
    alone = zoo.Classifier(keras.models.clone_model(model.classifier))
    alone.classifier.set_weights(model.classifier.get_weights())
    weights = (np.arange(32) < 8).astype("float32")
    for each in (model, alone):
        each.compile(optimizer=keras.optimizers.SGD(0.1))
        each.fit(X, Y, sample_weight=weights, batch_size=16, shuffle=False, verbose=0)
    pairs = zip(model.classifier.weights, alone.classifier.weights, strict=True)
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, atol=1e-6, err_msg=ours.path)


def test_the_generator_learns_what_the_task_calls_its_class():
    """A classifier of dark and bright images that stands still, and a generator that follows it."""
    image = keras.Input((4, 4, 1))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    classifier = keras.Model(image, keras.layers.Dense(2)(mean))
    classifier.set_weights([np.array([[-20.0, 20.0]]), np.array([10.0, -10.0])])
    classifier.trainable = False
    model = zoo.TaskOrientedGAN(
        classifier,
        latent_generator((4, 4, 1), 3 + 2, (8,)),
        image_discriminator((4, 4, 1), (4,), "dense", dropout=0.0),
        generated_weight=5.0,
        stages=(("task", 1),),
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    x = np.random.default_rng(0).uniform(size=(64, 4, 4, 1)).astype("float32")
    model.fit(x, np.zeros(64), batch_size=32, epochs=40, verbose=0)
    dark, bright = (float(np.mean(model.generate([label]))) for label in (0, 1))
    assert dark < 0.4 and bright > 0.6


def test_a_draw_is_numbers_and_the_vector_of_a_class():
    prior = latent_vectors.uniform_prior(2, 3)
    drawn = np.asarray(latent_vectors.draw(prior, X, keras.random.SeedGenerator(0)))
    assert drawn.shape == (32, 5) and drawn.dtype == np.float32
    numbers, classes = drawn[:, :2], drawn[:, 2:]
    assert 0.0 <= numbers.min() < 0.2 and 0.8 < numbers.max() <= 1.0
    assert set(np.unique(classes)) == {0.0, 1.0}
    np.testing.assert_array_equal(classes.sum(axis=-1), 1.0)
    assert (classes.sum(axis=0) > 3).all()


def test_samples_are_images_of_the_classes_asked_for():
    model = tiny()
    y = np.array([0, 1, 2, 0])
    made = np.asarray(model.generate(y))
    for images in (made, np.asarray(model.sample(4)), np.asarray(model.generate(np.eye(3)))):
        assert images.shape[1:] == (8, 8, 1) and 0.0 <= images.min() <= images.max() <= 1.0
    np.testing.assert_array_equal(made[0], made[3])
    code = model.prior.sample(4)[:, : model.latent_size]
    assert np.any(np.asarray(model.generate(y, code))[0] != np.asarray(model.generate(y, code))[3])
    given = []
    model.generator = lambda vector, training: given.append(vector) or tf.zeros((4, 8, 8, 1))
    model.generate(y, code)
    np.testing.assert_array_equal(given[0][:, 4:], np.eye(3)[y])
    np.testing.assert_array_equal(given[0][:, :4], code)


def test_both_kinds_of_networks_are_to_be_had():
    for kind, generator_kind in itertools.product(("dense", "convolutional"), repeat=2):
        dense = kind == generator_kind == "dense"
        model = tiny(kind, generator_kind, **{} if dense else {"size": (4, 6)})
        for role, asked in (("classifier", kind), ("discriminator", generator_kind)):
            kinds = {type(layer) for layer in model.networks[role].layers}
            assert (keras.layers.Conv2D in kinds) == (asked == "convolutional")
        assert model.generator.input_shape == (None, 4 + 3)


def others(role, network):
    networks = {
        "classifier": perceptron((8, 8, 1), 3, (4,)),
        "generator": latent_generator((8, 8, 1), 7, (4,)),
        "discriminator": image_discriminator((8, 8, 1), (4,)),
    }
    return {**networks, role: network}


@pytest.mark.parametrize(
    ("role", "network", "message"),
    [
        ("generator", latent_generator((9, 9, 1), 7, (4,)), r"\(8, 8, 1\).*\(7,\).*\(9, 9, 1\)"),
        ("generator", latent_generator((8, 8, 1), 3, (4,)), r"label vectors of length 3.*\(3,\)"),
        ("discriminator", image_discriminator((9, 9, 1), (4,)), r"one logit.*\(9, 9, 1\)"),
        ("discriminator", perceptron((8, 8, 1), 2, (4,)), r"one logit.*\(2,\)"),
    ],
)
def test_networks_that_do_not_fit_are_refused(role, network, message):
    with pytest.raises(InputError, match=message):
        zoo.TaskOrientedGAN(**others(role, network))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generated_weight": -0.5}, r"mu.*=-0.5"),
        ({"latent_size": 0}, "`latent_size`.*=0"),
        ({"kind": "round"}, "Unknown kind 'round'"),
        ({"generator_kind": "round"}, "Unknown generator_kind 'round'"),
        ({"stages": (("task", 0),)}, "share of a stage must be above 0"),
        ({"stages": (("tasks", 1),)}, "Did you mean 'task'"),
        ({"adversarial_loss": "hinge"}, "Unknown adversarial loss"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        tiny(**settings)
