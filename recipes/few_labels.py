"""VAT, the auto-classifiers and the independent CNN with few labels or few images of MNIST.

    zoo train vat_100/mnist
    zoo train ac_co_v2_1000/mnist
    zoo train cnn/mnist_2k2k

The number behind the name is that of the labels, as many of each class, drawn by the seed; all
60,000 images are there without them. Half of a batch (VAT: 100 rows of 350) is drawn from the
labeled rows, the others from all. The other comparators' recipes for few labels stand beside those
for all.

The slides have no auto-classifier with few labels. The weights here are those of all labels. AC
(co) v2 pays for it: with 100 labels its image loss alone teaches the other images' label vectors,
which grow softer (0.27 nats of entropy, 0.10 for the CNN). A classification_weight of 10 and 100
in place of 1 took its accuracy from 0.775 to 0.879 and 0.889 on training images without labels,
toward the 0.894 of the CNN alone; on test images the two games stand far above that.

On the first 2,000 images, where the slides have SRC, CRC and KENRR, stand the CNN and AC (co) v2.

VAT: a convolutional network of shifted images, whose features are averaged over the image, with the
entropy term of the paper's VAT + EntMin, which the paper has on CIFAR-10 and SVHN alone. On 6,000
training images without labels, with 100 labels, seed 0, it had 0.968 after eight epochs with
epsilon 2, and 0.967 with epsilon 3; after the first 0.921 and 0.898, and without the term, with
epsilon 3, 0.848. Before, without the term: 0.935 after 960 steps; a network of flattened features
0.929 after 2,640 with epsilon 3, and 0.918 after 3,360 with epsilon 4. The paper's 1200-1200
network, at epsilon 3 and not shifted, came to 0.849 in 9,600 steps; the paper takes 50,000.
"""

import dataclasses
from typing import Any

from zoo.recipes.auto_classifiers import recipe as auto_classifier
from zoo.recipes.image_sets import MNIST_ROWS, RATES

from zoo.recipe import Recipe

LABELS = (100, 1000)
# By the number of labels, what is published, and where.
VAT_ACCURACY = {
    100: (0.9864, "Miyato et al., Virtual adversarial training, TPAMI 41(8), 2019"),
    1000: (0.9868, "Miyato et al., Distributional smoothing, ICLR 2016"),
}


def vat(labels: int) -> Recipe:
    """The recipe vat_LABELS/mnist."""
    return Recipe(
        name=f"vat_{labels}/mnist",
        model="vat",
        dataset="mnist",
        system="VAT",
        model_arguments={
            "kind": "pooled",
            "size": (32, 64, 96),
            "epsilon": 2.0,
            "entropy_weight": 1.0,
            "shift": 2,
        },
        batch_size=350,
        epochs=24,
        learning_rate=1e-3,
        precision="float32",
        labelled_fraction=labels / MNIST_ROWS,
        labelled_batch_size=100,
        labelled_draw="balanced",
        chosen="by hand, on training rows without labels",
        search={**RATES, "epsilon": (0.1, 10.0)},
        target={"accuracy": VAT_ACCURACY[labels][0]},
        source=VAT_ACCURACY[labels][1],
    )


def with_few_labels(model: str, labels: int) -> Recipe:
    """The recipe MODEL_LABELS/mnist of an auto-classifier, or of the CNN alone."""
    of_all = auto_classifier(model, "", "mnist")
    few: dict[str, Any] = {"batch_size": 128, "labelled_batch_size": 64, "epochs": 4}
    return dataclasses.replace(
        of_all,
        name=f"{model}_{labels}/mnist",
        labelled_fraction=labels / MNIST_ROWS,
        labelled_draw="balanced",
        target={},
        source="",
        **few,
    )


def with_few_images(model: str) -> Recipe:
    """The recipe MODEL/mnist_2k2k of an auto-classifier, or of the CNN alone."""
    of_all = auto_classifier(model, "", "mnist")
    few: dict[str, Any] = {"batch_size": 64, "epochs": 60, "target": {}, "source": ""}
    return dataclasses.replace(of_all, name=f"{model}/mnist_2k2k", dataset="mnist_2k2k", **few)


AUTO_CLASSIFIERS = ("cnn", "ac_co_v1", "ac_co_v2", "ac_nc_v1", "ac_nc_v2")
RECIPES = [vat(labels) for labels in LABELS] + [
    with_few_labels(model, labels) for model in AUTO_CLASSIFIERS for labels in LABELS
]
RECIPES += [with_few_images(model) for model in ("cnn", "ac_co_v2")]
