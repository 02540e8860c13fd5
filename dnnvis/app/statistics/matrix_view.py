"""Show a square matrix with one of its rows and columns marked."""

from PyQt6.QtCore import QLineF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.image_view import ImageView


class MatrixView(ImageView):
    """An image of a matrix with a marked row and column.

    The marks are lines as thin as possible, for a cell may be smaller than a pixel.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.marked_line: float | None = None

    def mark_line(self, line: float | None) -> None:
        """Mark the row and the column at ``line`` of the picture; None: none."""
        if line != self.marked_line:
            self.marked_line = line
            self.update()

    def _paint_picture(self, painter: QPainter, palette: theme.Palette) -> None:
        super()._paint_picture(painter, palette)
        if self.marked_line is None or self.pixels is None:
            return
        rect = self.image_rect()
        offset = self.marked_line * rect.width() / len(self.pixels)
        x, y = rect.left() + offset, rect.top() + offset
        lines = [
            QLineF(rect.left(), y, rect.right(), y),
            QLineF(x, rect.top(), x, rect.bottom()),
        ]
        for color, style in (
            (QColor("#101010"), Qt.PenStyle.SolidLine),
            (palette.color("cursor"), Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(color, 1, style))
            painter.drawLines(*lines)
