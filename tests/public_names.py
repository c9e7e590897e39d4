"""The public names of a package: what it imports from its modules, as its users see it."""

import inspect
import types


def public_names(package: types.ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
