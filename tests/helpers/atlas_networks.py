"""Networks and pictures of two colors, whose atlas is known."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import dnnvis
from dnnvis.introspect import fit as fitting
from dnnvis.network.network import Network

SIDE = 12
LAYER = "1"


def color_network(labels: tuple[str, ...] = ("red", "blue")) -> Network:
    """Four detectors (red, blue, their sum, none), averaged over places, and a linear head."""
    convolution = nn.Conv2d(3, 4, 3, padding=1)
    head = nn.Linear(4, 2)
    with torch.no_grad():
        convolution.weight.zero_()
        for unit, channels in enumerate([(0,), (2,), (0, 2), ()]):
            for channel in channels:
                convolution.weight[unit, channel] = 1 / 9
        convolution.bias.copy_(torch.tensor([0.1, 0.1, 0.1, 0.1]))
        head.weight.copy_(torch.tensor([[2.0, -1.0, 0.5, 0.3], [-1.0, 2.0, 0.25, -0.2]]))
        head.bias.copy_(torch.tensor([0.1, -0.1]))
    module = nn.Sequential(
        convolution, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head
    ).eval()
    return dnnvis.wrap(module, size=SIDE, labels=labels)


def color_pictures(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noisy pictures uint8 (count, SIDE, SIDE, 3), red and blue in turn, and their classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = rng.integers(0, 50, (count, SIDE, SIDE, 3))
    images[labels == 0, :, :, 0] += 180
    images[labels == 1, :, :, 2] += 180
    return images.astype(np.uint8), labels.astype(np.int64)


def write_color_folder(folder: Path, count: int) -> Path:
    """A folder for each of the two classes."""
    images, labels = color_pictures(count)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / ("red", "blue")[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


@contextmanager
def short_map_fits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few steps for every map: the interface is tested, not the fit."""
    schedule = fitting.Schedule
    monkeypatch.setattr(
        fitting.FitConfig,
        "schedules",
        lambda self, rows: (schedule(30, 1e-3, 0.3), schedule(30, 2e-3, 0.2)),
    )
    yield


def no_progress(progress: Any) -> None:
    """Hear of nothing."""
