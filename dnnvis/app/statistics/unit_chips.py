"""Paint a few units in a row that can be clicked."""

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import as_plain_text

CENTER_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
Chips = tuple[tuple[int, str], ...]


class UnitChips(PaintedWidget):
    """A title, then the units as far as they fit; the tool tip names all.

    ``clicked`` carries a channel.
    """

    policies = (Policy.Ignored, Policy.Fixed)

    clicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = ""
        self.chips: Chips = ()
        self._hovered: int | None = None
        self.setFont(theme.caption_font(self))
        self.setMouseTracking(True)

    def show_units(self, title: str, chips: Chips) -> None:
        """Show ``chips``: channels and their labels."""
        if (title, chips) != (self.title, self.chips):
            self.title, self.chips, self._hovered = title, chips, None
            self.setAccessibleName(title)
            self.setAccessibleDescription(self.all_text())
            self.update()

    def all_text(self) -> str:
        return ", ".join(text for _, text in self.chips)

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 4)

    def chip_boxes(self) -> list[QRectF]:
        """Return the boxes of the chips that fit."""
        metrics, boxes = self.fontMetrics(), []
        left = metrics.horizontalAdvance(self.title) + theme.GAP
        more_width = metrics.horizontalAdvance("+9999") + theme.GAP
        for k, (_, text) in enumerate(self.chips):
            width = metrics.horizontalAdvance(text) + 2 * theme.GAP
            reserved = more_width if k + 1 < len(self.chips) else 0
            if left + width + reserved > self.width():
                break
            boxes.append(QRectF(left, 1, width, self.height() - 2))
            left += width + 3
        return boxes

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setPen(palette.color("muted"))
        boxes = self.chip_boxes()
        painter.drawText(QRectF(self.rect()), CENTER_LEFT, self.title)
        for k, box in enumerate(boxes):
            painter.fillRect(box, palette.color("bar" if k == self._hovered else "raised"))
            painter.setPen(palette.color("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.chips[k][1])
        if len(boxes) < len(self.chips):
            title_width = painter.fontMetrics().horizontalAdvance(self.title)
            left = (boxes[-1].right() if boxes else title_width) + theme.GAP
            painter.setPen(palette.color("muted"))
            rest_box = QRectF(left, 0, self.width() - left, self.height())
            painter.drawText(rest_box, CENTER_LEFT, f"+{len(self.chips) - len(boxes)}")

    def index_at(self, point: QPointF) -> int | None:
        """Return the index of the chip under a point of the widget; None where there is none."""
        return next((k for k, box in enumerate(self.chip_boxes()) if box.contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        index = self.index_at(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.chips[index][0])

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._set_hovered(self.index_at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:
        self._set_hovered(None)

    def _set_hovered(self, hovered: int | None) -> None:
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = as_plain_text(self.all_text() or self.title)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
