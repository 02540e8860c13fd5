"""Texts and pixels of the Statistics panel, without Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.formatting import format_number, format_percent
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.statistics import LayerView, UnitStatistics
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize

STATISTICS_PENDING = "Reading the statistics of {unit} ..."
MAX_SIDE_PIXELS = 512  # pixels of the drawn matrix's side at most


@dataclass(frozen=True, eq=False)
class Histogram:
    """The bins of a unit's histogram as they are drawn."""

    #: Heights of the bars (n,) in [0, 1]: the logarithm of 1 + count, relative to the greatest.
    heights: NDArray[np.float64]
    #: Counts of the bins (n,).
    counts: NDArray[np.int64]
    #: Edges of the bins (n + 1,), from the first that is not empty to the last.
    edges: NDArray[np.float64]
    #: Positions along the bins, in [0, n], where a value is marked, each with its label.
    marks: tuple[tuple[float, str], ...] = ()
    #: The lowest and the highest value there are.
    ends: tuple[float, float] = (0.0, 0.0)

    def describe_bin(self, k: int) -> str:
        """Describe bin ``k``: ``0.5 to 0.75: 1,234 (2.1 %)``."""
        percentage = 100 * self.counts[k] / max(self.counts.sum(), 1)
        low, high = self.edges[k], self.edges[k + 1]
        if np.isinf(low):
            range_text = tr("up to {high}", high=format_number(high))
        elif np.isinf(high):
            range_text = tr("above {low}", low=format_number(low))
        else:
            ends = {"low": format_number(low), "high": format_number(high)}
            range_text = tr("{low} to {high}", **ends)
        text = "{range}: {count:,} values ({percentage:.1f} %)"
        return tr(text, range=range_text, count=self.counts[k], percentage=percentage)


def build_histogram(statistics: UnitStatistics) -> Histogram:
    """Build the unit's histogram: the bins that are not empty, 0 and the mean marked."""
    used = np.flatnonzero(statistics.counts)
    if not len(used):
        return Histogram(np.zeros(0), np.zeros(0, np.int64), np.zeros(1))
    first, last = int(used[0]), int(used[-1]) + 1
    counts, edges = statistics.counts[first:last], statistics.edges[first : last + 1]
    heights = np.log1p(counts) / np.log1p(counts.max())
    marks = [(position_in_bins(edges, statistics.mean), "mean")]
    if edges[0] < 0 < edges[-1]:
        marks.append((position_in_bins(edges, 0.0), "0"))
    ends = max(float(edges[0]), statistics.minimum), min(float(edges[-1]), statistics.maximum)
    return Histogram(heights, counts, edges, tuple(marks), ends)


def position_in_bins(edges: NDArray[np.float64], value: float) -> float:
    """Return the position of ``value`` along bins of equal width, in [0, bins]."""
    finite = edges.copy()
    for end, step in ((0, 1), (-1, -1)):
        if np.isinf(finite[end]):  # as wide as its neighbor
            inner = finite[end + step]
            finite[end] = 2 * inner - finite[end + 2 * step] if len(edges) > 2 else inner
    return float(np.interp(value, finite, np.arange(len(edges))))


def format_numbers(statistics: UnitStatistics) -> tuple[tuple[str, str], ...]:
    """Return names and values of the row of numbers."""
    return (
        ("mean", format_number(statistics.mean)),
        ("std", format_number(statistics.std)),
        ("least", format_number(statistics.minimum)),
        ("most", format_number(statistics.maximum)),
        ("active", format_percent(statistics.active, tenths=True)),
        ("awake", format_percent(statistics.awake, tenths=True)),
    )


TIPS = {
    "mean": "mean over all pictures and places",
    "std": "standard deviation over pictures and places",
    "least": "the least value seen",
    "most": "the greatest value seen",
    "active": "share of all values above 0",
    "awake": "share of pictures with a value above 0",
}


