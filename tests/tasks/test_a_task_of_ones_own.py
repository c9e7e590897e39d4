"""A kind of task is added in five files, and goes every way that the zoo's own tasks go."""

import importlib
import io
import json
import sys
import textwrap

import numpy as np
import pytest

import zoo
from zoo.comparison import compare_recipes
from zoo.kinds import find_task, task_of, task_of_scores
from zoo.report import write_report
from zoo.serving import export_run, predict
from zoo.training import evaluate_run, run
from zoo.tuning import tune

FILES = {
    "counting_task": '''
        """Counting: how many features of a row are above 0."""

        import numpy as np

        import zoo
        from zoo.evaluation import Evaluation
        from zoo.report import figures
        from zoo.report.panels import Panel, both

        ERROR = zoo.Metric(
            "count_error",
            "Error of counts",
            "the mean over test rows of how far the count is off",
            digits=2,
            higher_is_better=False,
        )


        def count_error(true, counted):
            return float(np.mean(np.abs(true - counted)))


        def score(model, data, seed):
            x, y = data.arrays("test")
            counted = model.predict(x, verbose=0)
            return Evaluation({"count_error": count_error(y, counted)}, {"counted": counted})


        def finish(model, data):
            model.finished = True


        def chart(counted, dark=False):
            figure, axes = figures.new_axes(3.6, 2.5, dark, 100)
            axes.hist(counted)
            return figures.png(figure)


        def draw(run, folded):
            if "counted" not in run.arrays:
                return None
            images = both(chart, run.arrays["counted"])
            return {"title": "How high it counts", "images": images, "caption": "All test rows."}


        COUNTING = zoo.register_task(
            zoo.Task(
                "counting",
                metrics=(ERROR,),
                score=score,
                needs="rows with a count each",
                finish=finish,
                objectives=("count_error",),
                held_out=count_error,
                answer=lambda model, counted: {"counts": counted},
                describe=lambda served, rows: [
                    (f"{count:.1f} above 0", None)
                    for count in served.ask("serving_default", rows)["counts"]
                ],
                panels=(Panel("counts", draw),),
            )
        )
    ''',
    "counted_rows": '''
        """Rows with a count each."""

        import numpy as np

        from counting_task import COUNTING
        from zoo.datasets import ArrayRows, SplitData, register_dataset


        class CountData(SplitData):
            """Rows of features, and how many of each row are above 0."""

            task = COUNTING


        def _rows(seed, count):
            x = np.random.default_rng(seed).normal(size=(count, 4)).astype("float32")
            return ArrayRows(x, (x > 0).sum(axis=1))


        @register_dataset
        def counted(options):
            """240 rows to train on and 60 to test on."""
            return CountData("counted", {"train": _rows(0, 240), "test": _rows(1, 60)}, options)
    ''',
    "counter": '''
        """A network that counts."""

        import keras

        import zoo
        from counting_task import COUNTING


        @keras.saving.register_keras_serializable(package="counting")
        class Counter(zoo.ZooModel):
            """One number for each row, by its squared distance from the count."""

            task = COUNTING
            label_terms = ("count_loss",)

            def __init__(self, network, **kwargs):
                super().__init__({"network": network}, ("count_loss",), **kwargs)

            def forward(self, x, y=None, sample_weight=None, training=False):
                return {"counts": self.network(x, training=training)[:, 0]}

            def terms(self, x, y, outputs):
                return {"count_loss": keras.ops.square(y - outputs["counts"])}

            def total(self, means):
                return means["count_loss"]

            def predictions(self, outputs):
                return outputs["counts"]

            def metric_pairs(self, x, y, y_pred):
                return y, y_pred
    ''',
    "counting_entry": '''
        """The counter by name."""

        from collections.abc import Sequence

        import keras

        import zoo
        from counter import Counter


        @zoo.register_model
        def dense_counter(input_shape: Sequence[int], units: int = 16) -> Counter:
            """A counter with one hidden layer."""
            x = keras.Input(input_shape)
            hidden = keras.layers.Dense(units, "relu")(x)
            return Counter(keras.Model(x, keras.layers.Dense(1)(hidden)))
    ''',
    "counting_recipes": '''
        """What counts what."""

        import counted_rows
        import counting_entry

        import zoo

        COUNTER = zoo.Recipe(
            name="dense_counter/counted",
            model="dense_counter",
            dataset="counted",
            epochs=30,
            batch_size=20,
            learning_rate=0.03,
            search={"units": (8, 16, 32)},
            precision="float32",
            target={"count_error": 0.25},
        )
    ''',
}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The recipe of the toy task, known to the zoo as long as these tests run."""
    folder = tmp_path_factory.mktemp("counting")
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text).lstrip())
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for room, table in (
            ("zoo.kinds", "_TASKS"),
            ("zoo.registry.names", "_MODELS"),
            ("zoo.datasets.names", "_REGISTERED"),
        ):
            module = importlib.import_module(room)
            patch.setattr(module, table, dict(getattr(module, table)))
        yield f"{folder / 'counting_recipes.py'}:dense_counter/counted"
    for name in FILES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "counter"
    return folder, run(zoo.load_recipe(recipe), folder, verbose=0)


def test_it_is_trained_and_scored(finished):
    folder, results = finished
    [error] = results["scores"]["count_error"]
    assert error < 0.5, "guessing 2 of 4 is off by 0.75"
    assert evaluate_run(folder)["scores"]["count_error"] == [pytest.approx(error)]
    assert results["names"] == [] and results["input_shape"] == [4]
    assert task_of_scores(results["scores"]).rows == "rows"


def test_its_model_is_served_and_asked(finished, tmp_path):
    version = export_run(finished[0], tmp_path / "served")
    about = json.loads((version / "assets.extra" / "zoo.json").read_text())
    assert about["task"] == "counting"
    rows = np.array([[2, 2, 2, 2], [-2, -2, -2, -2]], "float32")
    np.save(tmp_path / "rows.npy", rows)
    lines = list(predict(tmp_path / "served", [tmp_path / "rows.npy"]))
    high, low = (float(line.split(": ")[1].split()[0]) for line in lines)
    assert high > 3 > 1 > low


def test_its_report_has_its_score_and_its_panel(finished, tmp_path):
    page = write_report([finished[0]], tmp_path / "report").read_text()
    assert "Error of counts" in page and "how far the count is off; lower is better" in page
    assert "How high it counts" in page and "All test rows." in page
    assert "0.25" in page, "the published number"


@pytest.mark.full
def test_its_recipes_are_compared(recipe, tmp_path):
    compare_recipes(
        [recipe, "mlp/blocks"],
        tmp_path / "all",
        settings={"epochs": 1, "precision": "float32"},
        stream=io.StringIO(),
    )
    table = (tmp_path / "all" / "table.md").read_text().splitlines()
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    column = header.index("count error")
    assert header[column + 1] == "published"
    assert float(rows[0][column]) > 0 and rows[0][column + 1] == "0.25"
    assert rows[1][column] == "–" and rows[0][header.index("example f1")] == "–"


@pytest.mark.full
def test_it_is_tuned_by_its_own_objective(recipe, tmp_path):
    asked = zoo.load_recipe(recipe).override({"epochs": 2})
    found = tune(asked, tmp_path / "search", trials=2, tuner="random")
    assert found["objective"] == "val_count_error:min"
    scores = [trial["score"] for trial in found["trials"]]
    assert found["best"]["score"] == min(scores) and len(scores) == 2


def test_other_data_is_refused(recipe):
    asked = zoo.load_recipe(recipe)
    with pytest.raises(
        zoo.InputError, match="needs rows with a count each. Received: .*'blocks/40'"
    ):
        zoo.training.build(asked, zoo.datasets.load("blocks/40"))


def test_a_name_is_taken_once(recipe):
    zoo.load_recipe(recipe)
    with pytest.raises(zoo.InputError, match="already"):
        zoo.register_task(find_task("counting"))
    # The same function again is no clash; another one of its name is.
    mine = sys.modules["counted_rows"].counted
    assert zoo.datasets.register_dataset(mine) is mine
    for asked in ({"image_shape": (4, 4, 1)}, {"in_memory": False}, {"missing": 0.0}):
        with pytest.raises(zoo.InputError, match=f"`{next(iter(asked))}` must be None"):
            zoo.datasets.load("counted", **asked)

    def counted(options):
        raise AssertionError

    with pytest.raises(zoo.InputError, match="already"):
        zoo.datasets.register_dataset(counted)
    with pytest.raises(zoo.InputError, match="Did you mean 'counting'"):
        find_task("countings")


def test_a_model_that_says_not_what_it_is_for_is_trained_alone(recipe):
    class Aimless(zoo.ZooModel):
        pass

    with pytest.raises(zoo.InputError, match="give the class a `task`"):
        task_of(Aimless.__new__(Aimless))
