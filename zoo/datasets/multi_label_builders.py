"""TFDS builders of Mulan's bibtex, bookmarks and delicious, from their original files."""

import gzip
import hashlib
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
import tensorflow_datasets as tfds

from zoo.datasets.arff import MultiLabelTable
from zoo.datasets.arff_sets import read_tables, sparse_rows, take_rows
from zoo.datasets.arrays import in_memory
from zoo.datasets.kinds import MultiLabelData
from zoo.datasets.options import Options
from zoo.datasets.originals import (
    DamagedDataError,
    MissingDataError,
    missing_files_message,
    not_found,
)
from zoo.datasets.own_files import find_tables
from zoo.datasets.preparing import check_rows, whole_split

_SOURCE = "https://github.com/tsoumakas/mulan/tree/master/data/multi-label"


class Mulan(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A multi-label set in Mulan's form, from NAME.xml and ARFF files in the manual folder.

    The ARFF files may be gzipped. Rows keep their order; features are stored sparse.

    Attributes:
        num_features, num_labels: what the files must have.
        checksums: size and SHA-256 of the files, unzipped, by name; empty where unknown.
        manual_folders: names of its folder of original files; several sets may share the last.
    """

    VERSION = tfds.core.Version("1.0.0")
    num_features: int
    num_labels: int
    checksums: dict[str, tuple[int, str]]
    reference: str

    @property
    def manual_folders(self) -> tuple[str, str]:
        return self.name, "mulan"

    def find_originals(self, manual: pathlib.Path | None) -> dict[str, pathlib.Path]:
        """The ARFF files by split, or as "whole", and "xml"; they have the right checksums.

        Raises:
            MissingDataError: files are missing, or no folder was given.
            DamagedDataError: a file has another size or checksum.
        """
        found = {} if manual is None else find_tables(manual / self.name)
        xml = None if manual is None else manual / f"{self.name}.xml"
        if not found or not xml.is_file():
            message = missing_files_message(self, self._missing(manual), not_found(manual))
            raise MissingDataError(message)
        found["xml"] = xml
        for file in found.values():
            self._check(file)
        return found

    def _missing(self, manual: pathlib.Path | None) -> list[str]:
        def is_there(name: str) -> bool:
            return manual is not None and any(
                (manual / f"{name}{gz}").is_file() for gz in ("", ".gz")
            )

        files = [
            f"{name}{'' if name.endswith('.xml') else f' or {name}.gz'}: "
            f"{size} bytes unzipped, sha256 {checksum}, from {_SOURCE}/{self.name}"
            for name, (size, checksum) in self.checksums.items()
            if not is_there(name)
        ]
        return files or [
            f"{self.name}.xml, and {self.name}.arff or {self.name}-train.arff, "
            f"{self.name}-test.arff and perhaps {self.name}-dev.arff (each also as .arff.gz), "
            "from https://mulan.sourceforge.net/datasets-mlc.html"
        ]

    def _check(self, file: pathlib.Path) -> None:
        size, checksum = self.checksums.get(file.name.removesuffix(".gz"), (None, None))
        if size is None:
            return
        try:
            content = file.read_bytes()
            content = gzip.decompress(content) if file.suffix == ".gz" else content
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedDataError(f"File {file} cannot be read: {error}.") from error
        received = hashlib.sha256(content).hexdigest()
        if received != checksum:
            raise DamagedDataError(
                f"File {file} of data set {self.name!r} is damaged or not the original: expected, "
                f"unzipped, {size} bytes, sha256 {checksum}. "
                f"Received: {len(content)} bytes, sha256 {received}."
            )

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(
                f"{self.name}: {self.num_features} features and {self.num_labels} labels. "
                "`indices` and `values` are the features that are not 0; `labels` the numbers of "
                "the labels that are true. Their names are in the metadata."
            ),
            features=tfds.features.FeaturesDict(
                {
                    "indices": tfds.features.Sequence(np.int32),
                    "values": tfds.features.Sequence(np.float32),
                    "labels": tfds.features.Sequence(np.int32),
                }
            ),
            metadata=tfds.core.MetadataDict(),
            homepage=f"{_SOURCE}/{self.name}",
            citation=self.reference,
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        files = self.find_originals(pathlib.Path(dl_manager.manual_dir))
        xml = files.pop("xml")
        tables = self._splits(read_tables(files, xml), files)
        first = next(iter(tables.values()))
        for what, names, expected in (
            ("features", first.feature_names, self.num_features),
            ("labels", first.label_names, self.num_labels),
        ):
            if len(names) != expected:
                raise DamagedDataError(
                    f"{next(iter(files.values()))} with {xml} must give data set {self.name!r} "
                    f"{expected} {what}. Received: {len(names)}."
                )
        self.info.metadata.update(feature_names=first.feature_names, label_names=first.label_names)
        return {split: self._generate_examples(table) for split, table in tables.items()}

    def _splits(
        self, tables: dict[str, MultiLabelTable], files: dict[str, pathlib.Path]
    ) -> dict[str, MultiLabelTable]:
        if "whole" in tables:
            raise MissingDataError(
                f"Data set {self.name!r} needs {self.name}-train.arff and {self.name}-test.arff. "
                f"Received: {files['whole']}, which does not say which rows are for testing."
            )
        return tables

    def _generate_examples(self, table: MultiLabelTable) -> Iterator[tuple[int, dict]]:
        features = sparse_rows(table)
        for row, labels in enumerate(table.labels):
            place = slice(features.indptr[row], features.indptr[row + 1])
            yield (
                row,
                {
                    "indices": features.indices[place].astype("int32"),
                    "values": features.data[place],
                    "labels": np.flatnonzero(labels).astype("int32"),
                },
            )

    # TFDS gives no access to the manual folder of a builder without these.
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"Put the ARFF files and the XML of {_SOURCE} there."


class Bibtex(Mulan):
    """BibTeX entries of BibSonomy and their tags: 4,880 training and 2,515 test rows."""

    num_features, num_labels = 1836, 159
    checksums = {
        "bibtex-train.arff": (
            2292961,
            "8dcc9de6e0b2cebaec8c1f4fac78431adeeb73cfd3ab879b530a66d366e59174",
        ),
        "bibtex-test.arff": (
            1215637,
            "9b03329cde64d3f994bdf7fbbac3f3b10fe185c311cb9ae725475f59c7f3f922",
        ),
        "bibtex.xml": (5880, "08fe20013c1e75dcf1888c185f5187c95e76495b8518ce289b4d3afce38d1232"),
    }
    reference = (
        "Katakis, Tsoumakas and Vlahavas, Multilabel Text Classification for Automated Tag "
        "Suggestion, ECML/PKDD 2008 Discovery Challenge."
    )


class Bookmarks(Mulan):
    """Bookmarks of BibSonomy and their tags: 48,000, 12,000 and 27,856 rows.

    Mulan gives all 87,856 rows in one file. The published experiments trained on 48,000 rows,
    chose on 12,000 and tested on 27,856; which rows these were is not published with them, so the
    first, the next and the last of the file are taken. If there are bookmarks-train.arff and
    bookmarks-test.arff, and perhaps bookmarks-dev.arff, their split is taken as it is.
    """

    num_features, num_labels = 2150, 208
    checksums = {}
    split_rows = {"train": 48_000, "validation": 12_000, "test": 27_856}
    reference = Bibtex.reference

    def _splits(
        self, tables: dict[str, MultiLabelTable], files: dict[str, pathlib.Path]
    ) -> dict[str, MultiLabelTable]:
        if "whole" not in tables:
            return tables
        rows = len(tables["whole"].labels)
        if rows != sum(self.split_rows.values()):
            raise DamagedDataError(
                f"File {files['whole']} must have {sum(self.split_rows.values())} rows. "
                f"Received: {rows}."
            )
        splits, first = {}, 0
        for split, count in self.split_rows.items():
            splits[split] = take_rows(tables["whole"], slice(first, first + count))
            first += count
        return splits


class Delicious(Mulan):
    """Web pages of del.icio.us and their tags: 12,920 training and 3,185 test rows."""

    num_features, num_labels = 500, 983
    checksums = {
        "delicious-train.arff": (
            3056590,
            "030186cdb542ebdd32052fcdbb1ebe30115b3a22518c1b4b198c45eb827aebe1",
        ),
        "delicious-test.arff": (
            757565,
            "2dfb01723a819914b0ca83361177ed413ce3f2169851d9f228d4692915d63944",
        ),
        "delicious.xml": (
            34303,
            "4e0c0f93c7d86a39b9fca4aaefaa00e9428f2c80277732dfbf03ca48e2c14da2",
        ),
    }
    reference = (
        "Tsoumakas, Katakis and Vlahavas, Effective and Efficient Multilabel Classification in "
        "Domains with Large Number of Labels, ECML/PKDD 2008 Workshop on Mining Multidimensional "
        "Data."
    )


def read_multi_label(builder: Mulan, options: Options) -> MultiLabelData:
    """Multi-label data from a prepared builder; its own validation split where it has one.

    Raises:
        DamagedDataError: a prepared file cannot be read to its end.
    """
    names = builder.info.metadata
    pairs = {
        split: _read_split(builder, split, len(names["feature_names"]), len(names["label_names"]))
        for split in builder.info.splits
    }
    return MultiLabelData(
        builder.name, in_memory(pairs), options, names["label_names"], names["feature_names"]
    )


def _read_split(
    builder: Mulan, split: str, num_features: int, num_labels: int
) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    with whole_split(builder.name, builder, split) as (stream, count):
        batches = list(stream.ragged_batch(1024).prefetch(2))
        check_rows(sum(int(batch["labels"].nrows()) for batch in batches), count)
    features, labels = [], []
    for batch in batches:
        parts = batch["values"].values, batch["indices"].values, batch["indices"].row_splits
        shape = int(batch["indices"].nrows()), num_features
        features.append(scipy.sparse.csr_matrix(tuple(map(np.asarray, parts)), shape=shape))
        true = batch["labels"]
        labels.append(np.zeros((shape[0], num_labels), "uint8"))
        labels[-1][true.value_rowids(), true.values] = 1
    return scipy.sparse.vstack(features, format="csr"), np.concatenate(labels)
