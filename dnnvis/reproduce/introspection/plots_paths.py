"""Figure 5, constellations of one noisy picture, and figure 6, paths of attacks."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnnvis.introspect.map import Map
from dnnvis.reproduce.introspection import plot_style
from dnnvis.reproduce.introspection.config import TITLES
from dnnvis.reproduce.introspection.noise import SHOWN
from dnnvis.reproduce.introspection.plots_units import picture

STRETCHED = 0.98  # share of the changes that are drawn within the range of colours
Arrays = dict[str, NDArray[Any]]


def constellations(made: dict[str, Map], drawn_of: dict[str, Arrays]) -> Figure:
    """Figure 5: a row for each network; the test set, then the noisy copies of one picture at
    rising sigma, each in the colour of the class that the network says, with lines from the
    place of the picture without noise."""
    rows = list(made)
    drawn, axes = plot_style.figure(13, 3.2 * len(rows) + 0.4, len(rows), 1 + len(SHOWN))
    for line, net in zip(axes, rows, strict=True):
        one, held = made[net], drawn_of[net]
        dots = plot_style.evenly(np.flatnonzero(one.examples.test), 3000)
        plot_style.dots(line[0], one, dots)
        line[0].set_title(f"{TITLES[net]}: test set", fontsize=9.5)
        for axis, sigma in zip(line[1:], SHOWN, strict=True):
            plot_style.dots(axis, one, dots, 1.0, 0.22)
            _constellation(axis, one, held, f"{sigma:g}")
    plot_style.class_legend(drawn, one.classes, loc="outside lower center", ncols=len(one.classes))
    return drawn


def _constellation(axis: Axes, made: Map, held: Arrays, sigma: str) -> None:
    z, said, centre = held[f"z {sigma}"], held[f"predicted {sigma}"], held["centre"]
    for place in z:
        axis.plot(
            [centre[0], place[0]], [centre[1], place[1]], color=plot_style.INK, lw=0.3, alpha=0.35
        )
    inks = plot_style.inks(len(made.classes))[said]
    plot_style.scatter(axis, z, s=9, c=inks, edgecolors=plot_style.INK, linewidths=0.25, zorder=3)
    axis.plot(*centre, "+", color=plot_style.INK, ms=9, mew=1.6, zorder=4)
    wrong = float((said != held["label"][0]).mean())
    axis.set_title(f"sigma {sigma}: {wrong:.1%} wrong", fontsize=9.5)
    inset = axis.inset_axes((0.76, 0.76, 0.24, 0.24))
    picture(inset, held[f"picture {sigma}"])
    plot_style.bare(inset)


def attacks(made: Map, held: Arrays, title: str) -> Figure:
    """Figure 6: for each picture its attacks' paths on the map (the ground: expected log10 e),
    and the picture after the last step with what was added to it (white or grey: nothing); framed
    in the target's colour where it was reached, else with the class that the network says."""
    many, each = held["targets"].shape
    drawn, axes = plot_style.figure(
        13.5, 2.75 * many + 0.5, 2 * many, 2 + each, width_ratios=[1, 2.4] + [1] * each
    )
    inks = plot_style.inks(len(made.classes))
    for row in range(many):
        upper, lower = axes[2 * row], axes[2 * row + 1]
        picture(upper[0], held["clean"][row])
        upper[0].set_title(made.classes[int(held["labels"][row])], fontsize=8)
        lower[0].axis("off")
        _paths(_tall(drawn, upper[1], lower[1]), made, held, row)
        for k in range(each):
            target = int(held["targets"][row, k])
            won = held["predicted"][row, k] == target
            _attacked(upper[2 + k], lower[2 + k], held, (row, k))
            words = _said(made, target, int(held["predicted"][row, k]), int(held["labels"][row]))
            upper[2 + k].set_title(
                words, fontsize=7, color=plot_style.INK if won else plot_style.GREY
            )
            for spine in upper[2 + k].spines.values():
                spine.set(
                    color=inks[target] if won else plot_style.FAINT, linewidth=2.5 if won else 0.8
                )
    drawn.suptitle(title, fontsize=10)
    plot_style.class_legend(
        drawn, made.classes, loc="outside lower center", ncols=len(made.classes)
    )
    return drawn


def _said(made: Map, target: int, said: int, label: int) -> str:
    """The target, and what became of it."""
    if said == target:
        return made.classes[target]
    return f"{made.classes[target]}: " + ("resisted" if said == label else made.classes[said])


def _tall(drawn: Figure, upper: Axes, lower: Axes) -> Axes:
    """Two axes, one above the other, as one."""
    places = upper.get_subplotspec(), lower.get_subplotspec()
    assert places[0] is not None and places[1] is not None
    top, column = places[0].rowspan.start, places[0].colspan.start
    grid: Any = places[0].get_gridspec()
    upper.remove()
    lower.remove()
    made = drawn.add_subplot(grid[top : top + 2, column])
    plot_style.bare(made)
    return made


def _paths(axis: Axes, made: Map, held: Arrays, row: int) -> None:
    plot_style.field(axis, made)
    plot_style.frame(axis, np.concatenate([made.z, held["z"][row].reshape(-1, 2)]))
    inks = plot_style.inks(len(made.classes))
    for k, target in enumerate(held["targets"][row]):
        z = held["z"][row, k]
        won = held["predicted"][row, k] == target
        axis.plot(z[:, 0], z[:, 1], color="white", lw=2.2, alpha=0.8)
        axis.plot(
            z[:, 0], z[:, 1], color=inks[target], lw=1.3, ls="-" if won else (0, (1.5, 1)), zorder=3
        )
        axis.plot(*z[-1], "o" if won else "X", color=inks[target], ms=4, mec="black", mew=0.4,
                  zorder=4)  # fmt: skip
    axis.plot(*held["z"][row, 0, 0], "+", color="white", ms=10, mew=2, zorder=5)


def _attacked(upper: Axes, lower: Axes, held: Arrays, at: tuple[int, int]) -> None:
    picture(upper, held["x"][at])
    moved = held["moved"][at]
    reach = max(float(np.quantile(np.abs(held["moved"]), STRETCHED)), 1e-6)
    if moved.shape[2] == 1:
        picture(lower, moved, cmap="RdBu_r", vmin=-reach, vmax=reach)
    else:
        picture(lower, np.clip(0.5 + moved / (2 * reach), 0, 1), vmin=0, vmax=1)
