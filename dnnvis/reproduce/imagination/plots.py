"""The figures, one dot per seed: scores, what the adversarial stage adds, order of learning.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; shapes say the
same again.
"""

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from dnnvis.core.stable_file import replace_file
from dnnvis.reproduce.imagination.evaluation import STARTS
from dnnvis.reproduce.imagination.results import ImaginationResults, Numbers, RowResult, mean

DPI = 150
PNG_COLORS = 200
TEXT_COLOR, GRID_COLOR = "#222222", "#d9d9d9"
BLUE, ORANGE, GREEN, PURPLE, GRAY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a8a8a"
STAGE_STYLES = {"plain": (BLUE, "o", "without the stage"), "adversarial": (ORANGE, "s", "with it")}
STATE_COLORS = (BLUE, GREEN, PURPLE)  # state 1, 2, 3
START_TITLES = {"half": "fresh boards (half)", "chain": "the published code's boards (chain)"}
SEED_SPREAD = 0.16  # of a row's height, over which the seeds' dots lie


def write_plots(results: ImaginationResults, folder: Path) -> list[str]:
    """Draw scores.png, adversarial.png and order.png, as far as there is anything to show.

    Returns the names of those written. Raises OSError.
    """
    figures = {
        "scores.png": plot_scores(results),
        "adversarial.png": plot_stage_gains(results),
        "order.png": plot_learning_order(results),
    }
    for name, figure in figures.items():
        if figure is not None:
            with replace_file(folder / name) as temporary:
                _save_png(figure, temporary)
    return [name for name, figure in figures.items() if figure is not None]


def _save_png(figure: Figure, path: Path) -> None:
    """Save a PNG of PNG_COLORS colors, a third as large as one of all of them."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=DPI, format="png")
    with Image.open(buffer) as picture:
        picture.convert("RGB").quantize(PNG_COLORS, dither=Image.Dither.NONE).save(
            path, "PNG", optimize=True, dpi=(DPI, DPI)
        )


def plot_scores(results: ImaginationResults) -> Figure | None:
    """Draw a dot for each run without and with the stage, and the paper's mean."""
    rows = [result for result in results.rows if result.records]
    if not any(result.numbers("plain", start) for result in rows for start in STARTS):
        return None
    figure, axes = _new_figure(10, 1.2 + 0.74 * len(rows), 1, len(STARTS))
    for axis, start in zip(axes, STARTS, strict=True):
        _label_rows(axis, rows)
        axis.set_title(START_TITLES[start], fontsize=11)
        axis.set_xlabel("the paper's number, equation 1")
        highest = [_draw_scores(axis, row_y, result, start) for row_y, result in enumerate(rows)]
        axis.set_xlim(-0.16, max(1.0, *highest) + 0.08)
        axis.set_xticks([tick / 4 for tick in range(int(4 * max(1.0, *highest)) + 1)])
    axes[1].set_yticklabels([])
    marks = [_legend_mark(color, marker, label) for color, marker, label in STAGE_STYLES.values()]
    marks += [
        Line2D([], [], color=TEXT_COLOR, marker="|", ms=11, mew=2, ls="", label="mean of the runs"),
        _legend_mark(TEXT_COLOR, "D", "paper (greater of both)", mfc="white", ms=7),
        _legend_mark(GRAY, "x", "failed run"),
    ]
    _add_legend(figure, marks)
    return figure


def _draw_scores(axis: Axes, row_y: int, result: RowResult, start: str) -> float:
    """Both lanes of a row; the greatest value in them."""
    greatest = result.row.paper
    for lane, (stage, (color, marker, _)) in enumerate(STAGE_STYLES.items()):
        y = row_y + (-0.21, 0.21)[lane]
        numbers = result.numbers(stage, start)
        _draw_dots(axis, numbers, y, color, marker)
        value = mean(list(numbers.values()))
        if value is not None:
            axis.plot([value], [y], marker="|", ms=21, mew=1.6, color=TEXT_COLOR, zorder=2)
        greatest = max(greatest, *numbers.values(), 0.0)
    axis.plot(
        [result.row.paper],
        [row_y],
        marker="D",
        ms=7,
        mfc="white",
        mec=TEXT_COLOR,
        mew=1.4,
        zorder=5,
    )
    for k in range(len(result.failed_runs)):
        axis.plot(
            [-0.09 + 0.03 * (k % 2)], [row_y - 0.3 + 0.15 * k], "x", color=GRAY, ms=6, mew=1.4
        )
    return greatest


