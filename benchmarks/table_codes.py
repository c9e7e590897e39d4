"""Codes of two numbers of tables: super-encoders beside LDA, NCA, PCA and UMAP, by one probe.

    python benchmarks/table_codes.py [wine breast_cancer digits_vectors bibtex_classes ...]
    python docs/write_tables.py

Five stratified folds. In each, features are standardized by its training rows (words of Bibtex are
0 and 1 and stay so), a super-encoder's networks and weight of reconstruction are chosen on parts of
the training rows that are held out, and the probe, an SVC with an RBF kernel, is fitted on the
codes of the training rows and scored on those of the others. LDA, NCA and PCA are those of
`zoo.evaluation.reducers`; UMAP is told the classes, and left out where umap-learn is not installed.
SE* and its probe know a fifth of the labels, and so does the probe of PCA beside it.

The accuracies of each fold go to table_codes.json beside this file, from which another call goes
on; delete it to begin anew.
"""

import itertools
import json
import pathlib
import sys

import numpy as np
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit, train_test_split
from sklearn.preprocessing import StandardScaler

import zoo.datasets
from zoo.evaluation.probes import probe_accuracy
from zoo.evaluation.reducers import installed_reducers, reduce
from zoo.files import whole_file
from zoo.sklearn import SuperEncoderTransformer

RESULTS = pathlib.Path(__file__).with_suffix(".json")
SETS = ("wine", "breast_cancer", "digits_vectors", "bibtex_classes")
FOLDS, FEW = 5, 0.2
# Of every set, and what differs. Without hidden layers a network is linear.
SETTINGS = {"size": [(64, 32), ()], "reconstruction_weight": [0.1, 1.0], "weight_decay": [0.3]}
LINEAR_SEPARATOR = [{"separator_size": ()}]
OTHERWISE = {
    "wine": {"arguments": LINEAR_SEPARATOR},
    "breast_cancer": {"arguments": LINEAR_SEPARATOR, "epochs": [60]},
    "digits_vectors": {"size": [(256, 128)], "epochs": [60]},
    "bibtex_classes": {
        "size": [(256,)],
        "arguments": [{"features": "unit", "dropout": 0.5}],
        "epochs": [10],
        "batch_size": [128],
        "learning_rate": [1e-3],
    },
}
# How often the training rows are split to choose by: of a small table one split is hardly a sign.
SPLITS = {"wine": 2}


def encoded(settings, x, y, seed):
    """What brings rows to codes, learned of rows and labels, -1 where there is none."""
    return SuperEncoderTransformer(2, random_state=seed, **settings).fit(x, y).transform


def chosen(name, x, y, seed):
    """The settings whose codes of held-out training rows the probe reads best."""
    grid = SETTINGS | OTHERWISE[name]
    grid = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    labeled = np.flatnonzero(y >= 0)
    splits = StratifiedShuffleSplit(SPLITS.get(name, 1), test_size=0.25, random_state=seed)
    scores = np.zeros(len(grid))
    for parts in splits.split(labeled, y[labeled]):
        rows, held = (labeled[part] for part in parts)
        hidden = y.copy()
        hidden[held] = -1
        for number, settings in enumerate(grid):
            codes = encoded(settings, x, hidden, seed)(x)
            scores[number] += probe_accuracy("svc", codes[rows], y[rows], codes[held], y[held])
    return grid[int(np.argmax(scores))]


def umap_codes(x, y, held, seed):
    """Codes of training and other rows by UMAP, told the classes of the former."""
    from umap import UMAP

    umap = UMAP(random_state=seed, n_jobs=1)
    return umap.fit_transform(x, y), umap.transform(held)


def fold(name, x, y, rows, held, seed):
    """The probe's accuracy by the name of what made the codes."""
    if name != "bibtex_classes":
        x = StandardScaler().fit(x[rows]).transform(x)
    x = x.astype("float32")
    few, _ = train_test_split(
        np.arange(len(rows)), train_size=FEW, random_state=seed, stratify=y[rows]
    )
    hidden = np.full(len(rows), -1)
    hidden[few] = y[rows][few]
    found = {each: reduce(each, x[rows], y[rows], x[held], seed) for each in ("lda", "nca", "pca")}
    if "umap" in installed_reducers():
        found["umap"] = umap_codes(x[rows], y[rows], x[held], seed)
    for title, labels in (("se_co", y[rows]), ("se_co_few", hidden)):
        encode = encoded(chosen(name, x[rows], labels, seed), x[rows], labels, seed)
        found[title] = encode(x[rows]), encode(x[held])
    found["pca_few"] = found["pca"]
    scores = {}
    for title, (codes, others) in found.items():
        known = few if title.endswith("_few") else slice(None)
        scores[title] = probe_accuracy("svc", codes[known], y[rows][known], others, y[held])
    return scores


def rows_of(name):
    """The rows of a data set and their classes; of Bibtex the training rows alone."""
    data = zoo.datasets.load(name, validation_fraction=0.0)
    splits = ("train",) if name == "bibtex_classes" else ("train", "test")
    return (np.concatenate(parts) for parts in zip(*map(data.arrays, splits), strict=True))


def main(names):
    for name in names:
        x, y = rows_of(name)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        for seed, parts in enumerate(folds.split(x, y)):
            if seed < len(measured().get(name, ())):
                continue
            scores = {title: round(s, 6) for title, s in fold(name, x, y, *parts, seed).items()}
            # Read as late as it is written: another process may have another set.
            held = measured()
            held.setdefault(name, []).append(scores)
            with whole_file(RESULTS) as file:
                file.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n")
            print(name, scores, flush=True)


def measured():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


if __name__ == "__main__":
    main(sys.argv[1:] or SETS)
