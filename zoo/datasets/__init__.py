"""Data sets: by name, from files, arrays and `tf.data`; images, tables, label
sets and masks.

The names stand in `__init__.pyi`; each is imported when it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
