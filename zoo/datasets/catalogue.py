"""The data sets by name."""

from zoo.datasets.image_data import ImageData
from zoo.datasets.options import Options
from zoo.datasets.originals import DamagedDataError
from zoo.errors import InputError

_BUILTIN = ("cifar10", "digits", "fashion_mnist", "mnist", "pneumonia_mnist", "svhn_cropped")
_FOLDER = "folder:"


def list_datasets() -> list[str]:
    """The names of the data sets that the zoo's recipes use, sorted."""
    return sorted(_BUILTIN)


def load(
    name: str,
    *,
    batch_size: int = 128,
    image_shape: tuple[int, int, int] | None = None,
    validation_fraction: float = 0.1,
    labelled_fraction: float = 1.0,
    seed: int = 0,
    in_memory: bool | None = None,
    manual_dir: str | None = None,
    data_dir: str | None = None,
) -> ImageData:
    """Loads an image-classification data set; prepares it the first time.

    A prepared set is read without network. `digits` needs neither network nor files.

    Args:
        name: one of `list_datasets()`; "folder:PATH" for images PATH/SPLIT/CLASS/*.png|jpg|jpeg
            with the splits train, test and optionally validation (or val, valid); or the name of
            any TFDS image-classification set, as "name" or "name/config".
        batch_size: rows in a batch.
        image_shape: (height, width, channels) to bring the images to, in the graph; None keeps
            theirs, if they all have one.
        validation_fraction: share of the training rows cut for validation, in [0, 1), stratified
            by class (for streamed sets drawn from all rows alike). A set with a validation split
            of its own (pneumonia_mnist) keeps that one whatever the fraction, 0 included.
        labelled_fraction: share of the training rows that keep their label, stratified by class,
            in (0, 1]; the others get weight 0.
        seed: what the order, the cut and the hidden labels follow from.
        in_memory: None reads sets of up to 4 GiB of pixels into memory and streams larger ones;
            True or False says which.
        manual_dir: folder with one sub-folder per set that holds its original files, from which
            it is prepared without network; None takes the environment variable ZOO_MANUAL_DIR.
            If either is given, nothing is downloaded for the sets of `list_datasets()`.
        data_dir: folder of prepared sets; None takes TFDS_DATA_DIR, else TFDS's own default.

    Raises:
        MissingDataError: the set is not prepared and original files are missing.
        DamagedDataError: an original or prepared file is damaged.
        InputError: any argument is not as said; the message names it.

    Example:
        >>> load("digits").image_shape
        (8, 8, 1)
    """
    from zoo.datasets.folder import broken_image, folder_builder
    from zoo.datasets.preparing import find_builder, prepare, prepare_embedded
    from zoo.datasets.reading import find_keys, find_shape, read

    options = Options(batch_size, validation_fraction, labelled_fraction, seed)
    if not isinstance(name, str):
        raise InputError(f"`name` must be a string. Received: name={name!r}.")
    if in_memory not in (None, True, False):
        raise InputError(
            f"`in_memory` must be None, True or False. Received: in_memory={in_memory!r}."
        )
    if name.startswith(_FOLDER):
        builder = folder_builder(name.removeprefix(_FOLDER))
    else:
        builder = find_builder(name, data_dir, list_datasets())
    keys = find_keys(name, builder)
    image_shape = find_shape(name, builder.info.features[keys[0]].shape, image_shape)
    if name == "digits":
        builder = prepare_embedded(builder)
    elif not name.startswith(_FOLDER):
        prepare(builder, manual_dir, all_wanted=name in _BUILTIN)
    try:
        return read(name, builder, keys, image_shape, in_memory, options)
    except DamagedDataError as error:
        file = broken_image(builder.data_dir) if name.startswith(_FOLDER) else None
        if file is None:
            raise
        raise DamagedDataError(f"File {file} of data set {name!r} is a damaged image.") from error
