"""TFDS builder of the Weizmann horses: photographs, with the horse's silhouette for a mask."""

import hashlib
import io
import pathlib
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from zoo.datasets.arrays import in_memory
from zoo.datasets.image_files import read_header
from zoo.datasets.kinds import MaskData
from zoo.datasets.options import Options
from zoo.datasets.originals import (
    DamagedDataError,
    MissingDataError,
    missing_files_message,
    not_found,
)
from zoo.datasets.pixels import fit_images, fit_masks
from zoo.datasets.preparing import check_rows, whole_split

IMAGE_SHAPE = (32, 32, 3)
_SOURCE = "https://github.com/philqc/deep-value-networks-pytorch (data/weizmann_horse)"


class WeizmannHorse(tfds.core.GeneratorBasedBuilder):
    """327 photographs of horses of about 130x100 pixels, and a mask of each.

    The rows are the names sorted as strings (image-0, image-1, image-10, image-100, ...): the
    first 180 are for training, the next 20 for validation, the last 127 for testing. Images and
    masks are stored in their own size, of which there are 303, and resized when they are loaded.

    Wanted in the manual folder: weizmann_horse.zip, which holds weizmann_horse/images/image-N.png
    and weizmann_horse/masks/mask-N.png, or the folders images and masks themselves.

    Reference: Borenstein and Ullman, "Class-Specific, Top-Down Segmentation", ECCV 2002. The
    files and the split are those of the source below, which lacks one of the set's 328 pairs.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"Put the folders images and masks of {_SOURCE} there."
    split_rows = {"train": 180, "validation": 20, "test": 127}
    # Of all images' and masks' names and bytes, in the order of the rows.
    checksum: str | None = "b69183f7e12ceb18bee6686aac509b6ab46cbc6ad06fe839483f9f60695df0e4"

    def find_originals(self, manual: pathlib.Path | None) -> Any:
        """The folder that holds images and masks; it may lie in the archive.

        Raises:
            MissingDataError: it is not there, or no manual folder was given.
            DamagedDataError: the archive is none.
        """
        folders = [manual, manual / self.name] if manual else []
        if manual and (manual / f"{self.name}.zip").is_file():
            archive = manual / f"{self.name}.zip"
            try:
                folders = [zipfile.Path(archive) / self.name]
            except (zipfile.BadZipFile, OSError) as error:
                raise DamagedDataError(f"File {archive} is damaged: {error}.") from error
        for folder in folders:
            if (folder / "images").is_dir() and (folder / "masks").is_dir():
                return folder
        files = [
            f"{self.name}.zip with {self.name}/images/image-N.png and {self.name}/masks/mask-N.png,"
            f" or the folders images and masks themselves, from {_SOURCE}"
        ]
        raise MissingDataError(missing_files_message(self, files, not_found(manual)))

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="327 photographs of horses, and a mask of each.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
                    "mask": tfds.features.Image(shape=(None, None, 1), encoding_format="png"),
                }
            ),
            homepage="https://github.com/philqc/deep-value-networks-pytorch",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        folder = self.find_originals(pathlib.Path(dl_manager.manual_dir))
        try:
            pairs = self._read(folder)
        except (zipfile.BadZipFile, OSError) as error:
            raise DamagedDataError(f"{folder} is damaged: {error}.") from error
        splits, first = {}, 0
        for split, count in self.split_rows.items():
            splits[split] = self._generate_examples(pairs[first : first + count])
            first += count
        return splits

    def _read(self, folder: Any) -> list[tuple[bytes, bytes]]:
        """PNG files of images and masks, whole, all there, and of the same sizes."""
        names = sorted(file.name for file in (folder / "images").iterdir())
        names = [name for name in names if name.startswith("image-") and name.endswith(".png")]
        wanted = sum(self.split_rows.values())
        if len(names) != wanted:
            raise DamagedDataError(
                f"{folder / 'images'} must hold {wanted} files image-N.png. Received: {len(names)}."
            )
        pairs, checksum = [], hashlib.sha256()
        for name in names:
            mask = folder / "masks" / name.replace("image-", "mask-")
            if not mask.is_file():
                raise DamagedDataError(
                    f"{folder / 'images' / name} has no mask: {mask} is missing."
                )
            image, mask_png = (folder / "images" / name).read_bytes(), mask.read_bytes()
            sizes = _size(folder / "images" / name, image), _size(mask, mask_png)
            if sizes[0] != sizes[1]:
                raise DamagedDataError(
                    f"Mask {mask} must have the size of its image, {sizes[0]}. "
                    f"Received: {sizes[1]} (width, height)."
                )
            checksum.update(name.encode() + image + mask_png)
            pairs.append((image, mask_png))
        if self.checksum not in (None, checksum.hexdigest()):
            raise DamagedDataError(
                f"The images and masks in {folder} are damaged or not the originals: expected a "
                f"sha256 of {self.checksum}. Received: {checksum.hexdigest()}."
            )
        return pairs

    def _generate_examples(self, pairs: list[tuple[bytes, bytes]]) -> Iterator[tuple[int, dict]]:
        for row, (image, mask) in enumerate(pairs):
            yield row, {"image": io.BytesIO(image), "mask": io.BytesIO(mask)}


def read_masks(
    builder: WeizmannHorse, image_shape: tuple[int, int, int], options: Options
) -> MaskData:
    """Segmentation data from a prepared builder, resized; see `fit_images` and `fit_masks`.

    Raises:
        DamagedDataError: a prepared file cannot be read to its end.
    """
    pairs = {split: _read_split(builder, split, image_shape) for split in builder.info.splits}
    return MaskData(builder.name, in_memory(pairs), options, "horse")


def _read_split(
    builder: WeizmannHorse, split: str, image_shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    def fit(row: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        # 128: a mask is black and white.
        mask = fit_masks(row["mask"] >= 128, image_shape)
        image = tf.ensure_shape(fit_images(row["image"], image_shape), image_shape)
        return image, tf.ensure_shape(mask, (*image_shape[:2], 1))

    with whole_split(builder.name, builder, split) as (stream, count):
        images, masks = zip(*stream.map(fit).as_numpy_iterator(), strict=True)
        check_rows(len(images), count)
    return np.stack(images), np.stack(masks)


def _size(file: Any, png: bytes) -> tuple[int, int]:
    try:
        height, width, _ = read_header(png, formats=("PNG",))
    except OSError as error:
        raise DamagedDataError(f"File {file} must be a PNG image. Received: {error}.") from None
    return width, height
