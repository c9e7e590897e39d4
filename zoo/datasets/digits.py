"""The embedded data set: 1,797 handwritten digits of 8x8 pixels, as a TFDS builder."""

import numpy as np
import tensorflow_datasets as tfds

from zoo.datasets.stratification import stratified

_TEST_ROWS = 360


class Digits(tfds.core.GeneratorBasedBuilder):
    """The UCI handwritten digits inside scikit-learn; needs neither network nor files.

    Pixels 0..16 become uint8 as round(v · 255 / 16). scikit-learn's file has no split of its own:
    360 rows, stratified by class and drawn with seed 0, are the test split, the other 1,437 the
    training split.

    Reference: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998 (its test set).
    """

    name = "digits"
    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="1,797 handwritten digits of 8x8 pixels.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://archive.ics.uci.edu/dataset/80",
            license="CC-BY-4.0",
            # Original order, so that rows can be compared with scikit-learn's.
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = np.round(digits.images * (255 / 16)).astype("uint8")[..., np.newaxis]
        test = stratified(digits.target, _TEST_ROWS, 0, "split")
        train = np.setdiff1d(np.arange(len(images)), test)
        return {
            split: self._generate_examples(images[rows], digits.target[rows])
            for split, rows in {"train": train, "test": test}.items()
        }

    def _generate_examples(self, images, labels):
        for row, (image, label) in enumerate(zip(images, labels, strict=True)):
            yield row, {"image": image, "label": label}
