"""Figure 2, the maps, and figure 7, the violins."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnnvis.introspect.map import Map, Record
from dnnvis.reproduce.introspection import plot_style
from dnnvis.reproduce.introspection.config import TITLES

LINES = 400  # examples of the learning record that are drawn
NO_MOMENTS = {
    "net2": "Not made: the weights of Net2 during its\ntraining (2 hours) were not kept.\n"
    "(--networks with a short training of it)",
    "net1": "Not made: this network's weights\nduring its training were not kept.",
}


def maps(made: dict[str, Map], records: Mapping[str, Record | None]) -> Figure:
    """Figure 2: a row for each network; ``records``: the learning record of each. That of Net2
    is of a shorter training."""
    rows = list(made)
    drawn, axes = plot_style.figure(13, 3.25 * len(rows), len(rows), 4)
    letters = iter("abcdefgh")
    for line, net in zip(axes, rows, strict=True):
        words = [
            f"({next(letters)}) {TITLES[net]}: {what}"
            for what in ("learning record", "training set", "expected log10 e", "test set")
        ]
        for axis, title in zip(line, words, strict=True):
            axis.set_title(title, fontsize=9.5)
        history = records.get(net)
        if net == "net2" and history is not None:
            line[0].set_title("(e) Net2, a short training: learning record", fontsize=9.5)
        _learning(line[0], history, len(made[net].classes), NO_MOMENTS[net])
        _train(line[1], made[net])
        drawn.colorbar(_field(line[2], made[net]), ax=line[2], shrink=0.8, pad=0.01)
        _test(line[3], made[net])
        _class_names(line[1], made[net])
    return drawn


def _learning(axis: Axes, record: Record | None, classes: int, why: str) -> None:
    """Lines that fade from grey into the class's colour with the training's time."""
    if record is None:
        axis.text(0.5, 0.5, why, ha="center", va="center", transform=axis.transAxes, fontsize=8)
        axis.set_aspect("equal")
        return
    rows = plot_style.evenly(np.arange(record.z.shape[1]), LINES)
    inks = plot_style.inks(classes)[record.labels[rows]]
    moments = len(record.z)
    for k in range(moments - 1):
        share = (k + 1) / (moments - 1)
        colours = (1 - share) * np.array([0.75, 0.75, 0.75]) + share * inks
        pieces = np.stack([record.z[k, rows], record.z[k + 1, rows]], 1)
        axis.add_collection(LineCollection(list(pieces), colors=colours, lw=0.45, alpha=0.7))
    plot_style.scatter(axis, record.z[-1, rows], s=3, c=inks, lw=0, zorder=3)
    plot_style.frame(axis, record.z.reshape(-1, 2))


def _train(axis: Axes, made: Map) -> None:
    plot_style.dots(axis, made, plot_style.evenly(np.flatnonzero(~made.examples.test)))


def _class_names(axis: Axes, made: Map) -> None:
    """Each class beside its mean."""
    for k, place in enumerate(made.class_z):
        if np.isfinite(place).all():
            axis.text(
                float(place[0]), float(place[1]), made.classes[k], fontsize=8, ha="center",
                va="center", color=plot_style.INK,
                bbox={"fc": "white", "ec": "none", "alpha": 0.65, "pad": 0.8},
            )  # fmt: skip


def _field(axis: Axes, made: Map) -> Any:
    shown = plot_style.field(axis, made)
    ex = made.examples
    wrong = plot_style.evenly(np.flatnonzero(ex.wrong & ~ex.test), 1500)
    plot_style.scatter(axis, ex.z[wrong], s=2, c="white", lw=0, alpha=0.8)
    return shown


def _test(axis: Axes, made: Map) -> None:
    ex = made.examples
    test = np.flatnonzero(ex.test)
    plot_style.dots(axis, made, plot_style.evenly(test), alpha=0.55)
    wrong = plot_style.evenly(np.flatnonzero(ex.test & ex.wrong), 500)
    plot_style.scatter(axis, ex.z[wrong], s=9, c=plot_style.INK, marker="x", lw=0.6)


# ---- figure 7 ----------------------------------------------------------------------------


def violins(made: dict[str, Map], kind: str = "2d") -> Figure:
    """Figure 7: the estimates of right (left) and wrong (right) test examples of each class,
    with the share of its examples that is right above."""
    drawn, axes = plot_style.figure(11, 2.9 * len(made), len(made), 1)
    for axis, (net, one) in zip(axes[:, 0], made.items(), strict=True):
        _violins(axis, one, kind)
        axis.set_title(
            f"{TITLES[net]}, test set: right (left) and wrong (right)", fontsize=10, loc="left",
            pad=16,
        )  # fmt: skip
        axis.set_ylabel("expected log10 e", fontsize=9)
    return drawn


def _violins(axis: Axes, made: Map, kind: str) -> None:
    ex = made.examples
    known = ex.test & (ex.labels >= 0)
    for k in range(len(made.classes)):
        own = known & (ex.labels == k)
        for side, colour, rows in (
            (-0.2, plot_style.RIGHT, own & ~ex.wrong),
            (0.2, plot_style.WRONG, own & ex.wrong),
        ):
            _violin(axis, ex.expected[kind][rows], k + side, colour)
        share = float((~ex.wrong[own]).mean()) if own.any() else float("nan")
        axis.text(
            k, 1.02, f"{share:.1%}", ha="center", fontsize=8, transform=axis.get_xaxis_transform()
        )
    axis.set_xticks(range(len(made.classes)), made.classes, fontsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.yaxis.set_major_locator(MaxNLocator(6))
    axis.grid(axis="y", color=plot_style.FAINT, lw=0.7)
    axis.set_axisbelow(True)


def _violin(axis: Axes, values: Any, at: float, colour: str) -> None:
    if len(values) < 3 or not np.ptp(values):
        axis.plot([at] * len(values), values, "o", ms=3, color=colour)
        return
    body = axis.violinplot([values], [at], widths=0.36, showmedians=True, showextrema=False)
    for part in body["bodies"]:  # type: ignore[attr-defined]
        part.set(facecolor=colour, alpha=0.75, edgecolor="none")
    body["cmedians"].set(color=plot_style.INK, linewidth=1.2)
