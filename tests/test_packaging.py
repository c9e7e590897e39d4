"""The wheel: everything in it, and it runs away from the checkout."""

import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the sources, so that the checkout stays clean."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("zoo", "recipes", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).symlink_to(ROOT / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", output, source],
        check=True,
    )  # fmt: skip
    (built,) = output.glob("autonet_zoo-*.whl")
    return built


def test_wheel_holds_every_module_recipe_and_template(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        f"zoo/{path.relative_to(ROOT / 'zoo').as_posix()}" for path in (ROOT / "zoo").rglob("*.py")
    }
    recipes = {
        f"zoo/recipes/{path.relative_to(ROOT / 'recipes').as_posix()}"
        for pattern in ("*.py", "*.csv", "*.json", "*.png", "results/*/*.json", "pipelines/*.py")
        for path in (ROOT / "recipes").glob(pattern)
    }
    templates = {"zoo/report/templates/report.html", "zoo/training/templates/pretrained.md.jinja"}
    assert modules | recipes | templates <= held
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)
    # The network that judges images is the package's own; trained models are fetched.
    weights = {name for name in held if name.endswith(".keras")}
    assert weights == {"zoo/evaluation/feature_network.keras"}


@pytest.mark.full
def test_the_source_distribution_has_what_the_tests_need(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = tmp_path.glob("autonet_zoo-*.tar.gz")
    with tarfile.open(built) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    wanted = {name for name in tracked if name and not name.startswith(".")}
    # Trained models are for a checkout, or fetched.
    fetched = {name for name in wanted | held if name.startswith("saved_models/pretrained/")}
    fetched = {name for name in fetched if name.endswith(".keras")}
    assert not fetched & held
    wanted -= fetched
    assert wanted <= held, sorted(wanted - held)[:10]


@pytest.mark.full
def test_wheel_trains_away_from_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel],
        check=True,
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "TF_CPP_MIN_LOG_LEVEL": "3"}

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    where = python("-c", "import zoo, zoo.recipes; print(zoo.__file__, zoo.recipes.__file__)")
    assert all(pathlib.Path(file).is_relative_to(site) for file in where.split())
    assert "se_co/digits" in python("-m", "zoo", "list", "recipes").split()
    shown = python(*"-m zoo train se_co/digits --set epochs=1 --output run".split())
    assert "separability_accuracy" in shown and (tmp_path / "run" / "results.json").is_file()
    python("-m", "zoo", "report", "run", "--output", "report")
    assert (tmp_path / "report" / "index.html").is_file()
