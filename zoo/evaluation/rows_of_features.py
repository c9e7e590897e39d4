"""What protocols do with rows of features in place of images: their units, noise and gaps."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from zoo.datasets import ClassData, TableData

# What is done to rows, and how strongly: noise in deviations of a feature, and the share of the
# features that are missing, for which their means over the training rows stand.
FEATURE_PERTURBATIONS: dict[str, tuple[float, ...]] = {
    "feature_noise": (0.1, 0.5, 1.0),
    "missing_features": (0.1, 0.3, 0.5),
}
# A stream of random numbers for each purpose.
_NOISE, _GAPS = 1, 2


class Units(NamedTuple):
    """The moments of features over the training rows; (0, 1) for pixels, which have one scale.

    Of a column of a category the mean is 0 and the deviation 1: it is compared as it is.
    """

    means: Any = 0.0
    deviations: Any = 1.0

    def scaled(self, x: Any) -> Any:
        """Rows in these units; pixels as they are."""
        return x if np.ndim(self.means) == 0 else (x - self.means) / self.deviations

    def restored(self, x: Any) -> Any:
        """Rows in their own units."""
        return x if np.ndim(self.means) == 0 else self.means + x * self.deviations


def units_of(data: ClassData) -> Units:
    """The units in which what is rebuilt of a data set is compared with it."""
    if not isinstance(data, TableData):
        return Units()
    x = data.arrays("train")[0].astype("float64")
    numbers = np.arange(x.shape[1]) < x.shape[1] - sum(data.categories)
    deviations = x.std(axis=0)
    means = np.where(numbers, x.mean(axis=0), 0.0)
    deviations = np.where(numbers & (deviations > 0), deviations, 1.0)
    return Units(means.astype("float32"), deviations.astype("float32"))


def robust_accuracies_of_rows(model: Any, data: TableData, seed: int = 0) -> dict[str, float]:
    """The part of the test rows whose class a model still tells with noise, or with gaps.

    `accuracy_feature_noise_L`: each number has Gaussian noise of L deviations added; where all
    features lie in [0, 1], so do the noisy ones.
    `accuracy_missing_features_L`: each feature is by itself, with probability L, replaced by its
    mean over the training rows. Both are the same draws for every level and model.
    """
    x, y = data.arrays("test")
    train = data.arrays("train")[0]
    numbers = x.shape[1] - sum(data.categories)
    noise = np.random.RandomState([seed, _NOISE]).standard_normal(x.shape).astype("float32")
    noise[:, numbers:] = 0
    gaps = np.random.RandomState([seed, _GAPS]).uniform(size=x.shape)
    units, means = units_of(data), train.mean(axis=0)
    bounds = (0.0, 1.0) if train.min() >= 0 and train.max() <= 1 else (-np.inf, np.inf)
    changed = {
        "feature_noise": lambda level: np.clip(x + level * noise * units.deviations, *bounds),
        "missing_features": lambda level: np.where(gaps < level, means, x),
    }
    accuracies = {}
    for kind, levels in FEATURE_PERTURBATIONS.items():
        for level in levels:
            rows = tf.constant(changed[kind](level), tf.float32)
            predicted = np.argmax(model.classify(rows), axis=-1)
            accuracies[f"accuracy_{kind}_{level:g}"] = float(np.mean(predicted == y))
    return accuracies


# The arrays of figures that are pictures of images, by what rows of features have in their place.
_AS_ROWS = {
    "originals": "rows_given",
    "reconstructions": "rows_rebuilt",
    "corrupted": "rows_corrupted",
    "corrupted_reconstructions": "rows_rebuilt_of_corrupted",
    "samples": "rows_sampled",
    "traversals": "row_traversals",
    "generated": "class_profiles",
}


def figures_of_rows(
    figures: dict[str, np.ndarray], data: TableData, squared_errors: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The arrays of an evaluation, those of images by names of their own.

    All are in the features' own units: `rows_given`, `rows_rebuilt`, `rows_corrupted`,
    `rows_rebuilt_of_corrupted` and `rows_sampled` (rows, features), `row_traversals` (dimensions,
    steps, features), `class_profiles` (classes, features). `feature_names`, `feature_means` and
    `feature_deviations` are of the training rows; `feature_errors`, where something is rebuilt, the
    root of the mean squared error of each feature.
    """
    means, deviations = units_of(data)
    found = {_AS_ROWS.get(name, name): array for name, array in figures.items()}
    found |= {
        "feature_names": np.asarray(data.feature_names, dtype=str),
        "feature_means": means,
        "feature_deviations": deviations,
    }
    if squared_errors is not None:
        found["feature_errors"] = np.sqrt(squared_errors) * deviations
    return found
