"""Figure 3, the network sorted, and figure 4, patterns of single examples in that order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect import brainbow
from dnnvis.introspect.map import Map
from dnnvis.introspect.unit_ordering import preferred_classes, sort_units
from dnnvis.reproduce.introspection import plot_style

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
H_RANGE = (-1.0, 4.0)  # of the activations in figure 4, the paper's


@dataclass(frozen=True, eq=False)
class UnitLayout:
    """How the D units of a map are laid out."""

    #: Name, start and stop of each layer.
    layers: tuple[tuple[str, int, int], ...]
    #: Class that each unit works for, int64 (D,), by equation 10.
    owner: Ints
    #: Units sorted by ``owner`` within each layer, int64 (D,).
    order: Ints
    #: Color of each unit, uint8 (D, 3), by equation 11.
    colors: NDArray[np.uint8]

    def columns(self, values: NDArray[Any], order: Ints | None = None) -> Any:
        """Return values (D, ...) as a picture (units, layers, ...), a layer a column.

        Shorter layers end in NaN.
        """
        values = values.astype(np.float32)
        height = max(stop - start for _, start, stop in self.layers)
        image = np.full((height, len(self.layers), *values.shape[1:]), np.nan, np.float32)
        for k, (_, start, stop) in enumerate(self.layers):
            rows = np.arange(start, stop) if order is None else order[start:stop]
            image[: stop - start, k] = values[rows]
        return image


def layout_units(activation_map: Map) -> UnitLayout:
    """Lay out the units of a map by the direct class means."""
    layers = tuple((part.layer, part.start, part.stop) for part in activation_map.columns_.parts)
    owner = preferred_classes(activation_map.class_h)
    order = np.concatenate(
        [sort_units(owner, activation_map.class_h, start, stop) for _, start, stop in layers]
    )
    palette = generate_class_colors(len(activation_map.classes))
    colors = brainbow.unit_colors(
        activation_map.class_h, palette, activation_map.basis.spread, layers
    )
    return UnitLayout(layers, owner, order, colors)


def plot_sorted_network(activation_map: Map) -> Figure:
    """Draw figure 3, the network sorted.

    (a) the brainbow as the units lie, (b) each unit's class, (c) sorted by it, (d) the sorted
    brainbow, and (e) on: the expected pattern of each class, sorted, each layer relative to its
    greatest value.
    """
    units, classes = layout_units(activation_map), activation_map.classes
    figure = plot_style.new_figure(12, 8.4, 1, 1)[0]
    figure.clear()
    grid = figure.add_gridspec(2, 20)
    upper_axes = [figure.add_subplot(grid[0, 5 * k : 5 * k + 5]) for k in range(4)]
    column_span = 20 // max(len(classes), 1) or 1
    lower_axes = [
        figure.add_subplot(grid[1, column_span * k : column_span * k + column_span])
        for k in range(len(classes))
    ]
    for axis in (*upper_axes, *lower_axes):
        plot_style.hide_ticks(axis)
    colors = units.colors.astype(np.float32) / 255
    _draw_columns(upper_axes[0], units.columns(colors), "(a) equation 11, as the units lie")
    class_style = {
        "cmap": plot_style.class_colormap(len(classes)),
        "vmin": -0.5,
        "vmax": len(classes) - 0.5,
    }
    _draw_columns(
        upper_axes[1], units.columns(units.owner), "(b) class of each unit", **class_style
    )
    _draw_columns(
        upper_axes[2], units.columns(units.owner, units.order), "(c) sorted by it", **class_style
    )
    _draw_columns(upper_axes[3], units.columns(colors, units.order), "(d) equation 11, sorted")
    for k, axis in enumerate(lower_axes):
        image = units.columns(_scale_by_layer(activation_map.class_h[k], units), units.order)
        letter = chr(ord("e") + k)
        _draw_columns(
            axis, image, f"({letter}) E[h | {classes[k]}]", cmap="viridis", vmin=-0.3, vmax=1
        )
    upper_axes[0].set_ylabel("units", fontsize=8)
    lower_axes[0].set_ylabel("units, sorted", fontsize=8)
    for axis in (*upper_axes, *lower_axes):
        axis.set_xlabel("layers 0 to " + str(len(units.layers) - 1), fontsize=7)
    plot_style.add_class_legend(figure, classes, loc="outside lower center", ncols=len(classes))
    return figure


def _scale_by_layer(values: Floats, units: UnitLayout) -> Floats:
    """Divide each layer by its greatest absolute value."""
    scaled = values.astype(np.float32).copy()
    for _, start, stop in units.layers:
        scaled[start:stop] /= max(float(np.abs(scaled[start:stop]).max()), 1e-9)
    return scaled


def _draw_columns(axis: Axes, image: Any, title: str, **options: Any) -> None:
    if image.ndim == 3:
        image = np.where(np.isnan(image), 1.0, image)
    axis.imshow(image, aspect="auto", interpolation="nearest", **options)
    axis.set_title(title, fontsize=8)


def plot_patterns(activation_map: Map, arrays: dict[str, Any]) -> Figure:
    """Draw figure 4: above the right, below the wrong examples.

    Picture with its class (top left) and the network's (bottom right), its place on the map, its
    sorted pattern.
    """
    units = layout_units(activation_map)
    pictures, labels, predicted = arrays["pictures"], arrays["labels"], arrays["predicted"]
    wrong = labels != predicted
    bands = [np.flatnonzero(which) for which in (~wrong, wrong) if which.any()]
    column_count = max(len(band) for band in bands)
    heights = [1, 1.15, 1.9] * len(bands)
    figure, axes = plot_style.new_figure(
        12, 4.6 * len(bands), 3 * len(bands), column_count, height_ratios=heights
    )
    dots = plot_style.pick_evenly(np.flatnonzero(activation_map.examples.test), 1500)
    for b, band in enumerate(bands):
        for k in range(column_count):
            column = axes[3 * b : 3 * b + 3, k]
            if k >= len(band):
                for axis in column:
                    axis.set_visible(False)
                continue
            row = band[k]
            _draw_labeled_picture(
                column[0],
                pictures[row],
                activation_map.classes[labels[row]],
                activation_map.classes[predicted[row]],
            )
            plot_style.draw_examples(column[1], activation_map, dots, 0.7, 0.6)
            column[1].plot(*arrays["z"][row], "x", color=plot_style.TEXT_COLOR, ms=8, mew=2)
            image = units.columns(arrays["h"][row], units.order)
            column[2].imshow(
                image,
                aspect="auto",
                interpolation="nearest",
                vmin=H_RANGE[0],
                vmax=H_RANGE[1],
                cmap="viridis",
            )
    return figure


def _draw_labeled_picture(
    axis: Axes, pixels: NDArray[np.uint8], label: str, predicted: str
) -> None:
    draw_picture(axis, pixels)
    color = "#66dd88" if label == predicted else "#ff8866"
    for text, x, y, ha, va in (
        (label, 0.04, 0.96, "left", "top"),
        (predicted, 0.96, 0.04, "right", "bottom"),
    ):
        axis.text(
            x,
            y,
            text,
            color=color,
            ha=ha,
            va=va,
            transform=axis.transAxes,
            fontsize=9,
            fontweight="bold",
        )


def draw_picture(axis: Axes, pixels: NDArray[Any], **options: Any) -> None:
    """Draw pixels, uint8 (H, W, C)."""
    image = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    if pixels.shape[2] == 1 and not options:
        options = {"cmap": "gray", "vmin": 0, "vmax": 255}
    axis.imshow(image, interpolation="nearest", **options)
