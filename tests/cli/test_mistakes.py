"""zoo/cli/: a mistake is one line that says what is allowed, exit code 2, and no folder."""

import contextlib
import errno
import json
import os
import pathlib
import subprocess
import sys

import pytest
from tiny_runs import SETTINGS

import zoo
import zoo.training
from zoo.cli import main
from zoo.files import claimed

DIGITS = ["train", "se_co/digits"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run that `zoo train` has finished."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main([*DIGITS, *SETTINGS, "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """A user's own recipe file with a model that there is not."""
    file = tmp_path_factory.mktemp("recipes") / "mine.py"
    file.write_text(
        "from zoo import Recipe\n"
        "ONLY = Recipe(name='mine/nowhere', model='se_cow', dataset='digits')\n"
    )
    return file


@pytest.fixture
def told(capsys):
    """Gives a command that is a mistake, and what it says of it in one line."""

    def told(*command, code=2):
        assert main(list(map(str, command))) == code
        # A run that broke off first ends the line of its progress bar.
        shown = capsys.readouterr().err.removeprefix("\n")
        assert shown.endswith("\n") and shown.count("\n") == 1, shown
        assert shown.startswith("zoo: ")
        return shown

    return told


@pytest.mark.parametrize(
    ("arguments", "received", "allowed"),
    [
        (["train", "se_co/mnits"], "'se_co/mnits'", "Did you mean 'se_co/mnist'? Allowed: "),
        (["train", "*/digits"], "'*/digits'", "`zoo compare` takes patterns"),
        (["train", "nowhere.py:mine"], "'nowhere.py'", "expected PATH:NAME"),
        (["train", "nowhere.json"], "nowhere.json", "cannot be read: [Errno 2] No such file"),
        (
            [*DIGITS, "--dataset", "digitz"],
            "'digitz'",
            "cifar10, delicious, digits, digits_vectors",
        ),
        ([*DIGITS, "--dataset", "folder:no/such"], "'folder:no/such'", "train/CLASS/*"),
        (
            [*DIGITS, "--set", "epoch=3"],
            "'epoch'",
            "Did you mean 'epochs'? Allowed: adversary_learning_rate, batch_size",
        ),
        (
            [*DIGITS, "--set", "patience=2", "--set", "validation_fraction=0"],
            "no validation rows",
            "validation_fraction=0.1",
        ),
        ([*DIGITS, "--track", "wandb"], "'wandb'", "autonet-zoo[wandb]"),
        ([*DIGITS, "--set", "epochs=many"], "epochs=many", "must be: integer"),
        ([*DIGITS, "--set", "epochs"], "'epochs'", "KEY=VALUE"),
        ([*DIGITS, "--set", "epochs=5", "--set", " epochs = 7"], "epochs=5 and epochs=7", "twice"),
        ([*DIGITS, "--dataset", "mnist", "--set", "dataset=blocks"], "mnist and blocks", "once"),
        ([*DIGITS, "--set", "size=(4,4,4,4,4)"], "(8, 8, 1)", "has room for 3 at most"),
        ([*DIGITS, "--set", "image_shape=(4,4,1)"], "(4, 4, 1)", "sides of at least 8"),
        ([*DIGITS, "--set", "image_shape=(8,8)"], "(8, 8)", "(height, width, channels)"),
        (
            [*DIGITS, "--set", "classification_weight=-1"],
            "(alpha)=-1.0",
            "`classification_weight (alpha)` must",
        ),
        ([*DIGITS, "--set", "reconstruction_weight=-0.5"], "(beta)=-0.5", "of at least 0"),
        ([*DIGITS, "--set", "code_size=0"], "code_size=0", "integer of at least 1"),
        ([*DIGITS, "--set", "label_loss=l1"], "'l1'", "Allowed: crossentropy, mae, mse"),
        ([*DIGITS, "--set", "size=huge"], "'huge'", "Allowed: large, medium, small"),
        ([*DIGITS, "--set", "optimizer=adamant"], "'adamant'", "Did you mean"),
        ([*DIGITS, "--set", "precision=float8"], "'float8'", "Allowed: auto, float32, mixed_bf"),
        ([*DIGITS, "--set", "validation_fraction=1"], "=1.0", "must be below 1"),
        (["train", "src/digits", "--set", "epochs=2"], "epochs=2", "Allowed: dataset, image_shape"),
        (["train", "kenrr_rbf/digits", "--set", "kernel=rfb"], "'rfb'", "Did you mean 'rbf'?"),
        (["train", "src/digits", "--dataset", "blocks"], "'blocks'", "one class each"),
        ([*DIGITS, "--dataset", ""], "`dataset`", "must not be empty"),
        ([*DIGITS, "--strategy", "two"], "'two'", "Allowed: auto, mirrored, multi_worker, one"),
        ([*DIGITS, "--resume"], "run", "Nothing to resume"),
        # B20: sizes that no machine has room for.
        ([*DIGITS, "--set", f"code_size={10**9}"], f"code_size={10**9}", "at most 1048576"),
        ([*DIGITS, "--set", f"size=({10**9},8)"], f"({10**9}, 8)", "at most 1048576"),
        ([*DIGITS, "--set", f"batch_size={10**30}"], f"batch_size={10**30}", "at most 2147483647"),
        ([*DIGITS, "--set", f"epochs={10**30}"], f"epochs={10**30}", "at most 2147483647"),
        ([*DIGITS, "--set", f"seed={10**20}"], f"seed={10**20}", "at most 4294967295"),
        (
            [*DIGITS, "--set", f"image_shape=({10**9},{10**9},1)"],
            f"({10**9}, {10**9}, 1)",
            "at most 89478485 pixels",
        ),
        (["train", "spen/blocks", "--set", "num_labels=5"], "'num_labels'", "Allowed: "),
        ([*DIGITS, "--set", "epochs=" + "(" * 5000], "epochs=((((", "must be: integer"),
    ],
    ids=lambda value: " ".join(value[1:])[:60] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_leaves_no_folder(arguments, received, allowed, tmp_path, told):
    error = told(*arguments, "--output", tmp_path / "run")
    assert received in error and allowed in error
    assert not (tmp_path / "run").exists()


def test_a_model_and_a_recipe_that_do_not_exist_are_one_line(recipes, tmp_path, told):
    error = told("train", f"{recipes}:mine/nowhere", "--output", tmp_path / "run")
    assert "Unknown model 'se_cow'. Did you mean 'se_co'? Allowed: aae, ac_" in error
    assert not (tmp_path / "run").exists()
    error = told("train", f"{recipes}:yours")
    assert f"Unknown recipe in {recipes} 'yours'" in error and "mine/nowhere" in error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_arguments": {"input_shape": [8, 8, 1]}}, "must leave input_shape to the data"),
        ({"model_arguments": {"size": {"class_name": "Lambda", "config": {}}}}, "cannot be made"),
        ({"batch_size": 10**30}, "`batch_size` must be an integer"),
        ({"target": {"psnr": "y"}}, "'target.psnr'"),
        ({"name": "../../elsewhere"}, "must be MODEL/DATASET"),
    ],
)
def test_a_recipe_file_changed_by_hand_is_one_line(change, words, tmp_path, told, monkeypatch):
    """B7 and B20."""
    monkeypatch.chdir(tmp_path)
    values = json.loads(zoo.load_recipe("se_co/digits").to_json())
    (tmp_path / "recipe.json").write_text(json.dumps({**values, **change}))
    error = told("train", tmp_path / "recipe.json")
    assert words in error and len(error) < 400
    assert os.listdir(tmp_path) == ["recipe.json"]


