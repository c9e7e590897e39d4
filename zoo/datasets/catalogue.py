"""The data sets by name."""

from typing import Any

from zoo.datasets.arff_sets import load_arff
from zoo.datasets.blocks import load_blocks
from zoo.datasets.checks import check_image_shape, find_shape
from zoo.datasets.folder import load_folder
from zoo.datasets.kinds import ClassData, MaskData, MultiLabelData
from zoo.datasets.names import (
    BLOCKS,
    IMAGES,
    MASKS,
    MULTI_LABEL,
    SHAPES,
    TABLES,
    maker_of,
)
from zoo.datasets.options import Options
from zoo.datasets.preparing import find_builder, prepare, prepare_embedded
from zoo.datasets.shapes import load_shapes
from zoo.datasets.split_data import SplitData
from zoo.datasets.tables import (
    EMBEDDED,
    classes_of_label_sets,
    load_csv,
    load_embedded,
    load_npz,
)
from zoo.errors import InputError

_FOLDER, _ARFF, _CSV, _NPZ = "folder:", "arff:", "csv:", "npz:"


def load(
    name: str,
    *,
    batch_size: int = 128,
    image_shape: tuple[int, int, int] | None = None,
    validation_fraction: float = 0.1,
    labelled_fraction: float = 1.0,
    labelled_batch_size: int | None = None,
    labelled_draw: str = "shares",
    seed: int = 0,
    in_memory: bool | None = None,
    missing: float | None = None,
    manual_dir: str | None = None,
    data_dir: str | None = None,
) -> SplitData:
    """Loads a data set; prepares it the first time.

    A prepared set is read without network. `digits`, `shapes` and `blocks` need neither network nor
    files. The original files of bibtex, bookmarks, delicious and weizmann_horse are fetched by
    hand.

    Args:
        name: one of `list_datasets()`; "csv:PATH#CLASS" for a table with a header and "npz:PATH"
            for arrays, see `zoo.datasets.tables`; "blocks/ROWS" for another number of training
            rows than 1,500; "folder:PATH" for images PATH/SPLIT/CLASS/*.png, jpg, gif, bmp, webp
            or tiff with the splits train, test and optionally validation (or val, valid);
            "arff:PATH" for a multi-label table in Mulan's form, with PATH.xml beside
            PATH-train.arff and PATH-test.arff, or beside PATH.arff, of which a fifth becomes the
            test split; or the name of any TFDS set of images or of a table with a class, as "name"
            or "name/config", see `zoo.datasets.tfds_tables`.
        batch_size: rows in a batch.
        image_shape: (height, width, channels) to bring the images to, in the graph; None keeps
            theirs, if they all have one, and makes those of weizmann_horse (32, 32, 3). A set that
            was registered comes as its function makes it.
        validation_fraction: share of the training rows cut for validation, in [0, 1), stratified
            by class (sets of label sets and streams of TFDS: from all rows alike). A set with a
            validation split of its own (pneumonia_mnist, bookmarks, weizmann_horse, shapes) keeps
            that one whatever the fraction, 0 included.
        labelled_fraction: share of the training rows that keep their label, stratified by class,
            in (0, 1]; the others get weight 0. Only for image classification.
        labelled_batch_size: of the rows in a batch, how many are drawn from the labeled ones,
            with weight 1, and the rest from all, with weight 0; None draws all rows alike. For a
            few labels among many rows, of which a batch would hold none most of the time.
        labelled_draw: "shares", or "balanced" for as many labels of every class, as papers draw
            few labels.
        seed: what the order, the cut and the hidden labels follow from.
        in_memory: None reads sets of up to 4 GiB of pixels into memory and streams larger ones;
            True or False says which. Multi-label sets and masks are always in memory.
        missing: the number that stands for a missing feature, `?`, of an "arff:" table; None
            refuses one.
        manual_dir: folder with one sub-folder per set that holds its original files, from which
            it is prepared without network; None takes the environment variable ZOO_MANUAL_DIR.
            Those of bibtex, bookmarks and delicious may also lie together in a sub-folder mulan;
            those of mnist_2k2k are those of mnist.
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
    labelled = labelled_fraction, labelled_batch_size, labelled_draw
    options = Options(batch_size, validation_fraction, *labelled, seed)
    if not isinstance(name, str):
        raise InputError(f"`name` must be a string. Received: name={name!r}.")
    if in_memory not in (None, True, False):
        raise InputError(
            f"`in_memory` must be None, True or False. Received: in_memory={in_memory!r}."
        )
    maker = maker_of(name)
    if missing is not None and (maker is not None or not name.startswith(_ARFF)):
        raise InputError(
            f"Data set {name!r} has no missing values: `missing` must be None. "
            f"Received: missing={missing!r}."
        )
    if maker is not None:
        _check_in_memory(name, in_memory)
        if image_shape is not None:
            raise InputError(
                f"Data set {name!r} was registered, and comes as its function makes it: "
                f"`image_shape` must be None. Received: image_shape={image_shape!r}."
            )
        data = maker(options)
        if not isinstance(data, SplitData):
            raise InputError(
                f"The function of data set {name!r} must return what `zoo.datasets.from_arrays` "
                f"makes. Received: {type(data).__name__}."
            )
    elif name in (*MULTI_LABEL, *MASKS, BLOCKS) or name.startswith((_ARFF, f"{BLOCKS}/")):
        folders = manual_dir, data_dir
        data = _load_structured(name, image_shape, in_memory, missing, *folders, options)
    elif name in TABLES or name.startswith((_CSV, _NPZ)):
        data = _load_table(name, image_shape, in_memory, manual_dir, data_dir, options)
    else:
        data = _load_of_tfds(name, image_shape, in_memory, manual_dir, data_dir, options)
    data.loaded_as = name
    return data


def _load_structured(
    name: str,
    image_shape: tuple[int, int, int] | None,
    in_memory: bool | None,
    missing: float | None,
    manual_dir: str | None,
    data_dir: str | None,
    options: Options,
) -> MultiLabelData | MaskData:
    options.check_all_labelled(name)
    _check_no_images(name, image_shape if name not in MASKS else None, in_memory)
    if name.startswith(_ARFF):
        return load_arff(name.removeprefix(_ARFF), options, missing)
    if name not in (*MULTI_LABEL, *MASKS):
        return load_blocks(name, options)
    if image_shape is not None:
        image_shape = check_image_shape(image_shape)
    builder = find_builder(name, data_dir)
    prepare(builder, manual_dir, all_wanted=True)
    if name in MASKS:
        from zoo.datasets.weizmann_horse import IMAGE_SHAPE, read_masks

        return _licensed(read_masks(builder, image_shape or IMAGE_SHAPE, options), builder)
    from zoo.datasets.multi_label_builders import read_multi_label

    return _licensed(read_multi_label(builder, options), builder)


def _load_table(
    name: str,
    image_shape: tuple[int, int, int] | None,
    in_memory: bool | None,
    manual_dir: str | None,
    data_dir: str | None,
    options: Options,
) -> ClassData:
    if name.startswith(_NPZ):
        _check_in_memory(name, in_memory)
        return load_npz(name, options, image_shape)
    _check_no_images(name, image_shape, in_memory)
    if name.startswith(_CSV):
        return load_csv(name, options)
    if name in EMBEDDED:
        return load_embedded(name, options)
    builder = find_builder("bibtex", data_dir)
    prepare(builder, manual_dir, all_wanted=True)
    from zoo.datasets.multi_label_builders import read_multi_label

    return classes_of_label_sets(
        read_multi_label(builder, Options(validation_fraction=0.0)), name, options
    )


def _check_in_memory(name: str, in_memory: bool | None) -> None:
    if in_memory is False:
        raise InputError(
            f"Data set {name!r} is always read into memory: `in_memory` must be None or True. "
            f"Received: in_memory={in_memory!r}."
        )


def _check_no_images(
    name: str, image_shape: tuple[int, int, int] | None, in_memory: bool | None
) -> None:
    _check_in_memory(name, in_memory)
    if image_shape is not None:
        raise InputError(
            f"Data set {name!r} has no images: `image_shape` must be None. "
            f"Received: image_shape={image_shape!r}."
        )


def _load_of_tfds(
    name: str,
    image_shape: tuple[int, int, int] | None,
    in_memory: bool | None,
    manual_dir: str | None,
    data_dir: str | None,
    options: Options,
) -> ClassData:
    if name.startswith(_FOLDER):
        return load_folder(name, image_shape, in_memory, options)
    if name == SHAPES:
        _check_no_images(name, None, in_memory)
        return load_shapes(image_shape and check_image_shape(image_shape), options)
    from zoo.datasets.reading import find_keys, read
    from zoo.datasets.tfds_tables import find_layout, read_table

    builder = find_builder(name, data_dir)
    layout = find_layout(builder)
    if layout is not None:
        _check_no_images(name, image_shape, in_memory)
        prepare(builder, manual_dir, all_wanted=False)
        return _licensed(read_table(name, builder, layout, options), builder)
    keys = find_keys(name, builder)
    image_shape = find_shape(name, builder.info.features[keys[0]].shape, image_shape)
    if name == "digits":
        builder = prepare_embedded(builder)
    else:
        prepare(builder, manual_dir, all_wanted=name in IMAGES)
    return _licensed(read(name, builder, keys, image_shape, in_memory, options), builder)


def _licensed(data: SplitData, builder: Any) -> SplitData:
    """The data set with the license that TFDS knows it to have."""
    data.license = builder.info.redistribution_info.license or None
    return data
