"""The figures, one dot per seed: scores, what the adversarial stage adds, order of learning.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; shapes say the
same again.
"""

import io
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.results import Numbers, Results, RowResult, mean

DPI = 150
COLOURS = 200
INK, FAINT = "#222222", "#d9d9d9"
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a8a8a"
LANES = {"plain": (BLUE, "o", "without the stage"), "adversarial": (ORANGE, "s", "with it")}
STATES = (BLUE, GREEN, PURPLE)  # state 1, 2, 3
TITLES = {"half": "fresh boards (half)", "chain": "the published code's boards (chain)"}
SPREAD = 0.16  # of a row's height, over which the seeds' dots lie


def write_plots(found: Results, folder: Path) -> list[str]:
    """scores.png, adversarial.png and order.png, as far as there is anything to show; the names
    of those written. Raises OSError."""
    drawn = {
        "scores.png": scores(found),
        "adversarial.png": stage(found),
        "order.png": order(found),
    }
    for name, figure in drawn.items():
        if figure is not None:
            fresh = folder / f"{name}.new"
            _save(figure, fresh)
            os.replace(fresh, folder / name)
    return [name for name, figure in drawn.items() if figure is not None]


def _save(figure: Figure, place: Path) -> None:
    """As a PNG of COLOURS colours, a third as large as one of all of them."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=DPI, format="png")
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            place, "PNG", optimize=True, dpi=(DPI, DPI)
        )


def scores(found: Results) -> Figure | None:
    """A dot for each run without and with the stage, and the paper's mean."""
    rows = [result for result in found.rows if result.records]
    if not any(result.numbers("plain", start) for result in rows for start in STARTS):
        return None
    figure, axes = _figure(10, 1.2 + 0.74 * len(rows), 1, len(STARTS))
    for axis, start in zip(axes, STARTS, strict=True):
        _rows(axis, rows)
        axis.set_title(TITLES[start], fontsize=11)
        axis.set_xlabel("the paper's number, equation 1")
        highest = [_lanes(axis, place, result, start) for place, result in enumerate(rows)]
        axis.set_xlim(-0.16, max(1.0, *highest) + 0.08)
        axis.set_xticks([tick / 4 for tick in range(int(4 * max(1.0, *highest)) + 1)])
    axes[1].set_yticklabels([])
    marks = [_mark(colour, shape, words) for colour, shape, words in LANES.values()]
    marks += [
        Line2D([], [], color=INK, marker="|", ms=11, mew=2, ls="", label="mean of the runs"),
        _mark(INK, "D", "paper (greater of both)", mfc="white", ms=7),
        _mark(GREY, "x", "failed run"),
    ]
    _legend(figure, marks)
    return figure


def _lanes(axis: Axes, place: int, result: RowResult, start: str) -> float:
    """Both lanes of a row; the greatest value in them."""
    greatest = result.row.paper
    for lane, (stage_, (colour, shape, _)) in enumerate(LANES.items()):
        y = place + (-0.21, 0.21)[lane]
        numbers = result.numbers(stage_, start)
        _dots(axis, numbers, y, colour, shape)
        value = mean(list(numbers.values()))
        if value is not None:
            axis.plot([value], [y], marker="|", ms=21, mew=1.6, color=INK, zorder=2)
        greatest = max(greatest, *numbers.values(), 0.0)
    axis.plot(
        [result.row.paper], [place], marker="D", ms=7, mfc="white", mec=INK, mew=1.4, zorder=5
    )
    for k in range(len(result.failed)):
        axis.plot(
            [-0.09 + 0.03 * (k % 2)], [place - 0.3 + 0.15 * k], "x", color=GREY, ms=6, mew=1.4
        )
    return greatest


