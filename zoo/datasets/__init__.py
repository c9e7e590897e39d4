"""Image data sets: by name, from folders, from arrays, from `tf.data`."""

from zoo.datasets.arrays import from_arrays
from zoo.datasets.catalogue import list_datasets, load
from zoo.datasets.image_data import ImageData
from zoo.datasets.originals import DamagedDataError, MissingDataError
from zoo.datasets.streams import from_tf_data

__all__ = [
    "DamagedDataError",
    "ImageData",
    "MissingDataError",
    "from_arrays",
    "from_tf_data",
    "list_datasets",
    "load",
]
