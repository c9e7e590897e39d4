"""zoo/serving/prediction.py: what a person is told of images.

Of tables and arrays of rows: test_prediction_of_rows.py.
"""

import csv
import json
import shutil

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


def test_answers_go_into_a_table(classifier, picture, tmp_path):
    file, x = picture
    export_model(classifier, tmp_path / "cnn", names=["cat", "a,b", "bird"])
    twice = tmp_path / "twice.npy"
    np.save(twice, np.concatenate([x, 1 - x]))
    (tmp_path / "answers.csv").touch()
    for table in ("answers.csv", "answers.json", "answers.json", "answers.csv"):
        # An earlier one, or an empty file, is replaced.
        lines = list(predict(tmp_path / "cnn", [file, twice], tmp_path / table))
    with open(tmp_path / "answers.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["file"], row["row"]) for row in rows] == [
        (str(file), "1"), (str(twice), "1"), (str(twice), "2"),
    ]  # fmt: skip
    wanted = np.asarray(classifier.classify(np.concatenate([x, x, 1 - x])))
    found = [[float(row[f"p({name})"]) for name in ("cat", "a,b", "bird")] for row in rows]
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert [line.split(": ")[1].rsplit(" ", 5)[0] for line in lines] == [r["class"] for r in rows]

    list(predict(tmp_path / "cnn", [twice], tmp_path / "answers.json"))
    records = json.loads((tmp_path / "answers.json").read_text())
    assert [record["class"] for record in records] == [row["class"] for row in rows[1:]]
    given = tmp_path / "rows.csv"
    given.write_text("1,2\n")
    rows = zoo.create_model("mlp", input_shape=(2,), num_labels=3, units=(4,))
    export_model(rows, tmp_path / "mlp")
    with pytest.raises(InputError, match="would take the place of the input"):
        list(predict(tmp_path / "mlp", [given], given))
    with pytest.raises(InputError, match="rows.csv is a file; give a folder"):
        list(predict(tmp_path / "mlp", [given], given / "table.csv"))
    about = next((tmp_path / "mlp").rglob("zoo.json"))
    with pytest.raises(InputError, match="lies in what is asked"):
        list(predict(tmp_path / "mlp", [given], about))
    list(predict(tmp_path / "mlp", [given], tmp_path / "labels.json"))
    (record,) = json.loads((tmp_path / "labels.json").read_text())
    soft = np.asarray(rows(np.array([[1.0, 2.0]], "float32")))[0]
    np.testing.assert_allclose([record[f"p({label})"] for label in range(3)], soft, atol=1e-6)


def test_the_newest_version_answers_or_the_one_that_is_asked(classifier, picture, tmp_path):
    file, _ = picture
    for version, name in ((9, "old"), (10, "new")):
        export_model(classifier, tmp_path / "cnn", version=version, names=[name, "b", "c"])
    assert "new" in next(predict(tmp_path / "cnn", [file]))
    assert "old" in next(predict(tmp_path / "cnn" / "9", [file]))


def test_a_version_is_a_folder_named_by_ascii_digits(classifier, picture, tmp_path):
    file, _ = picture
    (tmp_path / "cnn").mkdir()
    for name in ("999", "7.old"):
        (tmp_path / "cnn" / name).touch()
    (tmp_path / "cnn" / "٣٠٠٠").mkdir()
    with pytest.raises(InputError, match="cnn holds no model.*has no assets.extra/zoo.json"):
        list(predict(tmp_path / "cnn", [file]))
    export_model(classifier, tmp_path / "cnn", version=1, names=["one", "b", "c"])
    assert "one" in next(predict(tmp_path / "cnn", [file]))
    # To a server both would be version 2.
    export_model(classifier, tmp_path / "cnn", version=2, names=["two", "b", "c"])
    (tmp_path / "cnn/2").rename(tmp_path / "cnn/002")
    assert "two" in next(predict(tmp_path / "cnn", [file]))
    with pytest.raises(InputError, match="already has a version 2"):
        export_model(classifier, tmp_path / "cnn", version=2)
    assert export_model(classifier, tmp_path / "cnn").name == "1000"


def test_reconstructions_are_written_and_their_error_told(picture, tmp_path):
    file, x = picture
    model = zoo.create_model("ae", code_size=4, **TINY)
    export_model(model, tmp_path / "ae")
    (line,) = predict(tmp_path / "ae", [file], tmp_path / "out")
    list(predict(tmp_path / "ae", [file], tmp_path / "errors.JSON"))
    (record,) = json.loads((tmp_path / "errors.JSON").read_text())
    rebuilt = np.asarray(model.reconstruct(x))[0]
    assert line == f"{file}: reconstruction error {np.mean((rebuilt - x[0]) ** 2):.4f}"
    assert record["reconstruction_error"] == pytest.approx(np.mean((rebuilt - x[0]) ** 2), rel=1e-5)
    written = np.asarray(Image.open(tmp_path / "out" / "picture.png")) / 255
    np.testing.assert_allclose(written, rebuilt[..., 0], atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("kind", IMAGE_INPUTS)
def test_masks_of_larger_images_are_the_mean_over_crops(kind, tmp_path, monkeypatch):
    from zoo.networks.crops import predict_by_crops

    model = zoo.create_model("fcn", input_shape=(32, 32, 3), crop_size=24, filters=(4, 6))
    about = zoo.training.cards.about_model

    def of_a_run(model, images, results):
        return about(model, images, {"input_shape": [32, 32, 3]})

    monkeypatch.setattr("zoo.serving.export.about_model", of_a_run)
    export_model(model, tmp_path / "fcn", images=kind)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "horse.png")
    (line,) = predict(tmp_path / "fcn", [tmp_path / "horse.png"], tmp_path / "out")
    mask = predict_by_crops(model, (pixels[None] / 255).astype("float32"))[0] > 0.5
    assert line.endswith(f"{mask.mean():.1%} of the image is covered")
    written = np.asarray(Image.open(tmp_path / "out" / "horse.png"))
    np.testing.assert_array_equal(written, 255 * mask[..., 0])


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


