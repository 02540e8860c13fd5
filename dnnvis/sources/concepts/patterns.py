"""Draw what made concepts look like: colors, stripes, checks, dots, curves, gradients, textures."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dnnvis.sources.demo import photograph_folder
from dnnvis.sources.image_files import read_picture
from dnnvis.sources.opencv import opencv

Canvas = NDArray[np.float32]
#: Draws a box of a picture, float32 (height, width, 3) in [0, 1]; ``side`` is the picture's.
Draw = Callable[[int, int, int, Generator], Canvas]

HUES = {
    "red": 0,
    "orange": 30,
    "yellow": 60,
    "green": 120,
    "cyan": 180,
    "blue": 240,
    "purple": 280,
    "pink": 325,
}
ANGLES = (0, 45, 90, 135)  # degrees, counted against the clock from the horizontal
MIN_CONTRAST = 0.4  # between the two grays of a pattern
NOISE = 0.02  # standard deviation of a flat color's noise
#: Photographs of scikit-image that textures are cut from.
TEXTURES = {
    "brick": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "print": "page.png",
    "coins": "coins.png",
}
MAX_TEXTURE_SIDE = 512  # pixels: larger photographs are not needed


def choose_period(side: int, *, fine: bool) -> float:
    """Return the period of a fine or a broad pattern in pixels, for pictures of that side."""
    return max(4.0, side / 28) if fine else max(9.0, side / 10)


def draw_hue(degrees: float) -> Draw:
    """Return what fills a box with a color of that hue, rather bright and saturated."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        saturation, value = rng.uniform(0.65, 1), rng.uniform(0.55, 1)
        color = hsv_to_rgb(degrees, saturation, value)
        noise = rng.normal(0, NOISE, (height, width, 1))
        return np.clip(color + noise, 0, 1).astype(np.float32)

    return draw


def hsv_to_rgb(degrees: float, saturation: float, value: float) -> NDArray[np.float64]:
    """Return (R, G, B) in [0, 1] of a hue in degrees, a saturation and a value in [0, 1]."""
    k = (np.array([5.0, 3.0, 1.0]) + degrees / 60) % 6
    return np.asarray(value - value * saturation * np.clip(np.minimum(k, 4 - k), 0, 1))


def draw_stripes(degrees: float, *, fine: bool) -> Draw:
    """Return what draws stripes of two grays that run at an angle from the horizontal."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        y, x = _grid(height, width)
        angle = np.deg2rad(degrees)
        across = x * np.sin(angle) + y * np.cos(angle)  # y counts downward
        period = choose_period(side, fine=fine) * rng.uniform(0.9, 1.1)
        return _two_grays((across / period + rng.uniform()) % 1 < 0.5, rng)

    return draw


def draw_checks(*, fine: bool) -> Draw:
    """Return what draws a chessboard of two grays."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        y, x = _grid(height, width)
        period = choose_period(side, fine=fine) * rng.uniform(0.9, 1.1)
        rows, columns = (
            np.floor(2 * axis / period + rng.uniform(0, 2)).astype(np.int64) for axis in (y, x)
        )
        return _two_grays((rows + columns) % 2 == 0, rng)

    return draw


def draw_dots(*, fine: bool) -> Draw:
    """Return what draws round dots in rows, each row shifted by half."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        y, x = _grid(height, width)
        period = choose_period(side, fine=fine) * rng.uniform(0.9, 1.1)
        y, x = y / period + rng.uniform(), x / period + rng.uniform()
        shift = (np.floor(y) % 2) / 2
        distance = ((y % 1) - 0.5) ** 2 + ((x + shift) % 1 - 0.5) ** 2
        return _two_grays(distance < 0.3**2, rng)

    return draw


def draw_curves(*, fine: bool) -> Draw:
    """Return what draws arcs around a point near the box, so that their curvature is plain."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        y, x = _grid(height, width)
        middle_y, middle_x = (rng.uniform(-0.1, 1.1) * length for length in (height, width))
        period = choose_period(side, fine=fine) * rng.uniform(0.9, 1.1)
        radius = np.hypot(y - middle_y, x - middle_x)
        return _two_grays((radius / period + rng.uniform()) % 1 < 0.5, rng)

    return draw


