"""Lay out a strip: names on the left, headings over columns, marks under them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtGui import QFontMetricsF

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.strip_rendering import StripRow

MIN_PITCH, MAX_PITCH = 46, 168  # pixels from one column to the next; more where rows are tall
LONG_PITCH_FRACTION = 0.55  # of the rows' height, where not all columns fit anyway
MIN_ROW_HEIGHT = 20  # pixels of height that a row is given
MAX_MARK_LINES = 3  # lines under a column, at most


@dataclass(frozen=True)
class StripLayout:
    """How the room of a strip is divided; all lengths are in pixels."""

    #: Measures text.
    small: QFontMetricsF
    #: Width of the names.
    left: float
    #: The columns that there is room for.
    visible: range
    #: Distance from one column to the next.
    pitch: float
    #: Top of the first row.
    top: float
    #: Distance from one row to the next.
    row_height: float
    #: The mark of each column, in lines.
    marks: tuple[list[str], ...]
    #: Number of lines at most.
    mark_lines: int


def compute_layout(
    rows: Sequence[StripRow],
    marks: Sequence[str],
    present: int,
    size: tuple[int, int],
    small: QFontMetricsF,
) -> StripLayout:
    """Compute the layout of a strip.

    Args:
        rows: The rows of pictures.
        marks: The mark under each column.
        present: Column of the present step; where not all columns fit, those about it are visible.
        size: Width and height of the widget.
        small: Measures text.

    Returns:
        The layout.
    """
    width, height = size
    max_width = max((small.horizontalAdvance(text) for text in list_texts(rows)), default=0)
    left = min(max_width, width / 3) + 2 * theme.GAP
    count = max((row.count for row in rows), default=0)
    tallest = (height - 3 * small.height()) / max(len(rows), 1) + theme.GAP  # of square pictures
    room = _count_columns(rows, count, width - left, tallest)
    first = min(max(present - room // 2, 0), max(count - room, 0))
    visible = range(first, min(first + room, count))
    pitch = min((width - left) / max(len(visible), 1), max(MAX_PITCH, tallest))
    wrapped = tuple(_wrap_at_commas(mark, small, pitch - theme.GAP) for mark in marks)
    lines = max((len(wrapped[k]) for k in visible if k < len(wrapped)), default=0)
    top, bottom = small.height() + theme.GAP, lines * small.height()
    row_height = (height - top - bottom - theme.GAP / 2) / max(len(rows), 1)
    return StripLayout(small, left, visible, pitch, top, row_height, wrapped, lines)


def _count_columns(rows: Sequence[StripRow], count: int, width: float, tallest: float) -> int:
    """Return how many columns are shown at once.

    All of them where they fit; of longer strips of pictures fewer, which are larger for it.
    """
    room = max(1, int(width // MIN_PITCH))
    if count <= room or any(row.classes for row in rows):
        return room
    return max(1, min(room, int(width // max(MIN_PITCH, LONG_PITCH_FRACTION * tallest))))


def list_texts(rows: Sequence[StripRow]) -> list[str]:
    """Return the texts on the left of the rows."""
    return [text for row in rows for text in (row.name, *row.note.split("\n"), *row.labels)]


def _wrap_at_commas(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """Wrap ``text`` into few lines, broken after commas where it does not fit into one."""
    lines: list[str] = []
    for part in text.split(", ") if text else ():
        joined = f"{lines[-1]}, {part}" if lines else part
        if lines and metrics.horizontalAdvance(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines[:MAX_MARK_LINES]
