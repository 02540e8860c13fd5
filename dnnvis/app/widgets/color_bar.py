"""The colours of a picture with the numbers they stand for."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.imaging import colorize

WIDTH = 12


class ColourBar(QWidget):
    """Upright; the value grows linearly upwards, so gamma bends the colours, not the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range: tuple[float, float] | None = None
        self._pixels: NDArray[np.uint8] | None = None
        self._key: tuple[str, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Colour bar")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_range(self, shown: tuple[float, float] | None, name: str, gamma: float = 1) -> None:
        """``shown`` (low, high); None: every unit has its own range."""
        if (shown, name, gamma) == (self._range, *(self._key or ("", 0))):
            return
        self._range = shown
        if self._key != (name, gamma):
            self._key = (name, gamma)
            t = colorize.gammaed(np.linspace(1, 0, 256), gamma, name == "signed")
            column = colorize.colours(name)[(t * colorize.TOP + 0.5).astype(np.uint8)]
            self._pixels = np.ascontiguousarray(np.repeat(column[:, None], 4, 1))
        self.update()

    def texts(self) -> tuple[str, str, str]:
        """What stands at the top, in the middle and at the bottom."""
        if self._range is None:
            return "max", "", "min"
        low, high = self._range
        return messages.number(high), messages.number((low + high) / 2), messages.number(low)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance("-0.00000")
        return QSize(WIDTH + width + theme.GAP, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), 40)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        if self._pixels is None:
            painter.end()
            return
        painter.setFont(theme.numbers(self))
        line = painter.fontMetrics().height()
        bar = QRectF(0.5, line / 2, WIDTH, self.height() - line)
        image = wrap_pixels(self._pixels, QImage.Format.Format_RGB888)
        painter.drawImage(bar, image)
        painter.setPen(tones.colour("line"))
        painter.drawRect(bar)
        painter.setPen(tones.colour("text"))
        left, room = WIDTH + theme.GAP, self.width() - WIDTH - theme.GAP
        for text, y in zip(self.texts(), (bar.top(), bar.center().y(), bar.bottom()), strict=True):
            place = QRectF(left, y - line / 2, room, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
