"""The type hints of what users see first: mypy finds nothing in them."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.full
def test_mypy_has_nothing_to_say():
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_with_a_stub_ships_it():
    ships = (ROOT / "setup.cfg").read_text().partition("[options.package_data]")[2]
    assert (ROOT / "zoo" / "py.typed").is_file() and "py.typed" in ships
    for stub in (ROOT / "zoo").glob("*/__init__.pyi"):
        assert f"zoo.{stub.parent.name} = *.pyi" in ships
