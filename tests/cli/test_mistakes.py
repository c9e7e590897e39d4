"""zoo/cli/: a mistake is one line that says what is allowed, exit code 2, and no folder."""

import os
import pathlib
import subprocess
import sys

import pytest

import zoo
import zoo.training
from zoo.cli import main

TINY = [
    argument
    for setting in ("size=(4,8)", "code_size=4", "epochs=1", "batch_size=256", "precision=float32")
    for argument in ("--set", setting)
]
DIGITS = ["train", "se_co/digits"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run that `zoo train` has finished."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main([*DIGITS, *TINY, "--output", str(folder)]) == 0
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


def one_line(capsys):
    """The error that a command printed."""
    shown = capsys.readouterr().err
    assert shown.endswith("\n") and shown.count("\n") == 1, shown
    assert shown.startswith("zoo: ")
    return shown


@pytest.mark.parametrize(
    ("arguments", "received", "allowed"),
    [
        (["train", "se_co/mnits"], "'se_co/mnits'", "Did you mean 'se_co/mnist'? Allowed: "),
        (["train", "nowhere.py:mine"], "'nowhere.py'", "expected PATH:NAME"),
        (["train", "nowhere.json"], "nowhere.json", "cannot be read: [Errno 2] No such file"),
        ([*DIGITS, "--dataset", "digitz"], "'digitz'", "cifar10, delicious, digits, fashion_mnist"),
        ([*DIGITS, "--dataset", "folder:no/such"], "'folder:no/such'", "train/CLASS/*.png"),
        (
            [*DIGITS, "--set", "epoch=3"],
            "'epoch'",
            "Did you mean 'epochs'? Allowed: adversary_learning_rate, batch_size",
        ),
        ([*DIGITS, "--set", "epochs=many"], "epochs=many", "must be: integer"),
        ([*DIGITS, "--set", "epochs=2.5"], "epochs=2.5", "must be: integer"),
        ([*DIGITS, "--set", "epochs=0"], "epochs=0", "integer of at least 1"),
        ([*DIGITS, "--set", "learning_rate=fast"], "learning_rate=fast", "must be: number"),
        ([*DIGITS, "--set", "deterministic=1"], "deterministic=1", "must be: true or false"),
        ([*DIGITS, "--set", "epochs"], "'epochs'", "KEY=VALUE"),
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
        ([*DIGITS, "--set", "code_size=-3"], "code_size=-3", "integer of at least 1"),
        ([*DIGITS, "--set", "label_loss=l1"], "'l1'", "Allowed: crossentropy, mae, mse"),
        ([*DIGITS, "--set", "size=huge"], "'huge'", "Allowed: large, medium, small"),
        ([*DIGITS, "--set", "optimizer=adamant"], "'adamant'", "Keras"),
        ([*DIGITS, "--set", "schedule=linear"], "'linear'", "Allowed: constant, cosine"),
        ([*DIGITS, "--set", "precision=float8"], "'float8'", "Allowed: auto, float32, mixed_bf"),
        ([*DIGITS, "--set", "labelled_fraction=0"], "=0.0", "must be above 0"),
        ([*DIGITS, "--set", "labelled_fraction=2"], "=2.0", "between 0 and 1"),
        ([*DIGITS, "--set", "validation_fraction=1"], "=1.0", "must be below 1"),
        (["train", "src/digits", "--set", "epochs=2"], "epochs=2", "Allowed: dataset, image_shape"),
        (["train", "src/digits", "--set", "lambda1=-1"], "lambda1=-1.0", "of at least 0"),
        (["train", "kenrr_rbf/digits", "--set", "kernel=rfb"], "'rfb'", "Did you mean 'rbf'?"),
        (["train", "src/digits", "--set", "labelled_fraction=0.003"], "=0.003", "every class"),
        (["train", "src/digits", "--dataset", "blocks"], "'blocks'", "one class each"),
        ([*DIGITS, "--strategy", "two"], "'two'", "Allowed: auto, mirrored, multi_worker, one"),
        ([*DIGITS, "--resume"], "run", "Nothing to resume"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_leaves_no_folder(arguments, received, allowed, tmp_path, capsys):
    assert main([*arguments, "--output", str(tmp_path / "run")]) == 2
    error = one_line(capsys)
    assert received in error and allowed in error
    assert not (tmp_path / "run").exists()


def test_a_model_that_does_not_exist_is_one_line(recipes, tmp_path, capsys):
    command = ["train", f"{recipes}:mine/nowhere", "--output", str(tmp_path / "run")]
    assert main(command) == 2
    assert "Unknown model 'se_cow'. Did you mean 'se_co'? Allowed: aae, ac_" in one_line(capsys)
    assert not (tmp_path / "run").exists()


def test_a_recipe_that_its_file_does_not_hold_is_one_line(recipes, capsys):
    assert main(["train", f"{recipes}:yours"]) == 2
    error = one_line(capsys)
    assert f"Unknown recipe in {recipes} 'yours'" in error and "mine/nowhere" in error


def test_an_output_folder_that_holds_a_run_is_refused(finished, capsys):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert main(["train", "ae/digits", "--output", str(finished)]) == 2
    error = one_line(capsys)
    assert f"{finished} already holds a run of se_co/digits" in error and "--resume" in error
    assert main(["train", "ae/digits", "--resume", "--output", str(finished)]) == 2
    error = one_line(capsys)
    assert "holds another run: se_co/digits with another name, model" in error
    assert main([*DIGITS, "--set", "epochs=7", "--resume", "--output", str(finished)]) == 2
    error = one_line(capsys)
    assert "with another model_arguments (code_size, size), batch_size, epochs" in error
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


@pytest.mark.parametrize("below", [False, True])
def test_an_output_that_cannot_be_a_folder_is_refused(below, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    output = tmp_path / "notes.txt" / "run" if below else tmp_path / "notes.txt"
    assert main([*DIGITS, *TINY, "--output", str(output)]) == 2
    assert "notes.txt" in one_line(capsys)
    assert (tmp_path / "notes.txt").read_text() == "mine"


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
def test_a_run_folder_that_is_none_is_refused(kind, tmp_path, capsys):
    run = run_that_is_none(tmp_path, kind)
    before = sorted(tmp_path.iterdir())
    assert main(["evaluate", str(run)]) == 2
    lacks = "history.json, results.json"
    lacks = lacks if kind == "stopped" else f"recipe.json, {lacks}"
    told = f"zoo: {run} is no finished run: it has no {lacks}.\n"
    assert one_line(capsys) == told
    assert main(["report", str(run), "--output", str(tmp_path / "report")]) == 2
    assert one_line(capsys) == told
    assert main(["export", str(run), "--output", str(tmp_path / "served")]) == 2
    assert one_line(capsys) == told
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tuner", "grid"], "Unknown tuner 'grid'. Allowed: bayesian, hyperband, random"),
        (["--trials", "0"], "`trials` must be an integer of at least 1"),
        (["--objective", "val_acuracy"], "val_accuracy"),
        (["--resume"], "Nothing to resume"),
    ],
)
def test_a_mistake_in_a_search_is_one_line(arguments, told, tmp_path, capsys):
    output = tmp_path / "tuned"
    assert main(["tune", "se_co/digits", *arguments, "--output", str(output)]) == 2
    assert told in one_line(capsys)
    assert not output.exists()


def test_a_mistake_in_an_export_is_one_line(finished, tmp_path, capsys):
    output = str(tmp_path / "served")
    for arguments, told in (
        (["--images", "png"], "Unknown kind of images 'png'. Allowed: encoded, float, uint8"),
        (["--version", "0"], "`version` must be an integer of at least 1"),
    ):
        assert main(["export", str(finished), "--output", output, *arguments]) == 2
        assert told in one_line(capsys)
    assert main(["predict", output, "nothing.png"]) == 2
    assert "holds no model that `zoo export` wrote" in one_line(capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, "", "[]", '{"half": '])
def test_a_model_that_is_damaged_is_refused_by_name(content, finished, tmp_path, capsys):
    """The other files of a run: tests/training/test_run_folder.py."""
    for each in ("recipe.json", "history.json", "results.json"):
        (tmp_path / each).write_bytes((finished / each).read_bytes())
    if content is not None:
        (tmp_path / "model.keras").write_text(content)
    assert main(["evaluate", str(tmp_path)]) == 2
    told = one_line(capsys)
    assert "model.keras" in told
    assert main(["export", str(tmp_path), "--output", str(tmp_path / "served")]) == 2
    assert one_line(capsys) == told


def test_data_that_is_not_there_is_named_with_folder_and_files(tmp_path, monkeypatch, capsys):
    for variable in ("ZOO_MANUAL_DIR", "TFDS_DATA_DIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    assert main(["train", "se_co/mnist", "--output", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("zoo: Data set 'mnist' is not prepared in ")
    assert str(tmp_path / "ZOO_MANUAL_DIR" / "mnist") in error
    assert str(tmp_path / "TFDS_DATA_DIR" / "mnist") in error
    # Each file of the list has a line of its own.
    for file in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        assert sum(line.startswith(f"  {file}-ubyte.gz: ") for line in error.splitlines()) == 1
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_names_the_step_and_the_term(tmp_path, capsys):
    wild = ["optimizer=sgd", "learning_rate=1e38", "schedule=constant", "epochs=2"]
    settings = [argument for setting in wild for argument in ("--set", setting)]
    assert main([*DIGITS, *TINY, *settings, "--output", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err.strip()
    assert error.startswith("zoo: Training stopped at step ") and "\n" not in error
    assert "of epoch 1: " in error and "_loss is " in error
    assert not (tmp_path / "run" / "results.json").exists()


def test_an_interrupted_run_says_how_to_go_on(monkeypatch, capsys):
    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo.training, "run", interrupted)
    assert main(DIGITS) == 130
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["trian"], ["list", "colours"], ["train"], ["evaluate"], ["report", "run"], ["report"]],
)
def test_a_command_line_that_is_none_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: zoo" in capsys.readouterr().err


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
    assert errors == ["zoo: `code_size` must be: integer. Received: code_size=none."]
    assert done.stderr.rstrip().endswith(errors[0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "received", "allowed"),
    [
        (["*/digitz"], "'*/digitz'", "There are: "),
        (["ae/digits", "se_co/digitz"], "'se_co/digitz'", "Did you mean 'se_co/digits'?"),
        (["ae/digits", "--seeds", "0"], "seeds=0", "integer of at least 1"),
        (["ae/digits", "--set", "epoch=3"], "'epoch'", "Did you mean 'epochs'?"),
        (["dae/digits", "ae/digits", "--set", "noise=1"], "ae/digits: ", "'noise'"),
        (["ae/digits", "--set", "epochs"], "'epochs'", "KEY=VALUE"),
        (["ae/digits", "--strategy", "two"], "'two'", "Allowed: auto, mirrored, multi_worker, one"),
        (["ae/digits", "se_co/digits", "--set", "code_size=0"], "code_size=0", "at least 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_in_a_comparison_is_one_line(arguments, received, allowed, tmp_path, capsys):
    assert main(["compare", *arguments, "--output", str(tmp_path / "out")]) == 2
    error = one_line(capsys)
    assert received in error and allowed in error
    assert not (tmp_path / "out").exists()


def test_an_interrupted_comparison_says_how_to_go_on(monkeypatch, tmp_path, capsys):

    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo.comparison, "compare_recipes", interrupted)
    assert main(["compare", "ae/digits", "--output", str(tmp_path / "out")]) == 130
    assert "the same command" in capsys.readouterr().err
