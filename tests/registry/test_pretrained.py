"""zoo/registry/pretrained.py: the right bytes from a folder or a server, or a sentence alone."""

import contextlib
import hashlib
import http.server
import json
import pathlib
import threading
import time
import types

import pytest

import zoo
from zoo.cli import main
from zoo.registry import pretrained

NAME = "se_co/digits"
CONTENT = bytes(range(256)) * 40


def entry(content):
    """What the registry would say of a file of such bytes."""
    return pretrained.Pretrained(
        file=f"{NAME}/model.keras",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        precision="float16",
        scores={"psnr": 20.0, "separability_accuracy": 0.9},
        license="Apache-2.0",
        data_license="MIT",
        data_source="Somebody.",
        recipe={
            **json.loads(zoo.load_recipe(NAME).to_json()),
            "target": {"separability_accuracy": 1.0},
        },
        results={"names": ["0", "1"], "input_shape": [8, 8, 1]},
    )


@pytest.fixture(autouse=True)
def one_model(monkeypatch, tmp_path):
    """A registry of one model, which is nowhere, an empty cache, and no waiting between tries."""
    import pooch

    monkeypatch.setattr(pretrained, "registry", lambda: {NAME: entry(CONTENT)})
    monkeypatch.setattr(pretrained, "CHECKOUT", tmp_path / "none")
    monkeypatch.delenv(pretrained.URL, raising=False)
    monkeypatch.delenv(pretrained.FOLDER, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setattr("pooch.core.time", types.SimpleNamespace(sleep=lambda seconds: None))


@contextlib.contextmanager
def serving(*answers):
    """The address of a server that gives each answer once, and the last one from then on."""
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer == "missing" or self.path != f"/zoo/{NAME}/model.keras":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            if answer == "slow":
                time.sleep(0.5)
            sent = {"cut": CONTENT[:5000], "wrong": CONTENT[::-1]}.get(answer, CONTENT)
            with contextlib.suppress(OSError):
                self.wfile.write(sent)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/zoo"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def held(tmp_path):
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("before", [(), ("cut",), ("wrong",), ("missing", "cut")], ids=str)
def test_it_is_fetched_once_and_again_after_a_fault(before, tmp_path, monkeypatch):
    with serving(*before, "whole") as address:
        monkeypatch.setenv(pretrained.URL, address)
        file = pretrained.fetch(NAME)
    # The server is gone.
    assert pretrained.fetch(NAME) == file and file.read_bytes() == CONTENT
    monkeypatch.delenv(pretrained.URL)
    assert pretrained.fetch(NAME) == file and held(tmp_path) == [file]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("cut", "cut"), ("wrong", "bytes"), ("missing", "404"), ("slow", "0.1 seconds"),
        ("gone", "no connection"),
    ],
)  # fmt: skip
def test_a_fault_that_stays_is_one_sentence_and_leaves_nothing(
    answer, reason, tmp_path, monkeypatch, capsys
):
    if answer == "slow":
        monkeypatch.setattr(pretrained, "_TIMEOUT", 0.1)
    with serving(answer) as address:
        monkeypatch.setenv(pretrained.URL, address)
        if answer != "gone":
            with pytest.raises(zoo.InputError, match=rf"{NAME}/model.keras .*{reason}"):
                pretrained.fetch(NAME)
    if answer == "gone":
        assert main(["export", NAME, "--output", str(tmp_path / "export")]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"zoo: {address}/{NAME}/model.keras") and reason in said
        assert len(said.splitlines()) == 1
    assert not held(tmp_path)


def test_without_an_address_the_way_out_is_said():
    with pytest.raises(zoo.InputError, match=f"{pretrained.URL} .*{pretrained.FOLDER}"):
        pretrained.fetch(NAME)
    with pytest.raises(zoo.InputError, match="Did you mean 'se_co/digits'"):
        zoo.load_pretrained("se_co/digit")


@pytest.mark.parametrize("place", ["checkout", "folder"])
def test_a_folder_comes_before_the_network(place, tmp_path, monkeypatch):
    file = tmp_path / place / NAME / "model.keras"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    if place == "folder":
        monkeypatch.setenv(pretrained.FOLDER, str(tmp_path / place))
    else:
        monkeypatch.setattr(pretrained, "CHECKOUT", tmp_path / place)
    monkeypatch.setenv(pretrained.URL, "http://127.0.0.1:9/none")
    assert pretrained.fetch(NAME) == file
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(zoo.InputError, match="other bytes"):
        pretrained.fetch(NAME)


def test_lists_name_it(capsys):
    assert zoo.list_models("se_*", pretrained=True) == [NAME]
    assert zoo.list_models("ac_*", pretrained=True) == []
    assert main(["list", "pretrained"]) == 0
    assert capsys.readouterr().out.split() == [
        NAME, "separability_accuracy", "0.9000;", "10", "kB",
    ]  # fmt: skip
    assert main(["show", NAME]) == 0
    assert f'zoo.load_pretrained("{NAME}")' in capsys.readouterr().out


def test_weights_are_of_a_model():
    with pytest.raises(zoo.InputError, match="are those of a 'se_co'"):
        zoo.create_model("cnn", weights=NAME)


@pytest.mark.skipif(
    not any(pretrained.CHECKOUT.glob("*/*/model.keras")), reason="no checkout of trained models"
)
def test_the_registry_agrees_with_the_files(monkeypatch):
    monkeypatch.undo()
    names = set(pretrained.registry())
    files = {path.parent for path in pretrained.CHECKOUT.glob("*/*/model.keras")}
    assert names == {str(path.relative_to(pretrained.CHECKOUT)) for path in files}
    for name, each in pretrained.registry().items():
        file = pretrained.fetch(name)
        assert file.is_relative_to(pretrained.CHECKOUT) and file.stat().st_size == each.bytes
        kept = pathlib.Path(zoo.__file__).parents[1] / "recipes" / "results" / f"{name}.json"
        kept = json.loads(kept.read_text())
        assert each.results["seeds"][0] in kept["seeds"]
        place = kept["seeds"].index(each.results["seeds"][0])
        for metric, value in each.headline.items():
            assert each.results["scores"][metric] == [kept["scores"][metric][place]]
            assert value == pytest.approx(kept["scores"][metric][place], abs=1e-3)
    assert sum(each.bytes for each in pretrained.registry().values()) < 40e6
