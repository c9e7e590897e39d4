"""zoo/tuning/resumable.py: a search killed at any moment keeps what ended, and runs the rest."""

import itertools
import json
import math
import os
import re

import keras_tuner
import pytest

from zoo.errors import InputError
from zoo.settings import sealed_json
from zoo.tuning.resumable import ORACLES, PROJECT, hyperband_plan, make_oracle

OBJECTIVE = keras_tuner.Objective("score", "max")
EPOCHS = 3
FAILS = "3"


class Killed(BaseException):
    pass


def oracle(tuner, trials, folder):
    hp = keras_tuner.HyperParameters()
    hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Int("size", 1, 50)
    made = make_oracle(tuner, OBJECTIVE, trials, EPOCHS, hyperparameters=hp, seed=1)
    made._set_project_dir(str(folder), PROJECT)
    if (folder / PROJECT / "oracle.json").exists():
        made.reload()
    return made


def work(made, ran, shift=0.0):
    """Runs the trials that are left, as a tuner would; `shift` tells this time from another."""
    while True:
        trial = made.create_trial("tuner0")
        if trial.status == "STOPPED":
            return
        ran.append(trial.trial_id)
        values = trial.hyperparameters.values
        score = -((math.log10(values["rate"]) + 2.3) ** 2) - (values["size"] - 20) ** 2 / 100
        made.update_trial(trial.trial_id, {"score": score + shift})
        trial.status = "COMPLETED"
        if trial.trial_id == FAILS:
            trial.status, trial.message = "FAILED", "the fourth"
        made.end_trial(trial)


def ending_as(made, status):
    """The oracle, whose trials all end with this status."""
    end = made.end_trial

    def ending(trial):
        trial.status = status
        end(trial)

    made.end_trial = ending
    return made


def outcome(made):
    return [
        (t.trial_id, t.status, t.score, t.hyperparameters.values)
        for t in (made.trials[name] for name in made.start_order)
    ]


def ended(folder):
    """The trials whose own file says that they ended."""
    states = [json.loads(path.read_text()) for path in folder.glob("*/trial_*/trial.json")]
    return {s["trial_id"] for s in states if s["status"] in ("COMPLETED", "FAILED")}


@pytest.mark.parametrize("tuner, trials, shift", [("random", 4, 1.0), ("hyperband", 6, 0.0)])
def test_killed_at_any_write_it_ends_as_one_never_killed(
    tuner, trials, shift, tmp_path, monkeypatch
):
    whole = oracle(tuner, trials, tmp_path / "whole")
    work(whole, [])
    expected = outcome(whole)
    assert len(expected) == trials
    replace, kills = os.replace, 0
    for moment in itertools.count():
        folder, writes = tmp_path / str(moment), itertools.count()

        def killing(source, target, moment=moment, writes=writes):
            if next(writes) == moment:
                raise Killed
            replace(source, target)

        ran, again = [], []
        monkeypatch.setattr(os, "replace", killing)
        try:
            work(oracle(tuner, trials, folder), ran, shift)
        except Killed:
            kills += 1
        else:
            break
        finally:
            monkeypatch.setattr(os, "replace", replace)
        kept = ended(folder)
        assert set(ran[:-1]) <= kept <= set(ran)
        resumed = oracle(tuner, trials, folder)
        assert set(resumed.end_order) == kept
        work(resumed, again)
        assert sorted([*kept, *again]) == [name for name, *_ in expected]
        for ours, (name, status, score, values) in zip(outcome(resumed), expected, strict=True):
            score = None if score is None else pytest.approx(score + shift * (name in kept))
            assert ours == (name, status, score, values)
    # Every trial writes more than one file.
    assert kills > 3 * trials