def stage(found: Results) -> Figure | None:
    """Lines from each run without the stage to the same run with it, and with its control."""
    rows = [r for r in found.rows if r.low or (r.row.without is not None and r.survivors)]
    if not any(result.numbers("adversarial", start) for result in rows for start in STARTS):
        return None
    width = max(6.0, 1.2 + 2.1 * len(rows))
    figure, axes = _figure(width, 6.4, len(STARTS), len(rows))
    for line, start in zip(_lines_of(axes, len(rows)), STARTS, strict=True):
        top = max([1.0, *(v for r in rows for k in LANES for v in r.numbers(k, start).values())])
        for axis, result in zip(line, rows, strict=True):
            _pairs(axis, result, start)
            axis.set(xlim=(-0.4, 2.5), ylim=(-0.06, top + 0.08))
            axis.tick_params(labelleft=axis is line[0])
            if start == STARTS[0]:
                axis.set_title(result.row.title.replace(", ", ",\n"), fontsize=10)
        line[0].set_ylabel(f"{start}\nthe paper's number")
    marks = [
        _mark(BLUE, "o", "without the stage"), _mark(ORANGE, "s", "with it"),
        _mark(GREY, "^", "control: same steps, no discriminator"),
        _mark(INK, "D", "paper's means", mfc="white"),
    ]  # fmt: skip
    _legend(figure, marks)
    return figure


def _pairs(axis: Axes, result: RowResult, start: str) -> None:
    columns = {"control": (GREY, "^"), "plain": (BLUE, "o"), "adversarial": (ORANGE, "s")}
    numbers = {name: result.numbers(name, start) for name in columns}
    for x, other in ((0, "control"), (2, "adversarial")):
        for seed, value in numbers[other].items():
            if seed in numbers["plain"]:
                ends = [numbers["plain"][seed], value]
                axis.plot([1, x], ends, color=columns[other][0], lw=1.2, alpha=0.7, zorder=2)
    for x, (name, (colour, shape)) in enumerate(columns.items()):
        values = list(numbers[name].values())
        axis.plot(
            [x] * len(values), values, shape, color=colour, ms=6, mec="white", mew=0.6, zorder=3
        )
    for place, paper in ((1.18, result.row.without), (2.18, result.row.after)):
        if paper is not None:
            axis.plot([place], [paper], "D", mfc="white", mec=INK, mew=1.2, ms=6, zorder=4)
    axis.set_xticks([0, 1, 2], ["control", "without", "with"], fontsize=8)
    axis.grid(axis="y", color=FAINT, lw=0.8)


def order(found: Results) -> Figure | None:
    """Accuracy of each state around the step at which the final one is learnt, for the runs of 3
    steps, and each state's lead in all rows."""
    rows = [result for result in found.rows if result.states and result.survivors]
    shown = [result for result in rows if result.row.name in ("3", "3-faithful")]
    if not rows:
        return None
    figure, axes = _figure(10, 4.0 + 0.42 * len(rows), 2, 2, heights=(3.0, 0.9 + 0.42 * len(rows)))
    for axis in axes[len(shown) : 2]:
        axis.axis("off")
    for axis, result in zip(axes, shown, strict=False):
        _curves(axis, result)
    wide = _joined(figure, axes)
    _leads(wide, rows)
    marks = [_mark(colour, "o", f"state {k}", lw=1.6) for k, colour in enumerate(STATES, 1)] + [
        Line2D([], [], color=INK, lw=1.6, label="final state"),
        Line2D([], [], color=INK, marker="|", ms=11, mew=2, ls="", label="mean of the runs"),
    ]
    _legend(figure, marks)
    return figure


def _curves(axis: Axes, result: RowResult) -> None:
    when = result.learnt("final")
    for record in result.survivors:
        training, final = record.training, when[record.seed]
        if final is None:
            continue
        steps = [line[0] - final for line in training.curve]
        names = [*result.states, "accuracy"]
        for name, colour in zip(names, (*STATES[: len(names) - 1], INK), strict=True):
            place = training.columns.index(name)
            values = [line[place] for line in training.curve]
            axis.plot(steps, values, color=colour, lw=1.1, alpha=0.75)
    axis.axhline(0.98, color=GREY, lw=0.8, ls=":")
    axis.axvline(0, color=GREY, lw=0.8, ls=":")
    axis.set_ylim(0.68, 1.01)
    axis.set_title(result.row.title, fontsize=11)
    axis.set_xlim(*_around(result))
    axis.set_xlabel("steps after the final state was learnt")
    axis.set_ylabel("cells right")


