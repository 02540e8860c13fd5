"""What the pictures share: a plain frame, dots of a map, an error field, a small file."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image

from dnnvis.core.stable_file import replace_file
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect.map import Map

DPI = 110
PNG_COLORS = 256  # of the file
TEXT_COLOR, FRAME_COLOR, GRAY, BACKGROUND_COLOR = "#222222", "#d9d9d9", "#8a8a8a", "#ffffff"
RIGHT_COLOR, WRONG_COLOR = "#009e73", "#d55e00"  # Okabe and Ito's green and vermilion
NEAR_WHITE = 245  # white, for all one sees
RESERVED_CLASS_COLORS = 10  # class colours that every picture keeps
MAX_DOTS = 6000  # dots of a small picture

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def new_figure(
    width: float, height: float, rows: int, columns: int, **grid: Any
) -> tuple[Figure, Any]:
    """Make a figure with axes that have no ticks.

    Args:
        width: In inches.
        height: In inches.
        rows: Rows of axes.
        columns: Columns of axes.
        **grid: Options of the grid, as Matplotlib's GridSpec takes them.

    Returns:
        The figure and its axes, an array (rows, columns).
    """
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=BACKGROUND_COLOR)
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid or None)
    for axis in axes.flat:
        hide_ticks(axis)
    return figure, axes


def hide_ticks(axis: Axes) -> None:
    """Take away the ticks and leave a thin frame."""
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(color=FRAME_COLOR, linewidth=0.8)


def save_png(figure: Figure, path: Path, dpi: int = DPI) -> None:
    """Save a PNG of PNG_COLORS colors, the classes' own among them, whole or not at all.

    Args:
        figure: The figure.
        path: The file.
        dpi: Pixels per inch.

    Raises:
        OSError: Where it cannot be written.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dpi, format="png")
    with replace_file(path) as temporary, Image.open(buffer) as picture:
        image = picture.convert("RGB")
        quantized = image.quantize(palette=_fit_palette(image), dither=Image.Dither.NONE)
        quantized.save(temporary, "PNG", optimize=True, dpi=(dpi, dpi))


def _fit_palette(image: Image.Image) -> Image.Image:
    """Choose the colors of a picture in which small dots must keep theirs.

    Half of its area counts for them.
    """
    width, height = image.size
    blocks = generate_class_colors(RESERVED_CLASS_COLORS).repeat(
        -(-width * height // RESERVED_CLASS_COLORS), 0
    )[: width * height]
    pixels = np.concatenate([np.asarray(image), blocks.reshape(height, width, 3)])
    quantized = Image.fromarray(pixels).quantize(PNG_COLORS)
    entries = np.array(quantized.getpalette(), np.uint8).reshape(-1, 3)
    entries[entries.min(1) >= NEAR_WHITE] = 255  # the mean of white and its neighbours is not white
    quantized.putpalette(entries.tobytes())
    return quantized


def class_colors(classes: int) -> Floats:
    """Return the classes' colors, float32 (K, 3) in [0, 1]."""
    return generate_class_colors(classes).astype(np.float32) / np.float32(255)


def class_colormap(classes: int) -> ListedColormap:
    """Return the classes' colors as a colormap of K entries."""
    return ListedColormap(class_colors(classes).tolist())


def pick_evenly(rows: Ints, limit: int = MAX_DOTS) -> Ints:
    """Return at most ``limit`` of ``rows``, spread over all of them."""
    indices = np.unique(np.linspace(0, len(rows) - 1, min(limit, len(rows))).astype(int))
    picked: Ints = rows[indices]
    return picked


def draw_points(axis: Axes, points: Floats, **options: Any) -> None:
    """Draw a dot at each of (n, 2)."""
    axis.scatter(points[:, 0], points[:, 1], **options)


def fit_axes(axis: Axes, z: Floats) -> None:
    """Make the axes square, around the places (n, 2)."""
    lower, upper = z.min(0), z.max(0)
    half_size = float((upper - lower).max()) / 2 + 0.15
    center = (lower + upper) / 2
    axis.set(
        xlim=(center[0] - half_size, center[0] + half_size),
        ylim=(center[1] - half_size, center[1] + half_size),
    )
    axis.set_aspect("equal")


def draw_examples(
    axis: Axes, activation_map: Map, rows: Ints, size: float = 1.5, alpha: float = 1.0
) -> None:
    """Draw examples of a map in the colors of their classes.

    Args:
        axis: The axes, which are fitted to the whole map.
        activation_map: The map.
        rows: Rows of the map, int64 (n,).
        size: Of a dot, in square points.
        alpha: Opacity of a dot, in [0, 1].
    """
    ex = activation_map.examples
    colors = class_colors(max(len(activation_map.classes), 1))[np.maximum(ex.labels[rows], 0)]
    draw_points(axis, ex.z[rows], s=size, c=colors, lw=0, alpha=alpha)
    fit_axes(axis, ex.z)


def draw_error_field(axis: Axes, activation_map: Map) -> Any:
    """Draw the expected log10 error, hatched where no training example lives.

    Returns what a color bar takes.
    """
    image = axis.imshow(
        np.where(activation_map.empty, np.nan, activation_map.error_field),
        origin="lower",
        extent=activation_map.extent,
        cmap="viridis",
        interpolation="nearest",
    )
    x = np.linspace(*activation_map.extent[:2], activation_map.empty.shape[1])
    y = np.linspace(*activation_map.extent[2:], activation_map.empty.shape[0])
    axis.contourf(
        x,
        y,
        activation_map.empty.astype(float),
        levels=[0.5, 1.5],
        colors=["none"],
        hatches=["////"],
    )
    fit_axes(axis, activation_map.examples.z)
    return image


def add_class_legend(figure: Figure, classes: Sequence[str], **options: Any) -> None:
    """Add a legend with a dot for each class."""
    marks = [
        Line2D([], [], ls="", marker="o", ms=6, color=color, label=name)
        for color, name in zip(class_colors(len(classes)).tolist(), classes, strict=True)
    ]
    figure.legend(
        handles=marks, frameon=False, fontsize=8, handletextpad=0.2, columnspacing=1.0, **options
    )
