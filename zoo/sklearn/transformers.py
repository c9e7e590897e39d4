"""Encoders as transformers: rows to codes and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array

from zoo.errors import InputError, check_choice, check_flag
from zoo.sklearn.base import ZooEstimator, probabilities, settings, train_classes

AUTOENCODERS = ("ae", "dae", "vae", "dvae", "beta_vae", "aae", "daae", "idaae", "m1")


class CodeTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ZooEstimator):
    """Rows to codes by the encoder, and codes to rows by the decoder."""

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Codes (rows, code_size)."""
        model = self._fitted()
        return self._answers(model.encode, self._rows(X))

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Rows of codes (rows, code_size): features in their own units, or images in [0, 1].

        Raises:
            InputError: codes of another size.
        """
        model = self._fitted()
        X = check_array(X, dtype="float32")
        size = model.decoder.input_shape[1]
        if X.shape[1] != size:
            raise InputError(f"Codes must have shape (rows, {size}). Received: shape {X.shape}.")
        return self._answers(model.decode, X)

    @property
    def _n_features_out(self) -> int:
        # As it was fitted, whatever `set_params` has changed since.
        return self._fitted().decoder.input_shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Codes are computed in float32, whatever comes in.
        tags.transformer_tags.preserves_dtype = []
        return tags


@settings
class SuperEncoderTransformer(ClassifierMixin, CodeTransformer):
    """A super-encoder, SE (co) or SE (nc): supervised dimensionality reduction that can be undone.

    Codes tell of the classes, and rows are rebuilt of them. It classifies as well, as
    scikit-learn's linear discriminant analysis does. Rows with the label -1 have none: they are
    rebuilt, and no class is learned of them (SE*).

    Args:
        code_size: numbers of a code.
        size: of the dense networks, or of the convolutional ones of images; None is (64, 32) for
            tables, "small" for images.
        classification_weight: α, of the classes.
        reconstruction_weight: β, of the squared error of standardized features.
        adversarial: whether a discriminator of label vectors plays against it: SE (nc).
        arguments: further arguments of `zoo.create_model("se_co", ...)`, such as
            {"dropout": 0.2, "features": "unit"}.
        epochs: passes over the training rows, at most so many with `early_stopping`.
        batch_size: rows in a step.
        learning_rate: of Adam.
        weight_decay: λ, by which each step takes learning_rate · λ · w off each weight w (AdamW).
        early_stopping: whether rows are held out, and training ends where their loss has not
            fallen for `patience` epochs, with the weights of the best.
        validation_fraction: the share of the rows that is held out.
        patience: epochs.
        class_weight: None, "balanced", or a dict with a weight for each class.
        random_state: of weights, order and noise; an integer makes two fits equal.
        verbose: as for Keras's `fit`.

    Attributes, after `fit`:
        classes_: the labels, sorted; and those of `zoo.sklearn.base.ZooEstimator`.

    Example:
        SuperEncoderTransformer(2, random_state=0).fit(X, y).transform(X)

    Reference: I. M. Kamal and H. Bae, Super-encoder with cooperative autoencoder networks,
    Pattern Recognition 126, 2022.
    """

    code_size: int = 2
    _: dataclasses.KW_ONLY
    classification_weight: float = 1.0
    reconstruction_weight: float = 0.3
    adversarial: bool = False
    class_weight: Mapping | str | None = None

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains it on rows and their labels, -1 where there is none.

        Raises:
            InputError: a setting out of its range, rows that are not finite, labels of one class.
        """
        check_flag("adversarial", self.adversarial)
        train_classes(
            self,
            "se_nc" if self.adversarial else "se_co",
            X,
            y,
            sample_weight,
            partly=True,
            code_size=self.code_size,
            classification_weight=self.classification_weight,
            reconstruction_weight=self.reconstruction_weight,
        )
        return self

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of the classes, (rows, classes)."""
        return probabilities(self, X)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The most probable class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


@settings
class AutoencoderTransformer(CodeTransformer):
    """An auto-encoder of Table 1 by name: rows to codes and back, without labels.

    Args:
        code_size: numbers of a code.
        model: one of `AUTOENCODERS`.
        others: `size`, `arguments`, `epochs`, `batch_size`, `learning_rate`, `weight_decay`,
            `early_stopping`, `validation_fraction`, `patience`, `random_state` and `verbose`, as
            for `SuperEncoderTransformer`.

    Example:
        AutoencoderTransformer(8, model="vae", arguments={"beta": 2.0}).fit(X).transform(X)
    """

    code_size: int = 2
    _: dataclasses.KW_ONLY
    model: str = "ae"

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Trains it on rows; labels are ignored.

        Raises:
            InputError: a setting out of its range, or rows that are not finite.
        """
        check_choice("model", self.model, AUTOENCODERS)
        self._train(self.model, self._rows(X, reset=True), code_size=self.code_size)
        return self

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Minus the mean squared error of what is rebuilt: of standardized features, or pixels."""
        model = self._fitted()
        X = self._rows(X)
        rebuilt = self._answers(model.reconstruct, X)
        return -float(np.mean(np.square(model.scaled(X) - model.scaled(rebuilt))))