def _around(result: RowResult) -> tuple[float, float]:
    """From well before the first state was learnt to a little after the last."""
    leads = [v for state in result.states for v in result.leads(state).values()]
    before = 1.4 * max([350.0, *leads])
    return -before, 0.35 * before


def _leads(axis: Axes, rows: Sequence[RowResult]) -> None:
    _rows(axis, rows)
    for place, result in enumerate(rows):
        height = 0.62 / max(1, len(result.states))
        for k, state in enumerate(result.states):
            y = place + (k - (len(result.states) - 1) / 2) * height
            leads = result.leads(state)
            _dots(axis, leads, y, STATES[k], "o", height / 2)
            value = mean(list(leads.values()))
            if value is not None:
                axis.plot([value], [y], marker="|", ms=13, mew=1.6, color=INK, zorder=2)
            never = sum(step is None for step in result.learnt(state).values())
            if never:
                axis.annotate(
                    f"state {k + 1}: never in {never}", (1.0, y),
                    xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=7,
                    color=STATES[k],
                )  # fmt: skip
    axis.axvline(0, color=INK, lw=0.8)
    least, most = axis.get_xlim()
    axis.set_xlim(least, most + 0.12 * (most - least))  # room for those that never were
    axis.set_xlabel("steps by which a state is learnt before the final one")


# ---- what the figures share ---------------------------------------------------------------


def _figure(
    width: float, height: float, rows: int, columns: int, heights: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = {"height_ratios": heights} if heights else {}
    axes: Any = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9, color=GREY)
        axis.title.set_fontsize(11)
    return figure, list(axes.flat)


def _lines_of(axes: Sequence[Axes], columns: int) -> list[Sequence[Axes]]:
    return [axes[k : k + columns] for k in range(0, len(axes), columns)]


def _joined(figure: Figure, axes: Sequence[Axes]) -> Axes:
    """The two lower of four axes as one."""
    grid: Any = axes[2].get_gridspec()
    for axis in axes[2:]:
        axis.remove()
    wide = figure.add_subplot(grid[1, :])
    wide.spines[["top", "right"]].set_visible(False)
    wide.tick_params(labelsize=9, color=GREY)
    return wide


def _rows(axis: Axes, rows: Sequence[RowResult]) -> None:
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_yticks(range(len(rows)), [_titled(result) for result in rows])
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color=FAINT, lw=0.8)
    for place in range(0, len(rows), 2):
        axis.axhspan(place - 0.5, place + 0.5, color="#f6f6f6", lw=0, zorder=0)
    axis.set_axisbelow(True)


def _titled(result: RowResult) -> str:
    return f"{result.row.title}\n{len(result.survivors)} of {len(result.records)} runs"


def _dots(
    axis: Axes, numbers: Numbers, y: float, colour: str, shape: str, spread: float = SPREAD
) -> None:
    """A dot each, a little apart in the order of the seeds, so that equal ones are seen."""
    count = max(1, len(numbers) - 1)
    places = [y + spread * (2 * k / count - 1) for k in range(len(numbers))]
    if len(numbers) == 1:
        places = [y]
    axis.plot(
        list(numbers.values()), places, shape, color=colour, ms=5.5, mec="white", mew=0.6,
        alpha=0.9, zorder=3,
    )  # fmt: skip


def _mark(colour: str, shape: str, words: str, **more: Any) -> Line2D:
    style: dict[str, Any] = {"ls": "-" if "lw" in more else "", "ms": 6, **more}
    return Line2D([], [], color=colour, marker=shape, label=words, **style)


def _legend(figure: Figure, marks: Iterable[Line2D]) -> None:
    found = list(marks)
    figure.legend(
        handles=found, loc="outside lower center", ncols=math.ceil(len(found)), frameon=False,
        fontsize=9, handletextpad=0.4, columnspacing=1.4,
    )  # fmt: skip
