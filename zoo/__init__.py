"""A Keras model zoo of networks that learn together.

Its names stand in `__init__.pyi`. Keras finds the class of a saved model only where it has been
imported, so `import zoo` imports all names but those of rooms whose libraries are slow to import.
The `zoo` command does so only when it comes to need TensorFlow; help and lists do not.
"""

import importlib

import lazy_loader

# Before all that takes seconds.
import zoo.interruption  # isort: split

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_SLOW = ("representation", "serving", "sklearn", "tuning")


def load_rooms() -> None:
    """Imports what `import zoo` imports; tasks and classes of Keras objects register themselves."""
    settings = importlib.import_module("zoo.keras_settings")
    if zoo.interruption.is_command():
        settings.use_defaults()
    for name in __all__:
        if name not in _SLOW:
            __getattr__(name)


if not zoo.interruption.is_command():
    load_rooms()
