"""Figure 3, the network sorted, and figure 4, patterns of single examples in that order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnnvis.imaging.class_colors import class_colours
from dnnvis.introspect import brainbow
from dnnvis.introspect.map import Map
from dnnvis.introspect.unit_ordering import owners, sorted_units
from dnnvis.reproduce.introspection import plot_style

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
RANGE = (-1.0, 4.0)  # of the activations in figure 4, the paper's


@dataclass(frozen=True, eq=False)
class Units:
    """Units of a map: ``layers`` (name, start, stop); ``owner`` (D,) by equation 10; ``order``
    (D,): sorted by it within each layer; ``colours`` uint8 (D, 3) by equation 11."""

    layers: tuple[tuple[str, int, int], ...]
    owner: Ints
    order: Ints
    colours: NDArray[np.uint8]

    def columns(self, values: NDArray[Any], order: Ints | None = None) -> Any:
        """Values (D, ...) as a picture (units, layers, ...): a layer a column; shorter layers
        end in NaN."""
        values = values.astype(np.float32)
        tall = max(stop - start for _, start, stop in self.layers)
        shown = np.full((tall, len(self.layers), *values.shape[1:]), np.nan, np.float32)
        for k, (_, start, stop) in enumerate(self.layers):
            rows = np.arange(start, stop) if order is None else order[start:stop]
            shown[: stop - start, k] = values[rows]
        return shown


def units_of(made: Map) -> Units:
    """By the direct class means."""
    layers = tuple((part.layer, part.start, part.stop) for part in made.columns_.parts)
    owner = owners(made.class_h)
    order = np.concatenate(
        [sorted_units(owner, made.class_h, start, stop) for _, start, stop in layers]
    )
    palette = class_colours(len(made.classes))
    colours = brainbow.colours(made.class_h, palette, made.basis.spread, layers)
    return Units(layers, owner, order, colours)


def sorted_network(made: Map) -> Figure:
    """Figure 3: (a) the brainbow as the units lie, (b) each unit's class, (c) sorted by it, (d)
    the sorted brainbow, and (e) on: the expected pattern of each class, sorted, each layer
    relative to its greatest value."""
    units, classes = units_of(made), made.classes
    drawn = plot_style.figure(12, 8.4, 1, 1)[0]
    drawn.clear()
    grid = drawn.add_gridspec(2, 20)
    top = [drawn.add_subplot(grid[0, 5 * k : 5 * k + 5]) for k in range(4)]
    each = 20 // max(len(classes), 1) or 1
    low = [drawn.add_subplot(grid[1, each * k : each * k + each]) for k in range(len(classes))]
    for axis in (*top, *low):
        plot_style.bare(axis)
    colours = units.colours.astype(np.float32) / 255
    _columns(top[0], units.columns(colours), "(a) equation 11, as the units lie")
    kinds = {"cmap": plot_style.class_map(len(classes)), "vmin": -0.5, "vmax": len(classes) - 0.5}
    _columns(top[1], units.columns(units.owner), "(b) class of each unit", **kinds)
    _columns(top[2], units.columns(units.owner, units.order), "(c) sorted by it", **kinds)
    _columns(top[3], units.columns(colours, units.order), "(d) equation 11, sorted")
    for k, axis in enumerate(low):
        shown = units.columns(_relative(made.class_h[k], units), units.order)
        letter = chr(ord("e") + k)
        _columns(axis, shown, f"({letter}) E[h | {classes[k]}]", cmap="viridis", vmin=-0.3, vmax=1)
    top[0].set_ylabel("units", fontsize=8)
    low[0].set_ylabel("units, sorted", fontsize=8)
    for axis in (*top, *low):
        axis.set_xlabel("layers 0 to " + str(len(units.layers) - 1), fontsize=7)
    plot_style.class_legend(drawn, classes, loc="outside lower center", ncols=len(classes))
    return drawn


def _relative(values: Floats, units: Units) -> Floats:
    """Each layer divided by its greatest absolute value."""
    found = values.astype(np.float32).copy()
    for _, start, stop in units.layers:
        found[start:stop] /= max(float(np.abs(found[start:stop]).max()), 1e-9)
    return found


def _columns(axis: Axes, shown: Any, title: str, **how: Any) -> None:
    if shown.ndim == 3:
        shown = np.where(np.isnan(shown), 1.0, shown)
    axis.imshow(shown, aspect="auto", interpolation="nearest", **how)
    axis.set_title(title, fontsize=8)


def patterns(made: Map, drawn_of: dict[str, Any]) -> Figure:
    """Figure 4: above the right, below the wrong examples: picture with its class (top left)
    and the network's (bottom right), its place on the map, its sorted pattern."""
    units = units_of(made)
    pictures, labels, said = drawn_of["pictures"], drawn_of["labels"], drawn_of["predicted"]
    wrong = labels != said
    bands = [np.flatnonzero(which) for which in (~wrong, wrong) if which.any()]
    across = max(len(band) for band in bands)
    heights = [1, 1.15, 1.9] * len(bands)
    drawn, axes = plot_style.figure(
        12, 4.6 * len(bands), 3 * len(bands), across, height_ratios=heights
    )
    dots = plot_style.evenly(np.flatnonzero(made.examples.test), 1500)
    for b, band in enumerate(bands):
        for k in range(across):
            column = axes[3 * b : 3 * b + 3, k]
            if k >= len(band):
                for axis in column:
                    axis.set_visible(False)
                continue
            row = band[k]
            _picture(column[0], pictures[row], made.classes[labels[row]], made.classes[said[row]])
            plot_style.dots(column[1], made, dots, 0.7, 0.6)
            column[1].plot(*drawn_of["z"][row], "x", color=plot_style.INK, ms=8, mew=2)
            shown = units.columns(drawn_of["h"][row], units.order)
            column[2].imshow(
                shown, aspect="auto", interpolation="nearest", vmin=RANGE[0], vmax=RANGE[1],
                cmap="viridis",
            )  # fmt: skip
    return drawn


def _picture(axis: Axes, pixels: NDArray[np.uint8], label: str, said: str) -> None:
    picture(axis, pixels)
    colour = "#66dd88" if label == said else "#ff8866"
    for words, x, y, ha, va in ((label, 0.04, 0.96, "left", "top"), (said, 0.96, 0.04, "right",
                                                                    "bottom")):  # fmt: skip
        axis.text(
            x, y, words, color=colour, ha=ha, va=va, transform=axis.transAxes, fontsize=9,
            fontweight="bold",
        )  # fmt: skip


def picture(axis: Axes, pixels: NDArray[Any], **how: Any) -> None:
    """Pixels uint8 (H, W, C)."""
    shown = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    if pixels.shape[2] == 1 and not how:
        how = {"cmap": "gray", "vmin": 0, "vmax": 255}
    axis.imshow(shown, interpolation="nearest", **how)
