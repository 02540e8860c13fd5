"""Folders of pictures with masks, and of labelme's files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write_masks(
    folder: Path, count: int = 12, *, side: int = 12, concepts: tuple[str, ...] = ("left", "top")
) -> Path:
    """``images`` of noise, ``masks`` of random rectangles where they are bright in a color of the
    concept; every third has none of the first."""
    rng = np.random.default_rng(0)
    for name in ("images", *(f"masks/{concept}" for concept in concepts)):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = rng.integers(0, 180, (side, side, 3), np.uint8)
        for k, concept in enumerate(concepts):
            if k == 0 and number % 3 == 0:
                continue
            mask = np.zeros((side, side), np.uint8)
            top, left = rng.integers(0, side // 2, 2)
            mask[top : top + side // 2, left : left + side // 2] = 255
            pixels[..., k % 3] |= mask
            save_mask(mask, folder / "masks" / concept / f"{number:02d}.png")
        Image.fromarray(pixels).save(folder / "images" / f"{number:02d}.png")
    return folder


def save_mask(mask: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)


def write_shapes(folder: Path, name: str, shapes: list[dict[str, Any]], **more: Any) -> Path:
    """A picture of 20 x 30 pixels with labelme's file beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(folder / f"{name}.png")
    path = folder / f"{name}.json"
    content = {"version": "5.5.0", "imagePath": f"{name}.png", "imageData": None, **more}
    path.write_text(json.dumps(content | {"shapes": shapes}))
    return path


def shape(label: str, kind: str, *points: tuple[float, float]) -> dict[str, Any]:
    return {"label": label, "shape_type": kind, "points": [list(point) for point in points]}


def write_classes(folder: Path, classes: dict[str, int], *, side: int = 12) -> Path:
    """A folder for each class with so many pictures, the brighter the later the class."""
    rng = np.random.default_rng(0)
    for number, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(count):
            pixels = rng.integers(0, 100, (side, side, 3)) + 50 * number
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{k:02d}.png")
    return folder
