"""The auto-encoders of Table 1 on every image set.

    zoo train ae/fashion_mnist
    zoo train dae/cifar10 --set noise=0.25

The slides leave the networks, the code size and the training open. Every row here has the layers,
the code size and the optimizer of the super-encoder: double convolutions 32-64-128, a code of 64,
Adam with half a cosine from 2e-3. The loss is pixel MSE. The super-encoder's dropout and, where it
has them, mirrored or shifted images are left out (`--set dropout=0.3 --set flip=true` adds them).
"""

from zoo.recipe import Recipe, published

IMAGE_SETS = ("mnist", "fashion_mnist", "svhn_cropped", "cifar10", "pneumonia_mnist")
SYSTEMS = {"ae": "AE", "dae": "DAE"}
SEARCH = {"learning_rate": (1e-4, 1e-2), "code_size": (16, 32, 64, 128)}

RECIPES = [
    Recipe(
        name=f"{model}/{dataset}",
        model=model,
        dataset=dataset,
        model_arguments={"convolutions": 2},
        epochs=15 if dataset == "cifar10" else 10,
        learning_rate=2e-3,
        search=SEARCH,
        target=published(system, dataset),
        source="Kamal & Bae slides, Table 1" if published(system, dataset) else "",
    )
    for model, system in SYSTEMS.items()
    for dataset in IMAGE_SETS
] + [
    Recipe(
        name=f"{model}/digits",
        model=model,
        dataset="digits",
        model_arguments={"code_size": 16, "size": (32, 64)},
        batch_size=64,
        epochs=30,
        learning_rate=2e-3,
        validation_fraction=0.1,
        search=SEARCH,
    )
    for model in SYSTEMS
]
