"""zoo/models/base/streams.py: batches of every form of stream, each looked at before its step."""

import numpy as np
import pytest
import tensorflow as tf
from gated_rows import (
    ROWS,
    STREAMS,
    WRONG,
    Batches,
    Parts,
    X,
    Y,
    changed,
    data_set,
    generator,
    model_of,
    rng,
)

import zoo
from zoo.models import gate


def changed_label(value, row=37):
    y = Y["images"].astype("float32")
    y[row] = value
    return y


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("way", ["fit", "validation_data", "evaluate", "predict"])
@pytest.mark.parametrize(
    ("family", "value", "said"),
    [WRONG[1], *(pytest.param(*each, marks=pytest.mark.full) for each in (WRONG[0], WRONG[3]))],
)
def test_streams_name_batch_and_row(models, stream, way, family, value, said):
    model, x, y = models[family], X[family], Y[family]
    before = model.get_weights()
    given = stream(changed(x, value, 37), y)
    with pytest.raises(zoo.InputError, match=f"{said}.*") as error:
        if way == "validation_data":
            model.fit(x, y, validation_data=given, verbose=0)
        else:
            getattr(model, way)(given, verbose=0)
    assert "in row 5 of batch 2" in str(error.value) and "\n" not in str(error.value)
    if way in ("evaluate", "predict"):
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "settings",
    [{"jit_compile": True}, {"steps_per_execution": 3}, {"run_eagerly": True}],
    ids=["xla", "steps", "eager"],
)
def test_a_wrong_batch_stops_before_its_step(settings):
    model = model_of("images", **settings)
    stream = data_set(changed(X["images"], np.nan, 20), Y["images"])
    with pytest.raises(zoo.InputError, match="nan in row 4 of batch 1"):
        model.fit(stream, verbose=0)
    assert all(np.isfinite(part).all() for part in model.get_weights())
    with pytest.raises(zoo.InputError, match="nan in row 4 of batch 1"):
        model.predict(stream, verbose=0)
    model.fit(data_set(X["images"], Y["images"]), verbose=0)


def test_a_wrong_batch_stops_two_replicas(two_replicas):
    with two_replicas.scope():
        model = model_of("images")
    for x, y in ((changed(X["images"], 255.0), Y["images"]), (X["images"], changed_label(3))):
        for given in (data_set(x, y), Batches(x, y)):
            with pytest.raises(zoo.InputError, match="in row 5 of batch 2"):
                model.fit(given, verbose=0)
    assert np.isfinite(model.fit(X["images"], Y["images"], verbose=0).history["loss"]).all()


@pytest.mark.parametrize("value", [3.0, -1.0, 1.5, np.nan])
@pytest.mark.parametrize("stream", [None, *STREAMS])
def test_labels_out_of_range_name_their_row(models, stream, value):
    x, y = X["images"], changed_label(value)
    place = "in row 5 of batch 2" if stream else "in row 37"
    with pytest.raises(zoo.InputError, match=f"class numbers from 0 to 2.*{place}"):
        models["images"].fit(*([stream(x, y)] if stream else [x, y]), verbose=0)


