"""The pythae side of pythae_step.py: an epoch of training for every line on standard input.

Started by pythae_step.py with the Python of another virtual environment, which has pythae and
torch (benchmarks/requirements.txt) and not the zoo. The networks are the zoo's, layer by layer;
model, data set, pipeline and trainer are pythae's own.
"""

import importlib.metadata
import json
import math
import os
import platform
import sys
import tempfile
import time

import numpy as np
import torch
from pythae.models import VAE, Adversarial_AE, Adversarial_AE_Config, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseDiscriminator, BaseEncoder
from pythae.pipelines import TrainingPipeline
from pythae.trainers import AdversarialTrainerConfig, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from torch import nn

# Keras's, so that both sides compute the same.
NORMALIZATION = {"eps": 1e-3, "momentum": 0.1}


class Encoder(BaseEncoder):
    """`zoo.networks.encoder`; for a VAE the last layer gives the means and the log variances."""

    def __init__(self, side, channels, job, variational):
        super().__init__()
        layers, self.variational = [], variational
        size = job["code_size"] * (2 if variational else 1)
        if job["units"]:
            self.layers = nn.Sequential(
                nn.Flatten(),
                nn.Linear(channels * side**2, job["units"]),
                nn.ReLU(),
                nn.Linear(job["units"], size),
            )
            return
        convolutions = job["convolutions"]
        for width in job["filters"]:
            for step in range(1, convolutions + 1):
                stride = 2 if step == convolutions else 1
                layers += [
                    nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
                    nn.BatchNorm2d(width, **NORMALIZATION),
                    nn.ReLU(),
                ]
                channels, side = width, -(-side // stride)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side**2, size))

    def forward(self, x):
        codes = self.layers(x)
        if self.variational:
            mean, log_variance = codes.chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)
        # pythae's adversarial auto-encoder asks for it; a deterministic posterior ignores it.
        return ModelOutput(embedding=codes, log_covariance=torch.zeros_like(codes))


class Decoder(BaseDecoder):
    """`zoo.networks.decoder` and the sigmoid after it."""

    def __init__(self, side, channels, job):
        super().__init__()
        filters, code_size = job["filters"], job["code_size"]
        if job["units"]:
            self.layers = nn.Sequential(
                nn.Linear(code_size, job["units"]),
                nn.ReLU(),
                nn.Linear(job["units"], channels * side**2),
                nn.Unflatten(1, (channels, side, side)),
                nn.Sigmoid(),
            )
            return
        sides = [side]
        for _ in filters:
            sides.insert(0, -(-sides[0] // 2))
        width = filters[-1]
        layers = [
            nn.Linear(code_size, width * sides[0] ** 2, bias=False),
            nn.Unflatten(1, (width, sides[0], sides[0])),
            nn.BatchNorm2d(width, **NORMALIZATION),
            nn.ReLU(),
        ]
        outputs = (*filters[:-1][::-1], channels)
        for level, output in enumerate(outputs):
            last = level == len(outputs) - 1
            # 1 doubles the side; 0 leaves out the row that the zoo crops away.
            padding = sides[level + 1] - 2 * sides[level] + 1
            layers.append(nn.ConvTranspose2d(width, output, 3, 2, 1, padding, bias=last))
            if not last:
                layers += [nn.BatchNorm2d(output, **NORMALIZATION), nn.ReLU()]
            width = output
        self.layers = nn.Sequential(*layers, nn.Sigmoid())

    def forward(self, z):
        return ModelOutput(reconstruction=self.layers(z))


class Discriminator(BaseDiscriminator):
    """`zoo.networks.discriminator` and the sigmoid after it."""

    def __init__(self, code_size, units):
        super().__init__()
        layers, width = [], code_size
        for unit in units:
            layers += [nn.Linear(width, unit), nn.ReLU()]
            width = unit
        self.layers = nn.Sequential(*layers, nn.Linear(width, 1), nn.Sigmoid())

    def forward(self, z):
        return ModelOutput(embedding=self.layers(z))


class AnEpochForALine(TrainingCallback):
    """Waits for a line before each epoch, and answers with its seconds by clock and processor."""

    def on_epoch_begin(self, training_config, **kwargs):
        if not sys.stdin.readline():
            sys.exit()
        self.start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, training_config, **kwargs):
        clock, processor = self.start
        answer((time.perf_counter() - clock, time.process_time() - processor))


def answer(value) -> None:
    print(json.dumps(value), file=ANSWERS, flush=True)


def model_of(job: dict):
    """pythae's model for a job, and the parameters of its networks."""
    side, _, channels = job["image_shape"]
    code_size, variational = job["code_size"], job["model"] == "vae"
    networks = [Encoder(side, channels, job, variational), Decoder(side, channels, job)]
    sizes = {"input_dim": (channels, side, side), "latent_dim": code_size}
    if variational:
        model = VAE(VAEConfig(**sizes, reconstruction_loss="mse"), *networks)
    else:
        networks.append(Discriminator(code_size, job["discriminator"]))
        config = Adversarial_AE_Config(
            **sizes,
            reconstruction_loss="mse",
            # The zoo's weighted sum: half the sum of squared errors becomes their mean.
            reconstruction_loss_scale=2 / math.prod(job["image_shape"]),
            adversarial_loss_scale=job["adversarial_weight"],
            deterministic_posterior=True,
        )
        model = Adversarial_AE(config, *networks)
    return model, sum(p.numel() for network in networks for p in network.parameters())


def training_config(job: dict, folder: str) -> BaseTrainerConfig:
    rate = job["learning_rate"]
    # Endless: the epochs end with the lines of standard input.
    settings = {
        "output_dir": folder,
        "per_device_train_batch_size": job["batch_size"],
        "num_epochs": 10**6,
        "no_cuda": True,
    }
    if job["model"] == "vae":
        return BaseTrainerConfig(**settings, learning_rate=rate)
    return AdversarialTrainerConfig(
        **settings, autoencoder_learning_rate=rate, discriminator_learning_rate=rate
    )


def main() -> None:
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(job["seed"])
    model, parameters = model_of(job)
    if job["channels_last"]:
        model = model.to(memory_format=torch.channels_last)
    height, width, channels = job["image_shape"]
    images = np.random.default_rng(job["seed"]).integers(
        0, 256, (job["rows"], height, width, channels), dtype="uint8"
    )
    images = (images.transpose(0, 3, 1, 2) / 255).astype("float32")
    versions = {name: importlib.metadata.version(name) for name in ("pythae", "torch")}
    versions["python"] = platform.python_version()
    answer({"parameters": parameters, "versions": versions})
    with (
        tempfile.TemporaryDirectory() as folder,
        torch.autocast("cpu", torch.bfloat16, enabled=job["autocast"]),
    ):
        pipeline = TrainingPipeline(model=model, training_config=training_config(job, folder))
        pipeline(train_data=images, callbacks=[AnEpochForALine()])


if __name__ == "__main__":
    # Whatever a library prints must not be taken for an answer.
    ANSWERS = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main()
