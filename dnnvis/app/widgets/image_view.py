"""One picture with its shape kept, things drawn on it, and words where there is none."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels

Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the picture
Frames = tuple[tuple[Box, str, bool], ...]  # box, name of a tone, dashed


class PictureView(QWidget):
    """Pixels are enlarged crisply and shrunk smoothly. Points are (y, x) in the picture."""

    clicked = pyqtSignal(float, float)
    pointed = pyqtSignal(float, float)
    left = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: NDArray[np.uint8] | None = None
        self._words = ""
        self._frames: Frames = ()
        self._stale = False
        self._smooth = False
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_pixels(self, pixels: NDArray[np.uint8], smooth: bool = False) -> None:
        """Draw colours uint8 (H, W, 3); ``smooth`` also when enlarged."""
        self._pixels, self._words, self._smooth = np.ascontiguousarray(pixels), "", smooth
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is no picture."""
        if words != self._words or self._pixels is not None:
            self._pixels, self._words = None, words
            self.update()

    def show_frames(self, frames: Frames) -> None:
        if frames != self._frames:
            self._frames = frames
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the picture."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    @property
    def words(self) -> str:
        return self._words

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        return self._pixels

    @property
    def stale(self) -> bool:
        return self._stale

    def place(self) -> QRectF:
        """Where the picture lies in the widget."""
        if self._pixels is None:
            return QRectF()
        height, width = self._pixels.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        size = width * scale, height * scale
        return QRectF((self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 64)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("stale" if self._stale else "base"))
        if self._pixels is None:
            self._paint_words(painter, tones)
        else:
            self._paint_picture(painter, tones)
        painter.end()

    def _paint_words(self, painter: QPainter, tones: theme.Tones) -> None:
        painter.setPen(tones.colour("muted"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        gap = 2 * theme.GAP
        painter.drawText(self.rect().adjusted(gap, gap, -gap, -gap), flags, self._words)

    def _paint_picture(self, painter: QPainter, tones: theme.Tones) -> None:
        assert self._pixels is not None
        place = self.place()
        scale = place.width() / self._pixels.shape[1]
        smooth = self._smooth or scale < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        kind = QImage.Format.Format_RGB888
        painter.drawImage(place, wrap_pixels(self._pixels, kind))
        for (x, y, w, h), tone, dashed in self._frames:
            box = QRectF(place.x() + x * scale, place.y() + y * scale, w * scale, h * scale)
            box = box.intersected(place).adjusted(1, 1, -1, -1)
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            for colour, thick, pen_style in (
                (QColor("#101010"), 4.0, Qt.PenStyle.SolidLine),
                (tones.colour(tone), 2.0, style),
            ):
                painter.setPen(QPen(colour, thick, pen_style))
                painter.drawRect(box)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self._report(event.position(), self.clicked)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._report(event.position(), self.pointed)

    def leaveEvent(self, event: QEvent | None) -> None:
        self.left.emit()

    def _report(self, point: QPointF, signal: pyqtBoundSignal) -> None:
        place = self.place()
        if self._pixels is not None and place.contains(point):
            scale = self._pixels.shape[1] / place.width()
            signal.emit((point.y() - place.y()) * scale, (point.x() - place.x()) * scale)
