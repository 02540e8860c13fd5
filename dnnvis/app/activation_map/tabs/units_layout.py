"""Lay out and color all units of a map as one picture, without any Qt."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import Floats, Ints, MapData, Pixels
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.imaging.colorize import pack_rgb
from dnnvis.imaging.colormaps import colormap

MAX_ROWS = 200  # units below one another, at most
MAX_DEVIATIONS = 3.0  # standard deviations from a unit's mean at which the colors end
MIN_STANDARD_DEVIATION = (
    0.05  # a unit's least standard deviation: below it nothing would be seen but noise
)
NO_UNIT = -1

Packed = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block a layer, left to right; in it the units row by row.

    Of a recurrent network there is one part a step.
    """

    #: What each pixel shows, int32 (H, W): column of h + width of h * step, or ``NO_UNIT``.
    unit_index: NDArray[np.int32]
    #: Whether the pixel shows the class of that unit instead, bool (H, W).
    strip: NDArray[np.bool_]
    #: (left, width) of each layer, in pixels.
    boxes: tuple[tuple[int, int], ...]


def blocks(
    layers: tuple[tuple[str, int, int], ...],
    order: Ints,
    size: tuple[int, int],
    *,
    steps: int = 1,
    striped: bool = True,
) -> Blocks:
    """Lay out the units of all layers.

    Args:
        layers: (name, start, stop) of each layer, its columns of h.
        order: Order of the units (D,).
        size: Height and width of the picture, in pixels.
        steps: Number of steps of a recurrent network.
        striped: Whether each block has a strip for the class at its left.

    Returns:
        The layout.
    """
    height, width = size
    unit_index = np.full((height, width), NO_UNIT, np.int32)
    strip = np.zeros((height, width), bool)
    column_counts = [
        -(-(stop - start) // max(min(MAX_ROWS, height), 1)) for _, start, stop in layers
    ]
    pitch = width / max(len(layers), 1)
    gap = int(np.clip(pitch // 8, 1, 5))
    bar = int(np.clip(pitch // 6, 1, 5)) if striped else 0
    free_width = max(width - (gap + bar) * len(layers) + gap, 0)
    edges = np.concatenate([[0], np.cumsum(column_counts)]) * (
        free_width / max(sum(column_counts), 1)
    )
    boxes = []
    for k, (_, start, stop) in enumerate(layers):
        left = k * (gap + bar) + round(edges[k])
        inner = round(edges[k + 1]) - round(edges[k])
        units = order[start:stop].astype(np.int32)
        row_units, body = _block(units, column_counts[k], (height, inner), steps, len(order))
        unit_index[:, left + bar : left + bar + inner] = body[:, : width - left - bar]
        unit_index[:, left : left + bar] = row_units[:, None]
        strip[:, left : left + bar] = True
        boxes.append((left, bar + inner))
    return Blocks(unit_index, strip, tuple(boxes))


def _block(
    units: NDArray[np.int32], columns: int, size: tuple[int, int], steps: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first unit of each row of pixels (H,), and what each pixel of a block shows."""
    pixel_height, pixel_width = size
    rows = -(-len(units) // columns)
    grid = np.full(rows * columns, NO_UNIT, np.int32)
    grid[: len(units)] = units
    y = np.arange(pixel_height) * rows // max(pixel_height, 1)
    x = np.arange(pixel_width) * (columns * steps) // max(pixel_width, 1)
    step, column = x // columns, x % columns
    values = grid[y[:, None] * columns + column[None]]
    return grid[y * columns], np.where(values < 0, NO_UNIT, values + width * step[None])


def standardize(h: Floats, map_data: MapData) -> Floats:
    """Return activations (S, D) in standard deviations from each unit's mean."""
    if map_data.middle.shape != h.shape[-1:] or map_data.scale.shape != h.shape[-1:]:
        return h
    scale: Floats = np.maximum(map_data.scale, MIN_STANDARD_DEVIATION)
    return (h - map_data.middle) / scale


def color_values(values: Floats) -> Packed:
    """Return colors 0xFFRRGGBB of standardized values.

    Blue is below the mean, red above; magenta where one is not finite.
    """
    finite = np.isfinite(values)
    levels = np.clip(np.where(finite, values, 0) * (127.5 / MAX_DEVIATIONS) + 128, 0, 255).astype(
        np.uint8
    )
    return np.where(finite, _signed_colors()[levels], np.uint32(0xFFFF00FF))


def _signed_colors() -> Packed:
    return pack_rgb(colormap("signed"))


def render_units(
    blocks: Blocks, colors: Packed, owner: Ints, classes: int, background: Pixels
) -> Packed:
    """Render the picture 0xFFRRGGBB (H, W) of all units.

    Args:
        blocks: What each pixel shows.
        colors: Colors of the values (S * D,).
        owner: Class of each unit (D,), for the strips; empty without classes.
        classes: Number of classes.
        background: Color where there is no unit, uint8 (3,).

    Returns:
        The picture.
    """
    palette = np.append(colors, pack_rgb(background[None]))
    image = palette[blocks.unit_index]
    if len(owner) and classes:
        class_color = pack_rgb(generate_class_colors(classes))[owner]
        strip_pixels = blocks.strip & (blocks.unit_index >= 0)
        image[strip_pixels] = class_color[blocks.unit_index[strip_pixels]]
    return image


def mean_by_class(values: Floats, owner: Ints, classes: int) -> NDArray[np.float64]:
    """Return the mean over the units of each class, NaN where it has none.

    Args:
        values: Values of the units (D,).
        owner: Class of each unit (D,).
        classes: Number K of classes.

    Returns:
        Means (K,).
    """
    counts = np.bincount(owner, minlength=classes)[:classes]
    sums = np.bincount(owner, np.nan_to_num(values), classes)[:classes]
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = sums / counts
    return means


def layer_of(map_data: MapData, column: int) -> int:
    """Return the index of the layer that a column of h belongs to."""
    return next(k for k, (_, a, b) in enumerate(map_data.layers) if a <= column < b)


def unit_of(
    map_data: MapData, info: NetworkInfo | None, column: int, step: int = -1
) -> Unit | None:
    """Return the unit of a column of h at a step.

    Args:
        map_data: The map with its layers and reductions.
        info: The network that runs, with the layers' shapes.
        column: Column of h.
        step: Step of a recurrent network, -1 for the last.

    Returns:
        The unit; None where the column is none: a random projection.
    """
    k = layer_of(map_data, column)
    name, start, stop = map_data.layers[k]
    reduction = map_data.reductions[k] if k < len(map_data.reductions) else "whole"
    call = -1
    if map_data.calls and len(map_data.calls) > 1:
        name, call = map_data.calls[step][k]
    known = info.layer(name) if info is not None else None
    if reduction == "random" or known is None:
        return None
    channels, _, width = known.shape
    if reduction == "mean" or stop - start == channels:
        return Unit(name, column - start, None, call)
    if stop - start != prod(known.shape):
        return None
    channel, position = divmod(column - start, known.shape[1] * width)
    return Unit(name, channel, divmod(position, width), call)
