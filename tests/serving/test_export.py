"""zoo/serving/export.py: versions that appear whole, what lies in them, and what is refused."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import InputError
from zoo.files import claimed, sha256_of
from zoo.networks import standardize
from zoo.recipe import load_recipe
from zoo.serving import export_model, export_run
from zoo.serving.export import versions_in
from zoo.training.run_results import write_results
from zoo.training.runs import run

WHOLE = {"saved_model.pb", "variables", "assets.extra", "model_card.md"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of the digits, in bfloat16."""
    folder = tmp_path_factory.mktemp("runs") / "se_co"
    settings = {"epochs": 1, "precision": "mixed_bfloat16", "size": (4, 8), "code_size": 4}
    run(load_recipe("se_co/digits").override(settings), folder, verbose=0)
    return folder


@pytest.fixture
def other(finished, tmp_path):
    """A run folder without a model of its own."""
    ignored = shutil.ignore_patterns("model.keras", "logs")
    return shutil.copytree(finished, tmp_path / "run", ignore=ignored)


@pytest.fixture
def model():
    return zoo.create_model("ae", input_shape=(8, 8, 1), size=(4, 8), code_size=4)


def test_a_version_holds_what_a_server_and_its_people_want(finished, tmp_path):
    version = export_run(finished, tmp_path / "se_co_digits")
    assert version == tmp_path / "se_co_digits" / "1"
    assert {path.name for path in version.iterdir()} >= WHOLE
    beside = {path.name for path in version.parent.iterdir()}
    assert beside == {"1", "README.md", "models.config", "batching.config"}
    about = json.loads((version / "assets.extra" / "zoo.json").read_text())
    assert about["recipe"] == "se_co/digits" and about["input_shape"] == [8, 8, 1]
    assert about["names"] == [str(number) for number in range(10)]
    card = (version / "model_card.md").read_text()
    results = json.loads((finished / "results.json").read_text())
    for score, (value,) in results["scores"].items():
        assert f"| {score} | {value:.4f} |" in card
    assert "mixed_bfloat16" in card and str(results["train_rows"]) in card


@pytest.mark.full
def test_a_model_of_mixed_precision_is_served_in_float32(finished, tmp_path):
    version = export_run(finished, tmp_path / "served")
    served = tf.saved_model.load(str(version))
    x = np.random.default_rng(0).uniform(size=(5, 8, 8, 1)).astype("float32")
    model = keras.models.load_model(finished / "model.keras")
    codes = served.signatures["encode"](images=tf.constant(x))["codes"]
    # It agrees with bfloat16 as far as that goes, and with float32 to the last digits.
    np.testing.assert_allclose(codes, model.encode(x), rtol=0.05, atol=0.05)
    exact = zoo.create_model(
        "se_co", input_shape=(8, 8, 1), num_classes=10, size=(4, 8), code_size=4
    )
    exact.set_weights(model.get_weights())
    np.testing.assert_allclose(codes, exact.encode(x), rtol=1e-5, atol=1e-5)
    operations = served.signatures["encode"].graph.as_graph_def().SerializeToString()
    assert b"bfloat16" not in operations.lower()
    assert model.encoder.layers[1].compute_dtype == "bfloat16"


def test_the_next_version_is_the_next_number(model, tmp_path):
    assert export_model(model, tmp_path / "ae", version=4).name == "4"
    assert export_model(model, tmp_path / "ae").name == "5"
    assert "version is 5" in (tmp_path / "ae" / "README.md").read_text()


def test_a_version_that_exists_is_refused_and_left_alone(model, tmp_path):
    version = export_model(model, tmp_path / "ae")
    before = {path: path.stat().st_mtime_ns for path in version.parent.rglob("*")}
    with pytest.raises(InputError, match="already has a version 1.*none for 2.*version=1"):
        export_model(model, tmp_path / "ae", version=1)
    assert {path: path.stat().st_mtime_ns for path in version.parent.rglob("*")} == before


@pytest.mark.full
def test_two_exports_at_once_are_two_versions(model, tmp_path):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with claimed(tmp_path / "ae"):
            exports = [pool.submit(export_model, model, tmp_path / "ae") for _ in range(2)]
            # Each builds its graph meanwhile, and waits for its turn.
            concurrent.futures.wait(exports, timeout=0.5)
            assert versions_in(tmp_path / "ae") == []
        assert {export.result().name for export in exports} == {"1", "2"}
    assert not list(tmp_path.rglob(".*"))


def test_what_a_kill_leaves_is_swept_by_the_next_export(model, tmp_path):
    """B3."""
    for name in (".71-1", ".72-12"):
        (tmp_path / "ae" / name / "variables").mkdir(parents=True)
    (tmp_path / "ae" / ".73-README.md").write_text("half")
    (tmp_path / "ae" / ".claim").write_text("of a dead process")
    assert export_model(model, tmp_path / "ae").name == "1"
    assert not list(tmp_path.rglob(".*"))


def test_a_version_of_another_model_is_told(model, tmp_path):
    export_model(model, tmp_path / "it")
    other = zoo.create_model("ae", input_shape=(6,), size=(4,), code_size=2)
    standardize(other, np.random.default_rng(0).normal(size=(20, 6)))
    with pytest.warns(UserWarning, match="were of another model, a .* with other .*input_shape"):
        export_model(other, tmp_path / "it")


@pytest.mark.parametrize("name", ["README.md", "models.config", "results.json", "saved_model.pb"])
def test_what_somebody_else_wrote_is_left_alone(name, model, tmp_path):
    """A page of one's own, a run, a version in place of its folder."""
    (tmp_path / name).write_text("precious")
    with pytest.raises(InputError, match="is not empty and holds no versions of a served model"):
        export_model(model, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "precious"}