@pytest.fixture(scope="module")
def coder(tmp_path_factory):
    """The SavedModels of an auto-encoder by what they take."""
    model = zoo.create_model("ae", code_size=4, **TINY)
    folder = tmp_path_factory.mktemp("coder")
    for kind in IMAGE_INPUTS:
        export_model(model, folder / kind, images=kind)
    return folder


@pytest.mark.parametrize("kind", IMAGE_INPUTS)
def test_pixels_of_arrays_are_asked_as_those_of_files(kind, coder, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), "uint8")
    for row, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{row}.png")
    wanted = [line.partition(": ")[2] for line in predict(coder / kind, [tmp_path / "*.png"])]
    assert len(wanted) == 3
    arrays = {
        "bytes.npy": pixels,
        "channels.npy": pixels[..., None],
        "color.npy": np.repeat(pixels[..., None], 3, -1),
        "floats.npy": (pixels / 255).astype("float32"),
    }
    for name, array in arrays.items():
        np.save(tmp_path / name, array)
    np.savez(tmp_path / "one.npz", pixels[1])
    lines = list(predict(coder / kind, [tmp_path / "*.np[yz]"], tmp_path / "out"))
    rows = [f"{tmp_path / name}:{row}: {wanted[row - 1]}" for name in arrays for row in (1, 2, 3)]
    assert lines == [*rows, f"{tmp_path / 'one.npz'}:1: {wanted[1]}"]
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"bytes-1.png", "floats-3.png", "one-1.png"} <= made and len(made) == 13


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((2, 8, 8), 255.0), "divide 0 to 255 by 255, or give uint8"),
        (np.full((2, 8, 8, 1), np.nan), "without NaN"),
        (np.zeros((2, 8, 8), int), r"uint8 in 0\.\.255 or floats"),
        (np.zeros((2, 9, 7)), r"images of shape \(n, 8, 8, 1\).*\(2, 9, 7\)"),
        (np.zeros((2, 8, 8, 5)), "Received: 5"),
        (np.zeros((0, 8, 8, 1)), "at least one image"),
        (np.zeros(64), r"shape \(64,\)"),
    ],
)
def test_arrays_that_are_no_images_are_refused(array, message, coder, tmp_path):
    np.save(tmp_path / "wrong.npy", array)
    with pytest.raises(InputError, match=message):
        list(predict(coder / "float", [tmp_path / "wrong.npy"]))


