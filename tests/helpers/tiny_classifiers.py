"""Data sets and networks so small that every step on them takes a fraction of a second."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import dnnvis
from dnnvis.introspect.fit import FitConfig
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.classifiers import Classifier
from dnnvis.reproduce.introspection.config import AttackConfig, IntrospectionConfig, NoiseConfig
from dnnvis.training.net1_task import Net1Setting

CLASSES = tuple("0123456789")
TRAIN, TEST = 200, 80


def blocks(many: int, side: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noisy pictures uint8 (many, side, side) whose class is the place of a bright bar; the
    bars of the last quarter are faint."""
    dice = np.random.default_rng(seed)
    labels = np.arange(many) % 10
    images = dice.integers(0, 60, (many, side, side)).astype(np.uint8)
    for k, label in enumerate(labels):
        bright = 150 if k < 0.75 * many else 20
        images[k, 2 * label : 2 * label + 3] += np.uint8(bright)
    return images, labels


def idx(values: NDArray[Any]) -> bytes:
    sizes = b"".join(int(n).to_bytes(4, "big") for n in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


def write_data(folder: Path) -> Path:
    """MNIST's four files, and a folder of pictures like CIFAR-10's."""
    (folder / "MNIST").mkdir(parents=True)
    for stem, many, seed in (("train", TRAIN, 0), ("t10k", TEST, 1)):
        images, labels = blocks(many, 28, seed)
        (folder / "MNIST" / f"{stem}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / "MNIST" / f"{stem}-labels-idx1-ubyte").write_bytes(idx(labels))
    for part, many, seed in (("train", 100, 2), ("test", 60, 3)):
        images, labels = blocks(many, 32, seed)
        for k, label in enumerate(labels):
            place = folder / "cifar10-jpg" / part / str(label) / f"{k:03}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.repeat(images[k, :, :, None], 3, 2)).save(place)
    return folder


def classifier(net: str, seed: int) -> Classifier:
    """A small random network whose last layer is fitted by least squares: mostly right. Net2 is
    the same for every seed."""
    torch.manual_seed({"net1": seed, "sister": seed + 10, "net2": 20}[net])
    side, channels = (32, 3) if net == "net2" else (28, 1)
    module = nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * side * side, 24),
        nn.ELU(),
        nn.Linear(24, 20),
        nn.ELU(),
        nn.Linear(20, 10),
        nn.Sigmoid(),
    )
    images, labels = blocks(TRAIN, side, 4)
    x = torch.from_numpy(images[:, None].repeat(channels, 1)).float() / 255
    with torch.no_grad():
        h = module[:5](x)
        wanted = torch.nn.functional.one_hot(torch.from_numpy(labels), 10) * 8.0 - 4.0
        ones = torch.cat([h, torch.ones(len(h), 1)], 1)
        found = torch.linalg.lstsq(ones, wanted).solution
        module[5].weight.copy_(found[:-1].T)
        module[5].bias.copy_(found[-1])
    network: Network = dnnvis.wrap(module, size=side, channels=channels, labels=CLASSES)
    return Classifier(network, f"made up, seed {seed}", "0" * 64)


def order_in(folder: Path, data: Path, seeds: int = 2, **more: Any) -> IntrospectionConfig:
    small = NoiseConfig(4, 3)
    return IntrospectionConfig(
        data,
        seeds=tuple(range(seeds)),
        out=folder / "out",
        work=folder / "work",
        wishes=FitConfig(components=20, rich=10, vae_steps=40, error_steps=40),
        net1_setting=Net1Setting(passes=1, batch=50),
        noise={"net1": small, "sister": small, "net2": small},
        attack={"net1": AttackConfig(1, 6), "net2": AttackConfig(1, 6)},
        **more,
    )