def plot_stage_gains(results: ImaginationResults) -> Figure | None:
    """Draw lines from each run without the stage to the same run with it, and its control."""
    rows = [
        r for r in results.rows if r.low_runs or (r.row.paper_without is not None and r.survivors)
    ]
    if not any(result.numbers("adversarial", start) for result in rows for start in STARTS):
        return None
    width = max(6.0, 1.2 + 2.1 * len(rows))
    figure, axes = _new_figure(width, 6.4, len(STARTS), len(rows))
    for line, start in zip(_split_by_row(axes, len(rows)), STARTS, strict=True):
        top = max(
            [1.0, *(v for r in rows for k in STAGE_STYLES for v in r.numbers(k, start).values())]
        )
        for axis, result in zip(line, rows, strict=True):
            _draw_pairs(axis, result, start)
            axis.set(xlim=(-0.4, 2.5), ylim=(-0.06, top + 0.08))
            axis.tick_params(labelleft=axis is line[0])
            if start == STARTS[0]:
                axis.set_title(result.row.title.replace(", ", ",\n"), fontsize=10)
        line[0].set_ylabel(f"{start}\nthe paper's number")
    marks = [
        _legend_mark(BLUE, "o", "without the stage"),
        _legend_mark(ORANGE, "s", "with it"),
        _legend_mark(GRAY, "^", "control: same steps, no discriminator"),
        _legend_mark(TEXT_COLOR, "D", "paper's means", mfc="white"),
    ]
    _add_legend(figure, marks)
    return figure


def _draw_pairs(axis: Axes, result: RowResult, start: str) -> None:
    columns = {"control": (GRAY, "^"), "plain": (BLUE, "o"), "adversarial": (ORANGE, "s")}
    numbers = {name: result.numbers(name, start) for name in columns}
    for x, other in ((0, "control"), (2, "adversarial")):
        for seed, value in numbers[other].items():
            if seed in numbers["plain"]:
                ends = [numbers["plain"][seed], value]
                axis.plot([1, x], ends, color=columns[other][0], lw=1.2, alpha=0.7, zorder=2)
    for x, (name, (color, marker)) in enumerate(columns.items()):
        values = list(numbers[name].values())
        axis.plot(
            [x] * len(values), values, marker, color=color, ms=6, mec="white", mew=0.6, zorder=3
        )
    for paper_x, paper in ((1.18, result.row.paper_without), (2.18, result.row.paper_after)):
        if paper is not None:
            axis.plot([paper_x], [paper], "D", mfc="white", mec=TEXT_COLOR, mew=1.2, ms=6, zorder=4)
    axis.set_xticks([0, 1, 2], ["control", "without", "with"], fontsize=8)
    axis.grid(axis="y", color=GRID_COLOR, lw=0.8)


def plot_learning_order(results: ImaginationResults) -> Figure | None:
    """Draw when each state is learnt.

    Accuracy of each state around the step at which the final one is learnt, for the runs of 3
    steps, and each state's lead in all rows.
    """
    rows = [result for result in results.rows if result.states and result.survivors]
    curve_rows = [result for result in rows if result.row.name in ("3", "3-faithful")]
    if not rows:
        return None
    figure, axes = _new_figure(
        10, 4.0 + 0.42 * len(rows), 2, 2, heights=(3.0, 0.9 + 0.42 * len(rows))
    )
    for axis in axes[len(curve_rows) : 2]:
        axis.axis("off")
    for axis, result in zip(axes, curve_rows, strict=False):
        _draw_curves(axis, result)
    leads_axis = _merge_lower_axes(figure, axes)
    _draw_leads(leads_axis, rows)
    marks = [
        _legend_mark(color, "o", f"state {k}", lw=1.6) for k, color in enumerate(STATE_COLORS, 1)
    ] + [
        Line2D([], [], color=TEXT_COLOR, lw=1.6, label="final state"),
        Line2D([], [], color=TEXT_COLOR, marker="|", ms=11, mew=2, ls="", label="mean of the runs"),
    ]
    _add_legend(figure, marks)
    return figure


def _draw_curves(axis: Axes, result: RowResult) -> None:
    learned_steps = result.learned_steps("final")
    for record in result.survivors:
        training, final = record.training, learned_steps[record.seed]
        if final is None:
            continue
        steps = [line[0] - final for line in training.curve]
        names = [*result.states, "accuracy"]
        for name, color in zip(names, (*STATE_COLORS[: len(names) - 1], TEXT_COLOR), strict=True):
            column = training.columns.index(name)
            values = [line[column] for line in training.curve]
            axis.plot(steps, values, color=color, lw=1.1, alpha=0.75)
    axis.axhline(0.98, color=GRAY, lw=0.8, ls=":")
    axis.axvline(0, color=GRAY, lw=0.8, ls=":")
    axis.set_ylim(0.68, 1.01)
    axis.set_title(result.row.title, fontsize=11)
    axis.set_xlim(*_curve_limits(result))
    axis.set_xlabel("steps after the final state was learnt")
    axis.set_ylabel("cells right")


