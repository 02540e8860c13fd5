"""What tests of commands share besides fixtures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


Say = Callable[..., Said]


def make_picture(place: Path, seed: int) -> Path:
    random = np.random.default_rng(seed)
    Image.fromarray(random.integers(0, 256, (40, 32, 3), dtype=np.uint8)).save(place)
    return place
