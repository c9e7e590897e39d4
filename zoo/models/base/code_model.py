"""The base of every model of images whose encoder makes codes and whose decoder rebuilds them."""

from collections.abc import Mapping
from typing import Any

import keras

from zoo.kinds import TaskNamed
from zoo.models import codes, gate
from zoo.models.base.checks import built_layer, check_layer
from zoo.models.base.min_max_game import MinMaxGame


class CodeModel(MinMaxGame):
    """An auto-encoder: `forward` returns `pixel_logits`, and the answer are images in [0, 1].

    Of rows of features with a `scaling` the answer has the features' own units. A leaf has the
    networks `encoder` and `decoder`, and the metric `reconstruction_error`, which is of
    standardized features.

    Args:
        networks: as for `MinMaxGame`.
        term_names: as for `MinMaxGame`.
        corruption: any Keras layer; it acts on the input of the encoder while training.
        **kwargs: as for `MinMaxGame`.

    Raises:
        InputError: as for `MinMaxGame`, or a corruption that is no Keras layer.
    """

    task = TaskNamed("codes")
    makes_pixels = True

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        term_names: tuple[str, ...],
        corruption: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(networks, term_names, **kwargs)
        check_layer("corruption", corruption)
        self.corruption = built_layer(corruption, self.input_shape)

    def encode(self, x) -> Any:
        """Codes (batch_size, code_size) of one batch of clean images, float32."""
        return codes.encode(self.encoder, x, self.scaling)

    def decode(self, code) -> Any:
        """Images in [0, 1] of codes (batch_size, code_size), float32."""
        return codes.decode(self.decoder, code, self.scaling)

    def reconstruct(self, x) -> Any:
        """Images in [0, 1] rebuilt from the codes of `x`, float32."""
        code = self.encode(x)
        with gate.passed():
            return self.decode(code)

    def corrupted(self, x, training) -> Any:
        """The images that the encoder sees."""
        return x if self.corruption is None else self.corruption(x, training=training)

    def predictions(self, outputs):
        return self.restored(outputs["pixel_logits"])

    def metric_pairs(self, x, y, y_pred):
        return x, y_pred

    def update_metrics(self, x, y, sample_weight, outputs, y_pred):
        target, y_pred = self.metric_pairs(x, y, y_pred)
        target, y_pred = self.scaled(target), self.scaled(y_pred)
        self.reconstruction_error.update_state(target, y_pred, sample_weight)
