"""Small charts for a page, as SVG and plain HTML; each also says its numbers in words."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dnnvis.library.pages.html import Html, tag

WIDTH, HEIGHT = 640, 180


def number(value: float | None) -> str:
    """Three significant digits: 2.41, 0.00312, 1.2e+06; a dash for None."""
    if value is None or math.isnan(value):
        return "–" if value is None else "not a number"
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if not 1e-3 <= size < 1e5:
        return f"{value:.2e}".replace("-", "−")
    digits = max(0, 2 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}".replace("-", "−")


def share(value: float) -> str:
    """A share in [0, 1] as per cent: 34 %, 0.4 %."""
    per_cent = 100 * float(value)
    return f"{per_cent:.0f} %" if per_cent >= 10 or per_cent == 0 else f"{per_cent:.2g} %"


def meter(value: float, most: float, mark: float | None = None) -> Html:
    """A bar from 0 to ``value`` of ``most``, with a line at ``mark``. Says nothing itself."""
    full = 100 * min(max(value / most, 0), 1) if most > 0 else 0
    line = None
    if mark is not None:
        line = tag("span", class_="mark", style=f"left:{100 * mark / most:.1f}%")
    fill = tag("span", class_="fill", style=f"width:{full:.1f}%")
    return tag("span", fill, line, class_="meter", aria_hidden="true")


def bars(rows: Sequence[tuple[str, float, str]], heads: tuple[str, str]) -> Html:
    """Names with values as a table with a bar in each row: (name, value, said)."""
    most = max((value for _, value, _ in rows), default=1.0)
    body = [
        tag("tr", tag("th", tag("bdi", name), scope="row"), tag("td", meter(value, most)),
            tag("td", said, class_="right"))
        for name, value, said in rows
    ]  # fmt: skip
    head = tag("tr", tag("th", heads[0], scope="col"), tag("th", heads[1], scope="col", colspan=2))
    return tag("table", tag("thead", head), tag("tbody", body), class_="bars")


def histogram(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> Html:
    """The counts (bins,) between edges (bins + 1,), over the bins from the first to the last
    that holds anything; equally wide, their heights logarithmic."""
    filled = np.flatnonzero(counts)
    if not len(filled):
        return tag("p", "Nothing was counted.")
    first, last = int(filled[0]), int(filled[-1])
    shown = counts[first : last + 1]
    heights = np.log1p(shown) / np.log1p(shown.max())
    step = WIDTH / len(shown)
    columns = [
        tag("rect", tag("title", _between(edges, first + k, int(count), int(counts.sum()))),
            x=round(k * step + 0.5, 2), width=round(max(step - 1, 0.5), 2),
            y=round(HEIGHT * (1 - height), 2), height=round(HEIGHT * height, 2),
            class_="bar" if edges[first + k + 1] > 0 else "bar below")
        for k, (count, height) in enumerate(zip(shown, heights, strict=True)) if count
    ]  # fmt: skip
    return _svg(columns + _ticks(edges, first, last, step), _words(counts, edges))


def _between(edges: NDArray[np.float64], k: int, count: int, total: int) -> str:
    return (
        f"above {number(edges[k])}, up to {number(edges[k + 1])}: {count:,} values "
        f"({share(count / total)})"
    )


def _ticks(edges: NDArray[np.float64], first: int, last: int, step: float) -> list[Html]:
    """About eight labelled edges, 0 among them."""
    every = max(1, round((last - first + 1) / 8))
    zero = int(np.argmin(np.abs(edges)))
    marks = []
    for k in range(first, last + 2):
        if (k - zero) % every == 0 and np.isfinite(edges[k]):
            x = round((k - first) * step, 2)
            marks.append(tag("line", x1=x, x2=x, y1=HEIGHT, y2=HEIGHT + 5, class_="tick"))
            anchor = "start" if x < 15 else "end" if x > WIDTH - 15 else "middle"
            words = number(edges[k])
            marks.append(tag("text", words, x=x, y=HEIGHT + 20, text_anchor=anchor))
    return marks


def _words(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> str:
    above = counts[edges[:-1] >= 0].sum() / counts.sum()
    filled = np.flatnonzero(counts)
    return (
        f"Histogram of {int(counts.sum()):,} activations between "
        f"{number(edges[filled[0]])} and {number(edges[filled[-1] + 1])}; "
        f"{share(float(above))} lie above 0."
    )


def _svg(parts: Sequence[Html], words: str) -> Html:
    return tag(
        "svg", tag("title", words), *parts, viewBox=f"0 0 {WIDTH} {HEIGHT + 26}", role="img",
        aria_label=words, class_="chart",
    )  # fmt: skip


def curves(values: NDArray[np.float32]) -> Html:
    """The objective (steps,) or (steps, N) at each step, as lines."""
    lines = values.reshape(len(values), -1).T  # (N, steps)
    finite = np.isfinite(lines)
    if lines.shape[1] < 2 or not finite.any():
        return Html("")
    low, high = float(lines[finite].min()), float(lines[finite].max())
    reach = (high - low) or 1.0
    width, height = 240, 60
    drawn = [
        tag("polyline", points=" ".join(
            f"{width * k / (len(line) - 1):.1f},{height * (1 - (value - low) / reach):.1f}"
            for k, value in enumerate(line) if np.isfinite(value)), class_="curve")
        for line in lines
    ]  # fmt: skip
    words = f"Objective over {lines.shape[1]} steps, from {number(low)} to {number(high)}."
    return tag(
        "svg", tag("title", words), *drawn, viewBox=f"-2 -2 {width + 4} {height + 4}", role="img",
        aria_label=words, class_="spark", preserveAspectRatio="none",
    )  # fmt: skip
