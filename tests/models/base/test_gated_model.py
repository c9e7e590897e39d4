"""zoo/models/base/gated_model.py: one sentence by every way in, before any step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gated_rows import (
    ROWS,
    STREAMS,
    WRONG,
    Batches,
    X,
    Y,
    changed,
    data_set,
    network,
    rng,
)

import zoo
from zoo.errors import spoken
from zoo.models import allowed, gate
from zoo.networks.crops import predict_by_crops

ARRAYS = {
    "fit": lambda model, x, y: model.fit(x, y, verbose=0),
    "validation": lambda model, x, y: model.fit(
        np.zeros_like(x), y, validation_data=(x, y), verbose=0
    ),
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "predict": lambda model, x, y: model.predict(x, verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
    "predict_on_batch": lambda model, x, y: model.predict_on_batch(x),
    "call": lambda model, x, y: model(x),
}


@pytest.mark.parametrize("tensor", [np.asarray, pytest.param(tf.constant, marks=pytest.mark.full)])
@pytest.mark.parametrize(("family", "value", "said"), WRONG)
@pytest.mark.parametrize("way", ARRAYS)
def test_values_at_hand_name_their_row(models, way, family, value, said, tensor):
    with pytest.raises(zoo.InputError, match=said) as error:
        ARRAYS[way](models[family], tensor(changed(X[family], value)), Y[family])
    sentence = str(error.value)
    assert "in row 37" in sentence and "\n" not in sentence
    assert ("of `validation_data`" in sentence) == (way == "validation")


@pytest.mark.parametrize("family", ["features", "masks"])
def test_label_sets_and_masks_out_of_range_name_their_row(models, family):
    y = changed(Y[family], 255)
    for given in ((X[family], y), (data_set(X[family], y.astype("uint8")),)):
        with pytest.raises(zoo.InputError, match="Received: 255 in row") as error:
            models[family].evaluate(*given, verbose=0)
        assert ("give masks > 0" in str(error.value)) == (family == "masks")
    with pytest.raises(zoo.InputError, match="in row 37"):
        models[family].fit(X[family], changed(Y[family], np.nan), verbose=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e38])
def test_weights_out_of_range_name_their_row(models, value):
    x, y, weights = X["images"], Y["images"], np.ones(ROWS)
    weights[37] = value
    with pytest.raises(zoo.InputError, match="Expected a weight.*in row 37"):
        models["images"].fit(x, y, sample_weight=weights, verbose=0)
    for stream in STREAMS:
        with pytest.raises(zoo.InputError, match="Expected a weight.*in row 5 of batch 2"):
            models["images"].fit(stream(x, y, weights), verbose=0)


def test_every_row_has_its_label_and_weight(models):
    with pytest.raises(zoo.InputError, match="needs its labels. Received: 48 rows and 47"):
        models["images"].fit(X["images"], Y["images"][1:], verbose=0)
    with pytest.raises(zoo.InputError, match="needs its weight. Received: 48 rows and 3"):
        models["images"].evaluate(X["images"], Y["images"], sample_weight=np.ones(3), verbose=0)
    nothing = X["images"][:0]
    for way in ("fit", "predict"):
        for given in (nothing, data_set(nothing), (batch for batch in [])):
            with pytest.raises(zoo.InputError, match="at least one row"):
                getattr(models["images"], way)(given, verbose=0)


def test_bytes_are_the_target_of_an_auto_encoder_too():
    pixels = rng.integers(0, 256, (8, 4, 4, 1), "uint8")
    model = zoo.Autoencoder(network((4, 4, 1), (2,)), network((2,), (4, 4, 1)))
    model.compile(optimizer="sgd")
    losses = [
        model.evaluate(x, y, verbose=0, return_dict=True)
        for x, y in ((pixels, pixels), (pixels / 255, pixels / 255), (pixels, None))
    ]
    losses.append(model.evaluate(iter([(pixels, pixels)]), verbose=0, return_dict=True))
    assert all(each == pytest.approx(losses[0]) for each in losses)
    with pytest.raises(zoo.InputError, match="divide by 255"):
        model.fit(pixels, pixels.astype("float32"), verbose=0)


@pytest.mark.parametrize("method", ["encode", "reconstruct"])
def test_methods_of_codes_look_too(method):
    model = zoo.Autoencoder(network((4, 4, 1), (2,)), network((2,), (4, 4, 1)))
    with pytest.raises(zoo.InputError, match="nan in row 37"):
        getattr(model, method)(changed(X["images"], np.nan))
    with pytest.raises(zoo.InputError, match=r"codes of shape \(batch_size, 2\).*nan in row 1"):
        model.decode([[0.0, 1.0], [np.nan, 0.0]])
    with pytest.raises(zoo.InputError, match=r"Received: shape \(1, 3\)"):
        model.decode(np.zeros((1, 3), "float32"))


def test_methods_of_labels_look_too():
    classifier, generator = network((4, 4, 1), (3,)), network((3,), (4, 4, 1))
    model = zoo.AutoClassifier(classifier, generator)
    with pytest.raises(zoo.InputError, match="class numbers from 0 to 2.*3 in row 1"):
        model.generate([0, 3])
    with pytest.raises(zoo.InputError, match="Received: list of str"):
        model.generate(["a"])
    energies = zoo.create_model("dvn", input_shape=(6,), num_labels=4, units=(3,))
    x, y = X["features"], Y["features"]
    for method in (energies.energy, energies.value):
        with pytest.raises(zoo.InputError, match="Received: 2 in row 37"):
            method(x, changed(y, 2))
        with pytest.raises(zoo.InputError, match="Received: nan in row 37"):
            method(changed(x, np.nan), y)
        with pytest.raises(zoo.InputError, match="needs its labels. Received: 48 rows and 1"):
            method(x, y[:1])
        of_any = tf.TensorSpec((None, None))
        # One row would be stretched over all.
        for rows, labels in ((x, y[:1]), (x[:1], y), (x[:3], y)):
            with pytest.raises(
                zoo.InputError, match=rf"Received: {len(rows)} rows and {len(labels)}"
            ):
                with spoken():
                    tf.function(method, input_signature=[of_any, of_any])(rows, labels)
    for method in (energies.infer, energies.trajectory):
        with pytest.raises(zoo.InputError, match="needs its start. Received: 48 rows and 1"):
            method(x, y[:1])
    for method in (energies.infer, energies.trajectory, energies.predict_labels):
        with pytest.raises(zoo.InputError, match="Received: nan in row 37"):
            method(changed(x, np.nan))
    with pytest.raises(zoo.InputError, match="Received: 2 in row 37"):
        energies.choose_threshold(x, changed(y, 2))


def test_images_that_are_cropped_name_their_own_row(models):
    x = rng.random((ROWS, 6, 6, 3), "float32")
    settings = {"offsets": (0, 2)}
    pixels = (255 * x).astype("uint8")
    masks = [predict_by_crops(models["masks"], each, **settings) for each in (pixels, pixels / 255)]
    np.testing.assert_allclose(*masks, atol=1e-6)
    with pytest.raises(zoo.InputError, match="nan in row 37"):
        predict_by_crops(models["masks"], changed(x, np.nan), **settings)


def test_a_call_in_a_graph_and_what_is_exported_assert(models, tmp_path):
    x = changed(X["images"], 255.0, 7)
    models["images"].export(tmp_path, verbose=False)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    called = tf.function(models["images"], autograph=False)
    for function in (called, served):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[255\] \[in row\] \[7\]"):
            function(tf.constant(x))
        function(tf.constant(X["images"]))


def test_sparse_rows_are_taken_dense(models):
    scipy_sparse = pytest.importorskip("scipy.sparse")
    x = X["features"] * (X["features"] > 0.5)
    expected = models["features"].predict(x, verbose=0)
    sparse = tf.sparse.from_dense(x)
    for given in (
        scipy_sparse.csr_matrix(x),
        sparse,
        tf.data.Dataset.from_tensor_slices(sparse).batch(16),
    ):
        np.testing.assert_array_equal(models["features"].predict(given, verbose=0), expected)


def test_two_classes_are_told_by_numbers_columns_and_vectors_alike(tmp_path):
    for number in range(8):
        folder = tmp_path / "ab"[number % 2]
        folder.mkdir(exist_ok=True)
        keras.utils.save_img(folder / f"{number}.png", X["images"][number])
    model = zoo.Classifier(network((4, 4, 1), (2,)))
    model.compile(optimizer="sgd", metrics=["accuracy"])
    losses = []
    # One after the other, as TensorFlow then traces for shapes that all of them have.
    for mode in ("int", "binary", "categorical"):
        images = keras.utils.image_dataset_from_directory(
            tmp_path, label_mode=mode, color_mode="grayscale", image_size=(4, 4), verbose=False
        )
        scores = model.evaluate(images.map(lambda x, y: (x / 255, y)), return_dict=True, verbose=0)
        losses.append(scores["loss"])
    np.testing.assert_allclose(losses, losses[0], rtol=1e-6)


@pytest.mark.parametrize("given", [{0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0, 2: 1.0, 3: 1.0}, [1, 1, 1]])
def test_class_weights_are_of_every_class_and_no_other(models, given):
    for data in ((X["images"], Y["images"]), (data_set(X["images"], Y["images"]),)):
        with pytest.raises(zoo.InputError, match="each class from 0 to 2"):
            models["images"].fit(*data, class_weight=given, verbose=0)


def test_labels_that_are_truth_values_are_weighed_in_streams_too(models):
    labels = Y["images"] > 0
    losses = []
    for given in (labels.astype(int), labels):
        models["images"].compile(optimizer=keras.optimizers.SGD(0.0))
        stream = data_set(X["images"], given)
        fitted = models["images"].fit(stream, class_weight={0: 1.0, 1: 3.0, 2: 1.0}, verbose=0)
        losses.append(fitted.history["loss"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("family", ["features", "masks"])
def test_class_weights_say_nothing_of_sets_and_masks(models, family):
    for way in ("fit", "train_on_batch"):
        with pytest.raises(zoo.InputError, match="`class_weight` weighs classes"):
            getattr(models[family], way)(X[family], Y[family], class_weight={0: 1.0, 1: 5.0})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"class_weight": {0: 1.0, 1: -1.0, 2: 1.0}}, r"`class_weight\[1\]`"),
        ({"class_weight": {0: 0.0, 1: 0.0, 2: 0.0}}, "class at least must count"),
        (
            {"class_weight": {0: 1, 1: 1, 2: 1}, "sample_weight": np.ones(ROWS)},
            "`class_weight` or by `sample_weight`",
        ),
        ({"callbacks": [keras.callbacks.ModelCheckpoint("a.h5")]}, "'a.h5'"),
        ({"callbacks": keras.callbacks.ModelCheckpoint("b.h5")}, "'b.h5'"),
        (
            {"validation_split": 0.1, "validation_data": (X["images"], Y["images"])},
            "`validation_data` or cut off by `validation_split`",
        ),
        ({"validation_data": 4 * (Y["images"],)}, "`validation_data` is x.*a tuple of 4"),
    ],
)
def test_what_would_mean_nothing_is_refused(models, arguments, said):
    with pytest.raises(zoo.InputError, match=said):
        models["images"].fit(X["images"], Y["images"], verbose=0, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"validation_split": 1.0},
        {"validation_split": -0.5},
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.5},
        {"epochs": -1},
        {"epochs": 1.5},
        {"steps_per_epoch": 0},
        {"validation_steps": 0},
        {"validation_batch_size": 0},
        {"validation_freq": 0},
        {"initial_epoch": -1},
    ],
)
def test_numbers_that_say_nothing_are_refused(models, arguments):
    with pytest.raises(zoo.InputError, match=next(iter(arguments))):
        models["images"].fit(X["images"], Y["images"], verbose=0, **arguments)


def test_no_steps_are_not_all_steps(models):
    for way in (models["images"].evaluate, models["images"].predict):
        with pytest.raises(zoo.InputError, match="`steps`"):
            way(X["images"], steps=0)


@pytest.mark.full
def test_weights_are_taken_in_rows_and_in_columns(models):
    x, y, weights = X["images"], Y["images"], np.linspace(0, 1, ROWS)
    model, scores = models["images"], []
    for given in (weights, weights[:, np.newaxis], weights):
        for data in (
            {"x": x, "y": y, "sample_weight": given},
            {"x": data_set(x, y, given)},
            {"x": Batches(x, y, given)},
        ):
            size = {} if len(data) == 1 else {"batch_size": 16}
            scores.append(model.evaluate(**data, **size, verbose=0))
    np.testing.assert_allclose(scores, scores[:1] * len(scores), rtol=1e-5)


@pytest.mark.full
def test_weights_without_labels_would_be_dropped():
    model = zoo.Autoencoder(network((4, 4, 1), (2,)), network((2,), (4, 4, 1)))
    model.compile(optimizer="sgd")
    x, weights = X["images"], np.repeat([1.0, 0.0], ROWS // 2)
    for given in ({"x": x, "sample_weight": weights}, {"x": iter([(x, None, weights)])}):
        with pytest.raises(zoo.InputError, match="weights without labels"):
            model.evaluate(**given, verbose=0)
    wanted = model.evaluate(x[: ROWS // 2], verbose=0)
    for labels in (np.zeros(ROWS), Y["images"]):
        scores = model.evaluate(x, labels, ROWS, 0, weights)
        assert scores == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("row", [(1, 1, 0), (0, 0, 0), (0.5, 0.25, 0)])
def test_vectors_of_one_class_add_up_to_one(models, row):
    y = np.eye(3, dtype="float32")[Y["images"]]
    y[37] = row
    with pytest.raises(zoo.InputError, match="adds up to .* in row 37"):
        models["images"].fit(X["images"], y, verbose=0)
    with pytest.raises(zoo.InputError, match="adds up to .* in row 5 of batch 2"):
        models["images"].fit(data_set(X["images"], y), verbose=0)
    take = tf.function(lambda y: gate.take(allowed.classes(3, (None, 3)), y))
    with pytest.raises(zoo.InputError, match="one-hot.* in row 37"), spoken():
        take(y)


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("given", [["accuracy"], {"logits": ["accuracy"]}])
def test_metrics_of_several_answers_go_by_name(argument, given):
    model = zoo.AutoClassifier(network((4, 4, 1), (3,)), network((3,), (4, 4, 1)))
    with pytest.raises(zoo.InputError, match=rf"{argument}={{'label': \['accuracy'\]}}"):
        model.compile(optimizer="sgd", **{argument: given})
    model.compile(optimizer="sgd", **{argument: {"label": ["accuracy"]}})
