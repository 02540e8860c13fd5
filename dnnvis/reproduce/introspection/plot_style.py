"""What the pictures share: a plain frame, dots of a map, an error field, a small file."""

import io
import os
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

from dnnvis.imaging.class_colors import class_colours
from dnnvis.introspect.map import Map

DPI = 110
COLOURS = 256  # of the file
INK, FAINT, GREY, PAPER = "#222222", "#d9d9d9", "#8a8a8a", "#ffffff"
RIGHT, WRONG = "#009e73", "#d55e00"  # Okabe and Ito's green and vermilion
NEARLY = 245  # white, for all one sees
SWATCHES = 10  # class colours that every picture keeps
MOST = 6000  # dots of a small picture

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def figure(width: float, height: float, rows: int, columns: int, **grid: Any) -> tuple[Figure, Any]:
    """A figure in inches with axes (rows, columns) that have no ticks."""
    made = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(made)
    axes = made.subplots(rows, columns, squeeze=False, gridspec_kw=grid or None)
    for axis in axes.flat:
        bare(axis)
    return made, axes


def bare(axis: Axes) -> None:
    """No ticks, a thin frame."""
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(color=FAINT, linewidth=0.8)


def save(made: Figure, place: Path, dpi: int = DPI) -> None:
    """As a PNG of COLOURS colours, the classes' own among them, written beside and renamed.
    Raises OSError."""
    drawn = io.BytesIO()
    made.savefig(drawn, dpi=dpi, format="png")
    fresh = place.with_name(f"{place.name}.new")
    with Image.open(drawn) as picture:
        whole = picture.convert("RGB")
        flat = whole.quantize(palette=_palette(whole), dither=Image.Dither.NONE)
        flat.save(fresh, "PNG", optimize=True, dpi=(dpi, dpi))
    os.replace(fresh, place)


def _palette(whole: Image.Image) -> Image.Image:
    """Colours of a picture in which small dots must keep theirs: half of its area counts for
    them."""
    wide, high = whole.size
    blocks = class_colours(SWATCHES).repeat(-(-wide * high // SWATCHES), 0)[: wide * high]
    own = np.concatenate([np.asarray(whole), blocks.reshape(high, wide, 3)])
    found = Image.fromarray(own).quantize(COLOURS)
    entries = np.array(found.getpalette(), np.uint8).reshape(-1, 3)
    entries[entries.min(1) >= NEARLY] = 255  # the mean of white and its neighbours is not white
    found.putpalette(entries.tobytes())
    return found


def inks(classes: int) -> Floats:
    """The classes' colours, float (K, 3) in [0, 1]."""
    return class_colours(classes).astype(np.float32) / np.float32(255)


def class_map(classes: int) -> ListedColormap:
    return ListedColormap(inks(classes).tolist())


def evenly(rows: Ints, most: int = MOST) -> Ints:
    """At most so many of ``rows``, spread over all of them."""
    at = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))
    found: Ints = rows[at]
    return found


def scatter(axis: Axes, places: Floats, **how: Any) -> None:
    """A dot at each of (n, 2)."""
    axis.scatter(places[:, 0], places[:, 1], **how)


def frame(axis: Axes, z: Floats) -> None:
    """Square, around the places (n, 2)."""
    low, high = z.min(0), z.max(0)
    half = float((high - low).max()) / 2 + 0.15
    middle = (low + high) / 2
    axis.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    axis.set_aspect("equal")


def dots(axis: Axes, made: Map, rows: Ints, size: float = 1.5, alpha: float = 1.0) -> None:
    """Examples of a map by class."""
    ex = made.examples
    colours = inks(max(len(made.classes), 1))[np.maximum(ex.labels[rows], 0)]
    scatter(axis, ex.z[rows], s=size, c=colours, lw=0, alpha=alpha)
    frame(axis, ex.z)


def field(axis: Axes, made: Map) -> Any:
    """The expected log10 e, hatched where no training example lives; what a colour bar takes."""
    shown = axis.imshow(
        np.where(made.empty, np.nan, made.error_field), origin="lower", extent=made.extent,
        cmap="viridis", interpolation="nearest",
    )  # fmt: skip
    x = np.linspace(*made.extent[:2], made.empty.shape[1])
    y = np.linspace(*made.extent[2:], made.empty.shape[0])
    axis.contourf(
        x, y, made.empty.astype(float), levels=[0.5, 1.5], colors=["none"], hatches=["////"]
    )
    frame(axis, made.examples.z)
    return shown


def class_legend(made: Figure, classes: Sequence[str], **where: Any) -> None:
    marks = [
        Line2D([], [], ls="", marker="o", ms=6, color=ink, label=name)
        for ink, name in zip(inks(len(classes)).tolist(), classes, strict=True)
    ]
    made.legend(
        handles=marks, frameon=False, fontsize=8, handletextpad=0.2, columnspacing=1.0, **where
    )
