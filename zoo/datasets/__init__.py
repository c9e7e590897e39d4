"""Data sets: by name, from folders, from arrays, from `tf.data`; images, label sets and masks."""

from zoo.datasets.arff import read_arff
from zoo.datasets.arrays import from_arrays
from zoo.datasets.catalogue import list_datasets, load
from zoo.datasets.image_data import ImageData
from zoo.datasets.mask_data import MaskData, masks_from_arrays
from zoo.datasets.multi_label_data import MultiLabelData, multi_label_from_arrays
from zoo.datasets.originals import DamagedDataError, MissingDataError
from zoo.datasets.split_data import SplitData
from zoo.datasets.streams import from_tf_data
