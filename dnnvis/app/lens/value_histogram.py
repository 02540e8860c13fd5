"""Paint the histogram of a lens's values as bars."""

import numpy as np
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter
from PyQt6.QtWidgets import QWidget

from dnnvis.app.lens.rendering import zero_bin
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr

ZERO_COLOR = QColor("#d6604d")


class ValueHistogram(PaintedWidget):
    """Bars of the counts over a range symmetric about 0; the bin of zero is red."""

    background = "base"
    policies = (Policy.Preferred, Policy.Preferred)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Histogram of the values"), parent)
        self._counts = np.zeros(0)
        self._value_range: tuple[float, float] | None = None

    def show_counts(self, counts: np.ndarray, value_range: tuple[float, float] | None) -> None:
        self._counts, self._value_range = counts, value_range
        self.update()

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.value_font(self))
        line_height = painter.fontMetrics().height()
        plot = QRectF(self.rect()).adjusted(
            theme.GAP, theme.GAP, -theme.GAP, -line_height - theme.GAP
        )
        max_height = np.sqrt(self._counts.max(initial=0)) or 1.0
        width = plot.width() / max(len(self._counts), 1)
        for k, count in enumerate(np.sqrt(self._counts)):
            height = plot.height() * count / max_height
            bar = QRectF(plot.left() + k * width, plot.bottom() - height, width - 1, height)
            is_zero = k == zero_bin(len(self._counts))
            painter.fillRect(bar, ZERO_COLOR if is_zero else palette.color("bar"))
        painter.setPen(palette.color("muted"))
        axis_box = QRectF(plot.left(), plot.bottom(), plot.width(), line_height)
        low, high = map(format_number, self._value_range) if self._value_range else ("min", "max")
        for text, side in (
            (low, Qt.AlignmentFlag.AlignLeft),
            ("0", Qt.AlignmentFlag.AlignHCenter),
            (high, Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(axis_box, side, text)
        painter.drawText(plot, Qt.AlignmentFlag.AlignLeft, tr("√ count"))