@pytest.mark.parametrize("stream", [None, *STREAMS])
def test_bytes_are_taken_as_the_floats_that_they_are(stream):
    pixels = rng.integers(0, 256, (ROWS, 4, 4, 1), "uint8")
    floats = pixels.astype("float32") * np.float32(1 / 255)
    by_bytes, by_floats = model_of("images"), model_of("images")
    by_bytes.set_weights(by_floats.get_weights())
    for model, x in ((by_bytes, pixels), (by_floats, floats)):
        given = [stream(x, Y["images"])] if stream else [x, Y["images"]]
        model.fit(*given, shuffle=False, verbose=0)
    for ours, theirs in zip(by_bytes.get_weights(), by_floats.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    expected = by_floats.predict(floats, verbose=0)
    given = pixels if stream is None else stream(pixels, Y["images"])
    np.testing.assert_array_equal(by_floats.predict(given, verbose=0), expected)
    for way in (by_floats, by_floats.classify, by_floats.predict_on_batch):
        np.testing.assert_allclose(way(pixels), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (tf.data.Dataset.from_tensor_slices((X["images"], Y["images"])), "call batch"),
        (
            tf.data.Dataset.from_generator(
                lambda: generator(X["images"], Y["images"]), output_types=(tf.float32, tf.int64)
            ),
            r"unknown shapes; name them, here tf.TensorSpec\(\(None, 4, 4, 1\)\)",
        ),
        (data_set(X["images"][:, :3], Y["images"]), r"shape \(None, 3, 4, 1\)"),
        (data_set((X["images"] * 255).astype("int64"), Y["images"]), "int64; divide by 255"),
        (data_set({"x": X["images"]}, Y["images"]), "Received: a dict"),
        (data_set(X["images"], Y["images"].astype(str)), "Received: string"),
        (data_set(X["images"]), "no labels"),
    ],
    ids=["single rows", "no shapes", "shape", "integers", "dict", "words", "no labels"],
)
def test_data_sets_of_another_form_are_refused(models, stream, said):
    with pytest.raises(zoo.InputError, match=said):
        models["images"].fit(stream, verbose=0)


def test_data_sets_that_learn_their_size_late_are_taken(models):
    spec = tf.TensorSpec((None, None, None, 1)), tf.TensorSpec((None,), tf.int64)

    def late(x):
        return tf.data.Dataset.from_generator(
            lambda: generator(x, Y["images"]), output_signature=spec
        )

    models["images"].evaluate(late(X["images"]), verbose=0)
    with pytest.raises(zoo.InputError, match=r"Received: shape \(16, 3, 4, 1\) of batch 0"):
        models["images"].evaluate(late(X["images"][:, 1:]), verbose=0)


def test_a_py_dataset_keeps_its_length_and_is_told_when_epochs_end():
    model, batches = model_of("images"), Batches(X["images"], Y["images"])
    model.fit(batches, epochs=2, verbose=0)
    assert model.optimizer.iterations.numpy() == 2 * len(batches)
    assert batches.ended >= 2


def test_a_py_dataset_may_have_no_end_and_must_say_so(monkeypatch):
    class Endless(Batches):
        length = None

        @property
        def num_batches(self):
            return self.length

    model, batches = model_of("images"), Endless(X["images"], Y["images"])
    with pytest.raises(zoo.InputError, match="repeated without end.*`steps_per_epoch`"):
        model.fit(batches, verbose=0)
    model.fit(batches, steps_per_epoch=1, verbose=0)
    assert model.optimizer.iterations.numpy() == 1
    Endless.length = 0
    with pytest.raises(zoo.InputError, match="at least one row"):
        model.evaluate(batches)
    monkeypatch.setattr(Batches, "__len__", lambda self: None)
    with pytest.raises(zoo.InputError, match="must say by `num_batches`"):
        model.fit(Batches(X["images"], Y["images"]), verbose=0)


def test_generators_may_give_lists_and_inputs_alone():
    x, y = X["images"], Y["images"]
    model = model_of("images")
    expected = model.predict(x, verbose=0)
    for batches in ([x], [(x,)], [[x, y]], [(x.tolist(), y.tolist())], [(x, "words")]):
        given = (batch for batch in batches)
        np.testing.assert_allclose(model.predict(given, verbose=0), expected, rtol=1e-6)
    assert model.fit(([x.tolist(), y.tolist()] for _ in range(2)), verbose=0).history["loss"][0] > 0


