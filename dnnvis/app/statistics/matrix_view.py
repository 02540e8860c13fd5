"""A square matrix with one of its rows and columns marked."""

from PyQt6.QtCore import QLineF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.image_view import PictureView


class MatrixView(PictureView):
    """The marks are lines as thin as they can be, for a cell may be smaller than a pixel."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.marked: float | None = None

    def show_marked(self, line: float | None) -> None:
        """Mark the row and the column at ``line`` of the picture; None: none."""
        if line != self.marked:
            self.marked = line
            self.update()

    def _paint_picture(self, painter: QPainter, tones: theme.Tones) -> None:
        super()._paint_picture(painter, tones)
        if self.marked is None or self.pixels is None:
            return
        place = self.place()
        at = self.marked * place.width() / len(self.pixels)
        x, y = place.left() + at, place.top() + at
        lines = [
            QLineF(place.left(), y, place.right(), y),
            QLineF(x, place.top(), x, place.bottom()),
        ]
        for colour, style in (
            (QColor("#101010"), Qt.PenStyle.SolidLine),
            (tones.colour("cursor"), Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(colour, 1, style))
            painter.drawLines(*lines)
