"""Draw a network's answer over its input: maps of classes, and boxes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Detections, OutputKind
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.imaging.sheet_labels import render_text

Bytes = NDArray[np.uint8]
MIN_SCORE = 0.5  # of boxes that are drawn
MAX_BOXES = 30  # that are drawn
CLASS_OPACITY = 0.55  # of a class's color in a pixel of it
LINE_PIXELS = 2
COLOR_STEP = 32  # classes


def normalize_scores(output: NDArray[np.float32], kind: OutputKind) -> NDArray[np.float32]:
    """Return logits after a softmax, and what has any other meaning as the network returned it.

    Values that are not finite have no part in it, and stay what they are.
    """
    scores = np.asarray(output, np.float64).reshape(-1).copy()
    good = np.isfinite(scores)
    if kind == "logits" and good.any():
        exponentials = np.exp(scores[good] - scores[good].max())
        scores[good] = exponentials / exponentials.sum()
    return scores.astype(np.float32)


def color_classes(count: int) -> Bytes:
    """Return the colors of at least ``count`` classes, uint8 (N, 3): the same for each class.

    They are computed for some classes more, once, so that each frame may hold another number.
    """
    return generate_class_colors(-(-count // COLOR_STEP) * COLOR_STEP)


def blend_classes(pixels: Bytes, classes: NDArray[np.int64], count: int) -> Bytes:
    """Blend the colors of classes over a picture.

    A map of another size than the picture's is stretched over it without mixing classes: pixel y
    takes the class of the cell in which its center lies.

    Args:
        pixels: The picture, uint8 (H, W, 3).
        classes: The class of each place, int64 (h, w).
        count: Number of classes.

    Returns:
        uint8 (H, W, 3).
    """
    height, width = pixels.shape[:2]
    rows = (2 * np.arange(height) + 1) * classes.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * classes.shape[1] // (2 * width)
    colors = color_classes(count)[classes[rows[:, None], columns]].astype(np.float32)
    mixed = pixels + CLASS_OPACITY * (colors - pixels)
    result: Bytes = np.rint(mixed).astype(np.uint8)
    return result


def count_classes(classes: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Return the share of the places (h, w) that each class has, float32 (count,)."""
    shares: NDArray[np.float32] = (
        np.bincount(classes.reshape(-1), minlength=count) / max(1, classes.size)
    ).astype(np.float32)
    return shares


def select_detections(found: Detections) -> Detections:
    """Return the boxes that are drawn: at most MAX_BOXES of the greatest scores, these first."""
    order = np.argsort(-found.scores, kind="stable")
    order = order[found.scores[order] >= MIN_SCORE][:MAX_BOXES]
    return Detections(found.boxes[order], found.labels[order], found.scores[order])


def draw_detections(pixels: Bytes, found: Detections, names: Sequence[str]) -> Bytes:
    """Draw boxes with their names over a picture; what lies outside of it is left out.

    Args:
        pixels: The picture, uint8 (H, W, 3).
        found: The boxes, the most important first: they are drawn last.
        names: What is written at each box.

    Returns:
        uint8 (H, W, 3).
    """
    result = pixels.copy()
    colors = color_classes(int(found.labels.max(initial=0)) + 1)
    for box, label, name in reversed(list(zip(found.boxes, found.labels, names, strict=True))):
        if np.isfinite(box).all():
            corners = _outline(result, box, colors[max(int(label), 0)])
            _write(result, name, corners, colors[max(int(label), 0)])
    return result


def _outline(pixels: Bytes, box: NDArray[np.float32], color: Bytes) -> tuple[int, int]:
    """Draw the outline of a box (x1, y1, x2, y2); return its upper left corner (y, x)."""
    height, width = pixels.shape[:2]
    left, right = (int(np.clip(np.rint(x), 0, width)) for x in box[0::2])
    top, bottom = (int(np.clip(np.rint(y), 0, height)) for y in box[1::2])
    inner = pixels[top:bottom, left:right]
    kept = inner[LINE_PIXELS:-LINE_PIXELS, LINE_PIXELS:-LINE_PIXELS].copy()
    inner[:] = color
    inner[LINE_PIXELS:-LINE_PIXELS, LINE_PIXELS:-LINE_PIXELS] = kept
    return top, left


def _write(pixels: Bytes, text: str, corner: tuple[int, int], color: Bytes) -> None:
    """Write a text on a patch of the color, at a corner but within the picture."""
    patch = render_text(text, color)
    height, width = pixels.shape[:2]
    y = max(0, min(corner[0], height - patch.shape[0]))
    x = max(0, min(corner[1], width - patch.shape[1]))
    part = pixels[y : y + patch.shape[0], x : x + patch.shape[1]]
    part[:] = patch[: part.shape[0], : part.shape[1]]
