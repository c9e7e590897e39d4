"""The PyTorch side of value_network_step.py: an epoch of training for every line on standard input.

Started by value_network_step.py with the Python of another virtual environment, which has torch
(benchmarks/requirements.txt) and not the zoo. A deep value network as one writes it down from the
paper (M. Gygli, M. Norouzi and A. Angelova, Deep value networks learn to evaluate and iteratively
refine structured outputs, ICML 2017): an eager loop, in which every step of inference evaluates
the network on [x, y] and takes the gradient by y with `torch.autograd.grad`.

    s(x, y) = -Σ_j y_j · (B F(x) + a)_j - c · softplus(C y),    F(x) = softplus(A x + b)
    inference:       y ← clip(y + η · ∂sigmoid(s(x, y))/∂y, 0, 1), from zeros
    adversarial:     y ← clip(y + η · ∂crossentropy(F1(y*, y), sigmoid(s(x, y)))/∂y, 0, 1)
    value gradient:  one step of inference; both from the truth for a random half of the rows
    training:        crossentropy(F1(y*, y), sigmoid(s(x, y))) by SGD

With `hoisted` what depends on x alone, B F(x) + a, is computed once for all the steps of a batch,
which eager ports do not do.
"""

import json
import os
import platform
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus


class ValueNetwork(nn.Module):
    """s(x, y), in a part of x alone and one that the labels add."""

    def __init__(self, weights: dict):
        super().__init__()
        hidden, local = weights["hidden_kernel"], weights["local_kernel"]
        measure, output = weights["label_kernel"], weights["output_kernel"]
        self.hidden = nn.Linear(*hidden.shape)
        self.local = nn.Linear(*local.shape)
        self.measure = nn.Linear(*measure.shape, bias=False)
        self.output = nn.Linear(*output.shape, bias=False)
        layers = {"hidden": self.hidden, "local": self.local}
        layers.update({"label": self.measure, "output": self.output})
        with torch.no_grad():
            for name, layer in layers.items():
                layer.weight.copy_(torch.from_numpy(weights[f"{name}_kernel"].T))
                if layer.bias is not None:
                    layer.bias.copy_(torch.from_numpy(weights[f"{name}_bias"]))

    def local_energies(self, x):
        return self.local(softplus(self.hidden(x)))

    def logits(self, local, y):
        return -(y * local).sum(1) - self.output(softplus(self.measure(y)))[:, 0]


class Training:
    """The generators, the step and the epoch."""

    def __init__(self, job: dict, arrays: dict):
        self.job = job
        self.x, self.y = (torch.from_numpy(arrays[name]) for name in ("x", "y"))
        self.network = ValueNetwork(arrays)
        parameters = list(self.network.parameters())
        # Keras adds λ · ‖W‖² to the loss; torch adds (weight_decay / 2) · ‖W‖².
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 2 * job["decay"]},
            {"params": [p for p in parameters if p.ndim == 1]},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=job["learning_rate"])
        self.random = np.random.default_rng(job["seed"])

    def logits_of(self, x):
        """Labels to logits, for a batch."""
        if self.job["hoisted"]:
            with torch.no_grad():
                local = self.network.local_energies(x)
            return lambda y: self.network.logits(local, y)
        return lambda y: self.network.logits(self.network.local_energies(x), y)

    def ascend(self, value, y, steps):
        for _ in range(steps):
            y = y.detach().requires_grad_()
            (slope,) = torch.autograd.grad(value(y).sum(), y)
            with torch.no_grad():
                y = (y + self.job["step_size"] * slope).clamp(0, 1)
        return y

    def infer(self, x):
        logits, start = self.logits_of(x), torch.zeros(len(x), self.y.shape[1])
        return self.ascend(lambda y: torch.sigmoid(logits(y)), start, self.job["inference_steps"])

    def value_gradient(self, x, start):
        logits = self.logits_of(x)
        return self.ascend(lambda y: torch.sigmoid(logits(y)), start, 1)

    def adversarial(self, x, truth, start):
        logits = self.logits_of(x)

        def loss(y):
            return binary_cross_entropy_with_logits(logits(y), f1(truth, y), reduction="none")

        return self.ascend(loss, start, 1)

    def tuples(self, x, truth):
        """Labels by one of the two generators, each for half of the batches."""
        if self.random.random() < 0.5:
            return self.infer(x)
        half = torch.from_numpy(self.random.random((len(x), 1)) < 0.5)
        start = torch.where(half, truth, torch.zeros_like(truth))
        if self.job["generator"] == "adversarial":
            return self.adversarial(x, truth, start)
        return self.value_gradient(x, start)

    def value_loss(self, x, truth, y):
        logits = self.network.logits(self.network.local_energies(x), y)
        return binary_cross_entropy_with_logits(logits, f1(truth, y))

    def step(self, x, truth, y):
        loss = self.value_loss(x, truth, y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def epoch(self):
        """The mean loss."""
        size, total = self.job["batch_size"], 0.0
        order = torch.from_numpy(self.random.permutation(len(self.x)))
        for rows in order.split(size):
            x, truth = self.x[rows], self.y[rows]
            total += len(rows) * self.step(x, truth, self.tuples(x, truth))
        return float(total) / len(self.x)

    def example(self, start):
        """What both sides must agree on, for the first batch."""
        size = self.job["batch_size"]
        x, truth = self.x[:size], self.y[:size]
        tuples = {
            "inference": self.infer(x),
            "adversarial": self.adversarial(x, truth, start),
            "value_gradient": self.value_gradient(x, start),
        }
        with torch.no_grad():
            losses = [float(self.value_loss(x, truth, y)) for y in tuples.values()]
        return {name: y.tolist() for name, y in tuples.items()}, losses


def f1(truth, y):
    """2 · Σ min / Σ (min + max), and 0 for nothing of nothing."""
    # At y = truth, where the minimum has two slopes, the one that leads into [0, 1].
    below = (y < truth) | ((y == truth) & (truth > 0.5))
    both, either = torch.where(below, y, truth).sum(1), torch.where(below, truth, y).sum(1)
    return 2 * both / (both + either).clamp(min=1e-8)


def answer(value) -> None:
    print(json.dumps(value), file=ANSWERS, flush=True)


def main() -> None:
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    with np.load(job["arrays"]) as file:
        arrays = dict(file)
    training = Training(job, arrays)
    tuples, losses = training.example(torch.from_numpy(arrays["start"]))
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    answer({"versions": versions, "tuples": tuples, "losses": losses})
    for _ in sys.stdin:
        clock, processor = time.perf_counter(), time.process_time()
        loss = training.epoch()
        answer((time.perf_counter() - clock, time.process_time() - processor, loss))


if __name__ == "__main__":
    # Whatever a library prints must not be taken for an answer.
    ANSWERS = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main()
