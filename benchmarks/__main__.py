"""Runs the benchmarks one after the other; exit code 1 where one missed a bar or failed.

    python benchmarks [NAME ...]

pythae_step and value_network_step need .venv-benchmark, which `make benchmark` makes.
"""

import pathlib
import subprocess
import sys

# With their arguments.
BENCHMARKS = {
    "autoencoder_step": (),
    "game_step": (),
    "gate_step": (),
    "pythae_step": ("--networks", "double"),
    "value_network_step": (),
    "inference_network_prediction": (),
    "served_prediction": (),
    "epoch_memory": (),
    "sparse_rows": (),
    "streamed_training": (),
    "cost_growth": (),
    "comparison_jobs": ("--epochs", "5"),
}


def main() -> None:
    ended_well = True
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"\n== {name}", flush=True)
        file = pathlib.Path(__file__).with_name(f"{name}.py")
        done = subprocess.run([sys.executable, file, *BENCHMARKS[name]])
        ended_well = ended_well and done.returncode == 0
    sys.exit(not ended_well)


if __name__ == "__main__":
    main()
