"""Dense classifiers beside the convolutional ones: `zoo train mlp_classifier/digits`."""

from zoo.recipes.image_sets import ON_DIGITS, RATES

from zoo.recipe import Recipe

RECIPES = [
    Recipe(
        name="mlp_classifier/digits",
        model="mlp_classifier",
        dataset="digits",
        system="Independent MLP",
        model_arguments={"size": (256, 128)},
        search=RATES,
        epochs=30,
        learning_rate=2e-3,
        **ON_DIGITS,
    )
]
