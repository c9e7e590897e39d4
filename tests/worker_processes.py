"""Real processes that train together on this machine, and what they do.

    python worker_processes.py OUTPUT REPORT

trains under the strategy of TF_CONFIG, in each worker. What `train` returns, arrays by name, goes
to the file REPORT.
"""

import json
import pathlib
import socket
import sys
import time

# Of one group of processes; on two idle cores none takes a third of it.
LIMIT = 900


def configuration(index=1, kind="worker", **cluster):
    """The text of TF_CONFIG."""
    cluster = cluster or {"worker": ["a:1", "b:2"]}
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def free_addresses(count):
    """Addresses on which nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return [f"127.0.0.1:{port}" for port in ports]


def start(forks, commands, logs, addresses=None):
    """Starts a worker for each command; what it prints goes to logs/worker_INDEX.log."""
    workers = addresses or free_addresses(len(commands))
    logs.mkdir(exist_ok=True)
    return [
        forks.start(
            *command,
            logs / f"worker_{index}.log",
            TF_CONFIG=configuration(index, worker=workers),
        )
        for index, command in enumerate(commands)
    ]


def stop(processes):
    """Whatever happened, nothing goes on running."""
    for each in processes:
        each.kill()


def finish(processes, logs):
    """Waits until all have ended well; shows what they printed where one has not."""
    limit = time.monotonic() + LIMIT
    try:
        codes = [each.wait(max(1, limit - time.monotonic())) for each in processes]
    finally:
        stop(processes)
    shown = [log.read_text()[-3000:] for log in sorted(logs.glob("worker_*.log"))]
    assert codes == [0] * len(codes), "\n\n".join(shown)


def recipes():
    """Steps of SGD without random draws; the last batch of an epoch is smaller and uneven."""
    from zoo.recipe import Recipe

    arguments = {
        ("se_co", "digits"): {"size": (4, 8), "code_size": 4},
        ("aae", "digits"): {"size": (4, 8), "code_size": 4, "discriminator_size": (8,)},
        ("spen", "blocks"): {
            "units": (8,),
            "measurements": 3,
            "inference_steps": 3,
            "stages": (("local", 1, 0.05), ("energy", 1, 0.1), ("all", 1, 0.05)),
        },
    }
    return [
        Recipe(
            name=f"{model}/{dataset}",
            model=model,
            dataset=dataset,
            model_arguments=values,
            optimizer="sgd",
            learning_rate=0.05,
            schedule="constant",
            batch_size=256,
            epochs=3,
            precision="float32",
            # Held-out rows, for the threshold of label sets.
            validation_fraction=0.1 if model == "spen" else 0.0,
        )
        for (model, dataset), values in arguments.items()
    ]


def train(output, strategy="multi_worker"):
    """Runs the recipes, and fits a model of each shape of step."""
    _without_draws()
    return {**_train_recipes(output, strategy), **_shown(strategy), **_fit_each_shape(strategy)}


def _train_recipes(output, strategy):
    """Runs the recipes; then what a second run in the same folders is told."""
    import zoo
    from zoo.training.runs import run

    found = {}
    for recipe in recipes():
        folder = output / recipe.model
        results = run(recipe, folder, strategy=strategy, verbose=0)
        for score, (value,) in results["scores"].items():
            found[f"{recipe.model} {score}"] = value
        assert run(recipe, folder, strategy=strategy, resume=True, verbose=0) == results
        try:
            run(recipe, folder, strategy=strategy, verbose=0)
        except zoo.InputError as error:
            assert "already holds a run" in str(error)
        else:
            raise AssertionError("the folder of another run was taken")
    return found


def _shown(strategy):
    """What an untrained model answers and how it is scored; the last batch is one row."""
    import keras
    import numpy as np
    import tensorflow as tf

    import zoo
    from zoo.distribution.strategies import choose_strategy
    from zoo.networks import decoder, encoder, separator

    x = np.random.default_rng(0).uniform(size=(33, 8, 8, 1)).astype("float32")
    y = np.arange(33) % 3
    keras.utils.set_random_seed(1)
    with choose_strategy(strategy).scope():
        model = zoo.SuperEncoder(
            encoder((8, 8, 1), 4, (4,)), separator(4, 3, (8,)), decoder((8, 8, 1), 4, (4,))
        )
        model.compile(optimizer="sgd", metrics={"reconstruction": ["mse"]})
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    evaluated = model.evaluate(batches, verbose=0, return_dict=True)
    predicted = model.predict(batches.map(lambda x, y: x), verbose=0)
    return {**evaluated, **predicted}


def _fit_each_shape(strategy):
    """Two epochs of a model of each shape of step that no recipe has, tiny; weights and losses."""
    import keras
    import numpy as np
    from model_rows import QUIET, SHAPES, rows, tiny

    from zoo.distribution.strategies import choose_strategy

    found = {}
    scope = choose_strategy(strategy).scope
    # One player, a game and an energy are in the recipes.
    for name in sorted({*SHAPES} - {"ac_co_v2", "aae", "spen"}):
        x, y = rows(name)
        keras.utils.set_random_seed(0)
        with scope():
            model = tiny(name, **QUIET)
            # The terms of a VAE are sums over the pixels, with gradients as much larger.
            rate = 0.01 if hasattr(model, "elbo") else 0.1
            model.compile(optimizer=keras.optimizers.SGD(rate))
        settings = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
        weights = np.linspace(0.0, 2.0, 61).astype("float32")
        history = model.fit(x[:61], y[:61], sample_weight=weights, **settings).history
        found |= {f"fit {name} {index}": each for index, each in enumerate(model.get_weights())}
        found |= {f"fit {name} {key}": values for key, values in history.items()}
        keras.utils.clear_session()
    return found


_PATCHES = []


def draw_again():
    """For a test that has called a task itself."""
    while _PATCHES:
        _PATCHES.pop().undo()


def _without_draws():
    sys.path.append(str(pathlib.Path(__file__).parent / "conformance"))
    import pytest
    from model_rows import without_draws

    _PATCHES.append(pytest.MonkeyPatch())
    without_draws(_PATCHES[-1])


if __name__ == "__main__":
    import numpy as np

    np.savez(sys.argv[2], **train(pathlib.Path(sys.argv[1])))
