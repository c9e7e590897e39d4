"""CONTRIBUTING.md: what it points at is there."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_its_files_are_there():
    files = set(re.findall(r"\b(?:zoo|tests|recipes)/[\w/]+\.(?:py|csv)", TEXT))
    # Words in capitals stand for any name.
    missing = {file for file in files if not (ROOT / file).exists()}
    assert {file for file in missing if not re.search(r"[A-Z]{4}", file)} == set()
    assert len(files) > 30


def test_its_tests_and_rooms_are_there():
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    names = set(re.findall(r"\btest_\w+(?=`)", TEXT)) - {"test_step"}  # Keras's own.
    assert {name for name in names if f"def {name}(" not in tests} == set()
    told = re.findall(r"`(zoo/\w+)/`", TEXT)
    rooms = {f"zoo/{path.parent.name}" for path in (ROOT / "zoo").glob("*/__init__.py")}
    assert rooms <= set(told)