def test_killed_before_the_first_version_appears_an_export_can_be_made_again(model, tmp_path):
    version = export_model(model, tmp_path / "ae")
    shutil.rmtree(version)
    assert export_model(model, tmp_path / "ae").name == "1"


@pytest.mark.full
def test_the_zoo_has_its_late_rooms_without_an_import_of_their_own():
    """B18, in a process of its own."""
    code = "import zoo; print(zoo.serving.export_model.__name__, zoo.tuning.tune.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["export_model", "tune"]


@pytest.mark.parametrize("version", [0, -1, 1.5, "2"])
def test_versions_are_whole_numbers_from_1_on(version, model, tmp_path):
    with pytest.raises(InputError, match="`version` must be an integer of at least 1"):
        export_model(model, tmp_path / "ae", version=version)
    assert not (tmp_path / "ae").exists()


@pytest.mark.full
def test_a_poll_never_sees_a_part_of_a_version(model, tmp_path):
    """What a server that polls would take: a folder named by a number."""
    seen, done = [], threading.Event()

    def poll():
        while not done.is_set():
            for folder in tmp_path.glob("ae/*"):
                if folder.name.isdecimal():
                    seen.append({path.name for path in folder.iterdir()} >= WHOLE)

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        export_model(model, tmp_path / "ae")
        export_model(model, tmp_path / "ae")
    finally:
        done.set()
        poller.join()
    assert seen and all(seen)


def test_an_export_that_fails_leaves_nothing(model, tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zoo.serving.export.write_warm_up", fail)
    with pytest.raises(InputError, match="Cannot write to .*ae: No space left on device"):
        export_model(model, tmp_path / "deep" / "ae")
    assert not list(tmp_path.iterdir())


FULL = """
import resource, sys
import zoo
from zoo.serving import export_model
model = zoo.create_model("ae", input_shape=(8, 8, 1), size=(4, 8), code_size=4)
# As a full disk does, it stops files from growing.
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    export_model(model, sys.argv[1])
except zoo.InputError as error:
    print(error)
"""


@pytest.mark.full
def test_a_full_disk_is_one_sentence_and_nothing_remains(tmp_path):
    command = [sys.executable, "-c", FULL, str(tmp_path / "new" / "ae")]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert process.stdout.startswith(f"Cannot write to output folder {tmp_path}"), process.stderr
    assert len(process.stdout.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(model, tmp_path):
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file", tmp_path / "file" / "ae", pathlib.Path("/proc/ae")):
        with pytest.raises(InputError, match=f"{output}"):
            export_model(model, output)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named(model, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Cannot write.*Permission denied"):
        export_model(model, tmp_path / "ae")


def test_a_run_without_a_model_is_refused(other, tmp_path):
    with pytest.raises(InputError, match="no finished run: it has no model.keras"):
        export_run(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def vouch_for_model(folder):
    """Lets results.json name the bytes of the model that is there, as whoever made it could."""
    results = json.loads((folder / "results.json").read_text())
    write_results(folder, results | {"model_sha256": sha256_of(folder / "model.keras")})


def test_names_that_were_edited_are_refused(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    # Its names would tell.
    (tmp_path / "run" / "figures.npz").unlink()
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    for names, said in ((["0"] * 10, "must differ"), (["0", "1"], "must be 10 names")):
        write_results(tmp_path / "run", results | {"names": names})
        with pytest.raises(InputError, match=f"names of .*run/results.json` {said}"):
            export_run(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_hostile_model_file_is_refused_and_runs_nothing(other, tmp_path):
    """A Lambda layer carries code; safe mode refuses it, also inside a model of the zoo."""
    mark = tmp_path / "it_ran"
    path = str(mark)
    trap = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: (open(path, "w").close(), x)[1])]
    )
    mark.unlink()
    parts = zoo.create_model("ae", input_shape=(8, 8, 1), size=(4, 8), code_size=4)
    corruption = keras.layers.Lambda(lambda x: x * 0)
    inside = zoo.Autoencoder(parts.encoder, parts.decoder, corruption=corruption)
    for hostile in (trap, inside):
        hostile.save(other / "model.keras")
        vouch_for_model(other)
        with pytest.raises(InputError, match="model.keras cannot be loaded.*[Ll]ambda"):
            export_run(other, tmp_path / "out")
        assert not mark.exists() and not (tmp_path / "out").exists()


def no_zip(path):
    path.write_bytes(b"no zip file")


def no_config(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")


def foreign(path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (no_zip, "model.keras cannot be loaded"),
        (no_config, "model.keras cannot be loaded"),
        (foreign, "holds no model of the zoo. Received: Sequential"),
    ],
)
def test_damaged_and_foreign_model_files_are_refused(write, message, other, tmp_path):
    write(other / "model.keras")
    with pytest.raises(InputError, match="model.keras' is not the file that the run of"):
        export_run(other, tmp_path / "out")
    vouch_for_model(other)
    with pytest.raises(InputError, match=message):
        export_run(other, tmp_path / "out")


def test_only_models_of_the_zoo_are_exported(tmp_path):
    x, y = np.random.default_rng(0).uniform(size=(20, 4, 4, 1)), np.arange(20) % 2
    data = zoo.datasets.from_arrays((x, y), (x, y))
    run(zoo.Recipe("crc/arrays", "crc", "arrays"), tmp_path / "run", data=data)
    with pytest.raises(InputError, match="Only a Keras model of the zoo.*Collaborative"):
        export_run(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="Only a Keras model of the zoo.*Sequential"):
        export_model(keras.Sequential([keras.Input((2,))]), tmp_path / "out")
