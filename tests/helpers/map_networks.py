"""A small network with a small data set, to be mapped in no time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from dnnvis.api import wrap
from dnnvis.introspect.fit import FitConfig
from dnnvis.lenses.activation_map.fitting import MapFitOptions
from dnnvis.network.network import Network
from dnnvis.network.snapshot_weights import Snapshots

CLASSES = ("ape", "bee", "cat")
QUICK = FitConfig(vae_steps=40, error_steps=20)


def module(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(3 * 36, 24),
        nn.ELU(),
        nn.Linear(24, 16),
        nn.ELU(),
        nn.Linear(16, 3),
    )


def network(seed: int = 0, labels: tuple[str, ...] | None = CLASSES) -> Network:
    return wrap(module(seed), size=6, labels=labels)


def learning(many: int = 3) -> Network:
    """A network that knows moments of its training, the last being its own."""
    made = network()
    states = [module(seed).state_dict() for seed in range(many - 1, -1, -1)]
    weights = {key: torch.stack([state[key] for state in states]) for key in states[0]}
    made.snapshots = Snapshots(tuple(10 * k for k in range(many)), weights, torch.zeros(many, 1))
    return made


class Odd(nn.Module):
    """Its first hidden layer has a unit that never changes and one that is not a number for
    bright pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(3 * 36, 12))
        self.act = Breaking()
        self.out = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.act(self.hidden(x))[:, 2:].repeat(1, 2)[:, :12])
        return found


class Breaking(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x[:, :1] * 0 + 5, torch.log(x[:, 1:2]), x[:, 2:]], 1)


def pictures(folder: Path, each: int = 30, classes: tuple[str, ...] = CLASSES) -> Path:
    """``each`` pictures of 6 x 6 a class, in a folder per class."""
    dice = np.random.default_rng(0)
    for k, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        middle = dice.integers(60, 200, 3)
        for number in range(each):
            pixels = np.clip(middle + dice.normal(0, 40, (6, 6, 3)), 0, 255).astype(np.uint8)
            pixels[k::3] //= 2
            Image.fromarray(pixels).save(folder / name / f"{number:03d}.png")
    return folder


def asked(data: Path | str, **changes: object) -> MapFitOptions:
    return replace(MapFitOptions(str(data), fit_config=QUICK), **changes)  # type: ignore[arg-type]
