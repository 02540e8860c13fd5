"""Preview a map while it is being fitted: a few dots, in the colors of their classes."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets.theme import GAP
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.class_colors import UNLABELED_COLOR, generate_class_colors

MIN_EXTENT = 4.0  # the frame is [-4, 4]^2, wider where dots lie outside
DOT_RADIUS_PIXELS = 2.0  # pixels
MIN_SIDE_PIXELS = 180
PLACEHOLDER = (
    "While it is fitted, the map takes shape here: a dot an example, in its class' colour."
)


class MapPreview(QWidget):
    """Dots of the map in progress.

    ``show_dots`` takes rows (x, y, class; -1 = none), a few hundred: they are drawn here.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dots: NDArray[np.float64] = np.zeros((0, 3))
        self.setMinimumSize(MIN_SIDE_PIXELS, MIN_SIDE_PIXELS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("The map while it is fitted"))

    def show_dots(self, rows: object) -> None:
        """Draw these rows; malformed ones are ignored, for they arrive from another process."""
        try:
            dots = np.array(rows, np.float64)
        except (TypeError, ValueError):
            return
        if dots.ndim == 2 and dots.shape[1] == 3 and np.isfinite(dots).all():
            self.dots = dots
            self.update()

    def clear(self) -> None:
        self.dots = self.dots[:0]
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        if len(self.dots):
            self._draw(painter)
        else:
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(GAP, GAP, -GAP, -GAP), flags, tr(PLACEHOLDER))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        side = min(self.width(), self.height())
        frame = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        extent = max(MIN_EXTENT, float(np.abs(self.dots[:, :2]).max()) * 1.05)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        labels = self.dots[:, 2].astype(int)
        colors = generate_class_colors(int(labels.max(initial=-1)) + 1)
        for label in np.unique(labels):
            painter.setBrush(QColor(*map(int, colors[label] if label >= 0 else UNLABELED_COLOR)))
            for x, y, _ in self.dots[labels == label]:
                x_pixel = frame.left() + (x / extent + 1) / 2 * side
                y_pixel = frame.top() + (1 - y / extent) / 2 * side
                painter.drawEllipse(QPointF(x_pixel, y_pixel), DOT_RADIUS_PIXELS, DOT_RADIUS_PIXELS)
