"""zoo/cli/: lists, help and versions, at once and without TensorFlow."""

import logging
import os
import platform
import shlex
import subprocess
import sys

import keras
import pytest
import tensorflow as tf

import zoo
from zoo import registry
from zoo.cli import main
from zoo.cli.commands import COMMANDS
from zoo.cli.parser import make_parser


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("models", zoo.list_models),
        ("estimators", zoo.list_estimators),
        ("recipes", zoo.list_recipes),
        ("datasets", zoo.datasets.list_datasets),
    ],
)
def test_list_prints_a_name_a_line(what, names, capsys):
    # Alone, it lists the models.
    for command in [["list", what], ["list"]][: 2 if what == "models" else 1]:
        assert main(command) == 0
        lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
        assert [name for name, _ in lines] == names() != []
        assert all(line for _, line in lines)
        assert main([*command, "--names"]) == 0
        assert capsys.readouterr().out.splitlines() == names()


def test_show_says_what_a_recipe_sets_aims_at_and_has_measured(capsys):
    assert main(["show", "se_co/mnist"]) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    recipe = zoo.load_recipe("se_co/mnist")
    assert ["epochs", str(recipe.epochs)] in shown
    assert ["batch_size", str(recipe.batch_size)] not in shown  # As by default.
    assert not any(line[:1] == ["origin"] for line in shown)
    assert ["reconstruction_weight", "5.0"] in shown
    published = recipe.target["separability_accuracy"]
    (measured,) = (row for row in zoo.results("se_co/mnist") if row.metric == "psnr")
    assert ["separability_accuracy", f"{published:.4f}"] in shown
    assert ["psnr", f"{measured.measured:.4f}"] in shown
    assert [f"{registry.parameters()['se_co/mnist']:,}", "parameters"] in shown
    assert any(line[:3] == ["mnist:", "license", "unstated;"] for line in shown)


def test_help_has_two_examples_that_are_understood(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        examples = capsys.readouterr().out.partition("examples:\n")[2].splitlines()
        assert len(examples) == 2
        for example in examples:
            _, *arguments = shlex.split(example)
            assert make_parser().parse_args(arguments).command == name


NO_DATASETS = ("digitz", "folder:no", "csv:no.csv#y", "npz:no.npz", "arff:no")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["--version"], ["train", "--help"], ["list", "recipes", "*/mnist"],
        ["list", "datasets"], ["list", "pretrained"], ["show", "se_co/mnist"],
        ["train", "se_co/mnits"], ["train"], ["results", "se_co/*"],
        ["train", "se_co/digits", "--set", "epoch=3"], ["evaluate", "no/run"],
        ["tune", "se_co/digits", "--set", "code_size=x"], ["predict", "no/model", "image.png"],
        ["compare", "*/digits", "--set", "nope=1", "--output", "out"],
        *(["train", "ae/digits", "--dataset", name] for name in NO_DATASETS),
    ],
    ids=" ".join,
)  # fmt: skip
def test_it_answers_without_tensorflow(arguments):
    script = "import sys; from zoo.cli import main\n"
    script += "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
    script += "print(*{'tensorflow', 'keras', 'sklearn', 'numpy'} & set(sys.modules))"
    # As the installed command has it in its first argument.
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = 'zoo'\n{script}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "", done.stderr


@pytest.mark.parametrize("how", ["-m zoo", "-P -m zoo", "-Pmzoo"])
def test_as_a_module_too(how):
    command = [sys.executable, "-X", "importtime", *how.split(), "list", "models"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "lazy_loader" in done.stderr
    assert "tensorflow" not in done.stderr


def test_version_names_what_it_stands_on(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    shown = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert shown["Keras"] == keras.__version__ and shown["zoo"] == zoo.__version__
    assert shown["TensorFlow"] == tf.__version__ and shown["Python"] == platform.python_version()


def test_a_shell_completes_recipes(tmp_path):
    """As argcomplete's shell code asks: the line so far in variables, the answers on stream 8."""
    line = "zoo train se_co/d"
    answers = tmp_path / "answers"
    environment = {
        **os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9", "_ARGCOMPLETE_STDOUT_FILENAME": str(answers),
    }  # fmt: skip
    script = "import sys; sys.argv[0] = 'zoo'\nfrom zoo.cli import main; main()"
    subprocess.run([sys.executable, "-c", script], env=environment, timeout=60)
    assert answers.read_text().strip() == "se_co/digits"


def test_tensorflow_tells_of_itself_where_it_is_asked_to(monkeypatch):
    logger = logging.getLogger("tensorflow")
    monkeypatch.setattr(logger, "level", logging.WARNING)
    for option, level in (("--verbose", logging.WARNING), ("--quiet", logging.ERROR)):
        main(["show", "se_co/digits", option])
        assert logger.level == level
