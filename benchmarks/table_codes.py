"""Codes of two numbers of tables: super-encoders beside LDA, NCA and PCA, by one probe.

    python benchmarks/table_codes.py [wine breast_cancer digits ...]

Five stratified folds. In each, features are standardized by its training rows; a super-encoder's
weights of reconstruction and dropout are chosen on a quarter of them, held out; and the probe, an
SVC with an RBF kernel, is fitted on the codes of the training rows and scored on those of the
others. SE* knows a fifth of the labels, and so does its probe, and that of PCA beside it.
"""

import itertools
import sys

import numpy as np
import sklearn.datasets
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.preprocessing import StandardScaler

from zoo.evaluation.probes import probe_accuracy
from zoo.sklearn import SuperEncoderTransformer

GRID = [
    {"reconstruction_weight": weight, "arguments": {"dropout": dropout}}
    for weight, dropout in itertools.product((0.03, 0.3), (0.0, 0.3))
]
EPOCHS = {"digits": 60}


def encoder(name, seed, **settings):
    epochs = EPOCHS.get(name, 100)
    return SuperEncoderTransformer(2, epochs=epochs, random_state=seed, **settings)


def chosen(name, x, y, seed):
    """The settings whose codes of held-out training rows a probe reads best."""
    labeled = y >= 0
    rows, held = train_test_split(
        np.flatnonzero(labeled), test_size=0.25, random_state=seed, stratify=y[labeled]
    )
    hidden = y.copy()
    hidden[held] = -1
    scores = []
    for settings in GRID:
        fitted = encoder(name, seed, **settings).fit(x, hidden)
        codes = fitted.transform(x)
        scores.append(probe_accuracy("svc", codes[rows], y[rows], codes[held], y[held]))
    return GRID[int(np.argmax(scores))]


def fold(name, x, y, rows, held, seed):
    scaler = StandardScaler().fit(x[rows])
    x = scaler.transform(x).astype("float32")
    size = min(2, len(np.unique(y)) - 1)
    reducers = {
        "LDA": LinearDiscriminantAnalysis(n_components=size),
        "NCA": NeighborhoodComponentsAnalysis(2, random_state=seed),
        "PCA": PCA(2, random_state=seed),
        "SE (co)": encoder(name, seed, **chosen(name, x[rows], y[rows], seed)),
    }
    found = {}
    for title, reducer in reducers.items():
        codes = reducer.fit(x[rows], y[rows]).transform(x[rows]), reducer.transform(x[held])
        found[title] = probe_accuracy("svc", codes[0], y[rows], codes[1], y[held])
    few, _ = train_test_split(rows, train_size=0.2, random_state=seed, stratify=y[rows])
    hidden = np.where(np.isin(np.arange(len(y)), few), y, -1)
    for title, reducer in {
        "PCA, 20 % of the labels": PCA(2, random_state=seed),
        "SE* (co), 20 % of the labels": encoder(
            name, seed, **chosen(name, x[rows], hidden[rows], seed)
        ),
    }.items():
        reducer.fit(x[rows], hidden[rows])
        codes = reducer.transform(x[few]), reducer.transform(x[held])
        found[title] = probe_accuracy("svc", codes[0], y[few], codes[1], y[held])
    return found


def main(names):
    for name in names:
        x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        scores = [fold(name, x, y, *parts, seed) for seed, parts in enumerate(folds.split(x, y))]
        print(f"{name}: {len(x)} rows, probe accuracy, mean and deviation over five folds")
        for title in scores[0]:
            values = [each[title] for each in scores]
            print(f"  {title:30} {np.mean(values):.4f}  ± {np.std(values):.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ("wine", "breast_cancer", "digits"))
