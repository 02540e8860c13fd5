"""Figure 5, constellations of one noisy picture, and figure 6, paths of attacks."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnnvis.introspect.map import Map
from dnnvis.reproduce.introspection import plot_style
from dnnvis.reproduce.introspection.config import NET_TITLES
from dnnvis.reproduce.introspection.noise import SHOWN_SIGMAS
from dnnvis.reproduce.introspection.plots_units import draw_picture

CHANGE_QUANTILE = 0.98  # share of the changes that are drawn within the range of colours
Arrays = dict[str, NDArray[Any]]


def plot_constellations(maps: dict[str, Map], arrays_by_net: dict[str, Arrays]) -> Figure:
    """Draw figure 5, a row for each network.

    The test set, then the noisy copies of one picture at rising sigma, each in the color of the
    class that the network says, with lines from the place of the picture without noise.
    """
    rows = list(maps)
    figure, axes = plot_style.new_figure(
        13, 3.2 * len(rows) + 0.4, len(rows), 1 + len(SHOWN_SIGMAS)
    )
    for row_axes, net in zip(axes, rows, strict=True):
        activation_map, arrays = maps[net], arrays_by_net[net]
        dots = plot_style.pick_evenly(np.flatnonzero(activation_map.examples.test), 3000)
        plot_style.draw_examples(row_axes[0], activation_map, dots)
        row_axes[0].set_title(f"{NET_TITLES[net]}: test set", fontsize=9.5)
        for axis, sigma in zip(row_axes[1:], SHOWN_SIGMAS, strict=True):
            plot_style.draw_examples(axis, activation_map, dots, 1.0, 0.22)
            _draw_constellation(axis, activation_map, arrays, f"{sigma:g}")
    plot_style.add_class_legend(
        figure,
        activation_map.classes,
        loc="outside lower center",
        ncols=len(activation_map.classes),
    )
    return figure


def _draw_constellation(axis: Axes, activation_map: Map, arrays: Arrays, sigma: str) -> None:
    z, predicted, center = arrays[f"z {sigma}"], arrays[f"predicted {sigma}"], arrays["centre"]
    for point in z:
        axis.plot(
            [center[0], point[0]],
            [center[1], point[1]],
            color=plot_style.TEXT_COLOR,
            lw=0.3,
            alpha=0.35,
        )
    palette = plot_style.class_colors(len(activation_map.classes))[predicted]
    plot_style.draw_points(
        axis, z, s=9, c=palette, edgecolors=plot_style.TEXT_COLOR, linewidths=0.25, zorder=3
    )
    axis.plot(*center, "+", color=plot_style.TEXT_COLOR, ms=9, mew=1.6, zorder=4)
    wrong = float((predicted != arrays["label"][0]).mean())
    axis.set_title(f"sigma {sigma}: {wrong:.1%} wrong", fontsize=9.5)
    inset = axis.inset_axes((0.76, 0.76, 0.24, 0.24))
    draw_picture(inset, arrays[f"picture {sigma}"])
    plot_style.hide_ticks(inset)


def plot_attacks(activation_map: Map, arrays: Arrays, title: str) -> Figure:
    """Draw figure 6: paths of attacks, and what became of the pictures.

    For each picture its attacks' paths on the map (the ground: expected log10 error), and the
    picture after the last step with what was added to it (white or gray: nothing); framed in the
    target's color where it was reached, else with the class that the network says.

    Args:
        activation_map: The map that the paths are drawn on.
        arrays: What ``attacks.attack_table`` keeps for the figure.
        title: Of the whole figure.
    """
    count, per_picture = arrays["targets"].shape
    figure, axes = plot_style.new_figure(
        13.5,
        2.75 * count + 0.5,
        2 * count,
        2 + per_picture,
        width_ratios=[1, 2.4] + [1] * per_picture,
    )
    palette = plot_style.class_colors(len(activation_map.classes))
    for row in range(count):
        upper, lower = axes[2 * row], axes[2 * row + 1]
        draw_picture(upper[0], arrays["clean"][row])
        upper[0].set_title(activation_map.classes[int(arrays["labels"][row])], fontsize=8)
        lower[0].axis("off")
        _draw_paths(_merge_vertically(figure, upper[1], lower[1]), activation_map, arrays, row)
        for k in range(per_picture):
            target = int(arrays["targets"][row, k])
            hit = arrays["predicted"][row, k] == target
            _draw_attacked(upper[2 + k], lower[2 + k], arrays, (row, k))
            label = _outcome_label(
                activation_map, target, int(arrays["predicted"][row, k]), int(arrays["labels"][row])
            )
            upper[2 + k].set_title(
                label, fontsize=7, color=plot_style.TEXT_COLOR if hit else plot_style.GRAY
            )
            for spine in upper[2 + k].spines.values():
                spine.set(
                    color=palette[target] if hit else plot_style.FRAME_COLOR,
                    linewidth=2.5 if hit else 0.8,
                )
    figure.suptitle(title, fontsize=10)
    plot_style.add_class_legend(
        figure,
        activation_map.classes,
        loc="outside lower center",
        ncols=len(activation_map.classes),
    )
    return figure


def _outcome_label(activation_map: Map, target: int, predicted: int, label: int) -> str:
    """Name the target, and what became of it."""
    if predicted == target:
        return activation_map.classes[target]
    return f"{activation_map.classes[target]}: " + (
        "resisted" if predicted == label else activation_map.classes[predicted]
    )


def _merge_vertically(figure: Figure, upper: Axes, lower: Axes) -> Axes:
    """Make two axes, one above the other, one."""
    specs = upper.get_subplotspec(), lower.get_subplotspec()
    assert specs[0] is not None
    assert specs[1] is not None
    top, column = specs[0].rowspan.start, specs[0].colspan.start
    grid: Any = specs[0].get_gridspec()
    upper.remove()
    lower.remove()
    merged = figure.add_subplot(grid[top : top + 2, column])
    plot_style.hide_ticks(merged)
    return merged


def _draw_paths(axis: Axes, activation_map: Map, arrays: Arrays, row: int) -> None:
    plot_style.draw_error_field(axis, activation_map)
    plot_style.fit_axes(axis, np.concatenate([activation_map.z, arrays["z"][row].reshape(-1, 2)]))
    palette = plot_style.class_colors(len(activation_map.classes))
    for k, target in enumerate(arrays["targets"][row]):
        z = arrays["z"][row, k]
        hit = arrays["predicted"][row, k] == target
        axis.plot(z[:, 0], z[:, 1], color="white", lw=2.2, alpha=0.8)
        axis.plot(
            z[:, 0],
            z[:, 1],
            color=palette[target],
            lw=1.3,
            ls="-" if hit else (0, (1.5, 1)),
            zorder=3,
        )
        axis.plot(
            *z[-1], "o" if hit else "X", color=palette[target], ms=4, mec="black", mew=0.4, zorder=4
        )
    axis.plot(*arrays["z"][row, 0, 0], "+", color="white", ms=10, mew=2, zorder=5)


def _draw_attacked(upper: Axes, lower: Axes, arrays: Arrays, at: tuple[int, int]) -> None:
    draw_picture(upper, arrays["x"][at])
    change = arrays["moved"][at]
    max_abs = max(float(np.quantile(np.abs(arrays["moved"]), CHANGE_QUANTILE)), 1e-6)
    if change.shape[2] == 1:
        draw_picture(lower, change, cmap="RdBu_r", vmin=-max_abs, vmax=max_abs)
    else:
        draw_picture(lower, np.clip(0.5 + change / (2 * max_abs), 0, 1), vmin=0, vmax=1)
