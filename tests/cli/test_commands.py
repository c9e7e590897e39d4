"""zoo/cli/: what each command prints and leaves behind (mistakes: test_mistakes.py;
lists, help and versions: test_answers.py)."""

import json
import pathlib
import shlex
import shutil
import webbrowser

import pytest
from tiny_runs import SETTINGS

import zoo
import zoo.training
from zoo.cli import main

USERS_OWN = """
from zoo import Recipe

TINY = {"code_size": 4, "size": (4, 8)}
RECIPES = [
    Recipe(name="mine/digits", model="se_co", dataset="digits", model_arguments=TINY,
           target={"psnr": 12.5, "macro_f1": 0.5}, source="a table"),
]
"""


OF_MNIST = ["train", "se_co/mnist", "--dataset", "digits"]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """A user's own recipe file."""
    file = tmp_path_factory.mktemp("recipes") / "mine.py"
    file.write_text(USERS_OWN)
    return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run that `zoo train` has finished: the recipe of mnist, on the digits."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main([*OF_MNIST, *SETTINGS, "--output", str(folder)]) == 0
    return folder


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What `zoo.training.run` is asked for, in place of training; in an empty folder."""
    monkeypatch.chdir(tmp_path)
    calls = []
    scores = {"separability_accuracy": [0.75], "psnr": [13.0]}

    def run(recipe, output, **settings):
        calls.append({"recipe": recipe, "output": output, **settings})
        results = {"recipe": recipe.name, "train_rows": 1437, "seconds": 90.0}
        return {**results, "images_per_second": 479.0, "scores": scores}

    monkeypatch.setattr(zoo.training, "run", run)
    return calls


# What training is asked for.


def test_show_ends_with_the_command_that_trains_it(recipes, capsys):
    assert main(["show", f"{recipes}:mine/digits"]) == 0
    *_, command = capsys.readouterr().out.splitlines()
    assert shlex.split(command) == ["zoo", "train", f"{recipes}:mine/digits"]


def test_overrides_reach_the_recipe_and_the_model(asked, tmp_path):
    arguments = ["--set", "epochs=3", "--set", " code_size = 8 ", "--set", "label_loss=mae"]
    assert main(["train", "se_co/digits", *arguments, "--output", str(tmp_path / "run")]) == 0
    recipe = asked[0]["recipe"]
    assert (recipe.name, recipe.dataset, recipe.epochs) == ("se_co/digits", "digits", 3)
    assert recipe.model_arguments["code_size"] == 8
    assert recipe.model_arguments["label_loss"] == "mae"
    untouched = zoo.load_recipe("se_co/digits")
    assert recipe.model_arguments["size"] == untouched.model_arguments["size"]
    assert asked[0]["output"] == tmp_path / "run"
    assert asked[0]["strategy"] == "auto" and asked[0]["resume"] is False


def test_the_run_folder_is_named_after_the_recipe_by_default(asked, capsys):
    assert main(["train", "dae/cifar10"]) == 0
    assert asked[0]["output"] == pathlib.Path("runs/dae/cifar10")
    assert capsys.readouterr().out.splitlines()[-1] == "run folder: runs/dae/cifar10"


@pytest.mark.parametrize("dataset", ["digits", "folder:some/pictures", "cmaterdb/devanagari"])
def test_another_data_set_takes_its_name_and_leaves_the_published_target(
    dataset, asked, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("some", "pictures").mkdir(parents=True)
    assert zoo.load_recipe("se_co/mnist").target
    assert main(["train", "se_co/mnist", "--dataset", dataset]) == 0
    recipe = asked[0]["recipe"]
    assert recipe.dataset == dataset and recipe.name == f"se_co/{dataset}"
    assert recipe.target == {} and recipe.source == ""
    assert recipe.learning_rate == zoo.load_recipe("se_co/mnist").learning_rate
    # On every system: Windows has no colons in names.
    assert asked[0]["output"] == pathlib.Path("runs", "se_co", dataset.replace(":", "_"))


def test_scores_stand_beside_the_published_numbers(asked, recipes, tmp_path, capsys):
    (tmp_path / "recipe.json").write_text(zoo.load_recipe(f"{recipes}:mine/digits").to_json())
    command = ["train", f"{recipes}:mine/digits", "--output", str(tmp_path)]
    assert main([*command, "--strategy", "one", "--resume"]) == 0
    assert asked[0]["strategy"] == "one" and asked[0]["resume"] is True
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("mine/digits: 1437 training images, 1.5 minutes, 479")
    assert shown[1].split() == ["separability_accuracy", "0.7500"]
    assert shown[2].split() == ["psnr", "13.0000", "published", "12.5000"]


def test_the_recipe_json_of_a_run_is_a_recipe(asked, finished, tmp_path):
    file = finished / "recipe.json"
    assert main(["train", str(file), "--output", str(tmp_path / "again")]) == 0
    assert asked[0]["recipe"] == zoo.load_recipe(str(file))


# A whole run.


def test_train_leaves_a_run_with_the_settings_of_the_command(finished):
    recipe = json.loads((finished / "recipe.json").read_text())
    results = json.loads((finished / "results.json").read_text())
    assert recipe["model_arguments"]["code_size"] == 4
    assert recipe["target"] == {} and recipe["dataset"] == "digits"
    assert results["recipe"] == "se_co/digits" and results["epochs"] == 1
    assert (finished / "model.keras").is_file()


def scores_shown(text):
    """The numbers by name in what a command printed."""
    lines = [line.split() for line in text.splitlines() if line.startswith("  ")]
    return {name: float(value) for name, value, *_ in lines}


def scores_of(folder):
    scores = json.loads((folder / "results.json").read_text())["scores"]
    return {name: values[0] for name, values in scores.items()}


def test_resume_accepts_the_finished_run_without_its_settings(finished, capsys):
    before = (finished / "model.keras").read_bytes()
    assert main([*OF_MNIST, "--resume", "--output", str(finished)]) == 0
    shown = capsys.readouterr().out
    assert scores_shown(shown) == pytest.approx(scores_of(finished), abs=1e-4)
    assert len(scores_shown(shown)) == 7
    assert f"run folder: {finished}" in shown
    # Nor does it mind the same settings once more.
    assert main([*OF_MNIST, *SETTINGS, "--resume", "--output", str(finished)]) == 0
    assert (finished / "model.keras").read_bytes() == before


def test_evaluate_scores_the_model_again(finished, capsys):
    before = scores_of(finished)
    results = finished / "results.json"
    spoilt = json.loads(results.read_text())
    spoilt["scores"] = {}
    results.write_text(json.dumps(spoilt))
    assert main(["evaluate", str(finished)]) == 0
    assert scores_of(finished) == pytest.approx(before, rel=1e-4)
    assert scores_shown(capsys.readouterr().out) == pytest.approx(before, abs=2e-4)


@pytest.mark.full
def test_export_and_predict_answer_from_a_saved_model(finished, tmp_path, capsys):
    output = tmp_path / "served"
    for version, options in (("1", ["--images", "uint8"]), ("7", ["--version", "7"])):
        assert main(["export", str(finished), "--output", str(output), *options]) == 0
        assert capsys.readouterr().out == f"SavedModel: {output / version}\n"
    digit = pathlib.Path(__file__).parents[2] / "recipes" / "digit.png"
    answers = []
    for asked in (output / "1", output / "7", output, finished):
        assert main(["predict", str(asked), str(digit)]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0].startswith(f"{digit}: ") and len(set(answers)) == 1


def test_report_writes_a_page_about_the_run(finished, tmp_path, capsys):
    assert main(["report", str(finished), "--output", str(tmp_path / "report")]) == 0
    page = tmp_path / "report" / "index.html"
    assert capsys.readouterr().out.startswith(f"report: {page}\n")
    assert "digits" in page.read_text() and "data:image/png" in page.read_text()


def test_report_takes_a_comparison(finished, tmp_path, told_reports):
    comparison = tmp_path / "comparison"
    assert main(["report", str(comparison), "--output", "page"]) == 2  # There is none.
    place = comparison / "runs" / "se_co" / "digits"
    place.mkdir(parents=True)
    assert main(["report", str(comparison), "--output", "page"]) == 2  # No run is finished.
    shutil.copytree(finished, place / "seed_0")
    assert main(["report", str(comparison), "--output", "page"]) == 0
    assert told_reports == [[place / "seed_0"]]


@pytest.fixture
def told_reports(monkeypatch):
    """Of which runs reports are asked for; the first folder that is none is refused."""
    told = []

    def write_report(runs, output, reductions=None):
        zoo.report.read_runs(runs)
        told.append(runs)
        return pathlib.Path(output, "index.html")

    monkeypatch.setattr(zoo.report, "write_report", write_report)
    return told


def test_train_opens_its_report(asked, told_reports, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(zoo.report, "read_runs", lambda runs: [])
    assert main(["train", "se_co/digits", "--open", "--output", str(tmp_path / "run")]) == 0
    assert told_reports == [[tmp_path / "run"]]
    assert opened == [(tmp_path / "run" / "report" / "index.html").as_uri()]


def test_a_log_gets_no_bars(asked):
    # What pytest reads from is no terminal.
    for option, verbose in (("--quiet", 0), ("--verbose", 2)):
        assert main(["train", "se_co/digits", option]) == 0
        assert asked[-1]["verbose"] == verbose


@pytest.mark.full
def test_quiet_prints_the_answer_alone(finished, tmp_path, capsys):
    shown = {}
    for option in ("--quiet", "--verbose"):
        folder = tmp_path / option
        assert main([*OF_MNIST, *SETTINGS, option, "--output", str(folder)]) == 0
        shown[option] = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    # Where the output is no terminal, there is a line an epoch.
    assert shown["--verbose"] == ["epoch", *shown["--quiet"]]


def test_report_prints_the_slides_tables_of_classifiers(tmp_path, capsys):
    import report_pages

    scores, recipe = {"accuracy": [0.75]}, {"model": "cnn", "target": {"accuracy": 0.9951}}
    run = report_pages.make_run(tmp_path / "run", "cnn", "mnist", scores, recipe=recipe)
    assert main(["report", str(run), "--output", str(tmp_path / "report")]) == 0
    first, _, *table = capsys.readouterr().out.splitlines()
    assert first == f"report: {tmp_path / 'report' / 'index.html'}"
    assert [line.split("  ") for line in table[1:]] == [
        ["Model", "", "", "", "", "", "mnist"],
        ["Independent CNN", "0.7500 (0.9951)"],
    ]


# Several recipes.


@pytest.fixture
def compared(monkeypatch):
    """What `compare_recipes` is asked for, in place of training; one seed diverged if `diverge`."""
    from zoo.comparison.score_table import Compared

    calls = []

    def compare_recipes(recipes, output, **settings):
        calls.append({"recipes": recipes, "output": output, **settings})
        diverged = {1: "a term is nan"} if "dae/digits" in recipes else {}
        return [Compared(zoo.load_recipe(recipes[-1]), 2, None, diverged)]

    monkeypatch.setattr(zoo.comparison, "compare_recipes", compare_recipes)
    return calls


def test_compare_passes_everything_on(compared):
    command = ["compare", "ac_*/digits", "ae/digits", "--output", "out"]
    assert main(command) == 0
    settings = ["--seeds", "2", "--set", "epochs=2", "--strategy", "one", "--no-reducers"]
    assert main([*command, *settings, "--jobs", "2", "--shard", "1/8"]) == 0
    same = {"recipes": ["ac_*/digits", "ae/digits"], "output": "out", "track": []}
    assert compared == [
        {**same, "seeds": 1, "settings": {}, "strategy": "auto", "reducers": True}
        | {"jobs": 1, "shard": None},
        {**same, "seeds": 2, "settings": {"epochs": "2"}, "strategy": "one", "reducers": False}
        | {"jobs": 2, "shard": (1, 8)},
    ]


def test_a_quiet_comparison_says_where_its_report_is(compared, capsys):
    assert main(["compare", "ae/digits", "--output", "out", "--quiet"]) == 0
    page = pathlib.Path("out", "report", "index.html")
    assert capsys.readouterr().out == f"report: {page}\n"
    # Which a shard that is not the last leaves to it.
    assert main(["compare", "ae/digits", "--output", "out", "--quiet", "--shard", "1/2"]) == 0
    assert str(page) not in capsys.readouterr().out


def test_compare_ends_with_1_where_a_run_diverged(compared, capsys):
    assert main(["compare", "dae/digits", "--output", "out"]) == 1
    assert "1 of 2 runs diverged: dae/digits (seed 1)." in capsys.readouterr().err


def test_report_takes_the_reducers_from_its_own_folder(finished, tmp_path, monkeypatch, capsys):
    asked = []
    reduce_runs = lambda runs, folder: asked.append((runs, folder)) or {}  # noqa: E731
    monkeypatch.setattr(zoo.comparison, "reduce_runs", reduce_runs)
    command = ["report", str(finished), "--output", str(tmp_path / "report")]
    assert main([*command, "--reducers"]) == 0
    assert asked == [([finished], tmp_path / "report" / "reductions")]


@pytest.mark.full
def test_tune_writes_the_best_recipe_and_goes_on(recipes, tmp_path, capsys):
    mine = tmp_path / "mine.py"
    search = 'search={"code_size": (2, 8)}, model='
    mine.write_text(recipes.read_text().replace("model=", search, 1))
    output = tmp_path / "tuned"
    command = ["tune", f"{mine}:mine/digits", "--tuner", "random", "--output", str(output)]
    assert main([*command, "--trials", "1", "--set", "epochs=1"]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == f"zoo train {output / 'best_recipe.json'}"
    best = zoo.load_recipe(str(output / "best_recipe.json"))
    assert best.epochs == 1 and 2 <= best.model_arguments["code_size"] <= 8
    # The settings of the first call are not given again.
    assert main([*command, "--resume"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == shown.splitlines()[-1]
