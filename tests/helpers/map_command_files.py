"""A small network in a file, and pictures for it, for the commands that map."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("ape", "bee", "cat")
CODE = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ELU(), nn.Flatten(), nn.Linear(64, 24), nn.ELU(), nn.Linear(24, 3)
    )
"""


def own_network(folder: Path) -> list[str]:
    """NET and the options that open it."""
    (folder / "mine.py").write_text(CODE)
    (folder / "labels.txt").write_text("\n".join(CLASSES))
    return [
        f"{folder / 'mine.py'}:make",
        "--size",
        "6",
        "--labels",
        str(folder / "labels.txt"),
        "--trust-code",
    ]


def pictures(folder: Path, each: int = 50) -> Path:
    """``each`` pictures of 6 x 6 of each class, in a folder per class; one cannot be read."""
    dice = np.random.default_rng(0)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        middle = dice.integers(60, 200, 3)
        for number in range(each):
            pixels = np.clip(middle + dice.normal(0, 40, (6, 6, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:03d}.png")
    (folder / "bee" / "003.png").write_bytes(b"bad")
    return folder
