"""What the loss classes share: a function with one value per sample, and its settings as config."""

from collections.abc import Callable

import keras


class SampleLoss(keras.losses.Loss):
    """A function `(y_true, y_pred, **settings)` to one value per sample, with a reduction.

    A subclass names its `function` and the function's `settings`, which are attributes of the same
    names. The loss is called like the function unless it is given a name.
    """

    function: Callable
    settings: tuple[str, ...] = ()

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype=None
    ):
        super().__init__(name or self.function.__name__, reduction, dtype)

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred, **self._set())

    def get_config(self):
        return {**super().get_config(), **self._set(), "dtype": self.dtype}

    def _set(self):
        return {name: getattr(self, name) for name in self.settings}
