"""What `zoo predict` says of the answers of a served model, by its task; Keras is not needed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from zoo.datasets.pixels import to_unit_range
from zoo.kinds import MASK_THRESHOLD, Answer


def _classes(served: Any, rows: np.ndarray) -> Iterator[Answer]:
    yield from served.classify(rows)


def _codes(served: Any, rows: np.ndarray) -> Iterator[Answer]:
    if "classify" in served.signatures:
        yield from served.classify(rows)
        return
    rebuilt = served.ask("serving_default", rows)["reconstruction"]
    if rebuilt.ndim == 2:
        for error in np.sqrt(np.mean(np.square(rebuilt - rows), axis=1)).tolist():
            text = f"root mean squared error {error:.4g}"
            yield Answer(text, values={"root_mean_squared_error": error})
        return
    for image, made in zip(to_unit_range(rows), rebuilt, strict=True):
        error = float(np.mean(np.square(made - image)))
        yield Answer(f"reconstruction error {error:.4f}", made, {"reconstruction_error": error})


def _label_sets(served: Any, rows: np.ndarray) -> Iterator[Answer]:
    answers = served.ask("serving_default", rows)
    for labels, soft in zip(answers["labels"], answers["soft_labels"], strict=True):
        found = sorted(np.nonzero(labels)[0], key=lambda label: -soft[label])
        line = ", ".join(f"{served.name(each)} {soft[each]:.3f}" for each in found)
        values = {f"p({served.name(each)})": value for each, value in enumerate(soft.tolist())}
        names = "; ".join(map(served.name, found))
        yield Answer(line or "no labels", values={"labels": names, **values})


def _masks(served: Any, rows: np.ndarray) -> Iterator[Answer]:
    given, size = rows.shape[1:3], tuple(served.about["input_shape"][:2])
    if given == size:
        soft = served.ask("serving_default", rows)["soft_masks"]
    else:
        # Of networks, which stand on Keras.
        from zoo.networks.crops import average_crops, extract_crops

        crops = served.ask("serving_default", extract_crops(rows, size))["soft_masks"]
        soft = average_crops(crops, given)
    for mask in soft > MASK_THRESHOLD:
        covered = float(mask.mean())
        text = f"{covered:.1%} of the image is covered"
        yield Answer(text, mask.astype("float32"), {"covered": covered})


ANSWERS: Mapping[str, Callable[[Any, np.ndarray], Iterator[Answer]]] = {
    "classes": _classes,
    "codes": _codes,
    "label_sets": _label_sets,
    "masks": _masks,
}
