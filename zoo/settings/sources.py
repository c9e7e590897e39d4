"""Python files of one's own that define what a recipe names, found again in later processes."""

import ast
import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import os
import pathlib
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zoo.errors import InputError, first_line

# What is there wherever the zoo is.
_EVERYWHERE = {
    "zoo", "recipes", "keras", "tensorflow", "tensorflow_probability", "tf_keras", "sklearn",
    "numpy", *sys.stdlib_module_names,
}  # fmt: skip


def import_file(path: str | os.PathLike) -> types.ModuleType:
    """The module of a Python file, which is run anew only where it has changed.

    Its folder is searched for what it imports, as when Python runs a script.

    Raises:
        InputError: there is no such file, or it fails.
    """
    file = pathlib.Path(path).resolve()
    if not file.is_file() or file.suffix != ".py":
        raise InputError(
            f"No recipe file {str(path)!r}: expected PATH:NAME with a Python file as PATH."
        )
    name = f"zoo_user_{file.stem}_{hashlib.sha256(os.fsencode(file)).hexdigest()[:8]}"
    return _import(name, file)


def _import(name: str, file: pathlib.Path) -> types.ModuleType:
    content = file.read_bytes()
    held = sys.modules.get(name)
    if held is not None and getattr(held, "__zoo_content__", None) == content:
        return held
    folder = file.parents[name.count(".") + (file.name == "__init__.py")]
    for other in _of_another_folder(folder):
        del sys.modules[other]
    root = str(folder)
    sys.path.insert(0, root)
    try:
        if "." in name or file.name == "__init__.py":
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None, "the file is there, and is Python"
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        vars(module)["__zoo_content__"] = content
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, Exception):
            line = f"{type(error).__name__}: {first_line(error)}"
            raise InputError(f"Recipe file {file} fails: {line}.") from error
        raise
    finally:
        if root in sys.path:
            sys.path.remove(root)
    return module


def _of_another_folder(folder: pathlib.Path) -> list[str]:
    """Modules that are there already from elsewhere, and that a folder has files of its own for.

    What its files import is then theirs. Packages that are installed stay.
    """
    ours = {path.stem for path in folder.glob("*.py")}
    ours |= {path.parent.name for path in folder.glob("*/__init__.py")}
    found = []
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        file = pathlib.Path(getattr(module, "__file__", None) or "")
        mine = top in ours and top not in _EVERYWHERE and not top.startswith("__")
        elsewhere = file.suffix == ".py" and not file.is_relative_to(folder)
        if mine and elsewhere and not {"site-packages", "dist-packages"} & set(file.parts):
            found.append(name)
    return found


def digests_of(sources: Mapping[str, str]) -> dict[str, str]:
    """By what the classes and functions of the files of `sources_of` are known again.

    Comments and what else stands in a file play no part.
    """
    return {
        f"{module}.{node.name}": hashlib.sha256(ast.unparse(node).encode()).hexdigest()[:16]
        for module, file in sources.items()
        if pathlib.Path(file).is_file()
        for node in ast.parse(pathlib.Path(file).read_bytes()).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The definitions that are there before and now, and differ."""
    return sorted(name for name in before if now.get(name, before[name]) != before[name])


def is_same(function: Any, other: Any) -> bool:
    """Whether two functions are one definition, run again: in a file, or in a notebook's cell."""
    return _definition(function) == _definition(other)


def _definition(function: Any) -> Any:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return function
    # A cell that is run again has another file name.
    return function.__module__ == "__main__" or code.co_filename, code.co_qualname


def sources_of(objects: Iterable[Any]) -> dict[str, str]:
    """The files that define functions or classes of one's own: module -> file.

    The file is "" where there is none, as in a notebook.
    """
    found = {}
    for each in objects:
        name = inspect.unwrap(each).__module__
        if name.partition(".")[0] not in _EVERYWHERE:
            found[name] = getattr(sys.modules.get(name), "__file__", None) or ""
    return found


def definitions_of(sources: Iterable[str]) -> dict[str, Any]:
    """The Keras classes and the functions that modules define: also those not known to Keras."""
    return {
        name: each
        for module in sources
        for name, each in vars(sys.modules.get(module, object)).items()
        if (hasattr(each, "from_config") if isinstance(each, type) else inspect.isfunction(each))
        and each.__module__ == module
    }


@contextlib.contextmanager
def defined(sources: Iterable[str]) -> Iterator[None]:
    """Inside, Keras makes objects of what these modules define.

    Also where another file has registered a class of the same name since, which Keras would take
    (T57).
    """
    import keras  # Lists of recipes need no TensorFlow.

    table = keras.saving.get_custom_objects()
    mine = definitions_of(sources)
    registered = {keras.saving.get_registered_name(each): each for each in mine.values()}
    held = {name: table[name] for name in registered if name in table}
    table.update((name, registered[name]) for name in held)
    try:
        with keras.saving.custom_object_scope(mine):
            yield
    finally:
        table.update(held)


def import_sources(sources: Mapping[str, str], needed: bool = True) -> None:
    """Runs the files of `sources_of` that this process has not run yet.

    Args:
        sources: module -> file.
        needed: whether a file that is gone is missed, as it is where it defines something.

    Raises:
        InputError: a file is gone or fails, or the definition was in a script or a notebook.
    """
    for name, file in sources.items():
        held = sys.modules.get(name)
        if held is not None and (getattr(held, "__file__", None) or "") == file:
            continue
        if name == "__main__":
            where = f"the script {file}" if file else "a notebook"
            raise InputError(
                f"What this run is made of was defined in {where}. Put it into a Python file of "
                "its own, and import it there, to use the run elsewhere."
            )
        if not pathlib.Path(file).is_file() and _is_installed(name):
            # A run of another machine, and a package that is on this one too.
            importlib.import_module(name)
            continue
        if not pathlib.Path(file).is_file():
            if not needed:
                continue
            raise InputError(
                f"What this run is made of was defined in {file}, which is not there any more; put "
                "the file back, or train again from where it is now."
            )
        _import(name, pathlib.Path(file))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
