"""zoo/comparison/progress.py: the time left by hand, and lines for terminals and for files."""

import io
import pathlib
import re

import keras
import pytest

import zoo
from zoo.comparison.progress import Lines, Progress, TimeLeft, duration
from zoo.comparison.run_plan import PlannedRun


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def planned(name="ae/digits", epochs=4, seed=0):
    recipe = zoo.Recipe(
        name=name, model="ae", dataset=name.partition("/")[2], epochs=epochs, seed=seed
    )
    return PlannedRun(recipe, pathlib.Path(name), done=False)


# The estimate.


def test_nothing_is_known_before_anything_is_measured():
    assert TimeLeft().estimate([(planned(), 100.0)]) is None


def test_the_nearest_measurements_count():
    time_left = TimeLeft()
    time_left.add_epochs(planned("ae/digits"), 100, 50.0)  # 0.5 s an image
    time_left.add_epochs(planned("dae/digits"), 100, 100.0)  # 1 s
    time_left.add_epochs(planned("ae/mnist"), 10, 60.0)  # 6 s
    for name, rate in {
        "ae/digits": 0.5,
        "se_co/digits": (0.5 + 1) / 2,  # its data set
        "se_co/cifar10": (0.5 + 1 + 6) / 3,  # all
    }.items():
        assert time_left.estimate([(planned(name), 10.0)]) == pytest.approx(10 * rate)
    both = [(planned("ae/digits"), 10.0), (planned("ae/mnist"), 2.0)]
    assert time_left.estimate(both) == pytest.approx(5 + 12)


def test_a_first_epoch_counts_until_there_is_another_and_scoring_for_every_run_to_come():
    time_left = TimeLeft()
    time_left.add_epochs(planned(), 10, 100.0, first=True)
    assert time_left.estimate([(planned(), 10.0)]) == pytest.approx(100.0)
    time_left.add_epochs(planned(), 10, 8.0)
    time_left.add_epochs(planned(), 10, 12.0)
    assert time_left.estimate([(planned(), 10.0)]) == pytest.approx(10.0)
    time_left.add_rest(3.0)
    time_left.add_rest(5.0)
    assert time_left.estimate([(planned(), 0.0), (planned(), 2.0)]) == pytest.approx(2 * 4 + 2)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (3661.2, "1:01:01"), (9e4, "25:00:00")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_an_estimator_has_no_epochs_to_count():
    time_left = TimeLeft()
    time_left.add_rest(4.0)
    # A rest alone is an estimate, too.
    assert time_left.estimate([(planned(), 100.0), (planned(), 100.0)]) == pytest.approx(8)
    clock, stream = Clock(), io.StringIO()
    estimator = PlannedRun(zoo.Recipe("src/digits", "src", "digits"), pathlib.Path("src"), False)
    progress = follow([estimator, planned(epochs=3)], clock, stream)
    progress.begin(0)
    assert re.match("  0%  .*run 1/2 src/digits seed 0 fitting and scoring", progress.line())
    clock.now += 30
    progress.end(0)
    progress.begin(1)
    # One pass of four is done, and took 30 seconds.
    assert re.match(" 25%  about 0:00:30 left  run 2/2 ae/digits", progress.line())


# The lines.


def test_a_file_gets_whole_lines_now_and_then():
    clock, stream = Clock(), io.StringIO()
    with Lines(stream, clock) as lines:
        for _ in range(30):
            lines.status("going on")
            clock.now += 1
        lines.print("a row")
    # At 0, 10 and 20 seconds.
    assert stream.getvalue() == "going on\n" * 3 + "a row\n"


def shown(stream):
    """What a terminal was told: lines and escapes, without colors."""
    return re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())


def test_a_terminal_has_one_line_that_is_overwritten(terminal):
    clock = Clock()
    with Lines(terminal, clock) as lines:
        lines.status("x" * 100)
        lines.status("too soon")
        clock.now += 1
        lines.status("y")
        lines.print("a row")
        lines.print("z" * 90)
    text = shown(terminal)
    assert "too soon" not in text
    # Cut at the width; a line that stays is whole, and comes once.
    assert max(len(line) for line in re.findall("x+", text)) < 80
    assert text.count("a row\n") == 1 == text.count("z" * 90 + "\n")
    assert text.index("x") < text.index("y") < text.index("a row")
    # At the end the bar is erased, and the cursor shown.
    assert text.rstrip().endswith("\x1b[2K") and text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_a_stream_that_lacks_a_character_gets_another():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Lines(stream).print("0.5 ± 0.1 –")
    assert raw.getvalue() == b"0.5 ? 0.1 ?\n"


