"""The base of widgets that paint all of themselves."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets import theme

Policy = QSizePolicy.Policy


class PaintedWidget(QWidget):
    """A widget with the theme's background color whose ``paint`` draws the rest.

    Nothing shines through from the parent, so that Qt need not paint that first.
    """

    #: Name of the palette's color behind everything.
    background = "window"
    #: How the widget takes part in layouts, across and down.
    policies = (Policy.Expanding, Policy.Expanding)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: Text shown where there is nothing to see.
        self.message = ""
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(*self.policies)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        """Draw everything but the background."""
        raise NotImplementedError(f"{type(self).__name__} has to define paint().")

    def picture_rects(self) -> tuple[QRectF, ...]:
        """Return the rectangles in the widget that show pictures."""
        return ()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        palette = theme.palette(self)
        painter.fillRect(self.rect(), palette.color(self.background))
        self.paint(painter, palette)
        painter.end()

    def paint_message(
        self,
        painter: QPainter,
        palette: theme.Palette,
        margins: tuple[float, float] = (2 * theme.GAP, 2 * theme.GAP),
        box: QRectF | None = None,
    ) -> None:
        """Write ``message`` into the middle, over several lines where it is long.

        Args:
            painter: Paints on this widget.
            palette: The theme's colors.
            margins: Pixels left free at the sides, and above and below.
            box: Where it is written; None for the whole widget.
        """
        x, y = margins
        painter.setPen(palette.color("muted"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(self.rect()) if box is None else box
        painter.drawText(room.adjusted(x, y, -x, -y), flags, self.message)
