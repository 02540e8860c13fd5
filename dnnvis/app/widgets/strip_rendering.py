"""Render a strip as colors, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Array, Strip
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize

MAX_CLASSES = 10  # classes of a step's scores that are shown
MAX_IMAGE_WIDTH = 512  # values across, beyond which a picture holds the scores of many words
DEAD_COLOR, ALIVE_COLOR = (26, 28, 33), (122, 128, 136)  # where both boards agree
TOO_ALIVE_COLOR, MISSED_COLOR = (239, 83, 80), (66, 133, 244)
WALL_COLOR = (64, 72, 92)  # of a maze, neither marked nor not
DIFFERENCE_NOTE = "red: too much\nblue: too little"

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class StripRow:
    """One row of a strip, its pictures one below the other."""

    #: Name of the row.
    name: str
    #: Colors uint8 (steps * h, w, 3).
    pixels: Bytes
    #: Number of pictures.
    count: int
    #: What the colors mean.
    note: str = ""
    #: Of a list of scores, with one color a class: the classes shown, from the top.
    classes: tuple[int, ...] = ()
    #: Their labels.
    labels: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Return (h, w) of one picture."""
        return self.pixels.shape[0] // max(self.count, 1), self.pixels.shape[1]

    def value_position(self, y: int, x: int) -> tuple[int, int]:
        """Return the position in the values of the one (y, x) in the picture."""
        return (0, self.classes[y]) if self.classes else (y, x)


def render_strip(
    strip: Strip, mode: str, colormap: str, labels: Sequence[str] = ()
) -> tuple[StripRow, ...]:
    """Render the rows of a strip, top to bottom.

    Args:
        strip: Pictures, boards or scores at each step.
        mode: "raw", or "cells": alive from the recipe's threshold (0.5) on.
        colormap: Name of the colormap of what is no board.
        labels: The network's class names.

    Returns:
        The rows.
    """
    cells = mode == "cells" and has_cells(strip)
    rows = []
    for name, values in strip.rows.items():
        if not values.size:
            continue
        if _is_scores(values):
            rows.append(_render_scores(name, values, colormap, labels))
        elif name == "difference":
            rows.append(_render_wrong(values, strip, cells))
        elif cells:
            rows.append(_render_cells(name, values, strip))
        else:
            rows.append(_render_values(name, values, colormap, is_board="truth" in strip.rows))
    return tuple(_draw_walls(row, strip.walls) for row in rows)


def _draw_walls(row: StripRow, walls: Array | None) -> StripRow:
    """Return a row with the walls of its maze drawn dimly; the same row without a maze."""
    if walls is None or row.size != walls.shape:
        return row
    pixels = row.pixels.reshape(row.count, *walls.shape, 3).copy()
    pixels[:, walls > 0] = WALL_COLOR
    return replace(row, pixels=pixels.reshape(row.pixels.shape))


def has_cells(strip: Strip) -> bool:
    """Return whether its pictures can be read as boards of dead and living cells."""
    imagined = strip.rows.get("imagination")
    return imagined is not None and imagined.shape[-1] == 1 and not _is_scores(imagined)


def render_difference(difference: NDArray[np.floating], truth: NDArray[np.floating]) -> Bytes:
    """Render what is wrong, over a faint picture of the truth; the same wherever it is shown.

    Args:
        difference: What is imagined less what is true; 1 is wholly wrong, NaN magenta.
        truth: The true values in [0, 1], of the same shape.

    Returns:
        Colors uint8 (..., 3).
    """
    dead, alive, too_alive, missed = (
        np.array(color, np.float32)
        for color in (DEAD_COLOR, ALIVE_COLOR, TOO_ALIVE_COLOR, MISSED_COLOR)
    )
    wrong = np.clip(np.abs(np.nan_to_num(difference)), 0, 1)[..., None]
    faint = dead + np.clip(np.nan_to_num(truth), 0, 1)[..., None] * (alive - dead)
    color = np.where(difference[..., None] > 0, too_alive, missed)
    pixels: Bytes = (faint + wrong * (color - faint) + 0.5).astype(np.uint8)
    pixels[~np.isfinite(difference)] = colorize.MAGENTA
    return pixels


def stack_values(strip: Strip) -> Array:
    """Stack all rows in one array (rows, steps, H, W, C), NaN where one has fewer steps."""
    rows = list(strip.rows.values())
    shape = tuple(max(sizes) for sizes in zip(*(row.shape for row in rows), strict=True))
    values = np.full((len(rows), *shape), np.nan, np.float32)
    for target, row in zip(values, rows, strict=True):
        target[tuple(slice(size) for size in row.shape)] = row
    return values