def test_endless_data_sets_stay_endless():
    model = model_of("images")
    stream = data_set(X["images"], Y["images"]).repeat()
    model.fit(stream, steps_per_epoch=2, epochs=2, verbose=0)
    assert model.optimizer.iterations.numpy() == 4
    for ask in (model.fit, model.evaluate, model.predict, model.look_at):
        with pytest.raises(zoo.InputError, match="repeated without end"):
            ask(stream)
    with pytest.raises(zoo.InputError, match="`validation_steps`"):
        model.fit(X["images"], Y["images"], validation_data=stream)
    with pytest.raises(zoo.InputError, match="One batch is an array"):
        model.train_on_batch(stream)


def test_what_was_looked_at_may_pass():
    model = model_of("images")
    right, wrong = (data_set(x, Y["images"]) for x in (X["images"], changed(X["images"], np.nan)))
    model.look_at(right)
    with pytest.raises(zoo.InputError, match="nan in row 5 of batch 2"):
        model.look_at(wrong)
    with gate.passed():
        model.fit(wrong, verbose=0)
        with pytest.raises(zoo.InputError, match="shape"):
            model.fit(data_set(X["images"][:, 1:], Y["images"]), verbose=0)
    assert np.isnan(model.get_weights()[0]).any()


def test_any_iterator_of_batches_is_taken_and_loaders_of_others_say_so():
    class DataLoader(list):
        pass

    DataLoader.__module__ = "torch.utils.data.dataloader"
    loader = DataLoader(generator(X["images"], Y["images"]))
    model = model_of("images")
    wanted = model.evaluate(X["images"], Y["images"], batch_size=16, verbose=0)
    assert model.evaluate(iter(loader), verbose=0) == pytest.approx(wanted, rel=1e-6)
    model.fit(iter(loader), verbose=0)
    for way in (model.fit, model.evaluate, model.predict):
        with pytest.raises(zoo.InputError, match=r"a DataLoader; give iter"):
            way(loader, verbose=0)
    with pytest.raises(zoo.InputError, match="ImageData, which is no array"):
        model.fit(zoo.datasets.load("digits"))


def test_a_generator_is_gone_through_once():
    model, x, y = model_of("images"), X["images"], Y["images"]
    with pytest.raises(zoo.InputError, match="give `steps_per_epoch`"):
        model.fit(generator(x, y), epochs=2, verbose=0)
    with pytest.raises(zoo.InputError, match="as `validation_data`"):
        model.fit(x, y, epochs=2, validation_data=generator(x, y), verbose=0)
    assert model.optimizer.iterations.numpy() == 0
    # Keras would begin again with the first two batches.
    with pytest.raises(zoo.InputError, match="ended after 3 of 4 batches"):
        model.fit(generator(x, y), epochs=2, steps_per_epoch=2, verbose=0)


@pytest.mark.parametrize("stream", [iter, lambda batches: Parts(*batches)])
def test_batches_of_several_types_are_what_each_is(models, stream):
    model, half = models["images"], ROWS // 2
    x = rng.integers(0, 256, (ROWS, 4, 4, 1), "uint8")
    floats, weights = x / np.float32(255), np.repeat([1.0, 0.25], half)
    soft = np.concatenate([np.eye(3)[Y["images"][:half]], np.full((half, 3), 1 / 3)])
    wanted = model.evaluate(floats, soft, sample_weight=weights, batch_size=half, verbose=0)
    first = x[:half], soft[:half].astype("int64"), np.ones(half, "int64")
    then = floats[half:], soft[half:], weights[half:]
    for batches in ([first, then], [(floats[:half], *first[1:]), (x[half:], *then[1:])]):
        assert model.evaluate(stream(batches), verbose=0) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("second", [1, 3])
def test_batches_of_a_stream_are_of_one_form(models, second):
    x, y = X["images"], Y["images"]
    parts = [(x, y, np.ones(ROWS))[:second], (x, y)]
    parts.append((x, np.eye(3, dtype="float32")[y]))
    for first, then in ((parts[1], parts[0]), (parts[0], parts[1]), (parts[1], parts[2])):
        with pytest.raises(zoo.InputError, match="of the same form.*of batch 1") as error:
            models["images"].evaluate(iter([first, then]), verbose=0)
        assert len(str(error.value)) < 200


