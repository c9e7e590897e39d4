"""The adversarial auto-encoders of Table 1, AAE, DAAE and iDAAE, on every image set.

zoo train aae/fashion_mnist
zoo train aae/digits --set code_size=2 --set prior=gaussian_mixture
zoo train idaae/mnist --set num_encodings=3
"""

from zoo.recipes.image_sets import IMAGE_SETS, on_image_set

SYSTEMS = {"aae": "AAE", "daae": "DAAE", "idaae": "iDAAE"}
SEARCH = {"adversarial_weight": (1e-4, 1e-1), "adversary_learning_rate": (1e-5, 1e-2)}

RECIPES = [
    on_image_set(model, dataset, model, system, search=SEARCH)
    for model, system in SYSTEMS.items()
    for dataset in IMAGE_SETS
]