@pytest.mark.full
def test_bayesian_optimization_goes_on_as_if_never_stopped(tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    work(oracle("bayesian", 6, whole), [])
    first = oracle("bayesian", 6, stopped)
    end = first.end_trial

    def kill_after_five(trial):
        end(trial)
        if trial.trial_id == "4":
            raise Killed

    first.end_trial = kill_after_five
    with pytest.raises(Killed):
        work(first, [])
    again = []
    resumed = oracle("bayesian", 6, stopped)
    work(resumed, again)
    assert again == ["5"]
    assert outcome(resumed) == outcome(oracle("bayesian", 6, whole))


DAMAGE = {
    "no JSON": lambda content: "{",
    "a list": lambda content: "[]",
    "empty": lambda content: "{}",
    "another type": lambda content: content.replace('"0"', "0"),
    "no trial": lambda content: content.replace('"0"', '"7"'),
    "no space": lambda content: content.replace('"space"', '"spice"'),
    "no kind": lambda content: content.replace('"Float"', '"Flout"'),
    # Of a trial, whose status follows; the oracle's own values are not used.
    "no number": lambda content: re.sub(
        r'"rate": 0(?=.*"status")', '"rate": "x", "was": 0', content
    ),
    "no such number": lambda content: re.sub(
        r'"rate": 0(?=.*"status")', '"rate": 7.0, "was": 0', content
    ),
    "another score": lambda content: content.replace('"score": -', '"score": 99, "was": '),
    "NaN for a score": lambda content: content.replace('"score": -', '"score": NaN, "was": '),
    "no status": lambda content: content.replace("COMPLETED", "DONE"),
    "no score": lambda content: content.replace('"score": -', '"score": null, "was": '),
    "no brackets": lambda content: content.replace('"brackets"', '"of"'),
    "no seconds": lambda content: content.replace("2.5", '"2.5"'),
}


def test_damaged_files_are_one_sentence_that_names_them(tmp_path):
    work(oracle("hyperband", 3, tmp_path), [])
    outcome = sealed_json({"seconds": 2.5, "epochs": 2, "cause": ""})
    (tmp_path / PROJECT / "trial_0/outcome.json").write_text(outcome)
    said = {}
    for name in ("oracle.json", "trial_0/trial.json", "trial_0/outcome.json"):
        file = tmp_path / PROJECT / name
        sealed = file.read_text()
        file.write_text(sealed.replace("2", "1", 1))
        with pytest.raises(InputError, match="is not as it was written.*another --output"):
            oracle("hyperband", 3, tmp_path)
        # As it was before it had a digest, of whose other faults is told.
        held = json.loads(sealed)
        del held["digest"]
        whole = json.dumps(held)
        for damage, change in DAMAGE.items():
            file.write_text(change(whole))
            if file.read_text() == whole:
                continue
            pattern = rf"^'\S*{file.name}'[^\n]*another --output\.$"
            with pytest.raises(InputError, match=pattern) as error:
                oracle("hyperband", 3, tmp_path)
            said[file.name, damage] = str(error.value)
        file.write_text(whole)
    assert "without a trial.json" in said["oracle.json", "no trial"]
    assert "is that of another trial, 7" in said["trial.json", "no trial"]
    assert {damage for _, damage in said} == set(DAMAGE)
    assert len(oracle("hyperband", 3, tmp_path).end_order) == 3


@pytest.mark.parametrize("order", [["1", "2"], ["0", "1"], ["0", "1", "1", "2"]])
def test_an_oracle_that_does_not_know_its_trials_is_refused(order, tmp_path):
    """Else the next trial would take the number of one that has ended."""
    work(oracle("random", 3, tmp_path), [])
    file = tmp_path / PROJECT / "oracle.json"
    held = json.loads(file.read_text())
    del held["digest"]
    file.write_text(json.dumps({**held, "start_order": order, "end_order": order}))
    with pytest.raises(InputError, match="older than the trials beside it.*another --output"):
        oracle("random", 3, tmp_path)


def test_failed_trials_never_end_a_search(tmp_path):
    ran = []
    work(ending_as(oracle("random", 8, tmp_path), "FAILED"), ran)
    assert len(ran) == 8


def test_the_seed_makes_the_trials(tmp_path):
    for tuner in ORACLES:
        first, second = (oracle(tuner, 3, tmp_path / tuner / name) for name in "ab")
        work(first, [])
        work(second, [])
        assert outcome(first) == outcome(second)


def test_the_plan_of_hyperband_is_what_it_runs(tmp_path):
    made, ran = ending_as(oracle("hyperband", 1000, tmp_path), "COMPLETED"), []
    work(made, ran)
    trials, epochs = hyperband_plan(EPOCHS)
    values = [trial.hyperparameters.values for trial in made.trials.values()]
    trained = [each["tuner/epochs"] - each["tuner/initial_epoch"] for each in values]
    assert len(ran) == trials
    assert sum(trained) == pytest.approx(trials * epochs)
