"""The options that every kind of data set shares, checked."""

import dataclasses

from zoo.errors import InputError, check_choice, check_count, check_number

# What NumPy's frozen generator takes.
_LARGEST_SEED = 2**32 - 1


@dataclasses.dataclass(frozen=True)
class Options:
    """Batch size, cut, hidden labels and seed of a data set.

    Args:
        batch_size: rows in a batch, at least 1.
        validation_fraction: share of the training rows cut for validation, in [0, 1), where the
            set has no validation split: stratified by class, or drawn from all rows alike where
            rows have several labels or come as a stream.
        labelled_fraction: share of the training rows that keep their label, stratified by class,
            in (0, 1]; the others get weight 0. Only for image classification.
        labelled_batch_size: of the rows in a batch, how many are drawn from the labeled ones, see
            `zoo.datasets.mixed_rows.MixedRows`; None draws all rows alike.
        labelled_draw: of each class `"shares"`, as many labels as its share of the rows, or
            `"balanced"`, as many of every class, as papers draw few labels.
        seed: what the order, the cut and the hidden labels follow from, 0 to 2³² - 1.

    Raises:
        InputError: one of them is out of its range.
    """

    batch_size: int = 128
    validation_fraction: float = 0.1
    labelled_fraction: float = 1.0
    labelled_batch_size: int | None = None
    labelled_draw: str = "shares"
    seed: int = 0

    def __post_init__(self):
        check_count("batch_size", self.batch_size)
        check_count("seed", self.seed, 0, _LARGEST_SEED)
        check_number("validation_fraction", self.validation_fraction, 0, 1)
        if self.validation_fraction == 1:
            raise InputError(
                "`validation_fraction` must be below 1, or no training row is left. "
                f"Received: validation_fraction={self.validation_fraction!r}."
            )
        check_number("labelled_fraction", self.labelled_fraction, 0, 1)
        if self.labelled_fraction == 0:
            raise InputError(
                "`labelled_fraction` must be above 0, or no label is left. "
                f"Received: labelled_fraction={self.labelled_fraction!r}."
            )
        check_choice("labelled_draw", self.labelled_draw, ("shares", "balanced"))
        if self.labelled_draw == "balanced" and self.labelled_fraction == 1:
            raise InputError(
                "`labelled_draw` says which labels are kept where some are hidden. Received: "
                "labelled_draw='balanced' with labelled_fraction=1."
            )
        if self.labelled_batch_size is None:
            return
        check_count("labelled_batch_size", self.labelled_batch_size)
        if self.labelled_batch_size >= self.batch_size or self.labelled_fraction == 1:
            raise InputError(
                "`labelled_batch_size` must be below `batch_size`, and there must be rows without "
                f"labels. Received: labelled_batch_size={self.labelled_batch_size} with "
                f"batch_size={self.batch_size} and labelled_fraction={self.labelled_fraction:g}."
            )

    def check_all_labelled(self, name: str) -> None:
        """Raises `InputError` where labels are to be hidden of rows that have several."""
        if self.labelled_fraction != 1:
            raise InputError(
                f"Data set {name!r} has several labels a row, all of which are used: "
                "`labelled_fraction` must be 1. "
                f"Received: labelled_fraction={self.labelled_fraction!r}."
            )