def test_an_output_folder_that_holds_a_run_is_refused(finished, told):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    error = told("train", "ae/digits", "--output", finished)
    assert f"{finished} already holds a run of se_co/digits" in error and "--resume" in error
    error = told("train", "ae/digits", "--resume", "--output", finished)
    assert "holds another run: se_co/digits with another name, model" in error
    error = told(*DIGITS, "--set", "epochs=7", "--resume", "--output", finished)
    assert "with another model_arguments (code_size, size), batch_size, epochs" in error
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_a_recipe_too_deep_to_be_read_is_told(tmp_path, told):
    (tmp_path / "recipe.json").write_text("[" * 100_000)
    error = told("train", "ae/digits", "--resume", "--output", tmp_path)
    assert "recipe.json" in error and "Traceback" not in error


def test_an_output_that_cannot_be_a_folder_is_refused(tmp_path, told):
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    for output in (file, file / "run"):
        assert "notes.txt" in told(*DIGITS, *SETTINGS, "--output", output)
    assert file.read_text() == "mine"


def run_that_is_none(folder, kind):
    """A path that looks more or less like a run's."""
    if kind == "missing":
        return folder / "missing"
    if kind == "file":
        (folder / "file").write_text("")
        return folder / "file"
    if kind == "stopped":
        (folder / "recipe.json").write_text(zoo.load_recipe("se_co/digits").to_json())
    return folder


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "stopped"])
def test_a_run_folder_that_is_none_is_refused(kind, tmp_path, told):
    run = run_that_is_none(tmp_path, kind)
    before = sorted(tmp_path.iterdir())
    lacks = "history.json, results.json"
    lacks = lacks if kind == "stopped" else f"recipe.json, {lacks}"
    for command, output in (("evaluate", ()), ("report", ("--output", tmp_path / "report")),
                            ("export", ("--output", tmp_path / "served"))):  # fmt: skip
        error = told(command, run, *output)
        assert error == f"zoo: {run} is no finished run: it has no {lacks}.\n"
    assert sorted(tmp_path.iterdir()) == before
    if kind == "stopped":
        # To `zoo predict` too any file of a run tells that it is one, and no export.
        (run / "recipe.json").rename(run / "history.json")
        error = told("predict", run, "nothing.png")
        assert error == f"zoo: {run} is no finished run: it has no recipe.json, results.json.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tuner", "grid"], "Unknown tuner 'grid'. Allowed: bayesian, hyperband, random"),
        (["--trials", "0"], "`trials` must be an integer of at least 1"),
        (["--objective", "val_acuracy"], "val_accuracy"),
        (["--resume"], "Nothing to resume"),
    ],
)
def test_a_mistake_in_a_search_is_one_line(arguments, words, tmp_path, told):
    output = tmp_path / "tuned"
    assert words in told("tune", "se_co/digits", *arguments, "--output", output)
    assert not output.exists()


