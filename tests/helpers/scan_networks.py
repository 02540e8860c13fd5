"""A small network that has looked through a folder of noise, for the lenses that read libraries."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dnnvis.library.scan.scan import scan
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.sources.opencv import opencv

SIDE, MANY, DEAD = 12, 14, 4


class Small(nn.Module):
    """Unit DEAD of ``relu`` never fires; a place of ``relu`` sees 3 x 3 pixels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(6, 5)
        with torch.no_grad():
            self.conv.bias[DEAD] = -1000.0

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.relu(self.conv(x))).mean((2, 3)))


@dataclass
class World:
    """``net``, the folder it looked through (class folders ``a`` and ``b``), its library."""

    net: Network
    folder: Path
    library: Path
    files: list[Path]

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 (N, H, W, 3), in the order of the files."""
        return np.stack([opencv().imread(str(file))[:, :, ::-1] for file in self.files])

    def maps(self, layer: str) -> np.ndarray:
        """float32 (N, C, H, W) of every picture, one by one."""
        return np.stack([self.net.record(one, [layer])[layer][0] for one in self.pixels])


def world(folder: Path, *, scanned: bool = True, many: int = MANY, **settings: Any) -> World:
    """A new network and a folder of pictures, looked through or not."""
    net = wrap(Small(), size=SIDE, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
    files = []
    for k in range(many):
        place = folder / "pictures" / "ab"[k % 2] / f"{k:02}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(k)
        noise = random.integers(0, 256, (SIDE, SIDE, 3)) * random.uniform(0.2, 1)
        opencv().imwrite(str(place), noise.astype(np.uint8))
        files.append(place)
    files.sort()
    made = World(net, folder / "pictures", folder / "library.sqlite", files)
    if scanned:
        scan(net, made.folder, made.library, workers=1, **settings)
    return made
