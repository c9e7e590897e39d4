"""zoo/cli/: what is interrupted says in one sentence how to go on."""

import importlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import zoo
import zoo.interruption
from zoo.cli import main

DIGITS = ["train", "se_co/digits"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("name", "command", "first", "words"),
    [
        ("training.run", DIGITS, None, "the same command again"),
        ("training.run", DIGITS, "recipe.json", "--resume"),
        ("tuning.tune", ["tune", "se_co/digits"], None, "the same command again"),
        ("tuning.tune", ["tune", "se_co/digits"], "search.json", "--resume"),
        ("comparison.compare_recipes", ["compare", "ae/digits"], None, "the same command goes on"),
        ("serving.export_run", ["export", "run"], None, "the same command again"),
        ("report.write_report", ["report", "run"], None, "the same command again"),
        ("training.evaluate_run", ["evaluate", "run"], None, "the same command again"),
    ],
)
def test_what_is_interrupted_says_how_to_go_on(
    name, command, first, words, number, monkeypatch, tmp_path, capsys
):
    def interrupted(*arguments, **settings):
        os.kill(os.getpid(), number)
        time.sleep(10)

    # A shell lets what it runs in the background ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    room, function = name.split(".")
    monkeypatch.setattr(importlib.import_module(f"zoo.{room}"), function, interrupted)
    if first:
        (tmp_path / first).write_text("{}")
    run = tmp_path / "run"
    if command[-1] == "run":
        run.mkdir()
        for file in ("recipe.json", "history.json", "results.json"):
            (run / file).write_text("{}")
        command = [command[0], str(run)]
    output = [] if command[0] == "evaluate" else ["--output", str(tmp_path)]
    assert main([*command, *output]) == 128 + number
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 2
    assert ("--resume" in said) == (first is not None)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_pressed_twice_it_ends_as_pressed_once(monkeypatch, tmp_path, capsys):
    ended = []

    def interrupted(*arguments, **settings):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            ended.append("whole")

    # As the command does until it has begun.
    before = signal.signal(signal.SIGINT, zoo.interruption._exit)
    monkeypatch.setattr("zoo.training.evaluate_run", interrupted)
    for file in ("recipe.json", "history.json", "results.json"):
        (tmp_path / file).write_text("{}")
    try:
        assert main(["evaluate", str(tmp_path)]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == ["whole"] and "the same command again" in capsys.readouterr().err


def test_without_streams_it_answers(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["list", "models"]) == 0 and main(["show", "nope"]) == 2


def test_what_is_interrupted_while_it_imports_ends_at_once(tmp_path):
    root = pathlib.Path(zoo.__file__).parents[1]
    command = [sys.executable, "-m", "zoo", "train", "ae/digits", "--output", tmp_path / "run"]
    started = {
        number: subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(root)},
            stderr=subprocess.PIPE,
            text=True,
            # A shell lets what it runs in the background ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    time.sleep(1)
    for number, process in started.items():
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 128 + number and "Traceback" not in said
    assert not list(tmp_path.iterdir())
