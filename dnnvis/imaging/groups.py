"""Draw the groups of a map over a picture, and pictures of positions in their places."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.imaging.colorize import to_three_channels
from dnnvis.imaging.shrink_pixels import resize_pixels

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating]
MAX_OPACITY = 0.85
DIMMED = 0.45  # of the picture's own light below the groups
PAPER = 20  # gray behind pictures of positions


def group_colors(count: int) -> Bytes:
    """Return a color for each group, uint8 (count, 3): the same whatever their number."""
    return generate_class_colors(count)


def overlay_groups(image: Bytes, groups: Floats, chosen: int | None = None) -> Bytes:
    """Draw the groups of a map over the picture that it is of.

    Each place gets the mean of the groups' colors, weighted by their coefficients there. It is as
    opaque as the strongest of them is, relative to the largest coefficient of all that are shown.
    The picture below is gray and dimmed.

    Args:
        image: uint8 (H, W, C).
        groups: Coefficients (k, h, w), at least 0.
        chosen: Show this group alone; None: all.

    Returns:
        uint8 (H, W, 3).
    """
    height, width = image.shape[:2]
    gray = to_three_channels(image).mean(2, keepdims=True, dtype=np.float32) * DIMMED  # (H, W, 1)
    colors = group_colors(len(groups)).astype(np.float32)
    numbers = range(len(groups)) if chosen is None else (chosen,)
    largest = float(np.nan_to_num(groups[list(numbers)]).max(initial=0))
    if largest <= 0:
        return np.repeat(gray.astype(np.uint8), 3, axis=2)
    shown = np.nan_to_num(groups[list(numbers)]).astype(np.float32) / np.float32(largest)
    rows = build_bilinear(shown.shape[1], height)
    columns = build_bilinear(shown.shape[2], width)
    maps = (rows @ shown @ columns.T).reshape(len(shown), -1)  # (k, H * W): far faster than indices
    total = maps.sum(0)
    mixed = maps.T @ colors[list(numbers)]  # (H * W, 3)
    opacity = MAX_OPACITY * maps.max(0).clip(0, 1)
    mixed *= (opacity / np.where(total > 0, total, 1))[:, None]
    mixed += gray.reshape(-1, 1) * (1 - opacity)[:, None]
    return (mixed + 0.5).clip(0, 255).astype(np.uint8).reshape(height, width, 3)


@lru_cache(maxsize=32)
def build_bilinear(size: int, target: int) -> NDArray[np.float32]:
    """Return the weights (target, size) that interpolate linearly between centers, edges repeated.

    The same as ``colorize.resize_bilinear`` along one axis.
    """
    position = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
    first = position.astype(int)
    weights = np.zeros((target, size), np.float32)
    where = np.arange(target)
    np.add.at(weights, (where, first), 1 - (position - first))
    np.add.at(weights, (where, np.minimum(first + 1, size - 1)), position - first)
    return weights


def find_group(groups: Floats, y: float, x: float) -> int | None:
    """Return the strongest group at a point (y, x) in [0, 1); None where none is there."""
    if not groups.size or not (0 <= y < 1 and 0 <= x < 1):
        return None
    row, column = int(y * groups.shape[1]), int(x * groups.shape[2])
    values = groups[:, row, column]
    return int(values.argmax()) if values.max() > 0 else None


def cut_strongest(image: Bytes, group: Floats) -> Bytes:
    """Return the piece of a picture around the place where a group is strongest.

    A third of each side, or the whole of a picture of less than three pixels.

    Args:
        image: uint8 (H, W, C).
        group: Coefficients (h, w) over the whole picture.

    Returns:
        uint8 (h', w', C).
    """
    row, column = np.unravel_index(int(np.nan_to_num(group).argmax()), group.shape)
    boxes = []
    for position, count, size in zip((row, column), group.shape, image.shape[:2], strict=True):
        side = max(size // 3, 1)
        center = (position + 0.5) / count * size
        first = int(np.clip(round(center - side / 2), 0, size - side))
        boxes.append(slice(first, first + side))
    piece: Bytes = image[boxes[0], boxes[1]]
    return piece


def draw_positions(pictures: Floats, norms: Floats, cell: int) -> Bytes:
    """Draw a picture at each position, its side in proportion to the position's norm.

    Args:
        pictures: (h * w, height, width, C) in [0, 1], row by row.
        norms: (h, w), at least 0; the largest one fills its cell.
        cell: Side of a cell, in pixels.

    Returns:
        uint8 (h * cell, w * cell, 3).
    """
    rows, columns = norms.shape
    sheet = np.full((rows * cell, columns * cell, 3), PAPER, np.uint8)
    largest = float(norms.max(initial=0))
    for number, picture in enumerate(pictures[: rows * columns]):
        row, column = divmod(number, columns)
        side = round(cell * float(norms[row, column]) / largest) if largest > 0 else 0
        if side < 1:
            continue
        pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        small = resize_pixels(to_three_channels(pixels), side, side)
        top, left = row * cell + (cell - side) // 2, column * cell + (cell - side) // 2
        sheet[top : top + side, left : left + side] = small
    return sheet


def draw_swatch(picture: Bytes, color: Bytes, border: int) -> Bytes:
    """Return a picture uint8 (h, w, 3) with a border of a color."""
    height, width = picture.shape[:2]
    framed = np.empty((height + 2 * border, width + 2 * border, 3), np.uint8)
    framed[:] = color
    framed[border : border + height, border : border + width] = picture
    return framed
