"""zoo/serving/prediction.py: what a person is told of files."""

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.errors import InputError
from zoo.serving import IMAGE_INPUTS, export_model, predict

TINY = {"input_shape": (8, 8, 1), "size": (4, 8)}


@pytest.fixture(scope="module")
def classifier():
    return zoo.create_model("cnn", num_classes=3, **TINY)


@pytest.fixture
def picture(tmp_path):
    """A gray image, its file and its pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), "uint8")
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png", (pixels / 255).astype("float32")[None, ..., None]


@pytest.mark.parametrize("kind", IMAGE_INPUTS)
def test_the_likeliest_classes_come_first_by_name(kind, classifier, picture, tmp_path):
    file, x = picture
    names = ["cat", "dog", "bird"]
    export_model(classifier, tmp_path / "cnn", images=kind, names=names)
    (line,) = predict(tmp_path / "cnn", [file])
    probabilities = np.asarray(classifier.classify(x))[0]
    order = np.argsort(-probabilities)
    wanted = ", ".join(f"{names[each]} {probabilities[each]:.3f}" for each in order)
    assert line == f"{file}: {wanted}"


def test_the_newest_version_answers_or_the_one_that_is_asked(classifier, picture, tmp_path):
    file, _ = picture
    for version, name in ((9, "old"), (10, "new")):
        export_model(classifier, tmp_path / "cnn", version=version, names=[name] * 3)
    assert "new" in next(predict(tmp_path / "cnn", [file]))
    assert "old" in next(predict(tmp_path / "cnn" / "9", [file]))


def test_reconstructions_are_written_and_their_error_told(picture, tmp_path):
    file, x = picture
    model = zoo.create_model("ae", code_size=4, **TINY)
    export_model(model, tmp_path / "ae")
    (line,) = predict(tmp_path / "ae", [file], tmp_path / "out")
    rebuilt = np.asarray(model.reconstruct(x))[0]
    assert line == f"{file}: reconstruction error {np.mean((rebuilt - x[0]) ** 2):.4f}"
    written = np.asarray(Image.open(tmp_path / "out" / "picture.png")) / 255
    np.testing.assert_allclose(written, rebuilt[..., 0], atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("kind", IMAGE_INPUTS)
def test_masks_of_larger_images_are_the_mean_over_crops(kind, tmp_path, monkeypatch):
    import zoo.serving.export
    from zoo.networks.crops import predict_by_crops

    model = zoo.create_model("fcn", input_shape=(32, 32, 3), crop_size=24, filters=(4, 6))
    about = zoo.serving.export._about

    def of_a_run(model, images, results):
        return about(model, images, {"input_shape": [32, 32, 3]})

    monkeypatch.setattr("zoo.serving.export._about", of_a_run)
    export_model(model, tmp_path / "fcn", images=kind)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "horse.png")
    (line,) = predict(tmp_path / "fcn", [tmp_path / "horse.png"], tmp_path / "out")
    mask = predict_by_crops(model, (pixels[None] / 255).astype("float32"))[0] > 0.5
    assert line.endswith(f"{mask.mean():.1%} of the image is covered")
    written = np.asarray(Image.open(tmp_path / "out" / "horse.png"))
    np.testing.assert_array_equal(written, 255 * mask[..., 0])


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
def test_rows_of_features_get_a_line_of_labels_each(suffix, tmp_path):
    model = zoo.create_model("mlp", input_shape=(6,), num_labels=4, units=(5,))
    x = np.random.default_rng(0).normal(size=(3, 6)).astype("float32")
    soft = model.predict(x, verbose=0)
    model.threshold.assign(float(np.median(soft)))
    names = list("abcd")
    export_model(model, tmp_path / "mlp", names=names)
    file = tmp_path / f"rows{suffix}"
    if suffix == ".npy":
        np.save(file, x)
    else:
        np.savetxt(file, x, delimiter=",")
    lines = list(predict(tmp_path / "mlp", [file]))
    assert len(lines) == 3
    for row, line in enumerate(lines):
        start, _, told = line.partition(": ")
        assert start == f"{file}:{row + 1}"
        chosen = set(np.array(names)[soft[row] > np.median(soft)])
        assert {each.split()[0] for each in told.split(", ")} == (chosen or {"no"})


def test_machines_name_the_class_alone(picture, tmp_path):
    file, x = picture
    model = zoo.create_model("multiclass_svm", input_shape=(8, 8, 1), num_classes=3)
    export_model(model, tmp_path / "svm")
    (number,) = np.asarray(model.classify(x)).argmax(-1)
    assert list(predict(tmp_path / "svm", [file])) == [f"{file}: {number}"]


def test_what_is_no_exported_model_is_refused(classifier, picture, tmp_path):
    file, _ = picture
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty", file):
        with pytest.raises(InputError, match="holds no model that `zoo export` wrote"):
            list(predict(folder, [file]))


def test_files_that_are_none_are_refused(classifier, tmp_path):
    export_model(classifier, tmp_path / "cnn")
    (tmp_path / "text.png").write_text("no picture")
    for names, message in (
        (["text.png"], "text.png must be a PNG or JPEG image"),
        (["missing.png"], "There is no file .*missing.png"),
        ([], "give at least one file"),
    ):
        with pytest.raises(InputError, match=message):
            list(predict(tmp_path / "cnn", [tmp_path / name for name in names]))


def test_rows_that_are_none_are_refused(tmp_path):
    model = zoo.create_model("mlp", input_shape=(6,), num_labels=4, units=(5,))
    export_model(model, tmp_path / "mlp")
    for text in ("1,2,3\n", "a,b,c,d,e,f\n", ""):
        (tmp_path / "rows.csv").write_text(text)
        with pytest.raises(InputError, match="rows of (6 features|numbers)"):
            list(predict(tmp_path / "mlp", [tmp_path / "rows.csv"]))