def _is_scores(values: Array) -> bool:
    height, width, channels = (int(edge) for edge in values.shape[1:])
    return channels == 1 and (height == 1 or width > MAX_IMAGE_WIDTH)


def _render_scores(name: str, values: Array, colormap: str, labels: Sequence[str]) -> StripRow:
    """Render all classes, where they are few; else the leading ones.

    Those lead at some step; the last step's best are added, best first. Of several positions (the
    words of a text) the last one's are shown.
    """
    scores = values[:, -1, :, 0]  # (steps, classes)
    classes = tuple(range(scores.shape[1]))
    if len(classes) > MAX_CLASSES:
        clean = np.where(np.isfinite(scores), scores, -np.inf)
        last = np.argsort(-clean[-1], kind="stable")[:MAX_CLASSES]
        candidates = dict.fromkeys(map(int, (*clean[::-1].argmax(1), *last)))
        classes = tuple(sorted(list(candidates)[:MAX_CLASSES], key=lambda k: -clean[-1, k]))
    values_shown = scores[:, list(classes)]
    low, high, _ = colorize.compute_ranges(values_shown[None])
    pixels = colorize.map_to_rgb(
        values_shown, float(low[0]), float(high[0]), colormap
    )  # (steps, classes, 3)
    return StripRow(
        name,
        np.ascontiguousarray(pixels.reshape(-1, 1, 3)),
        len(values),
        describe_range(float(low[0]), float(high[0])),
        classes,
        tuple(labels[k] if k < len(labels) else tr("class {number}", number=k) for k in classes),
    )


def describe_range(low: float, high: float) -> str:
    """Return a range of values; a bound that is nothing beside the other one is 0."""
    nothing = 1e-3 * (high - low)
    bounds = (0.0 if abs(bound) < nothing else bound for bound in (low, high))
    shown_low, shown_high = map(format_number, bounds)
    return tr("{low} to {high}", low=shown_low, high=shown_high)


def _render_values(name: str, values: Array, colormap: str, is_board: bool) -> StripRow:
    """Render a row of values.

    Boards are gray from 0 to 1; what is no board has the range of all its steps together, so that
    they can be compared.
    """
    flat = values.reshape(-1, values.shape[2], values.shape[3])  # (steps * H, W, C)
    low, high = (float(bound[0]) for bound in colorize.compute_ranges(flat[None, :, :, 0])[:2])
    range_text = describe_range(low, high)
    if values.shape[3] > 1:
        bounds = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
        width = bounds[1] - bounds[0] or 1.0
        pixels = colorize.values_to_rgb((flat - bounds[0]) / width, "rgb")[0]
        return StripRow(name, pixels, len(values), range_text)
    row_colormap = "gray" if is_board else colormap
    bounds = (0.0, 1.0) if is_board else (low, high)
    pixels = colorize.map_to_rgb(flat[:, :, 0], *bounds, row_colormap)
    is_plain = is_board and name != "imagination"  # 0 and 1
    return StripRow(name, pixels, len(values), "" if is_plain else range_text)


def _render_wrong(values: Array, strip: Strip, cells: bool) -> StripRow:
    """Render the difference: of the values, or of cells that are dead or alive."""
    difference = values[..., 0]
    truth = np.zeros_like(difference)
    if "truth" in strip.rows:  # of boards: the true one that each is compared with
        imagined = strip.rows["imagination"][: len(values), ..., 0]
        truth = np.rint(np.nan_to_num(imagined - difference))
        if cells:
            difference = (imagined >= _threshold(strip)) - truth
    else:
        difference = difference / (float(np.nanmax(np.abs(difference), initial=0.0)) or 1.0)
    return _build_row("difference", render_difference(difference, truth), tr(DIFFERENCE_NOTE))


def _render_cells(name: str, values: Array, strip: Strip) -> StripRow:
    """Render dead and living cells."""
    threshold = _threshold(strip)
    alive = values[..., 0] >= threshold
    board = np.where(alive[..., None], np.uint8(255), np.uint8(0))
    is_imagined = name == "imagination"
    note = tr("alive from {threshold:g}", threshold=threshold) if is_imagined else ""
    return _build_row(name, board, note)


def _threshold(strip: Strip) -> float:
    """Return the value from which on a cell is alive."""
    return float(strip.recipe.get("threshold", 0.5))


def _build_row(name: str, board: Bytes, note: str) -> StripRow:
    count, height, width, _ = board.shape
    pixels = np.broadcast_to(board, (count, height, width, 3)).reshape(-1, width, 3)
    return StripRow(name, np.ascontiguousarray(pixels), count, note)
