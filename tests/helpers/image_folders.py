"""Folders of pictures to scan."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_pictures(folder: Path, count: int, *, seed: int = 0, side: int = 16) -> list[Path]:
    """PNGs of coloured noise of different strength, half of them in a folder of their class."""
    random = np.random.default_rng(seed)
    (folder / "class b").mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        strength = random.uniform(0.2, 1)
        pixels = random.integers(0, 256, (side, side, 3)) * strength
        place = folder / ("class b" if number % 2 else ".") / f"{number:03d}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(place)
        files.append(place)
    return files