def follow(runs, clock, stream, rows=100):
    names = {run.recipe.name for run in runs}
    return Progress(runs, dict.fromkeys(names, rows), Lines(stream, clock))


def epoch(callback, clock, number, seconds, steps=2):
    callback.set_params({"steps": steps})
    callback.on_epoch_begin(number)
    for step in range(steps):
        clock.now += seconds / steps
        callback.on_train_batch_end(step)
    callback.on_epoch_end(number)


def test_the_line_tells_part_run_epoch_and_time():
    clock = Clock()
    progress = follow([planned(), planned("dae/digits", epochs=12)], clock, io.StringIO())
    callback = progress.begin(0)
    assert isinstance(callback, keras.callbacks.Callback)
    assert progress.line() == (
        "  0%  time left unknown  run 1/2 ae/digits seed 0 starting  0:00:00 gone"
    )
    epoch(callback, clock, 0, 50)
    epoch(callback, clock, 1, 10)
    # 2 of 16 epochs of 100 rows are done; those to come take 10 s each.
    assert progress.line() == (
        " 12%  about 0:02:20 left  run 1/2 ae/digits seed 0 epoch 2/4  0:01:00 gone"
    )
    epoch(callback, clock, 2, 10)
    epoch(callback, clock, 3, 10)
    callback.on_train_end()
    clock.now += 7
    assert "scoring" in progress.line()
    progress.end(0)
    progress.begin(1)
    # Twelve epochs of 10 s, and 7 s to score.
    assert progress.line() == (
        " 25%  about 0:02:07 left  run 2/2 dae/digits seed 0 starting  0:01:27 gone"
    )


def test_of_several_runs_at_once_each_has_a_line():
    clock = Clock()
    names = ("ae/digits", "dae/digits", "vae/digits")
    runs = [planned(name) for name in names]
    progress = Progress(runs, dict.fromkeys(names, 100), Lines(io.StringIO(), clock), jobs=2)
    callbacks = [progress.begin(0), progress.begin(1)]
    for callback in callbacks:
        epoch(callback, clock, 0, 10)
    # Ten epochs of 10 s are left, and two runs at once.
    assert progress.line().splitlines() == [
        " 16%  about 0:00:50 left  0 of 3 runs done  0:00:20 gone",
        "      run 1/3 ae/digits seed 0 epoch 1/4",
        "      run 2/3 dae/digits seed 0 epoch 1/4",
    ]
    progress.end(1)
    progress.begin(2)
    head, *runs = progress.line().splitlines()
    assert head.startswith(" 41%") and "1 of 3 runs done" in head
    assert [run.split()[2:] for run in runs] == [
        ["ae/digits", "seed", "0", "epoch", "1/4"],
        ["vae/digits", "seed", "0", "starting"],
    ]


def test_within_an_epoch_it_goes_on(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    clock = Clock()
    callback = follow([planned(epochs=2)], clock, terminal).begin(0)
    epoch(callback, clock, 0, 10, steps=4)
    told = re.findall(r"(\d+)%[^\r]*epoch (\d)/2", shown(terminal))
    assert list(dict.fromkeys(told)) == [(share, "1") for share in ("12", "25", "37", "50")]


def test_a_resumed_run_starts_where_it_was():
    clock = Clock()
    progress = follow([planned(epochs=4)], clock, io.StringIO())
    callback = progress.begin(0)
    callback.set_params({"steps": 1})
    callback.on_epoch_begin(3)
    assert progress.line().startswith(" 75%  time left unknown") and "epoch 3/4" in progress.line()
    clock.now += 10
    callback.on_epoch_end(3)
    assert "100%" in progress.line() and "epoch 4/4" in progress.line()