def test_a_mistake_in_an_export_is_one_line(finished, tmp_path, told):
    output = tmp_path / "served"
    for arguments, words in (
        (["--images", "png"], "Unknown kind of images 'png'. Allowed: encoded, float, uint8"),
        (["--version", "0"], "`version` must be an integer of at least 1"),
    ):
        assert words in told("export", finished, "--output", output, *arguments)
    error = told("predict", output, "nothing.png")
    assert "holds no model that `zoo export` wrote" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, "", "[]", '{"half": '])
def test_a_model_that_is_damaged_is_refused_by_name(content, finished, tmp_path, told):
    """The other files of a run: tests/training/test_finished_runs.py."""
    for each in ("recipe.json", "history.json", "results.json"):
        (tmp_path / each).write_bytes((finished / each).read_bytes())
    if content is not None:
        (tmp_path / "model.keras").write_text(content)
    error = told("evaluate", tmp_path)
    assert "model.keras" in error
    assert told("export", tmp_path, "--output", tmp_path / "served") == error


def test_data_that_is_not_there_is_named_with_folder_and_files(tmp_path, monkeypatch, capsys):
    for variable in ("ZOO_MANUAL_DIR", "TFDS_DATA_DIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    assert main(["train", "se_co/mnist", "--output", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("zoo: Data set 'mnist' is not prepared in ")
    assert str(tmp_path / "ZOO_MANUAL_DIR" / "mnist") in error
    assert str(tmp_path / "TFDS_DATA_DIR" / "mnist") in error
    _, files, _ = error.splitlines()
    for file in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        assert files.count(f" {file}-ubyte.gz: ") == 1
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_names_the_step_and_the_term(tmp_path, told):
    wild = ["optimizer=sgd", "learning_rate=1e38", "schedule=constant"]
    settings = [argument for setting in wild for argument in ("--set", setting)]
    error = told(*DIGITS, *SETTINGS, *settings, "--output", tmp_path / "run", code=1)
    assert error.startswith("zoo: Training stopped at step ")
    assert "of epoch 1: " in error and "_loss is " in error
    assert not (tmp_path / "run" / "results.json").exists()


@pytest.mark.full
def test_who_reads_no_further_is_no_mistake(tmp_path):
    root = pathlib.Path(zoo.__file__).parents[1]
    command = f"{sys.executable} -m zoo list recipes 2>{tmp_path}/err | head -1"
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    subprocess.run(["sh", "-c", command], env=environment, check=True, timeout=300)
    assert "Traceback" not in (tmp_path / "err").read_text()


@pytest.mark.full
def test_work_that_ends_since_nobody_reads_says_how_it_goes_on(tmp_path):
    root = pathlib.Path(zoo.__file__).parents[1]
    small = "--set size=4,8 --set epochs=9 --set precision=float32"
    command = f"{sys.executable} -m zoo train ae/digits {small} --output {tmp_path}/run"
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    pipe = f"{command} 2>{tmp_path}/err | head -1"
    subprocess.run(["sh", "-c", pipe], env=environment, check=True, timeout=300)
    said = (tmp_path / "err").read_text()
    assert said.startswith("zoo: nobody reads what it prints any more, so it ends; `--resume` goes")
    done = subprocess.run([*command.split(), "--resume"], env=environment, timeout=300)
    assert done.returncode == 0


def test_what_cannot_be_printed_is_told(monkeypatch, capsys):
    for arguments in (["--version"], ["list", "models"], ["results", "se_co/digits"]):
        with open("/dev/full", "w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            assert main(arguments) == 1
            monkeypatch.undo()
            with contextlib.suppress(OSError):
                full.close()
        assert capsys.readouterr().err == "zoo: What is printed: No space left on device.\n"


def test_a_working_folder_that_is_gone_is_named(monkeypatch, told, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert "The folder that the command was given in" in told(*DIGITS, code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        [*DIGITS, "--dataset", ""],
        ["train", "", "--output", "run"],
        [*DIGITS, "--output", ""],
        ["report", "run", "", "--output", "page"],
        ["export", "run", "--output", ""],
    ],
)
def test_an_empty_argument_is_refused(arguments, tmp_path, told, monkeypatch):
    """B22."""
    monkeypatch.chdir(tmp_path)
    assert "must not be empty" in told(*arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_what_cannot_be_stored_is_one_line_and_code_1(number, monkeypatch, told, tmp_path):
    def full(*arguments, **settings):
        with claimed(tmp_path / "run"):
            raise OSError(number, os.strerror(number), str(tmp_path / "run" / "model.keras"))

    monkeypatch.setattr(zoo.training, "run", full)
    error = told(*DIGITS, "--output", tmp_path / "run", code=1)
    assert error == f"zoo: Cannot write to output folder {tmp_path}/run: {os.strerror(number)}.\n"


def test_a_name_cannot_break_a_line_or_move_the_cursor(told, tmp_path):
    """B23."""
    error = told("evaluate", tmp_path / "a\nb\x1b[2Kc")
    assert "a\\nb\\x1b[2Kc is no finished run" in error


@pytest.mark.parametrize(
    "arguments",
    [[], ["trian"], ["list", "colours"], ["train"], ["evaluate"], ["report", "run"], ["report"]],
)
def test_a_command_line_that_is_none_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: zoo" in capsys.readouterr().err


@pytest.mark.full
def test_the_command_itself_exits_with_2_and_without_a_traceback(tmp_path):
    root = pathlib.Path(zoo.__file__).parents[1]
    command = [sys.executable, "-m", "zoo", "train", "se_co/digits", "--set", "code_size=none"]
    done = subprocess.run(
        [*command, "--output", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "Traceback" not in done.stderr
    # TensorFlow may have said something of its own before.
    errors = [line for line in done.stderr.splitlines() if line.startswith("zoo: ")]
    assert errors == ["zoo: `code_size` must be: integer. Received: code_size=None."]
    assert done.stderr.rstrip().endswith(errors[0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "received", "allowed"),
    [
        (["*/digitz"], "'*/digitz'", "Did you mean 'digits'"),
        (["ae/digits", "--seeds", "0"], "seeds=0", "integer of at least 1"),
        (["ae/digits", "--set", "epoch=3"], "'epoch'", "Did you mean 'epochs'?"),
        (["ae/digits", "--set", "epochs"], "'epochs'", "KEY=VALUE"),
        (["ae/digits", "--shard", "3"], "'3'", "I/N"),
        (["ae/digits", "se_co/digits", "--set", "code_size=0"], "code_size=0", "at least 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_in_a_comparison_is_one_line(arguments, received, allowed, tmp_path, told):
    error = told("compare", *arguments, "--output", tmp_path / "out")
    assert received in error and allowed in error
    assert not (tmp_path / "out").exists()
