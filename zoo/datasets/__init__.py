"""Data sets: by name, from files, arrays and `tf.data`; images, tables, label sets and masks."""

from zoo.datasets.arff import read_arff
from zoo.datasets.array_rows import ArrayRows
from zoo.datasets.arrays import from_arrays, masks_from_arrays, multi_label_from_arrays
from zoo.datasets.catalogue import list_datasets, load, register_dataset
from zoo.datasets.kinds import ClassData, ImageData, MaskData, MultiLabelData, TableData
from zoo.datasets.options import Options
from zoo.datasets.originals import DamagedDataError, MissingDataError
from zoo.datasets.split_data import SplitData
from zoo.datasets.streams import from_tf_data
from zoo.datasets.tables import from_table
