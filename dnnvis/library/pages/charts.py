"""Draw small charts for a page, as SVG and plain HTML; each also has its numbers as text."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.formatting import format_page_number, format_percent
from dnnvis.library.pages.html import Html, tag

CHART_WIDTH, CHART_HEIGHT = 640, 180


def render_meter(value: float, maximum: float, mark: float | None = None) -> Html:
    """Return a bar from 0 to ``value``; it has no text for screen readers.

    Args:
        value: Length of the bar.
        maximum: Value of a full bar.
        mark: Value with a line; None for no line.
    """
    full = 100 * min(max(value / maximum, 0), 1) if maximum > 0 else 0
    line = None
    if mark is not None:
        line = tag("span", class_="mark", style=f"left:{100 * mark / maximum:.1f}%")
    fill = tag("span", class_="fill", style=f"width:{full:.1f}%")
    return tag("span", fill, line, class_="meter", aria_hidden="true")


def render_bars(rows: Sequence[tuple[str, float, str]], headers: tuple[str, str]) -> Html:
    """Return a table with a bar in each row, of rows (name, value, text of the value)."""
    maximum = max((value for _, value, _ in rows), default=1.0)
    body = [
        tag(
            "tr",
            tag("th", tag("bdi", name), scope="row"),
            tag("td", render_meter(value, maximum)),
            tag("td", text, class_="right"),
        )
        for name, value, text in rows
    ]
    head = tag(
        "tr", tag("th", headers[0], scope="col"), tag("th", headers[1], scope="col", colspan=2)
    )
    return tag("table", tag("thead", head), tag("tbody", body), class_="bars")


def render_histogram(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> Html:
    """Return the counts (bins,) between edges (bins + 1,) as a bar chart.

    Over the bins from the first to the last that is not empty; of equal width, heights logarithmic.
    """
    filled = np.flatnonzero(counts)
    if not len(filled):
        return tag("p", "Nothing was counted.")
    first, last = int(filled[0]), int(filled[-1])
    shown = counts[first : last + 1]
    heights = np.log1p(shown) / np.log1p(shown.max())
    step = CHART_WIDTH / len(shown)
    columns = [
        tag(
            "rect",
            tag("title", _describe_bin(edges, first + k, int(count), int(counts.sum()))),
            x=round(k * step + 0.5, 2),
            width=round(max(step - 1, 0.5), 2),
            y=round(CHART_HEIGHT * (1 - height), 2),
            height=round(CHART_HEIGHT * height, 2),
            class_="bar" if edges[first + k + 1] > 0 else "bar below",
        )
        for k, (count, height) in enumerate(zip(shown, heights, strict=True))
        if count
    ]
    return _render_svg(
        columns + _render_ticks(edges, first, last, step), _describe_histogram(counts, edges)
    )


def _describe_bin(edges: NDArray[np.float64], k: int, count: int, total: int) -> str:
    return (
        f"above {format_page_number(edges[k])}, up to {format_page_number(edges[k + 1])}: "
        f"{count:,} values ({format_percent(count / total)})"
    )


def _render_ticks(edges: NDArray[np.float64], first: int, last: int, step: float) -> list[Html]:
    """Return about eight labeled edges, 0 among them."""
    every = max(1, round((last - first + 1) / 8))
    zero = int(np.argmin(np.abs(edges)))
    marks = []
    for k in range(first, last + 2):
        if (k - zero) % every == 0 and np.isfinite(edges[k]):
            x = round((k - first) * step, 2)
            marks.append(
                tag("line", x1=x, x2=x, y1=CHART_HEIGHT, y2=CHART_HEIGHT + 5, class_="tick")
            )
            anchor = "start" if x < 15 else "end" if x > CHART_WIDTH - 15 else "middle"
            label = format_page_number(edges[k])
            marks.append(tag("text", label, x=x, y=CHART_HEIGHT + 20, text_anchor=anchor))
    return marks


def _describe_histogram(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> str:
    above = counts[edges[:-1] >= 0].sum() / counts.sum()
    filled = np.flatnonzero(counts)
    return (
        f"Histogram of {int(counts.sum()):,} activations between "
        f"{format_page_number(edges[filled[0]])} and {format_page_number(edges[filled[-1] + 1])}; "
        f"{format_percent(float(above))} lie above 0."
    )


def _render_svg(parts: Sequence[Html], label: str) -> Html:
    return tag(
        "svg",
        tag("title", label),
        *parts,
        viewBox=f"0 0 {CHART_WIDTH} {CHART_HEIGHT + 26}",
        role="img",
        aria_label=label,
        class_="chart",
    )


def render_curves(values: NDArray[np.float32]) -> Html:
    """Return the objective (steps,) or (steps, N) at each step, as lines."""
    lines = values.reshape(len(values), -1).T  # (N, steps)
    finite = np.isfinite(lines)
    if lines.shape[1] < 2 or not finite.any():
        return Html("")
    lowest, highest = float(lines[finite].min()), float(lines[finite].max())
    value_range = (highest - lowest) or 1.0
    width, height = 240, 60
    drawn = [
        tag(
            "polyline",
            points=" ".join(
                f"{width * k / (len(line) - 1):.1f},"
                f"{height * (1 - (value - lowest) / value_range):.1f}"
                for k, value in enumerate(line)
                if np.isfinite(value)
            ),
            class_="curve",
        )
        for line in lines
    ]
    label = (
        f"Objective over {lines.shape[1]} steps, from {format_page_number(lowest)} "
        f"to {format_page_number(highest)}."
    )
    return tag(
        "svg",
        tag("title", label),
        *drawn,
        viewBox=f"-2 -2 {width + 4} {height + 4}",
        role="img",
        aria_label=label,
        class_="spark",
        preserveAspectRatio="none",
    )
