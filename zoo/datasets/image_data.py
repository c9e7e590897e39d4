"""`ImageData`: images with one class each, and what a builder must know of them."""

import numpy as np

from zoo.datasets.pixels import to_unit_range
from zoo.datasets.split_data import Array, Rows, SplitData
from zoo.datasets.stratification import stratified


class ImageData(SplitData):
    """An image-classification data set in three splits.

    Every data set of it yields batches of x, float32 in [0, 1] of shape `(batch, h, w, c)`, and
    y, int64 class numbers of shape `(batch,)`. The last batch of an epoch may be smaller. With
    hidden labels, training batches carry a third part: weights, float32 `(batch,)`, 1 on labelled
    and 0 on unlabelled rows. Pixels stay uint8 in memory and become floats after batching.

    Made by `load`, `from_arrays` and `from_tf_data`.

    Attributes:
        name: name of the set.
        task: "classification".
        image_shape: (height, width, channels); `input_shape` is the same.
        num_classes: number of classes.
        class_names: their names, in order of class number.
        batch_size: rows in a full batch.
        seed: what the order of the rows, the cut and the hidden labels follow from.
        rows: rows in the splits "train", "validation" and "test".
        labelled_rows: training rows whose label counts.
        in_memory: False when the images are streamed.
    """

    task = "classification"

    def __init__(
        self,
        name: str,
        *,
        train: Rows,
        test: Rows,
        validation: Rows | None,
        image_shape: tuple[int, int, int],
        class_names: list[str],
        batch_size: int,
        seed: int,
        labelled_rows: int,
    ):
        super().__init__(
            name,
            train=train,
            test=test,
            validation=validation,
            input_shape=image_shape,
            batch_size=batch_size,
            seed=seed,
            labelled_rows=labelled_rows,
        )
        self.image_shape = image_shape
        self.num_classes = len(class_names)
        self.class_names = class_names

    def class_weights(self) -> dict[int, float]:
        """rows / (num_classes · rows of the class), by class number, over the training rows.

        What `fit` takes as `class_weight`; a class without a training row has weight 0.
        """
        count = np.bincount(self._split("train").labels, minlength=self.num_classes)
        weights = self.rows["train"] / (self.num_classes * np.maximum(count, 1))
        return {number: float(w) for number, w in enumerate(np.where(count, weights, 0.0))}

    def _inputs(self, x: Array) -> Array:
        return to_unit_range(x)

    def _choose(self, source: Rows, rows: int, seed: int) -> np.ndarray:
        return stratified(source.labels, rows, seed, "sample")
