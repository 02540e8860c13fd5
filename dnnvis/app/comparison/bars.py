"""The answers of two networks as paired bars."""

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QWidget

from dnnvis.app.comparison.text import PairedScore
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.formatting import format_value

NAME_FRACTION = 0.38  # of the width
VALUE_PIXELS = 44


class PairedBars(PaintedWidget):
    """A row a class: the first network's bar over the second's, an answer in full color."""

    background = "base"

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.rows: tuple[PairedScore, ...] = ()

    def show_rows(self, rows: tuple[PairedScore, ...], message: str = "") -> None:
        """Show classes, or a message where there are none."""
        if (rows, message) != (self.rows, self.message):
            self.rows, self.message = rows, message
            texts = [f"{row.name}: {_format(row.first)} / {_format(row.second)}" for row in rows]
            self.setAccessibleDescription(", ".join(texts) or message)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 60)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self.rows:
            self.paint_message(painter, palette)
            return
        height = min(self.height() / len(self.rows), 2.6 * self.fontMetrics().height())
        left = self.width() * NAME_FRACTION
        room = max(self.width() - left - VALUE_PIXELS, 1)
        for k, row in enumerate(self.rows):
            box = QRectF(0, k * height, left - theme.GAP, height)
            painter.setPen(palette.color("text" if row.is_first or row.is_second else "muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            elide = Qt.TextElideMode.ElideRight
            name = painter.fontMetrics().elidedText(row.name, elide, int(box.width()))
            painter.drawText(box, right, name)
            halves = (row.first, row.is_first, "accent"), (row.second, row.is_second, "cursor")
            for half, (value, is_answer, tone) in enumerate(halves):
                top = k * height + 2 + half * (height - 4) / 2
                bar = QRectF(left, top, room * (value or 0.0), (height - 4) / 2 - 1)
                color = palette.color(tone)
                color.setAlphaF(1.0 if is_answer else 0.45)
                painter.fillRect(bar, color)
                number = QRectF(bar.right() + 3, top, VALUE_PIXELS, bar.height())
                painter.setPen(palette.color("muted"))
                vertical = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
                painter.drawText(number, vertical, _format(value))


def _format(value: float | None) -> str:
    return "–" if value is None else format_value(value, ".2f")
