"""From a trained model to a server: SavedModels with named signatures, and answers from them.

The names stand in `__init__.pyi`; each is imported when it is asked for. To ask a SavedModel takes
neither Keras nor the extra that exports one.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
