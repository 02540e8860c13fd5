"""Draw the figures of the rows beyond the Game of Life."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.reproduce.beyond.runner import BeyondRecord
from dnnvis.reproduce.introspection.plot_style import GRAY, new_figure, save_png
from dnnvis.sources.mazes.truths import CANDIDATES

CHESS_CONTROLS = {
    "mixture of the ends": "mixture\nof the ends",
    "probe of the ends": "probe\nof the ends",
    "probe untrained": "probe,\nuntrained",
    "probe shuffled": "probe,\nshuffled",
    "copy of the first": "copy of\nthe first",
    "copy of the last": "copy of\nthe last",
}
# Okabe & Ito's colors, which people with color blindness can tell apart, and a dash of black.
COLORS = ("#0072b2", "#56b4e9", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#000000")


def draw_figures(row: str, records: Sequence[BeyondRecord], out: Path) -> list[str]:
    """Draw the figures of a row into a folder; return the names of their files."""
    drawers: dict[str, Callable[[Sequence[dict[str, Any]], Path], list[str]]] = {
        "maze": _draw_maze,
        "chess": _draw_chess,
    }
    scores = [dict(record.scores) for record in records]
    return drawers[row](scores, out) if row in drawers else _draw_growth(row, scores, out)


def _draw_growth(row: str, scores: Sequence[dict[str, Any]], out: Path) -> list[str]:
    figure, axes = new_figure(6, 3.2, 1, 1)
    axis = axes[0, 0]
    names = {"grown": "grown", "damaged": "a half erased", "healed": "healed", "lasting": "lasting"}
    for k, key in enumerate(names):
        mean = float(np.mean([score[key]["mean"] for score in scores]))
        worst = max(score[key]["worst"] for score in scores)
        axis.bar(k, mean, color=COLORS[0], width=0.6)
        axis.plot([k, k], [mean, worst], color="#000000", linewidth=1)
    axis.axhline(scores[0]["goal"], color=COLORS[3], linewidth=1, label="goal")
    axis.axhline(scores[0]["empty"], color=GRAY, linewidth=1, label="an empty grid")
    axis.set_yscale("log")
    ticks = [0.001, 0.01, 0.1]
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.set(ylabel="mean squared error", xticks=range(len(names)), ylim=(0.001, 1))
    axis.set_xticklabels(list(names.values()))
    axis.legend(frameon=False, fontsize=8)
    save_png(figure, out / f"{row}.png")
    return [f"{row}.png"]


def _draw_maze(scores: Sequence[dict[str, Any]], out: Path) -> list[str]:
    figure, axes = new_figure(13, 3.9, 1, 3)
    _plot_accuracy(axes[0, 0], scores)
    for axis, key, title in (
        (axes[0, 1], "each", "what the decoder shows"),
        (axes[0, 2], "probe each", "what a linear probe reads"),
    ):
        for name, color in zip(CANDIDATES, COLORS, strict=True):
            lines = np.array([score["follows"][name][key] for score in scores])
            steps = np.arange(1, lines.shape[1] + 1)
            axis.plot(steps, lines.mean(0), color=color, label=name, linewidth=1.6)
            axis.fill_between(steps, lines.min(0), lines.max(0), color=color, alpha=0.12)
        axis.set(title=title, xlabel="step", ylabel="correlation with the candidate")
        axis.set(xticks=range(0, 20, 5), yticks=[0, 0.25, 0.5, 0.75, 1], ylim=(-0.1, 1.02))
        axis.axhline(0, color=GRAY, linewidth=0.6)
    handles, names = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center", frameon=False, fontsize=8)
    save_png(figure, out / "maze.png")
    return ["maze.png"]


def _plot_accuracy(axis: Any, scores: Sequence[dict[str, Any]]) -> None:
    for side, color in zip(scores[0]["accuracy"], COLORS, strict=False):
        steps = [int(count) for count in scores[0]["accuracy"][side]]
        lines = 100 * np.array([list(score["accuracy"][side].values()) for score in scores])
        axis.plot(steps, lines.mean(0), color=color, marker="o", markersize=3)
        axis.fill_between(steps, lines.min(0), lines.max(0), color=color, alpha=0.15)
        best = int(lines.mean(0).argmax())
        axis.annotate(
            f"{side} x {side}",
            (steps[best], lines.mean(0)[best]),
            (0, -12),
            textcoords="offset points",
            color=color,
            fontsize=8,
            ha="center",
        )
    axis.set_xscale("log")
    axis.set(title="exact paths by number of steps", xlabel="steps", ylabel="exact paths (%)")
    ticks = [5, 10, 20, 40, 80, 200]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_xticks([], minor=True)
    axis.set(yticks=range(0, 101, 25), ylim=(-2, 103))


def _draw_chess(scores: Sequence[dict[str, Any]], out: Path) -> list[str]:
    figure, axes = new_figure(13, 4.2, 1, 3)
    for axis, key, title in (
        (axes[0, 0], "decoder", "what the decoder shows"),
        (axes[0, 1], "probe", "what a linear probe reads"),
    ):
        table = np.mean([score[key]["position"] for score in scores], 0)
        _draw_fractions(axis, table, title)
        axis.set(yticks=range(len(table)), ylabel="state of the network")
    rows = [
        np.mean([score[key]["position"] for score in scores], 0).max(0) for key in CHESS_CONTROLS
    ]
    _draw_fractions(axes[0, 2], np.array(rows), "controls")
    axes[0, 2].set_yticks(range(len(rows)), list(CHESS_CONTROLS.values()))
    save_png(figure, out / "chess.png")
    return ["chess.png"]


def _draw_fractions(axis: Any, table: np.ndarray[Any, Any], title: str) -> None:
    """Draw fractions (rows, plies) of positions with all pieces right, in percent."""
    axis.imshow(table, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    for row, ply in np.ndindex(*table.shape):
        value = table[row, ply]
        color = "#ffffff" if value < 0.6 else "#000000"
        axis.text(ply, row, f"{100 * value:.0f}", ha="center", va="center", color=color)
    axis.set(title=f"{title} (%)", xlabel="position after ply", xticks=range(table.shape[1]))
