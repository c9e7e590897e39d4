"""The names of `tfp.distributions`, for which TFP is imported when one is used: half a second."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        # Python asks each module for such names.
        raise AttributeError(name)
    import tensorflow_probability as tfp

    return getattr(tfp.distributions, name)
