"""Pages in Markdown from templates."""

import html
import importlib.resources
import re
import shlex
from typing import Any

from zoo.errors import printable


def render(package: str, template: str, **values: Any) -> str:
    """A Markdown page from a template, in the folder of a package."""
    import jinja2  # A quarter of a second, for few.

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"md": _markdown, "code": _code, "sh": shlex.quote}
    text = importlib.resources.files(package).joinpath(template).read_text()
    return environment.from_string(text).render(**values)


def _markdown(text: object) -> str:
    """A text as Markdown and its tables show it, whatever it holds."""
    line = html.escape(printable(text), quote=False)
    return re.sub(r"([\\`*\[\]|])", r"\\\1", line)


def _code(text: object) -> str:
    """A text as code, also in a table."""
    line = printable(text).replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"