def describe_dead_units(layer: LayerView) -> str:
    """Describe how many units were never above 0."""
    if not layer.dead:
        return tr("all {count:,} units fire somewhere", count=layer.units)
    return tr("{dead:,} of {count:,} never fire", dead=len(layer.dead), count=layer.units)


def row_title(title: str, chips: tuple[object, ...]) -> str:
    """Return the title of a row of units, or a notice that there is none."""
    return tr(title if chips else f"no unit goes {title}")


def render_matrix(layer: LayerView) -> NDArray[np.uint8]:
    """Render the correlation matrix as colors (side, side, 3); wide ones are averaged down."""
    matrix = layer.correlation
    cells = units_per_pixel(layer)
    if cells > 1:
        starts = np.arange(0, len(matrix), cells)
        sums = np.add.reduceat(np.add.reduceat(matrix, starts, 0), starts, 1)
        sizes = np.diff(np.append(starts, len(matrix)))
        matrix = sums / np.outer(sizes, sizes)
    return np.ascontiguousarray(colorize.map_to_rgb(matrix, -1, 1, "signed"))


def units_per_pixel(layer: LayerView) -> int:
    """Return how many units one pixel of the drawn matrix covers, along a side."""
    return -(-len(layer.correlation) // MAX_SIDE_PIXELS) or 1


def pair_at(layer: LayerView, y: float, x: float) -> tuple[int, int, float] | None:
    """Return the two channels under a point of the drawn matrix, and their correlation.

    Args:
        layer: The layer's correlations and the order in which they are drawn.
        y: Row of the point, in pixels of the drawn matrix.
        x: Column of the point, in pixels of the drawn matrix.

    Returns:
        (channel of the row, channel of the column, r); None outside of the matrix.
    """
    cells = units_per_pixel(layer)
    row, column = int(y * cells), int(x * cells)
    if not (0 <= row < len(layer.order) and 0 <= column < len(layer.order)):
        return None
    r = float(layer.correlation[row, column])
    return int(layer.order[row]), int(layer.order[column]), r


def describe_pair(layer: LayerView, correlated_pair: tuple[int, int, float]) -> str:
    """Describe a pair of units: ``conv2[3] and conv2[17]: r = 0.83``."""
    a, b, r = correlated_pair
    return tr("{layer}[{a}] and {layer}[{b}]: r = {r:.2f}", layer=layer.layer, a=a, b=b, r=r)


def row_position(layer: LayerView, channel: int) -> float | None:
    """Return the middle of the channel's row in the drawn matrix; None where it has none."""
    rows = np.flatnonzero(layer.order == channel)
    return (float(rows[0]) + 0.5) / units_per_pixel(layer) if len(rows) else None


def explain_empty(
    info: NetworkInfo | None, unit: Unit | None, statistics: UnitStatistics | None
) -> str:
    """Return why there are no statistics on show; "" where there are.

    Args:
        info: The network that runs; None without one.
        unit: The selected unit; None without one.
        statistics: What arrived last; None before anything did.

    Returns:
        One sentence or "".
    """
    if info is None:
        return ""
    if unit is None:
        return tr(messages.NO_UNIT)
    if statistics is None or (not statistics.layer.images and statistics.unit != str(unit.whole())):
        return tr(STATISTICS_PENDING, unit=unit.whole())
    return "" if statistics.layer.images else statistics.message


def explain_stale(statistics: UnitStatistics, unit: Unit | None, network: str | None) -> str:
    """Return why the statistics are not those of the selected unit; "" where they are.

    Args:
        statistics: The statistics on show.
        unit: The selected unit.
        network: Name of the network that runs.

    Returns:
        A few words or "".
    """
    if network and statistics.network != network:
        text = "found with {previous}, now {network} runs"
        return tr(text, previous=statistics.network, network=network)
    if unit is None or statistics.unit != str(unit.whole()):
        return tr("of {unit}, no longer the selected unit", unit=statistics.unit)
    return statistics.stale
