"""Writes recipes/arguments.json anew: what `--set` takes of each entry point, with its types.

python docs/write_arguments.py
"""

import json
import pathlib

import zoo
from zoo.registry import entry_point, settable

ARGUMENTS = pathlib.Path(__file__).parents[1] / "recipes" / "arguments.json"


def written() -> str:
    """The text of the file, a line for each entry point."""
    lines = []
    for name in sorted(zoo.list_models() + zoo.list_estimators()):
        if entry_point(name).__module__.startswith("zoo."):
            types = {key: _as_text(kind) for key, kind in settable(name).items()}
            lines.append(f"{json.dumps(name)}: {json.dumps(types)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _as_text(kind: object) -> str:
    return kind.__name__ if type(kind) is type else str(kind).replace("collections.abc.", "")


if __name__ == "__main__":
    ARGUMENTS.write_text(written())
