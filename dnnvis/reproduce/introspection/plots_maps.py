"""Figure 2, the maps, and figure 7, the violins."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnnvis.introspect.map import LearningRecord, Map
from dnnvis.reproduce.introspection import plot_style
from dnnvis.reproduce.introspection.config import NET_TITLES

MAX_LEARNING_LINES = 400  # examples of the learning record that are drawn
MISSING_LEARNING_TEXT = {
    "net2": "Not made: the weights of Net2 during its\ntraining (2 hours) were not kept.\n"
    "(--networks with a short training of it)",
    "net1": "Not made: this network's weights\nduring its training were not kept.",
}


def plot_maps(maps: dict[str, Map], records: Mapping[str, LearningRecord | None]) -> Figure:
    """Draw figure 2, a row for each network.

    ``records`` holds the learning record of each; that of Net2 is of a shorter training.
    """
    rows = list(maps)
    figure, axes = plot_style.new_figure(13, 3.25 * len(rows), len(rows), 4)
    letters = iter("abcdefgh")
    for row_axes, net in zip(axes, rows, strict=True):
        titles = [
            f"({next(letters)}) {NET_TITLES[net]}: {what}"
            for what in ("learning record", "training set", "expected log10 e", "test set")
        ]
        for axis, title in zip(row_axes, titles, strict=True):
            axis.set_title(title, fontsize=9.5)
        record = records.get(net)
        if net == "net2" and record is not None:
            row_axes[0].set_title("(e) Net2, a short training: learning record", fontsize=9.5)
        _draw_learning(row_axes[0], record, len(maps[net].classes), MISSING_LEARNING_TEXT[net])
        _draw_training_set(row_axes[1], maps[net])
        figure.colorbar(
            _draw_error_field(row_axes[2], maps[net]), ax=row_axes[2], shrink=0.8, pad=0.01
        )
        _draw_test_set(row_axes[3], maps[net])
        _draw_class_names(row_axes[1], maps[net])
    return figure


def _draw_learning(axis: Axes, record: LearningRecord | None, classes: int, reason: str) -> None:
    """Draw lines that fade from gray into the class's color with the training's time."""
    if record is None:
        axis.text(0.5, 0.5, reason, ha="center", va="center", transform=axis.transAxes, fontsize=8)
        axis.set_aspect("equal")
        return
    rows = plot_style.pick_evenly(np.arange(record.z.shape[1]), MAX_LEARNING_LINES)
    palette = plot_style.class_colors(classes)[record.labels[rows]]
    snapshots = len(record.z)
    for k in range(snapshots - 1):
        fraction = (k + 1) / (snapshots - 1)
        line_colors = (1 - fraction) * np.array([0.75, 0.75, 0.75]) + fraction * palette
        segments = np.stack([record.z[k, rows], record.z[k + 1, rows]], 1)
        axis.add_collection(LineCollection(list(segments), colors=line_colors, lw=0.45, alpha=0.7))
    plot_style.draw_points(axis, record.z[-1, rows], s=3, c=palette, lw=0, zorder=3)
    plot_style.fit_axes(axis, record.z.reshape(-1, 2))


def _draw_training_set(axis: Axes, activation_map: Map) -> None:
    plot_style.draw_examples(
        axis, activation_map, plot_style.pick_evenly(np.flatnonzero(~activation_map.examples.test))
    )


def _draw_class_names(axis: Axes, activation_map: Map) -> None:
    """Write each class beside its mean."""
    for k, xy in enumerate(activation_map.class_z):
        if np.isfinite(xy).all():
            axis.text(
                float(xy[0]),
                float(xy[1]),
                activation_map.classes[k],
                fontsize=8,
                ha="center",
                va="center",
                color=plot_style.TEXT_COLOR,
                bbox={"fc": "white", "ec": "none", "alpha": 0.65, "pad": 0.8},
            )


def _draw_error_field(axis: Axes, activation_map: Map) -> Any:
    image = plot_style.draw_error_field(axis, activation_map)
    ex = activation_map.examples
    wrong = plot_style.pick_evenly(np.flatnonzero(ex.wrong & ~ex.test), 1500)
    plot_style.draw_points(axis, ex.z[wrong], s=2, c="white", lw=0, alpha=0.8)
    return image


def _draw_test_set(axis: Axes, activation_map: Map) -> None:
    ex = activation_map.examples
    test = np.flatnonzero(ex.test)
    plot_style.draw_examples(axis, activation_map, plot_style.pick_evenly(test), alpha=0.55)
    wrong = plot_style.pick_evenly(np.flatnonzero(ex.test & ex.wrong), 500)
    plot_style.draw_points(axis, ex.z[wrong], s=9, c=plot_style.TEXT_COLOR, marker="x", lw=0.6)


def plot_violins(maps: dict[str, Map], kind: str = "2d") -> Figure:
    """Draw figure 7, the estimates of right (left) and wrong (right) test examples.

    The share of a class's examples that is right stands above.
    """
    figure, axes = plot_style.new_figure(11, 2.9 * len(maps), len(maps), 1)
    for axis, (net, activation_map) in zip(axes[:, 0], maps.items(), strict=True):
        _draw_violins(axis, activation_map, kind)
        axis.set_title(
            f"{NET_TITLES[net]}, test set: right (left) and wrong (right)",
            fontsize=10,
            loc="left",
            pad=16,
        )
        axis.set_ylabel("expected log10 e", fontsize=9)
    return figure


def _draw_violins(axis: Axes, activation_map: Map, kind: str) -> None:
    ex = activation_map.examples
    known = ex.test & (ex.labels >= 0)
    for k in range(len(activation_map.classes)):
        own = known & (ex.labels == k)
        for side, color, rows in (
            (-0.2, plot_style.RIGHT_COLOR, own & ~ex.wrong),
            (0.2, plot_style.WRONG_COLOR, own & ex.wrong),
        ):
            _draw_violin(axis, ex.expected[kind][rows], k + side, color)
        right_fraction = float((~ex.wrong[own]).mean()) if own.any() else float("nan")
        axis.text(
            k,
            1.02,
            f"{right_fraction:.1%}",
            ha="center",
            fontsize=8,
            transform=axis.get_xaxis_transform(),
        )
    axis.set_xticks(range(len(activation_map.classes)), activation_map.classes, fontsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.yaxis.set_major_locator(MaxNLocator(6))
    axis.grid(axis="y", color=plot_style.FRAME_COLOR, lw=0.7)
    axis.set_axisbelow(True)


def _draw_violin(axis: Axes, values: Any, x: float, color: str) -> None:
    if len(values) < 3 or not np.ptp(values):
        axis.plot([x] * len(values), values, "o", ms=3, color=color)
        return
    body = axis.violinplot([values], [x], widths=0.36, showmedians=True, showextrema=False)
    for part in body["bodies"]:  # type: ignore[attr-defined]
        part.set(facecolor=color, alpha=0.75, edgecolor="none")
    body["cmedians"].set(color=plot_style.TEXT_COLOR, linewidth=1.2)
