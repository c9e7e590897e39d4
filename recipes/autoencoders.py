"""The auto-encoders of Table 1, plain and denoising, on every image set.

    zoo train ae/fashion_mnist
    zoo train dae/cifar10 --set noise=0.25

The slides leave the networks, the code size and the training open. Every row here has the layers,
the code size and the optimizer of the super-encoder. The loss is pixel MSE. The super-encoder's
dropout and, where it has them, mirrored or shifted images are left out (`--set dropout=0.3 --set
flip=true` adds them).
"""

from zoo.recipes.image_sets import IMAGE_SETS, on_image_set

SYSTEMS = {"ae": "AE", "dae": "DAE"}

RECIPES = [
    on_image_set(model, dataset, model, system)
    for model, system in SYSTEMS.items()
    for dataset in IMAGE_SETS
]