def _curve_limits(result: RowResult) -> tuple[float, float]:
    """From well before the first state was learnt to a little after the last."""
    leads = [v for state in result.states for v in result.leads(state).values()]
    earlier_steps = 1.4 * max([350.0, *leads])
    return -earlier_steps, 0.35 * earlier_steps


def _draw_leads(axis: Axes, rows: Sequence[RowResult]) -> None:
    _label_rows(axis, rows)
    for row_y, result in enumerate(rows):
        height = 0.62 / max(1, len(result.states))
        for k, state in enumerate(result.states):
            y = row_y + (k - (len(result.states) - 1) / 2) * height
            leads = result.leads(state)
            _draw_dots(axis, leads, y, STATE_COLORS[k], "o", height / 2)
            value = mean(list(leads.values()))
            if value is not None:
                axis.plot([value], [y], marker="|", ms=13, mew=1.6, color=TEXT_COLOR, zorder=2)
            never = sum(step is None for step in result.learned_steps(state).values())
            if never:
                axis.annotate(
                    f"state {k + 1}: never in {never}",
                    (1.0, y),
                    xycoords=("axes fraction", "data"),
                    ha="right",
                    va="center",
                    fontsize=7,
                    color=STATE_COLORS[k],
                )
    axis.axvline(0, color=TEXT_COLOR, lw=0.8)
    left, right = axis.get_xlim()
    axis.set_xlim(left, right + 0.12 * (right - left))  # room for those that never were
    axis.set_xlabel("steps by which a state is learnt before the final one")


def _new_figure(
    width: float, height: float, rows: int, columns: int, heights: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = {"height_ratios": heights} if heights else {}
    axes: Any = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9, color=GRAY)
        axis.title.set_fontsize(11)
    return figure, list(axes.flat)


def _split_by_row(axes: Sequence[Axes], columns: int) -> list[Sequence[Axes]]:
    return [axes[k : k + columns] for k in range(0, len(axes), columns)]


def _merge_lower_axes(figure: Figure, axes: Sequence[Axes]) -> Axes:
    """The two lower of four axes as one."""
    grid: Any = axes[2].get_gridspec()
    for axis in axes[2:]:
        axis.remove()
    merged = figure.add_subplot(grid[1, :])
    merged.spines[["top", "right"]].set_visible(False)
    merged.tick_params(labelsize=9, color=GRAY)
    return merged


def _label_rows(axis: Axes, rows: Sequence[RowResult]) -> None:
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_yticks(range(len(rows)), [_row_label(result) for result in rows])
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color=GRID_COLOR, lw=0.8)
    for row_y in range(0, len(rows), 2):
        axis.axhspan(row_y - 0.5, row_y + 0.5, color="#f6f6f6", lw=0, zorder=0)
    axis.set_axisbelow(True)


def _row_label(result: RowResult) -> str:
    return f"{result.row.title}\n{len(result.survivors)} of {len(result.records)} runs"


def _draw_dots(
    axis: Axes, numbers: Numbers, y: float, color: str, marker: str, spread: float = SEED_SPREAD
) -> None:
    """A dot each, a little apart in the order of the seeds, so that equal ones are seen."""
    count = max(1, len(numbers) - 1)
    ys = [y + spread * (2 * k / count - 1) for k in range(len(numbers))]
    if len(numbers) == 1:
        ys = [y]
    axis.plot(
        list(numbers.values()),
        ys,
        marker,
        color=color,
        ms=5.5,
        mec="white",
        mew=0.6,
        alpha=0.9,
        zorder=3,
    )


def _legend_mark(color: str, marker: str, label: str, **options: Any) -> Line2D:
    style: dict[str, Any] = {"ls": "-" if "lw" in options else "", "ms": 6, **options}
    return Line2D([], [], color=color, marker=marker, label=label, **style)


def _add_legend(figure: Figure, marks: Iterable[Line2D]) -> None:
    handles = list(marks)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=math.ceil(len(handles)),
        frameon=False,
        fontsize=9,
        handletextpad=0.4,
        columnspacing=1.4,
    )
