"""Paint which classes the top examples belong to, as one divided bar."""

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.examples import text as examples_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.translation.catalog import tr

CENTER_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class ClassBar(PaintedWidget):
    """One part for each class, as wide as its count.

    Its name is written where it fits; the bar is hidden where no classes are known.
    """

    policies = (Policy.Expanding, Policy.Fixed)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Classes of the examples"), parent)
        self.counts: tuple[tuple[str, int], ...] = ()
        self.hide()

    def show_counts(self, counts: tuple[tuple[str, int], ...]) -> None:
        if counts != self.counts:
            self.counts = counts
            self.setAccessibleDescription(examples_text.format_counts(counts))
            self.setVisible(bool(counts))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 4)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = as_plain_text(examples_text.format_counts(self.counts))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        total = sum(count for _, count in self.counts) or 1
        left = 0.0
        for k, (name, count) in enumerate(self.counts):
            width = self.width() * count / total
            box = QRectF(left, 1, max(width - 2, 1), self.height() - 2)
            painter.fillRect(box, palette.color("raised" if k else "bar"))
            painter.setPen(palette.color("text"))
            text, metrics = f"{name} {count}", painter.fontMetrics()
            inner = box.adjusted(theme.GAP, 0, -2, 0)
            elide = Qt.TextElideMode.ElideRight
            if inner.width() > metrics.horizontalAdvance(name[:3]):
                painter.drawText(
                    inner, CENTER_LEFT, metrics.elidedText(text, elide, int(box.width()))
                )
            left += width
