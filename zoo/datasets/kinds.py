"""The kinds of data sets: images or rows with a class, rows with label sets, images and masks."""

from collections.abc import Sequence

import numpy as np

from zoo.datasets.checks import check_names
from zoo.datasets.mixed_rows import MixedRows
from zoo.datasets.options import Options
from zoo.datasets.pixels import to_unit_range
from zoo.datasets.split_data import Array, Rows, SplitData
from zoo.datasets.stratification import label_weights, stratified
from zoo.datasets.streamed_rows import StreamedRows
from zoo.datasets.table_columns import Column
from zoo.kinds import TaskNamed


class ClassData(SplitData):
    """A data set whose rows have a class each, in three splits: images, or rows of a table.

    Every data set of it yields batches of x, float32 of shape `(batch, *input_shape)`, and y, int64
    class numbers of shape `(batch,)`. The last batch of an epoch may be smaller. With hidden
    labels, training batches carry a third part: weights, float32 `(batch,)`, 1 on labeled and 0 on
    unlabeled rows.

    Attributes:
        task: `zoo.tasks.CLASSES`.
        num_classes: number of classes.
        class_names: their names, in order of class number.
        labelled_draw: how the rows that keep their label were drawn, as in `Options`.

    The others are those of `SplitData`.
    """

    task = TaskNamed("classes")

    def __init__(self, name: str, splits: dict[str, Rows], options: Options, class_names: list):
        super().__init__(name, splits, options)
        self.num_classes = len(class_names)
        names = check_names(f"class names of {name!r}", class_names, self.num_classes)
        self.class_names = self.names = names
        self.labelled_draw = options.labelled_draw
        if options.labelled_fraction < 1:
            train = self._splits["train"]
            drawn = options.labelled_fraction, options.seed, self.class_names, options.labelled_draw
            train = train.weigh(label_weights(train.labels, *drawn))
            if options.labelled_batch_size is not None:
                train = MixedRows(train, options.labelled_batch_size)
            self._splits["train"] = train

    def class_weights(self) -> dict[int, float]:
        """rows / (num_classes · rows of the class), by class number, over the training rows.

        What `fit` takes as `class_weight`; a class without a training row has weight 0.
        """
        count = np.bincount(self._split("train").labels, minlength=self.num_classes)
        weights = self.rows["train"] / (self.num_classes * np.maximum(count, 1))
        return {number: float(w) for number, w in enumerate(np.where(count, weights, 0.0))}

    def _targets(self, y: Array) -> Array:
        return y

    def _choose(self, source: Rows, rows: int, seed: int, purpose: str) -> np.ndarray:
        # The labels of a stream are not read before they are needed.
        if purpose == "validation" and isinstance(source, StreamedRows):
            return super()._choose(source, rows, seed, purpose)
        return stratified(source.labels, rows, seed, purpose)


class ImageData(ClassData):
    """An image-classification data set: x are images in [0, 1], `(batch, h, w, c)`.

    Pixels stay uint8 in memory and become floats after batching. Made by `load`, `from_arrays` and
    `from_tf_data`.

    Attributes:
        image_shape: (height, width, channels); `input_shape` is the same.

    The others are those of `ClassData`.
    """

    def __init__(self, name: str, splits: dict[str, Rows], options: Options, class_names: list):
        super().__init__(name, splits, options, class_names)
        self.image_shape = self.input_shape

    def _inputs(self, x: Array) -> Array:
        return to_unit_range(x)


class TableData(ClassData):
    """Rows of a table with a class each: x are features, `(batch, features)`.

    Columns of numbers come first, in their own units: models standardize them. Behind them each
    category of k values has k columns, one of which is 1. Always in memory. Made by `load`,
    `from_arrays` and `from_table`.

    Attributes:
        columns: the `zoo.datasets.table_columns.Column`s that the features are made of.
        feature_names: of the features, in their order; those of a category are "column=value".
        categories: how many features each category has, behind the numbers.

    The others are those of `ClassData`.
    """

    def __init__(
        self,
        name: str,
        splits: dict[str, Rows],
        options: Options,
        class_names: list[str],
        columns: Sequence[Column],
    ):
        super().__init__(name, splits, options, class_names)
        self.columns = tuple(columns)
        self.feature_names = [name for column in columns for name in column.feature_names]
        self.categories = tuple(len(column.values) for column in columns if column.values)


class MultiLabelData(SplitData):
    """A multi-label data set in three splits.

    Every data set of it yields batches of x, float32 features of shape `(batch, features)`, and
    y, float32 of 0 and 1 of shape `(batch, num_labels)`. The last batch of an epoch may be
    smaller. A row may have no label at all. Features come as they are: a network that wants them
    standardized begins with a `zoo.networks.Standardization`. In memory, labels are uint8, and so
    are features where that loses nothing; they become floats after batching.

    Made by `load` and `multi_label_from_arrays`.

    Attributes:
        task: `zoo.tasks.LABEL_SETS`.
        input_shape: (features,).
        num_labels: number of labels.
        label_names: their names, in the order of y's columns.
        feature_names: names of the features, in the order of x's columns.

    The others are those of `SplitData`.
    """

    task = TaskNamed("label_sets")

    def __init__(
        self,
        name: str,
        splits: dict[str, Rows],
        options: Options,
        label_names: list[str],
        feature_names: list[str],
    ):
        super().__init__(name, splits, options)
        self.num_labels = len(label_names)
        names = check_names(f"label names of {name!r}", label_names, self.num_labels)
        self.label_names = self.names = names
        self.feature_names = list(feature_names)


class MaskData(SplitData):
    """A data set for binary segmentation in three splits.

    Every data set of it yields batches of x, float32 images in [0, 1] of shape
    `(batch, h, w, c)`, and y, float32 masks of 0 and 1 of shape `(batch, h, w, 1)`. The last
    batch of an epoch may be smaller. In memory both are uint8 (images given as floats stay so);
    they become floats after batching.

    Made by `load` and `masks_from_arrays`.

    Attributes:
        task: `zoo.tasks.MASKS`.
        image_shape: (height, width, channels); `input_shape` is the same.
        num_labels: 1, the masks' channels.
        label_names: what the mask shows, one name.

    The others are those of `SplitData`.
    """

    task = TaskNamed("masks")

    def __init__(self, name: str, splits: dict[str, Rows], options: Options, label_name: str):
        super().__init__(name, splits, options)
        self.image_shape = self.input_shape
        self.num_labels = 1
        self.label_names = self.names = [label_name]

    def _inputs(self, x: Array) -> Array:
        return to_unit_range(x)
