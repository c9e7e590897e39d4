"""The variational auto-encoders of Table 1, VAE, DVAE and beta-VAE, on every image set.

    zoo train vae/fashion_mnist
    zoo train beta_vae/mnist --set beta=2
    zoo train dvae/digits --set noise_kind=masking --set noise=0.25

The slides leave the likelihood open, and with it how much a pixel counts beside the divergence.
Here it is a Gaussian with a standard deviation of 0.1 of a pixel, close to what the errors of the
trained models are, and the same in all three rows; `--set likelihood=bernoulli` is the other usual
choice. beta is 4 and the corruption 10 % salt and pepper. Networks, code size and training are
those of the auto-encoders.
"""

from zoo.recipes.image_sets import IMAGE_SETS, on_image_set

SYSTEMS = {"vae": "VAE", "dvae": "DVAE", "beta_vae": "beta-VAE"}
SEARCH = {"beta": (0.1, 10.0), "likelihood_scale": (0.03, 1.0)}

RECIPES = [
    on_image_set(
        model,
        dataset,
        model,
        system,
        model_arguments={"likelihood": "gaussian"},
        search=SEARCH,
    )
    for model, system in SYSTEMS.items()
    for dataset in IMAGE_SETS
]
