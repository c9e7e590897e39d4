"""How Sphinx builds the site: `make docs`."""

import inspect
import re

import zoo

project = "autonet-zoo"
version = release = zoo.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["_build", "jupyter_execute"]
html_theme = "furo"
html_title = f"autonet-zoo {release}"
# The docstrings write code between single marks, as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# A name that leads nowhere is a warning, and ends the build.
nitpicky = True
nitpick_ignore = [("py:exc", "tf.errors.InvalidArgumentError")]
napoleon_custom_sections = [("Call arguments", "params_style"), ("Attributes", "params_style")]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# The tutorials run in the build, and one that fails ends it.
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_output_stderr = "remove"
# What they hold beside pictures has no form for a page without scripts.
suppress_warnings = ["mystnb.unknown_mime_type"]

_SECTION = re.compile(r"(Args|Call arguments|Returns|Raises|Example|Reference|Attributes)s?:")


def _plain(line: str) -> str:
    """A line whose marks mean nothing but code, as the docstrings have it."""
    # A mark and a space at the start of a line is an item of a list.
    item = re.match(r"\s*\* ", line)
    start = item[0] if item else ""
    parts = re.split(r"(`[^`]*`)", line.removeprefix(start))
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"[|*`]|(?<=\w)_(?!\w)", r"\\\g<0>", parts[place])
        if place and parts[place][:1].isalnum():
            # `name`s: the end of the code must not touch a letter.
            parts[place] = f"\\ {parts[place]}"
    return start + "".join(parts)


def _formulas(app, what, name, obj, options, lines):
    """Formulas stand indented in the docstrings, as they are: literal blocks."""
    made, section, literal = [], False, None
    for number, line in enumerate(lines):
        section = section or bool(_SECTION.fullmatch(line.strip()))
        indent = len(line) - len(line.lstrip())
        before = next((each for each in reversed(lines[:number]) if each.strip()), "")
        outer = len(before) - len(before.lstrip())
        if literal is not None and line.strip() and indent <= literal:
            literal = None
        if number and not lines[number - 1].strip() and line.strip() and indent > outer:
            if literal is None and not section and before:
                literal = outer
                made += [" " * outer + "::", ""]
        made.append(
            line if literal is not None or line.lstrip().startswith(">>>") else _plain(line)
        )
    lines[:] = made


def _signature(app, what, name, obj, options, signature, returns):
    """Keras makes its classes take anything; what they take says their constructor."""
    if what == "class" and signature == "(*args, **kwargs)":
        own = inspect.signature(obj.__init__)
        parameters = [each.replace(annotation=each.empty) for each in own.parameters.values()][1:]
        signature = str(inspect.Signature(parameters))
    return signature, returns


def _spread(app, env, names):
    """The tutorials, which run, spread over the processes that read: each takes names in a row."""
    names[:] = names[::2] + names[1::2]


def setup(app):
    app.connect("autodoc-process-signature", _signature)
    # Before napoleon, which reads the sections.
    app.connect("autodoc-process-docstring", _formulas, priority=100)
    app.connect("env-before-read-docs", _spread)
