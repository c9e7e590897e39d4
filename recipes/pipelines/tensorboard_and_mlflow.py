"""Training logged to TensorBoard and to MLflow, by their own callbacks.

    python recipes/pipelines/tensorboard_and_mlflow.py --output runs/logged
    tensorboard --logdir runs/logged
    mlflow ui --backend-store-uri sqlite:///runs/logged/mlflow.db

A model of the zoo reports its terms by name, in games those of the adversary too, so they appear
as curves without a line about them. `zoo train` writes TensorBoard's logs by itself; to add MLflow
to a recipe, give `zoo.training.run` its callback. MLflow comes with
`pip install 'autonet-zoo[mlflow]'`; where it is not installed only TensorBoard is written. A
tracking server named by MLFLOW_TRACKING_URI is used in place of the file.
"""

import argparse
import contextlib
import importlib.util
import os
import pathlib

import keras

import zoo
from zoo.recipe import load_recipe
from zoo.training.runs import run


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/logged"))
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)

    # A model of one's own making.
    data = zoo.datasets.load("digits")
    model = zoo.create_model("aae", input_shape=data.image_shape, code_size=8)
    model.compile(optimizer="adam")
    logs = keras.callbacks.TensorBoard(options.output / "aae", write_graph=False)
    with _mlflow_run(options.output, "aae") as callbacks:
        model.fit(data.train, epochs=options.epochs, callbacks=[logs, *callbacks], verbose=0)

    # A recipe.
    recipe = load_recipe("se_co/digits").override({"epochs": options.epochs})
    with _mlflow_run(options.output, recipe.name) as callbacks:
        return run(recipe, options.output / "se_co", callbacks=callbacks, verbose=0)


@contextlib.contextmanager
def _mlflow_run(folder: pathlib.Path, name: str):
    """MLflow's callbacks inside a run of its own; none where it is not installed."""
    if importlib.util.find_spec("mlflow") is None:
        yield []
        return
    import mlflow
    import mlflow.keras

    if "MLFLOW_TRACKING_URI" not in os.environ:
        folder.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(f"sqlite:///{folder.resolve() / 'mlflow.db'}")
        if mlflow.get_experiment_by_name("zoo") is None:
            mlflow.create_experiment("zoo", (folder / "artifacts").resolve().as_uri())
    mlflow.set_experiment("zoo")
    with mlflow.start_run(run_name=name):
        yield [mlflow.keras.MlflowCallback()]


if __name__ == "__main__":
    main()