def draw_gradient(*, down: bool) -> Draw:
    """Return what draws a smooth change of gray, downward or from side to side."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        low, high = _choose_grays(rng)
        y, x = _grid(height, width)
        ramp = y / max(height - 1, 1) if down else x / max(width - 1, 1)
        return _as_gray(low + (high - low) * ramp)

    return draw


def draw_board(height: int, width: int, side: int, rng: Generator) -> Canvas:
    """Draw living cells at random, as a Game of Life begins, in two grays."""
    cell = max(2, round(choose_period(side, fine=True) / 2))
    alive = rng.random((-(-height // cell), -(-width // cell))) < 0.35
    return _two_grays(alive.repeat(cell, 0).repeat(cell, 1)[:height, :width], rng)


def draw_texture(path: Path) -> Draw:
    """Return what cuts a piece out of a photograph, at a random size."""

    def draw(height: int, width: int, side: int, rng: Generator) -> Canvas:
        pixels = _load_texture(path)
        # a large picture shows most of the photograph, a small one no mush
        scale = min(min(pixels.shape[:2]) / side * rng.uniform(0.5, 0.9), rng.uniform(1.5, 3))
        rows, columns = (
            min(limit, max(2, round(length * scale)))
            for length, limit in zip((height, width), pixels.shape, strict=False)
        )
        top, left = (
            int(rng.integers(0, limit - length + 1))
            for limit, length in zip(pixels.shape, (rows, columns), strict=False)
        )
        piece = pixels[top : top + rows, left : left + columns]
        cv2 = opencv()
        resized: NDArray[np.uint8] = cv2.resize(
            piece, (width, height), interpolation=cv2.INTER_AREA
        )
        return resized.reshape(height, width, 3).astype(np.float32) / np.float32(255)

    return draw


@lru_cache(len(TEXTURES))
def _load_texture(path: Path) -> NDArray[np.uint8]:
    pixels = read_picture(path)
    step = max(1, -(-min(pixels.shape[:2]) // MAX_TEXTURE_SIDE))
    return np.ascontiguousarray(pixels[::step, ::step])


def list_patterns(*, colored: bool) -> tuple[dict[str, Draw], list[str]]:
    """Return the concepts that can be drawn by name, and the photographs that are not there.

    Args:
        colored: Whether hues are among them.
    """
    draws: dict[str, Draw] = {}
    if colored:
        draws |= {name: draw_hue(degrees) for name, degrees in HUES.items()}
    for size, fine in (("fine", True), ("broad", False)):
        draws |= {f"{size} stripes {angle}°": draw_stripes(angle, fine=fine) for angle in ANGLES}
        draws[f"{size} checks"] = draw_checks(fine=fine)
        draws[f"{size} dots"] = draw_dots(fine=fine)
        draws[f"{size} curves"] = draw_curves(fine=fine)
    draws["gradient down"] = draw_gradient(down=True)
    draws["gradient across"] = draw_gradient(down=False)
    draws["board"] = draw_board
    folder = photograph_folder()
    paths: Mapping[str, Path] = {name: folder / file for name, file in TEXTURES.items()}
    present = {name: path for name, path in paths.items() if path.is_file()}
    draws |= {name: draw_texture(path) for name, path in present.items()}
    return draws, [path.name for name, path in paths.items() if name not in present]


def _grid(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[:height, :width].astype(np.float64)
    return y, x


def _choose_grays(rng: Generator) -> tuple[float, float]:
    """Return two grays in [0, 1] of enough contrast, either first."""
    contrast = rng.uniform(MIN_CONTRAST, 1)
    low = rng.uniform(0, 1 - contrast)
    return (low, low + contrast) if rng.random() < 0.5 else (low + contrast, low)


def _two_grays(chosen: NDArray[np.bool_], rng: Generator) -> Canvas:
    first, second = _choose_grays(rng)
    return _as_gray(np.where(chosen, first, second))


def _as_gray(values: NDArray[np.floating]) -> Canvas:
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)
