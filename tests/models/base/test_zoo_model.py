"""zoo/models/base/zoo_model.py: global weighted means, checks of networks, compile."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks import decoder, encoder


def autoencoder(**arguments):
    return zoo.Autoencoder(encoder((8, 8, 1), 4, (4,)), decoder((8, 8, 1), 4, (4,)), **arguments)


def test_weights_scale_freely_and_select_rows(images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    half = np.repeat([1.0, 0.0], 32)
    only_first = model.evaluate(x[:32], verbose=0, return_dict=True)["loss"]
    for factor in (1.0, 7.0):
        weighted = model.evaluate(
            x, x, sample_weight=factor * half, batch_size=64, verbose=0, return_dict=True
        )
        assert weighted["loss"] == pytest.approx(only_first, rel=1e-5)
        assert weighted["reconstruction_loss"] == pytest.approx(only_first, rel=1e-5)


def test_a_batch_without_weight_contributes_nothing(images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer=keras.optimizers.SGD(1.0))
    before = [variable.numpy() for variable in model.trainable_variables]
    model.fit(x, x, sample_weight=np.zeros(64), verbose=0)
    for old, new in zip(before, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_loss_of_an_epoch_weighs_batches_by_their_rows(images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    # 64 rows in batches of 48 and 16: the epoch's loss is the mean over the rows.
    losses = model.evaluate(x, batch_size=48, verbose=0, return_dict=True)["loss"]
    parts = [
        model.evaluate(part, batch_size=64, verbose=0, return_dict=True)["loss"]
        for part in (x[:48], x[48:])
    ]
    assert losses == pytest.approx(0.75 * parts[0] + 0.25 * parts[1], rel=1e-5)


def test_one_sgd_step_is_the_hand_written_one(images):
    import tensorflow as tf

    x, _ = images
    model, twin = autoencoder(), autoencoder()
    twin.set_weights(model.get_weights())
    model.compile(optimizer=keras.optimizers.SGD(0.5))
    model.fit(x, batch_size=64, verbose=0)
    with tf.GradientTape() as tape:
        pixels = tf.sigmoid(twin.decoder(twin.encoder(x, training=True), training=True))
        loss = tf.reduce_mean(tf.square(x - pixels))
    values = [variable.value for variable in twin.trainable_variables]
    for variable, gradient in zip(
        twin.trainable_variables, tape.gradient(loss, values), strict=True
    ):
        variable.assign_sub(0.5 * gradient)
    for ours, theirs in zip(model.trainable_variables, twin.trainable_variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-6)


def test_metrics_given_to_compile_are_shown(images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer="adam", metrics=["mae"])
    scores = model.evaluate(x, verbose=0, return_dict=True)
    expected = np.mean(np.abs(model.predict(x, verbose=0) - x))
    assert scores["mae"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "metric",
    [
        "sparse_categorical_accuracy",
        keras.metrics.SparseTopKCategoricalAccuracy(2),
        keras.metrics.sparse_categorical_crossentropy,
        keras.metrics.MeanMetricWrapper(keras.metrics.sparse_categorical_accuracy),
    ],
)
def test_metrics_of_class_numbers_are_refused(metric):
    model = zoo.create_model("se_co", input_shape=(8, 8, 1), num_classes=3, size=(4,))
    for given in ({"metrics": {"label": [metric]}}, {"weighted_metrics": {"label": metric}}):
        with pytest.raises(zoo.InputError, match="see classes as one-hot vectors.*Received: "):
            model.compile(**given)


@pytest.mark.parametrize("name", ["loss", "classification_loss"])
def test_a_metric_has_no_name_of_the_models_own(name):
    model = zoo.create_model("cnn", input_shape=(8, 8, 1), num_classes=3, size=(4, 8))
    with pytest.raises(zoo.InputError, match=f"shows its own '{name}'.*give the metric another"):
        model.compile(metrics=[keras.metrics.MeanSquaredError(name=name)])
    model.compile(metrics=["mse", "accuracy"])


def test_reloaded_model_is_compiled_without_a_warning(images, tmp_path, recwarn):
    x, _ = images
    model = autoencoder(corruption=keras.layers.GaussianNoise(0.1))
    model.compile(optimizer=keras.optimizers.Adam(3e-3), metrics=["mae"])
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.compiled and int(loaded.optimizer.iterations) == 2
    assert float(loaded.optimizer.learning_rate) == pytest.approx(3e-3)
    assert not [warning for warning in recwarn if "compile" in str(warning.message)]


def test_numbers_of_numpy_are_numbers():
    model = zoo.create_model(
        "se_co",
        input_shape=(np.int64(8), np.int32(8), 1),
        num_classes=np.array([0, 2]).max() + 1,
        size=[np.int64(4)],
        dropout=np.float32(0.5),
    )
    assert model.num_classes == 3


@pytest.mark.parametrize(
    "end",
    [
        lambda x: keras.layers.Activation("sigmoid")(x),
        lambda x: keras.layers.Softmax()(x),
        lambda x: keras.ops.softmax(x),
        lambda x: keras.layers.Activation("linear")(keras.layers.Activation("softmax")(x)),
        lambda x: keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, "sigmoid")])(x),
    ],
)
@pytest.mark.parametrize("reshaped", [True, False])
def test_networks_that_end_in_an_activation_are_refused(end, reshaped):
    x = keras.Input((64,))
    reshape = keras.layers.Reshape((8, 8, 1))
    y = reshape(end(x)) if reshaped else end(x)
    with pytest.raises(zoo.InputError, match="must return logits"):
        zoo.Autoencoder(encoder((8, 8, 1), 64, (4,)), keras.Model(x, y))


@pytest.mark.parametrize("name", ["aae", "se_nc"])
def test_what_is_frozen_between_two_fits_rests_and_what_is_not_moves(name, images):
    x, y = images
    classes = {"num_classes": 3} if name == "se_nc" else {}
    model = zoo.create_model(name, input_shape=(8, 8, 1), size=(4, 8), code_size=4, **classes)
    model.compile()

    def moved(part):
        before = [each.numpy() for each in part.variables]
        model.fit(x, y, verbose=0)
        pairs = zip(part.variables, before, strict=True)
        return any(np.any(new.numpy() != old) for new, old in pairs if "seed" not in new.path)

    for part in (model.encoder, model.discriminator):
        assert moved(part)
        part.trainable = False
        assert not moved(part)
        part.trainable = True
        assert moved(part)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_weights_of_half_precision_are_refused(kind):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype=kind)])
    with pytest.raises(zoo.InputError, match=f"keep its weights in float32.*'mixed_{kind}'"):
        zoo.Classifier(network)


def test_a_network_that_takes_whole_numbers_is_refused():
    layers = [keras.Input((8, 8, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255)]
    network = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(zoo.InputError, match="`classifier` must take floats.*uint8"):
        zoo.Classifier(network)


def test_an_optimizer_is_known_and_of_one_model():
    first, second = (
        zoo.create_model("ae", input_shape=(8, 8, 1), size=(4,), code_size=4) for _ in range(2)
    )
    optimizer = keras.optimizers.SGD(0.1)
    for _ in range(2):
        first.compile(optimizer)
    with pytest.raises(zoo.InputError, match="the optimizer of another"):
        second.compile(optimizer)
    with pytest.raises(zoo.InputError, match="Unknown optimizer 'adamant'"):
        second.compile("adamant")
    with pytest.raises(zoo.InputError, match="steps_per_execution=0"):
        second.compile("sgd", steps_per_execution=0)


@pytest.mark.parametrize("network", ["encoder", None, keras.Sequential([keras.layers.Dense(3)])])
def test_networks_must_be_built_models(network):
    with pytest.raises(zoo.InputError, match="`decoder` must be a built keras.Model"):
        zoo.Autoencoder(encoder((8, 8, 1), 4, (4,)), network)


def test_regularizers_of_the_networks_count(images):
    x, _ = images
    dense = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.1))
    mine = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense])
    model = zoo.Autoencoder(mine, decoder((8, 8, 1), 4, (4,)))
    model.compile(optimizer=keras.optimizers.SGD(1.0))
    kernel = dense.kernel.numpy()
    scores = model.evaluate(x, verbose=0, return_dict=True)
    penalty = 0.1 * np.sum(kernel**2)
    assert scores["loss"] == pytest.approx(scores["reconstruction_loss"] + penalty, rel=1e-4)
    # With weights of 0 the penalty alone is left: its gradient is 2 * 0.1 * kernel.
    model.fit(x, x, sample_weight=np.zeros(64), batch_size=64, verbose=0)
    np.testing.assert_allclose(dense.kernel.numpy(), 0.8 * kernel, atol=1e-6)


def test_xla_is_left_to_the_device(images, tmp_path, monkeypatch):
    """T21: "auto" is kept in the file, and decided anew where the model is loaded."""
    model = autoencoder()
    model.compile(optimizer="adam")
    assert model.jit_compile is False, "these tests run on CPUs"
    assert model.get_compile_config()["jit_compile"] == "auto"
    model.save(tmp_path / "auto.keras")
    monkeypatch.setattr("zoo.models.base.compiling._xla_pays", lambda *_: True)
    assert keras.models.load_model(tmp_path / "auto.keras").jit_compile is True
    model.compile(optimizer="adam", jit_compile=False)
    model.save(tmp_path / "off.keras")
    assert keras.models.load_model(tmp_path / "off.keras").jit_compile is False


def test_replicas_that_share_a_step_learn_without_xla(images, tmp_path, two_replicas):
    x, _ = images
    with two_replicas.scope():
        model = autoencoder()
        with pytest.warns(UserWarning, match="2 replicas share.*Received: jit_compile=True"):
            model.compile(optimizer="adam", jit_compile=True)
    assert np.isfinite(model.fit(x, verbose=0).history["loss"]).all()
    model.save(tmp_path / "two.keras")
    assert keras.models.load_model(tmp_path / "two.keras").jit_compile is True


def test_replicas_run_one_step_at_a_time(images, two_replicas):
    x, _ = images
    with two_replicas.scope():
        model = autoencoder()
        with pytest.warns(UserWarning, match="2 replicas share.*Received: steps_per_execution=2"):
            model.compile(optimizer="adam", steps_per_execution=2)
    assert np.isfinite(model.fit(x, batch_size=16, verbose=0).history["loss"]).all()
    assert np.isfinite(model.evaluate(x, batch_size=16, verbose=0)).all()


def test_fit_takes_keras_positional_arguments(images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer="adam")
    assert len(model.fit(x, None, 32, 3, 0, []).epoch) == 3


def test_subclassed_networks_are_refused_with_a_way_out(images):
    class Mine(keras.Model):
        def call(self, x):
            return keras.ops.reshape(x, (-1, 64))

    mine = Mine()
    mine(images[0])
    with pytest.raises(zoo.InputError, match=r"Received: Mine; wrap it"):
        zoo.Autoencoder(mine, decoder((8, 8, 1), 64, (4,)))


@pytest.mark.parametrize("factor", [255.0, -1.0])
def test_pixels_beyond_the_range_are_refused(factor, images):
    x, _ = images
    model = autoencoder()
    model.compile(optimizer="adam")
    with pytest.raises(zoo.InputError, match=r"floats in \[0, 1\]"):
        model.fit(factor * x, verbose=0)


def test_loss_weights_are_refused():
    with pytest.raises(zoo.InputError, match="takes no `loss_weights`"):
        autoencoder().compile(optimizer="adam", loss_weights=[1.0])


def test_no_optimizer_is_refused():
    with pytest.raises(zoo.InputError, match="optimizer=None"):
        autoencoder().compile(None)


@pytest.mark.parametrize("name", ["se_nc", "ac_nc_v1", "ac_nc_v2", "adversarial_segmenter"])
def test_a_game_counts_each_labeled_row_once(name):
    shape = {"input_shape": (8, 8, 1)} | ({} if "seg" in name else {"num_classes": 3})
    model = zoo.create_model(name, **shape, **({} if "seg" in name else {"size": (4,)}))
    (term,) = model.real_terms
    means, _ = model.means({term: tf.constant([1.0, 2.0, 6.0])}, tf.constant([0.0, 9.0, 0.5]))
    assert float(means[term]) == 4.0


def test_callbacks_know_which_way_a_models_own_terms_and_metrics_are_better(images):
    x, y = images
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model = zoo.Classifier(network)
    model.compile(keras.optimizers.SGD(0.0))
    better = {"accuracy": 1.0, "classification_loss": -1.0}
    stopping = [keras.callbacks.EarlyStopping(name) for name in better]
    history = model.fit(x, y, verbose=0, callbacks=stopping).history
    for callback, (name, gain) in zip(stopping, better.items(), strict=True):
        (value,) = history[name]
        assert callback.monitor_op(value + gain, value)
        assert not callback.monitor_op(value - gain, value)
    kept = keras.callbacks.ModelCheckpoint("best.keras", "val_loss", mode="max")
    model.callbacks_of_fit([kept])
    assert kept.mode == "max"


def test_terms_of_half_precision_are_averaged_in_float32(images):
    class Halved(zoo.Autoencoder):
        def terms(self, x, y, outputs):
            return {
                key: tf.cast(each, "bfloat16") for key, each in super().terms(x, y, outputs).items()
            }

    x, _ = images
    model = Halved(encoder((8, 8, 1), 4, (4,)), decoder((8, 8, 1), 4, (4,)))
    model.compile(optimizer="adam")
    weights = np.linspace(0.0, 2.0, len(x)).astype("float32")
    assert np.isfinite(model.fit(x, x, sample_weight=weights, verbose=0).history["loss"]).all()


def test_networks_do_not_share_layers():
    """The game would move the layer by one side alone; a file could not be loaded again."""
    shared = keras.layers.Dense(4)
    encoder = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), shared])
    dense, shape = keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))
    decoder = keras.Sequential([keras.Input((4,)), dense, shape])
    judge = keras.Sequential([keras.Input((4,)), shared, keras.layers.Dense(1)])
    with pytest.raises(zoo.InputError, match="'encoder' and 'discriminator', which share the wei"):
        zoo.AdversarialAutoencoder(encoder, decoder, judge)
    tied = keras.Sequential([keras.Input((4,)), shared, shape])
    with pytest.raises(zoo.InputError, match="'encoder' and 'decoder', which share the weight"):
        zoo.Autoencoder(encoder, tied)


def test_a_coder_has_one_input_and_one_output():
    image = keras.Input((2, 2, 1))
    code = keras.layers.Dense(4)(keras.layers.Flatten()(image))
    shape = keras.layers.Reshape((2, 2, 1))
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), shape])
    with pytest.raises(zoo.InputError, match="must have one input and one output.* 1 and 2"):
        zoo.Autoencoder(keras.Model(image, [code, code]), decoder)


def test_the_loss_of_weighted_rows_does_not_go_by_the_batches(images):
    """Σ w · l / Σ w, as the term shows it."""
    x, weight = images[0], np.linspace(0.0, 3.0, 64).astype("float32") ** 4
    model = autoencoder()
    model.compile()
    errors = np.square(x - np.asarray(model.reconstruct(x))).mean(axis=(1, 2, 3))
    for size in (64, 7):
        scores = model.evaluate(
            x, x, sample_weight=weight, batch_size=size, verbose=0, return_dict=True
        )
        for name in ("loss", "reconstruction_loss"):
            assert scores[name] == pytest.approx((errors * weight).sum() / weight.sum(), rel=1e-4)