def test_an_output_never_takes_the_place_of_an_input_or_of_another(coder, tmp_path):
    for name in ("in/0.png", "in/0.bmp", "other/0.png", "in/1.png", "in/a-1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.zeros((8, 8), "uint8")).save(tmp_path / name)
    np.save(tmp_path / "in/a.npy", np.zeros((2, 8, 8), "uint8"))
    (tmp_path / "link").symlink_to("in")
    (tmp_path / "soft").mkdir()
    (tmp_path / "soft/1.png").symlink_to("../in/1.png")
    (tmp_path / "file").write_text("")
    for table in ("mine.csv", "mine.json"):
        (tmp_path / table).write_text("weight,class\n1,a\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/1.png").write_text("a note")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    for inputs, output, words in (
        (["in/1.png"], "in", "the place of the input .*in/1.png"),
        (["in/1.png"], "link", "the place of the input"),
        (["link/1.png"], "in", "the place of the input"),
        (["soft/1.png"], "in", "the place of the input"),
        (["soft/1.png"], "soft", "the place of the input"),
        (["in/0.bmp", "in/0.png"], "in", "the place of|would both give"),
        (["in/0.png", "other/0.png"], "out", "in/0.png and .*other/0.png would both give"),
        (["in/0.png", "in/0.bmp"], "out", "would both give"),
        (["in/a-1.png", "in/a.npy"], "out", "would both give .*a-1.png"),
        (["in/a.npy", "in/a-1.png"], "in", "the place of|would both give"),
        (["in/1.png"], "file", "is a file"),
        (["in/1.png"], "mine.csv", "mine.csv is there and is no table of answers"),
        (["in/1.png"], "mine", "mine/1.png is there and is no answer of before"),
        (["in/0.png"], "other", "other/0.png is there and is no answer of before"),
        (["in/1.png"], "mine.json", "mine.json is there and is no table of answers"),
    ):
        with pytest.raises(InputError, match=words):
            list(predict(coder / "float", [tmp_path / name for name in inputs], tmp_path / output))
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    (tmp_path / "cut.png").write_bytes((tmp_path / "in/1.png").read_bytes()[:50])
    with pytest.raises(InputError, match="cut.png is a damaged image"):
        list(
            predict(
                coder / "float", [tmp_path / "in/1.png", tmp_path / "cut.png"], tmp_path / "out"
            )
        )
    assert not (tmp_path / "out").exists()
    # The same file twice is asked about once; and an answer takes the place of one of before.
    for _ in range(2):
        given = [tmp_path / "in/1.png"] * 2
        assert len(list(predict(coder / "float", given, tmp_path / "out"))) == 1


def test_folders_and_patterns_of_images(classifier, tmp_path):
    export_model(classifier, tmp_path / "cnn")
    names = ["a/1.gif", "a/2.png", "a/b/1.jpeg", "a/b/c.TIFF"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(np.zeros((8, 8), "uint8")).save(tmp_path / name)
    (tmp_path / "a/circle").symlink_to(tmp_path / "a")
    asked = [line.partition(": ")[0] for line in predict(tmp_path / "cnn", [tmp_path / "a"])]
    assert asked == [str(tmp_path / name) for name in names]
    assert len(list(predict(tmp_path / "cnn", [tmp_path / "a" / "**" / "*.[jT]*"]))) == 2
    # Two names of one file are two.
    (tmp_path / "a/b/again.TIFF").symlink_to("c.TIFF")
    assert len(list(predict(tmp_path / "cnn", [tmp_path / "a" / "b" / "*.TIFF"]))) == 2
    (tmp_path / "a/b/again.TIFF").unlink()
    for given, words in (
        (tmp_path / "cnn/1/variables", "holds no files"),
        (tmp_path / "*.bmp", "There is no file"),
        (tmp_path / ("n" * 300), "more than 255 bytes"),
        ("~nosuchuser/x", "There is no file"),
        ("", "There is no path"),
    ):
        with pytest.raises(InputError, match=words):
            list(predict(tmp_path / "cnn", [given]))


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("saved_model.pb", lambda content: content[: len(content) // 2]),
        ("saved_model.pb", lambda content: b""),
        ("variables/variables.index", lambda content: content[:9]),
        ("assets.extra/zoo.json", lambda content: content[:-9]),
        ("assets.extra/zoo.json", lambda content: b"[]"),
        ("assets.extra/zoo.json", lambda content: content.replace(b"data_shape", b"shape")),
        ("assets.extra/zoo.json", lambda content: content.replace(b"8", b"-8")),
        ("assets.extra/zoo.json", lambda content: content.replace(b"8", b"9")),
        ("assets.extra/zoo.json", lambda content: content.replace(b'"codes"', b'"masks"')),
        ("assets.extra/zoo.json", lambda content: content.replace(b'"codes"', b'"other"')),
    ],
)
def test_damaged_exports_are_one_sentence(file, damage, coder, picture, tmp_path):
    shutil.copytree(coder / "float", tmp_path / "ae")
    path = tmp_path / "ae/1" / file
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match="^[^\n]{1,600}$"):
        list(predict(tmp_path / "ae", [picture[0]]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"names": ["cat"]}, "must be 3 names. Received: 1"),
        ({"names": list("abcd")}, "must be 3 names. Received: 4"),
        ({"names": ["cat", "dog", "cat"]}, "must differ. Received: 'cat' 2 times"),
        ({"input_shape": [8, 9, 1]}, r"`input_shape` must be \[8, 8, 1\]. Received: \[8, 9, 1\]"),
        ({"input_shape": [64]}, r"`input_shape` must be \[8, 8, 1\]. Received: \[64\]"),
    ],
)
def test_what_a_hand_changed_of_an_export_is_one_sentence(
    change, said, classifier, picture, tmp_path
):
    file = export_model(classifier, tmp_path / "cnn", names=list("abc")) / "assets.extra/zoo.json"
    about = json.loads(file.read_text())
    file.write_text(json.dumps(about | change))
    with pytest.raises(InputError, match=f"{file}.*{said}\\.$"):
        list(predict(tmp_path / "cnn", [picture[0]]))
    if names := change.get("names"):
        with pytest.raises(InputError, match=f"^`names` {said}"):
            export_model(classifier, tmp_path / "other", names=names)
    file.write_text(json.dumps(about | {"names": None}))
    assert len(list(predict(tmp_path / "cnn", [picture[0]]))) == 1


def test_files_that_are_none_are_refused(classifier, tmp_path):
    export_model(classifier, tmp_path / "cnn")
    (tmp_path / "text.png").write_text("no picture")
    for names, message in (
        (["text.png"], "text.png must be an image"),
        (["missing.png"], "There is no file .*missing.png"),
        ([], "give at least one file"),
    ):
        with pytest.raises(InputError, match=message):
            list(predict(tmp_path / "cnn", [tmp_path / name for name in names]))
