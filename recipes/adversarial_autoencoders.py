"""The adversarial auto-encoders of Table 1, AAE, DAAE and iDAAE, on every image set.

    zoo train aae/fashion_mnist
    zoo train aae/digits --set code_size=2 --set prior=gaussian_mixture
    zoo train idaae/mnist --set num_encodings=3

Networks, code size and training are those of the auto-encoders; the prior is a standard normal and
the corruption Gaussian noise of 0.5. The adversarial term counts 0.003 beside pixel MSE, and the
discriminator learns ten times slower than the players. On Fashion-MNIST, seed 0, two epochs of the
AAE left the discriminator at chance (both its losses near log 2) and the probe at 0.8335; with the
players' own rate the codes ran to and fro before it, and the probe stood at 0.8114 (weight 0.001)
and 0.7267 (0.01). An iDAAE encodes each image five times, and has half the epochs.
"""

from zoo.recipes.image_sets import IMAGE_SETS, on_image_set

SYSTEMS = {"aae": "AAE", "daae": "DAAE", "idaae": "iDAAE"}
SEARCH = {"adversarial_weight": (1e-4, 1e-1), "adversary_learning_rate": (1e-5, 1e-2)}

RECIPES = [
    on_image_set(
        model,
        dataset,
        model,
        system,
        model_arguments={"adversarial_weight": 0.003},
        adversary_learning_rate=2e-4,
        epoch_share=0.5 if model == "idaae" else 1.0,
        search=SEARCH,
    )
    for model, system in SYSTEMS.items()
    for dataset in IMAGE_SETS
]
