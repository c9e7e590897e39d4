"""Makes files.tar.xz, by the code of commit dd4933c.

In a clone of that commit with its package installed:

    PYTHONPATH=tests/conformance python PATH/make_files.py OUTPUT

OUTPUT is a new folder, and OUTPUT.tar.xz what stands beside this file. TFDS_DATA_DIR says where
the digits are prepared.
"""

import dataclasses
import inspect
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile

import keras
import numpy as np
from model_rows import rows, tiny

import zoo
from zoo import structured_metrics
from zoo.datasets import masks_from_arrays
from zoo.optimizers import get_optimizer
from zoo.recipe import Recipe, load_recipe
from zoo.serving import export_run
from zoo.training import run
from zoo.tuning import tune
from zoo.tuning.resumable import RecipeTuner

# Beside each entry point as it is: arguments that bring in what else is registered.
MORE = {
    "dae_masking": ("dae", {"noise_kind": "masking"}),
    "aae_mixture": ("aae", {"prior": "gaussian_mixture"}),
    "cnn_augmented": ("cnn", {"flip": True, "shift": 1, "erase": 0.2, "label_smoothing": 0.1}),
    "se_nc_conditional": ("se_nc", {"conditional_decoder": True}),
    "ac_nc_v1_two_heads": ("ac_nc_v1", {"reading": "two_heads", "margin": None}),
    "mlp_standardized": ("mlp", {"standardize": True, "loss": "kl"}),
    "spen_pairwise": ("spen", {"pairwise": True}),
    "spen_conditional": ("spen", {"conditional_measurements": 3}),
    "dvn_masks_convolutional": ("dvn_masks", {"kind": "convolutional"}),
    "fcn_crops": ("fcn", {"input_shape": (9, 9, 3), "crop_size": 8}),
}
# One of each base class, with the moments of its optimizers and what one more epoch makes of it.
TRAINED_ON = ("vae", "se_nc", "dvn")
SMALL = {"size": (4, 8)}
SMALLER = {"discriminator_size": (4,), "separator_size": (4,)}


def save_models(folder):
    """A `.keras` of each entry point with its optimizers, and an .npz of what it answers."""
    folder.mkdir(parents=True)
    models = {name: (name, {}) for name in zoo.list_models()} | MORE
    for key, (name, arguments) in models.items():
        keras.utils.set_random_seed(0)
        x, y = rows(name)
        if key == "fcn_crops":
            x, y = (np.pad(value, ((0, 0), (0, 1), (0, 1), (0, 0))) for value in (x, y))
        save_model(folder, key, tiny(name, **SMALLER, **arguments), x, y)


def save_model(folder, key, model, x, y):
    x, y = x[:16], y[:16]
    # Moments of Adam are two thirds of a file.
    optimizers = {"optimizer": get_optimizer("adam" if key in TRAINED_ON else "sgd")}
    if model.adversary_role is not None:
        optimizers["adversary_optimizer"] = type(optimizers["optimizer"])()
    model.compile(**optimizers)
    model.fit(x, y, batch_size=8, verbose=0)
    model.save(folder / f"{key}.keras")
    # Crops are for training; the model answers for a whole image of their size.
    arrays = {"x": x[:, : model.image_shape[0], : model.image_shape[1]] if x.ndim > 2 else x}
    outputs = model.predict(arrays["x"], verbose=0)
    outputs = outputs if isinstance(outputs, dict) else {"": outputs}
    arrays |= {f"output/{name}": value for name, value in outputs.items()}
    if key in TRAINED_ON:
        model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
        arrays["y"] = y
        arrays |= {f"after/{i:03}": value for i, value in enumerate(model.get_weights())}
    np.savez_compressed(folder / f"{key}.npz", **arrays)


