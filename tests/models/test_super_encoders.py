"""zoo/models/super_encoders.py: the cooperative objective by hand, weights, labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.networks import decoder, encoder, separator


def super_encoder(code_size=4, extra=0, **arguments):
    return zoo.SuperEncoder(
        encoder((8, 8, 1), code_size, (4,)),
        separator(code_size, 3, (8,)),
        decoder((8, 8, 1), code_size + extra, (4,)),
        **arguments,
    )


def scores(model, x, y, **settings):
    model.compile(optimizer="adam")
    return model.evaluate(x, y, verbose=0, return_dict=True, **settings)


def test_slides_objective_by_hand(images):
    x, y = images
    model = super_encoder(
        classification_weight=2.0,
        reconstruction_weight=3.0,
        label_loss="mae",
        reconstruction_loss="mae",
    )
    result = scores(model, x, y)
    shown = model.predict(x, verbose=0)
    separability = np.abs(np.eye(3)[y] - shown["label"]).mean()
    reconstruction = np.abs(x - shown["reconstruction"]).mean()
    assert result["separability_loss"] == pytest.approx(separability, rel=1e-4)
    assert result["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-4)
    assert result["loss"] == pytest.approx(2 * separability + 3 * reconstruction, rel=1e-4)
    assert result["accuracy"] == pytest.approx(np.mean(shown["label"].argmax(-1) == y))


def test_crossentropy_is_in_nats(images):
    x, y = images
    model = super_encoder()
    shown = model.predict(x, verbose=0)["label"].astype("float64")
    by_hand = -np.log(shown[np.arange(64), y]).mean()
    assert scores(model, x, y)["separability_loss"] == pytest.approx(by_hand, rel=1e-4)


def test_gradient_of_the_total_by_finite_differences(images):
    model = super_encoder(classification_weight=0.7, reconstruction_weight=1.9)
    x, y = images[0][:4], model.prepare_labels(images[1][:4])
    kernel = model.separator.layers[1].kernel

    def loss():
        outputs = model.forward(x, training=False)
        terms = model.terms(x, y, outputs)
        return model.total({name: tf.reduce_mean(term) for name, term in terms.items()})

    with tf.GradientTape() as tape:
        tape.watch(kernel.value)
        value = loss()
    gradient = tape.gradient(value, kernel.value).numpy()
    start, step = kernel.numpy(), 1e-2
    for index in [(0, 0), (1, 3), (3, 7)]:
        nudged = start.copy()
        nudged[index] += step
        kernel.assign(nudged)
        above = float(loss())
        nudged[index] -= 2 * step
        kernel.assign(nudged)
        below = float(loss())
        kernel.assign(start)
        assert gradient[index] == pytest.approx((above - below) / (2 * step), abs=1e-4)


def test_alpha_zero_learns_what_an_autoencoder_learns(images):
    x, y = images
    cooperative = super_encoder(classification_weight=0.0)
    alone = zoo.Autoencoder(
        keras.models.clone_model(cooperative.encoder), keras.models.clone_model(cooperative.decoder)
    )
    alone.encoder.set_weights(cooperative.encoder.get_weights())
    alone.decoder.set_weights(cooperative.decoder.get_weights())
    for model, target in ((cooperative, y), (alone, None)):
        model.compile(optimizer=keras.optimizers.SGD(0.5))
        model.fit(x, target, epochs=3, shuffle=False, verbose=0)
    ours = cooperative.encoder.get_weights() + cooperative.decoder.get_weights()
    theirs = alone.encoder.get_weights() + alone.decoder.get_weights()
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_beta_zero_leaves_the_decoder_alone(images):
    x, y = images
    model = super_encoder(reconstruction_weight=0.0)
    model.compile(optimizer=keras.optimizers.SGD(0.5))
    before = [variable.numpy() for variable in model.decoder.trainable_variables]
    model.fit(x, y, verbose=0)
    for old, new in zip(before, model.decoder.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_weights_reach_the_label_term_only(images):
    x, y = images
    model = super_encoder()
    labeled = np.arange(64) < 16
    result = scores(model, x, y, sample_weight=labeled.astype("float32"), batch_size=64)
    only_labeled = scores(model, x[:16], y[:16])
    everything = scores(model, x, y)
    assert result["separability_loss"] == pytest.approx(only_labeled["separability_loss"], 1e-4)
    assert result["reconstruction_loss"] == pytest.approx(everything["reconstruction_loss"], 1e-4)
    assert result["accuracy"] == pytest.approx(only_labeled["accuracy"])


def test_labels_of_unlabeled_rows_do_not_matter(images):
    x, y = images
    labeled = (np.arange(64) % 5 == 0).astype("float32")
    lies = np.where(labeled > 0, y, (y + 1) % 3)
    models = [super_encoder(), super_encoder()]
    models[1].set_weights(models[0].get_weights())
    for model, target in zip(models, (y, lies), strict=True):
        model.compile(optimizer="adam")
        model.fit(x, target, sample_weight=labeled, epochs=3, shuffle=False, verbose=0)
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_class_numbers_columns_and_one_hot_are_the_same_labels(images):
    x, y = images
    model = super_encoder()
    results = [scores(model, x, labels) for labels in (y, y[:, None], np.eye(3)[y])]
    assert results[1] == pytest.approx(results[0])
    assert results[2] == pytest.approx(results[0])


def test_conditional_decoder_sees_labels_in_training_and_guesses_after(images):
    x, y = images
    model = super_encoder(extra=3, conditional_decoder=True)
    weight = (np.arange(64) < 32).astype("float32")
    outputs = model.forward(x, model.prepare_labels(y), weight, training=True)
    code = np.asarray(outputs["code"])
    guess = np.asarray(tf.nn.softmax(outputs["class_logits"]))
    label = np.where(weight[:, None] > 0, np.eye(3)[y], guess).astype("float32")
    by_hand = model.decoder(np.concatenate([code, label], axis=1), training=True)
    np.testing.assert_allclose(outputs["pixel_logits"], by_hand, atol=1e-5)
    np.testing.assert_allclose(
        model.reconstruct(x), model.predict(x, verbose=0)["reconstruction"], atol=1e-5
    )
    np.testing.assert_allclose(model.decode(code.tolist()), model.decode(code), atol=1e-5)
    model.compile(optimizer="adam")
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


def test_methods_agree_with_predict(images):
    x, _ = images
    model = super_encoder()
    shown = model.predict(x, verbose=0)
    np.testing.assert_allclose(model.encode(x), shown["code"], atol=1e-5)
    np.testing.assert_allclose(model.classify(x), shown["label"], atol=1e-5)
    np.testing.assert_allclose(model.separate(model.encode(x)), shown["label"], atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(x), shown["reconstruction"], atol=1e-5)
    np.testing.assert_allclose(shown["label"].sum(-1), 1.0, atol=1e-5)


def test_metrics_go_by_the_keys_of_the_outputs(images):
    x, y = images
    model = super_encoder()
    model.compile(optimizer="adam", metrics={"label": ["accuracy"], "reconstruction": ["mae"]})
    result = model.evaluate(x, y, verbose=0, return_dict=True)
    assert result["label_accuracy"] == pytest.approx(result["accuracy"])
    assert "reconstruction_mae" in result


def test_class_weight_is_a_row_weight(images):
    x, y = images
    weight = {0: 1.0, 1: 0.0, 2: 3.0}
    rows = np.asarray([weight[label] for label in y])
    histories = []
    for settings in ({"class_weight": weight}, {"sample_weight": rows}):
        keras.utils.set_random_seed(0)
        model = super_encoder()
        model.compile(optimizer="adam")
        histories.append(model.fit(x, y, shuffle=False, verbose=0, **settings).history)
    for name, values in histories[0].items():
        assert values == pytest.approx(histories[1][name], rel=1e-4), name


@pytest.mark.parametrize("weight", ["classification_weight", "reconstruction_weight"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_negative_weights_are_refused(weight, value):
    with pytest.raises(zoo.InputError):
        super_encoder(**{weight: value})


@pytest.mark.parametrize("wrong", [[0, 1, 3], [0, -1, 2], [0.5, 1, 2]])
def test_labels_out_of_range_are_refused(wrong, images):
    x, _ = images
    model = super_encoder()
    model.compile(optimizer="adam")
    with pytest.raises(zoo.InputError, match="class numbers from 0 to 2"):
        model.fit(x[:3], np.asarray(wrong), verbose=0)
    dataset = tf.data.Dataset.from_tensor_slices((x[:3], np.asarray([0, 1, 3]))).batch(3)
    with pytest.raises(zoo.InputError, match="class numbers from 0 to 2.*3 in row 2 of batch 0"):
        model.fit(dataset, verbose=0)


def test_labels_that_are_missing_or_misshapen_are_refused(images):
    x, _ = images
    model = super_encoder()
    model.compile(optimizer="adam")
    with pytest.raises(zoo.InputError, match="no labels"):
        model.fit(x, verbose=0)
    with pytest.raises(zoo.InputError, match="shape"):
        model.fit(x, np.zeros((64, 4)), verbose=0)


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(zoo.InputError, match="separator must take the encoder's codes"):
        zoo.SuperEncoder(
            encoder((8, 8, 1), 4, (4,)), separator(5, 3, (8,)), decoder((8, 8, 1), 4, (4,))
        )
    with pytest.raises(zoo.InputError, match="label vectors of length 3"):
        super_encoder(conditional_decoder=True)