def test_streams_without_rows_are_refused_by_every_way():
    model, x, y = model_of("images"), X["images"], Y["images"]
    # Nobody knows how many batches are left.
    nothing = data_set(x, y).filter(lambda *batch: False)
    for way in (model.fit, model.evaluate, model.predict):
        with pytest.raises(zoo.InputError, match="at least one row"):
            way(nothing, verbose=0)
    with pytest.raises(zoo.InputError, match="at least one row"):
        model.fit(x, y, validation_data=nothing, verbose=0)
    for stream in (tf.data.Dataset.from_tensors((x[:0], y[:0])), iter([(x[:0], y[:0])])):
        with pytest.raises(zoo.InputError, match="at least one row. Received: none of batch 0"):
            model.fit(stream, verbose=0)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("sizes", [(16, 1), (16, 8), (1, 16), (16, 16, 1), (16, 16, 4)])
def test_every_row_of_a_data_set_has_its_label_and_weight(models, sizes, known):
    parts = X["images"], Y["images"], np.ones(ROWS, "float32")
    sets = [
        tf.data.Dataset.from_tensor_slices(part).batch(size, drop_remainder=known)
        for part, size in zip(parts, sizes, strict=False)
    ]
    for way in ("fit", "evaluate"):
        with pytest.raises(zoo.InputError, match="Every row needs its"):
            getattr(models["images"], way)(tf.data.Dataset.zip(tuple(sets)), verbose=0)


def test_on_replicas_generators_are_refused_and_rows_are_answered_once(two_replicas):
    """Keras scores two batches of such a generator, and returns all rows from each replica."""
    with two_replicas.scope():
        model = model_of("images")
    x, y = X["images"], Y["images"]
    for way in (model.fit, model.evaluate):
        with pytest.raises(zoo.InputError, match="on 2 replicas"):
            way(generator(x, y), verbose=0)
    wanted = model.predict(x[:37], verbose=0)
    np.testing.assert_allclose(model.predict_on_batch(x[:37]), wanted, atol=1e-6)


@pytest.mark.parametrize("stream", STREAMS)
def test_classes_are_weighed_by_labels_and_not_beside_weights(models, stream):
    x, y, ones = X["images"], Y["images"], np.ones(ROWS, "float32")
    weights = {"class_weight": {0: 1.0, 1: 2.0, 2: 0.0}, "verbose": 0}
    for given, said in ((stream(x), "labels"), (stream(x, y, ones), "not both")):
        with pytest.raises(zoo.InputError, match=f"{said}|no classes of a generator"):
            models["images"].fit(given, **weights)
    for way in (models["images"].fit, models["images"].train_on_batch):
        with pytest.raises(zoo.InputError, match="no labels"):
            way(x, class_weight=weights["class_weight"])


def test_a_batch_has_at_most_three_parts(models):
    x, y = X["images"], Y["images"]
    for stream in (data_set(x, y, y, y), iter([(x, y, y, y)])):
        with pytest.raises(zoo.InputError, match="a tuple of 4"):
            models["images"].fit(stream, verbose=0)


def test_what_means_nothing_for_streams_is_refused(models):
    stream = data_set(X["images"], Y["images"])
    with pytest.raises(zoo.InputError, match="give `validation_data`"):
        models["images"].fit(stream, validation_split=0.1, verbose=0)
    for way in ("fit", "evaluate", "predict"):
        with pytest.raises(zoo.InputError, match="takes no `batch_size`"):
            getattr(models["images"], way)(stream, batch_size=3, verbose=0)
    for beside in ({"y": Y["images"]}, {"sample_weight": np.ones(ROWS)}):
        with pytest.raises(zoo.InputError, match="beside a stream"):
            models["images"].fit(stream, **beside, verbose=0)