def save_objects(file):
    """Each registered class that needs no networks, as Keras writes it."""
    found = [zoo.metrics.ActiveUnits(4), structured_metrics.LabelF1(4)]
    for name, kind in keras.saving.get_custom_objects().items():
        parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
        wanted = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        if name.startswith("zoo>") and all(p.default is not p.empty for p in wanted):
            found.append(kind())
    configs = {
        keras.saving.get_registered_name(type(each)): keras.saving.serialize_keras_object(each)
        for each in found
    }
    file.write_text(json.dumps(configs, indent=1))


def save_runs(folder):
    """A finished run of each kind of task and of an estimator."""
    few = {"epochs": 1, "batch_size": 256, "precision": "float32", "validation_fraction": 0.1}
    for name in ("ae/digits", "cnn/digits", "mlp/blocks", "fcn/weizmann_horse"):
        recipe = dataclasses.replace(load_recipe(name).quick(), **few)
        data = masks() if name.endswith("horse") else None
        run(recipe, folder / recipe.model, data=data, verbose=0)
    crc = dataclasses.replace(load_recipe("crc/digits"), labelled_fraction=0.05)
    run(crc, folder / "crc")
    for logs in folder.glob("*/logs"):
        shutil.rmtree(logs)  # Their names say which machine it was.


def masks():
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (16, 32, 32, 3), dtype="uint8")
    y = (x.mean(axis=-1, keepdims=True) > 127).astype("float32")
    return masks_from_arrays((x, y), (x, y), batch_size=8, validation_fraction=0.25)


STOPPED = Recipe(
    name="se_nc/digits",
    model="se_nc",
    dataset="digits",
    model_arguments={**SMALL, "code_size": 4, "kind": "dense", "dropout": 0.2},
    batch_size=256,
    epochs=2,
    precision="float32",
    deterministic=True,
)


def stop_a_run(folder):
    """A run killed in its second epoch, and the weights of one that was never stopped."""

    class Kill(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations.numpy() == 8:
                os.kill(os.getpid(), signal.SIGKILL)

    run(STOPPED, folder / "stopped", callbacks=[Kill()], verbose=0)


def never_stop_it(folder):
    run(STOPPED, folder / "whole", verbose=0)
    model = keras.models.load_model(folder / "whole" / "model.keras")
    weights = {f"{i:03}": value for i, value in enumerate(model.get_weights())}
    np.savez_compressed(folder / "weights_never_stopped.npz", **weights)
    shutil.rmtree(folder / "whole")
    shutil.rmtree(folder / "stopped" / "logs")


def stop_a_search(folder):
    """A search killed as its third trial of three begins."""
    recipe = dataclasses.replace(
        load_recipe("ae/digits").quick(),
        batch_size=256,
        validation_fraction=0.1,
        search={"learning_rate": (1e-4, 1e-2), "code_size": (2, 3, 4)},
    )
    begin = RecipeTuner.on_trial_begin

    def on_trial_begin(self, trial):
        if trial.trial_id.startswith("2"):
            os.kill(os.getpid(), signal.SIGKILL)
        begin(self, trial)

    RecipeTuner.on_trial_begin = on_trial_begin
    tune(recipe, folder / "search", trials=3, tuner="random")


def save_recipes(folder):
    """Each recipe as a run writes it."""
    for name in zoo.list_recipes():
        file = folder / f"{name.replace('/', '-')}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(load_recipe(name).to_json())


def main(output):
    output = pathlib.Path(output)
    for killed in ("stop_a_run", "stop_a_search"):
        subprocess.run([sys.executable, __file__, output, killed], check=False)
    never_stop_it(output)
    save_models(output / "models")
    save_objects(output / "objects.json")
    save_runs(output / "runs")
    export_run(output / "runs" / "cnn", output / "saved_models" / "cnn")
    save_recipes(output / "recipes")
    with tarfile.open(f"{output}.tar.xz", "w:xz") as archive:
        archive.add(output, "files", filter=anonymous)


def anonymous(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    if sys.argv[2:]:
        globals()[sys.argv[2]](pathlib.Path(sys.argv[1]))
    else:
        main(sys.argv[1])
