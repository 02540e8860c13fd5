"""Compute the colors of an activation map: of its dots and of the field behind them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import MapData
from dnnvis.imaging import colorize
from dnnvis.imaging.class_colors import UNLABELED_COLOR, generate_class_colors
from dnnvis.imaging.colorize import pack_rgb as pack_rgb
from dnnvis.imaging.colormaps import colormap

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Packed = NDArray[np.uint32] | np.uint32
Bounds = tuple[float, float] | None
RGB = tuple[int, int, int]

FIELD_COLORMAP = "magma"  # dark is safe, bright is not; the class colors stand out from it
FIELD_STRENGTH, EMPTY_FIELD_STRENGTH = (
    0.5,
    0.16,
)  # how much of the field's color is left, and where no example lives
MIN_DECADES = 0.5  # decades of e on the color bar


@dataclass(frozen=True)
class MapColors:
    """The colors that all dots are drawn on."""

    #: Color on which all is drawn.
    background: RGB
    #: Color of the hatch's lines.
    hatch: RGB


# In both themes: a glow is visible on a dark background only.
DARK = MapColors((23, 25, 29), (58, 64, 73))


@dataclass(frozen=True, eq=False)
class Dots:
    """Dots in the order in which they are drawn."""

    #: Their rows of the map (n,).
    rows: Ints
    #: Their positions (n, 2).
    z: Floats
    #: Their colors 0xFFRRGGBB (n,).
    colors: NDArray[np.uint32]
    #: Which of them are wrong, bool (n,).
    wrong: Bools


def class_of_rows(map_data: MapData, color_by: str) -> Ints:
    """Return the class of each row that the legend lists; -1 = none.

    It is the predicted one where the dots are colored by it, else the true one.
    """
    return map_data.predicted if color_by == "predicted" else map_data.labels


def count_rows(map_data: MapData, color_by: str, part: str) -> dict[int, int]:
    """Count the rows of each class in a part.

    Args:
        map_data: The map.
        color_by: What colors the dots: "predicted" counts predicted classes, else true ones.
        part: all | train | test.

    Returns:
        Class -> count, -1 (none) last.
    """
    totals = np.bincount(
        class_of_rows(map_data, color_by)[rows_in_part(map_data, part)] + 1,
        minlength=len(map_data.classes) + 1,
    )
    counts_by_class = {k: int(n) for k, n in enumerate(totals[1:])}
    return {**counts_by_class, -1: int(totals[0])} if totals[0] else counts_by_class


def rows_in_part(map_data: MapData, part: str) -> Bools:
    """Return which rows are of the part all | train | test."""
    if part == "all":
        return np.ones(len(map_data.z), bool)
    return map_data.test if part == "test" else ~map_data.test


def visible_rows(map_data: MapData, color_by: str, off: tuple[int, ...], part: str) -> Bools:
    """Return which rows are drawn: those of a finite position.

    Args:
        map_data: The map.
        color_by: What colors the dots: "predicted" refers to predicted classes, else true ones.
        off: Classes that are hidden.
        part: all | train | test.

    Returns:
        bool (N,).
    """
    mask = rows_in_part(map_data, part) & np.isfinite(map_data.z).all(1)
    return mask & ~np.isin(class_of_rows(map_data, color_by), off) if off else mask


def error_bounds(map_data: MapData) -> Bounds:
    """Return the range of log10 e on the color bar; None where no error is known.

    It covers the field where examples live, and all but one in a hundred examples themselves.
    """
    field = (
        map_data.error_field[~map_data.empty] if map_data.error_field.size else map_data.error_field
    )
    ranges = []
    for values in (field, map_data.log_e, *map_data.expected.values()):
        known = values[np.isfinite(values)]
        if known.size:
            ranges.append(np.percentile(known, (1, 99)))
    if not ranges:
        return None
    lower, upper = float(min(f[0] for f in ranges)), float(max(f[1] for f in ranges))
    missing = max(MIN_DECADES - (upper - lower), 0) / 2
    return lower - missing, upper + missing


def to_levels(values: Floats, bounds: tuple[float, float]) -> NDArray[np.uint8]:
    """Return where in 0..255 each value lies between the bounds; what is not finite is 0."""
    lower, upper = bounds
    levels = np.clip((np.nan_to_num(values, nan=lower) - lower) * (255 / (upper - lower)), 0, 255)
    rounded: NDArray[np.uint8] = (levels + 0.5).astype(np.uint8)
    return rounded


@lru_cache(8)
def build_field_palette(map_colors: MapColors) -> NDArray[np.uint32]:
    """Build the colors 0xFFRRGGBB (512,) of the field.

    256 muted ones, and as many where it is empty.
    """
    full, background = (
        colormap(FIELD_COLORMAP).astype(np.float32),
        np.array(map_colors.background, np.float32),
    )
    mixed = [
        background + strength * (full - background)
        for strength in (FIELD_STRENGTH, EMPTY_FIELD_STRENGTH)
    ]
    return pack_rgb((np.concatenate(mixed) + 0.5).astype(np.uint8))


def build_dots(
    map_data: MapData,
    color_by: str,
    kind: str,
    off: tuple[int, ...],
    part: str,
    bounds: Bounds,
    map_colors: MapColors,
) -> Dots:
    """Build the visible dots, mixed so that no class covers another.

    Those without a color come below them, the wrong ones on top.

    Args:
        map_data: The map.
        color_by: What colors the dots: class | predicted | error | expected.
        kind: Estimator of the expected error: "2d" or "rich".
        off: Classes that are hidden.
        part: all | train | test.
        bounds: Range of log10 e of the colors; None where no error is known.
        map_colors: Colors of the background.

    Returns:
        The dots in the order in which they are drawn.
    """
    colors, known = color_dots(map_data, color_by, kind, bounds)
    wrong = (
        (map_data.labels >= 0) & (map_data.predicted >= 0) & (map_data.labels != map_data.predicted)
    )
    wrong &= color_by == "class"
    order = np.random.default_rng(0).permutation(len(map_data.z))
    rows = order[visible_rows(map_data, color_by, off, part)[order]]
    rows = rows[np.argsort(known[rows].astype(np.int8) + wrong[rows], kind="stable")]
    return Dots(rows, map_data.z[rows], pack_rgb(colors[rows]), wrong[rows])


def color_dots(
    map_data: MapData, color_by: str, kind: str, bounds: Bounds
) -> tuple[NDArray[np.uint8], Bools]:
    """Return the color of each row, and which rows have one: the others are gray.

    Args:
        map_data: The map.
        color_by: What colors the dots: class | predicted | error | expected.
        kind: Estimator of the expected error: "2d" or "rich".
        bounds: Range of log10 e of the colors; None where no error is known.

    Returns:
        Colors uint8 (N, 3), and bool (N,).
    """
    gray = np.array(UNLABELED_COLOR, np.uint8)
    if color_by in ("class", "predicted"):
        which = class_of_rows(map_data, color_by)
        named = generate_class_colors(max(len(map_data.classes), int(which.max(initial=-1)) + 1))
        return np.concatenate([named, gray[None]])[which], which >= 0
    values = map_data.log_e if color_by == "error" else map_data.expected.get(kind)
    if values is None or bounds is None or not len(values):
        return np.broadcast_to(gray, (len(map_data.z), 3)), np.zeros(len(map_data.z), bool)
    known = np.isfinite(values)
    error_colors = colorize.build_lookup_table(FIELD_COLORMAP)[
        (to_levels(values, bounds) / 255 * colorize.TOP_INDEX + 0.5).astype(np.uint8)
    ]
    return np.where(known[:, None], error_colors, gray), known
