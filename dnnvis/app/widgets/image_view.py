"""Show one picture with its shape kept and frames drawn on it, or a message in its place."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels

Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the picture
FramedBoxes = tuple[tuple[Box, str, bool], ...]  # box, name of a tone, dashed


class ImageView(PaintedWidget):
    """A picture, enlarged crisply and shrunk smoothly; points are (y, x) in it."""

    background = "base"

    clicked = pyqtSignal(float, float)
    pointed = pyqtSignal(float, float)
    left = pyqtSignal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._pixels: NDArray[np.uint8] | None = None
        self._boxes: FramedBoxes = ()
        self._smooth = False
        self.setMouseTracking(True)

    def show_pixels(self, pixels: NDArray[np.uint8], smooth: bool = False) -> None:
        """Draw colors uint8 (H, W, 3); ``smooth`` also when enlarged."""
        self._pixels, self.message, self._smooth = np.ascontiguousarray(pixels), "", smooth
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is no picture."""
        if text != self.message or self._pixels is not None:
            self._pixels, self.message = None, text
            self.update()

    def show_boxes(self, boxes: FramedBoxes) -> None:
        if boxes != self._boxes:
            self._boxes = boxes
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the picture."""
        if stale != self.stale:
            self.background = "stale" if stale else "base"
            self.update()

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        return self._pixels

    @property
    def stale(self) -> bool:
        return self.background == "stale"

    def image_rect(self) -> QRectF:
        """Return the rectangle of the picture in the widget."""
        if self._pixels is None:
            return QRectF()
        height, width = self._pixels.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        size = width * scale, height * scale
        return QRectF((self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size)

    def picture_rects(self) -> tuple[QRectF, ...]:
        return () if self._pixels is None else (self.image_rect(),)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 64)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self._pixels is None:
            self.paint_message(painter, palette)
        else:
            self._paint_picture(painter, palette)

    def _paint_picture(self, painter: QPainter, palette: theme.Palette) -> None:
        assert self._pixels is not None
        rect = self.image_rect()
        scale = rect.width() / self._pixels.shape[1]
        smooth = self._smooth or scale < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        kind = QImage.Format.Format_RGB888
        painter.drawImage(rect, wrap_pixels(self._pixels, kind))
        for (x, y, w, h), color_name, dashed in self._boxes:
            box = QRectF(rect.x() + x * scale, rect.y() + y * scale, w * scale, h * scale)
            box = box.intersected(rect).adjusted(1, 1, -1, -1)
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            for color, pen_width, pen_style in (
                (QColor("#101010"), 4.0, Qt.PenStyle.SolidLine),
                (palette.color(color_name), 2.0, style),
            ):
                painter.setPen(QPen(color, pen_width, pen_style))
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
        rect = self.image_rect()
        if self._pixels is not None and rect.contains(point):
            scale = self._pixels.shape[1] / rect.width()
            signal.emit((point.y() - rect.y()) * scale, (point.x() - rect.x()) * scale)
