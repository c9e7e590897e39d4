"""Every command says the same one sentence of a damaged run folder."""

import json

import pytest
from report_pages import make_run, pictures

import zoo
from zoo.__main__ import main


def damage(name, change):
    """Changes the values of one of a folder's JSON files."""

    def apply(folder):
        file = folder / f"{name}.json"
        values = json.loads(file.read_text())
        change(values)
        file.write_text(json.dumps(values))

    return apply


def half(name):
    def apply(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return apply


def a_folder(name):
    def apply(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return apply


DAMAGED = {
    "half results": half("results.json"),
    "half history": half("history.json"),
    "half recipe": half("recipe.json"),
    "half figures": half("figures.npz"),
    "results a folder": a_folder("results.json"),
    "recipe a folder": a_folder("recipe.json"),
    "figures a folder": a_folder("figures.npz"),
    "no history": lambda folder: (folder / "history.json").unlink(),
    "scores no lists": damage("results", lambda r: r.update(scores={"psnr": 1.0})),
    "target a list": damage("recipe", lambda r: r.update(target=[1])),
    "impossible field": damage("recipe", lambda r: r.update(epochs=0)),
    "history of texts": damage("history", lambda h: h.update(loss=["x"])),
    "no scores": damage("results", lambda r: r.pop("scores")),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_all_commands_say_one_sentence_of_a_damaged_run(kind, tmp_path, capsys):
    """B5 and B7. No command comes so far as to miss the model."""
    folder = tmp_path / "runs" / "ae" / "digits" / "seed_0"
    make_run(folder, "ae", arrays=pictures())
    recipe = zoo.load_recipe("ae/digits")
    (folder / "recipe.json").write_text(recipe.to_json())
    DAMAGED[kind](folder)
    output = str(tmp_path / "output")
    said = set()
    for command in (
        ["evaluate", str(folder)],
        ["export", str(folder), "--output", output],
        ["report", str(folder), "--output", output],
        ["report", str(folder), "--reducers", "--output", output],
        ["compare", "ae/digits", "--output", str(tmp_path)],
        ["train", "ae/digits", "--resume", "--output", str(folder)],
    ):
        assert main(command) == 2
        said.add(capsys.readouterr().err)
    assert len(said) == 1, said
    assert str(folder) in said.pop()
    assert not (tmp_path / "output").exists()
