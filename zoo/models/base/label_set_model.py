"""The base of every model that answers with label sets."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.models import allowed, label_sets
from zoo.models.base.min_max_game import MinMaxGame


class LabelSetModel(MinMaxGame):
    """A model of label sets: labels and answers are numbers in [0, 1], of the leaf's `label_shape`.

    `predict_labels` cuts the answers at the model's `threshold`, which is saved with it and which
    `choose_threshold` finds on held-out rows. Arguments as for `MinMaxGame`.
    """

    def __init__(
        self, networks: Mapping[str, keras.Model], term_names: tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(networks, term_names, **kwargs)
        self.threshold = label_sets.add_threshold(self)

    def predict_labels(self, x, **settings: Any) -> Any:
        """Label sets, 0 or 1: answers above the model's `threshold`."""
        return label_sets.predict_labels(self, x, **settings)

    def choose_threshold(self, x, y, grid=label_sets.THRESHOLDS, **settings: Any) -> float:
        """See `zoo.models.label_sets.choose_threshold`."""
        return label_sets.choose_threshold(self, x, y, grid, **settings)

    def finish_training(self, x, y) -> None:
        """What a run does with held-out training rows once the model is trained."""
        self.choose_threshold(x, y)

    def takes_labels(self, shape):
        return allowed.label_sets(self.label_shape)

    def prepare_labels(self, y):
        return label_sets.as_label_sets(y, self.label_shape)
