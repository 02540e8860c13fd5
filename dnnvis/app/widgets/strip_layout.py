"""How the room of a strip is divided: names on the left, headings over columns, words under."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtGui import QFontMetricsF

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.strip_rendering import DrawnRow

NARROWEST, WIDEST = 46, 168  # pixels from one column to the next
LEAST = 20  # pixels of height that a row is given
MARKS = 3  # lines under a column, at most


@dataclass(frozen=True)
class Layout:
    """``left``: width of the names; ``visible``: the columns that there is room for, ``pitch``
    from one to the next; ``top`` of the first row and ``high`` from one row to the next;
    ``marks``: each column's words in lines, at most ``mark_lines``. ``small`` measures text."""

    small: QFontMetricsF
    left: float
    visible: range
    pitch: float
    top: float
    high: float
    marks: tuple[list[str], ...]
    mark_lines: int


def layout(
    rows: Sequence[DrawnRow],
    marks: Sequence[str],
    present: int,
    size: tuple[int, int],
    small: QFontMetricsF,
) -> Layout:
    """The layout of a widget of ``size`` (width, height); of more columns than fit those about
    the ``present`` one are visible."""
    width, height = size
    widest = max((small.horizontalAdvance(text) for text in texts_of(rows)), default=0)
    left = min(widest, width / 3) + 2 * theme.GAP
    count = max((row.count for row in rows), default=0)
    room = max(1, int((width - left) // NARROWEST))
    first = min(max(present - room // 2, 0), max(count - room, 0))
    visible = range(first, min(first + room, count))
    pitch = min((width - left) / max(len(visible), 1), WIDEST)
    folded = tuple(_folded(mark, small, pitch - theme.GAP) for mark in marks)
    lines = max((len(folded[k]) for k in visible if k < len(folded)), default=0)
    top, below = small.height() + theme.GAP, lines * small.height()
    high = (height - top - below - theme.GAP / 2) / max(len(rows), 1)
    return Layout(small, left, visible, pitch, top, high, folded, lines)


def texts_of(rows: Sequence[DrawnRow]) -> list[str]:
    """What stands on the left of the rows."""
    return [text for row in rows for text in (row.name, *row.note.split("\n"), *row.labels)]


def _folded(words: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """``words`` in few lines, broken after commas where they do not fit into one."""
    lines: list[str] = []
    for part in words.split(", ") if words else ():
        joined = f"{lines[-1]}, {part}" if lines else part
        if lines and metrics.horizontalAdvance(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines[:MARKS]
