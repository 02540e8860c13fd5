"""One picture of many maps that can be zoomed, panned, pointed at and clicked."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.imaging.pattern_mosaic import packed

LEAST_DOT, MOST_DOT = 2.5, 5.0  # screen pixels

Box = tuple[float, float, float, float]


class Mosaic(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no stubs
    """The picture: crisp when enlarged, smooth when it has to shrink.

    Not a pyqtgraph ImageItem: that one hands Qt a palette image, which Qt unpacks at every
    paint (900 x 900: 5 ms smooth, 1.8 ms crisp, against 2 and 1 of an RGB32 image).
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: NDArray[np.uint32] | None = None
        self._image = QImage()

    def show_packed(self, pixels: NDArray[np.uint32]) -> None:
        """Draw colours 0xFFRRGGBB (H, W)."""
        self._pixels = pixels  # kept: the QImage only borrows it
        height, width = pixels.shape
        if (width, height) != (self._image.width(), self._image.height()):
            self.prepareGeometryChange()
        kind = QImage.Format.Format_RGB32
        self._image = wrap_pixels(pixels, kind)
        self.update()

    def clear(self) -> None:
        self.prepareGeometryChange()
        self._image, self._pixels = QImage(), None

    def boundingRect(self) -> QRectF:
        return QRectF(self._image.rect())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        shrunk = painter.worldTransform().m11() < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        painter.drawImage(QPointF(0, 0), self._image)


class Marks(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no stubs
    """Frames around maps and dots on them, equally wide at every zoom."""

    def __init__(self, parent: pg.GraphicsObject) -> None:
        super().__init__(parent)
        self._frames: tuple[tuple[QRectF, QColor], ...] = ()
        self._dots = QPolygonF()
        self._dot_colour = QColor()
        self._extent, self._tile = QRectF(), 1.0
        self.setZValue(10)

    def show_marks(
        self,
        frames: tuple[tuple[Box, QColor], ...],
        dots: list[tuple[float, float]],
        dot_colour: QColor,
        extent: QRectF,
        tile: float,
    ) -> None:
        """Boxes and dots in cells of the mosaic; ``tile`` is how wide one map is."""
        if extent != self._extent:
            self.prepareGeometryChange()
        self._frames = tuple((QRectF(*box), colour) for box, colour in frames)
        self._dots = QPolygonF([QPointF(x, y) for x, y in dots])
        self._dot_colour, self._extent, self._tile = dot_colour, extent, tile
        self.update()

    def boundingRect(self) -> QRectF:
        return self._extent

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        dot = min(max(self._tile * painter.worldTransform().m11() * 0.09, LEAST_DOT), MOST_DOT)
        for colour, width in ((QColor("#101010"), dot + 2), (self._dot_colour, dot)):
            if self._dots:
                painter.setPen(_pen(colour, width))
                painter.drawPoints(self._dots)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect, colour in self._frames:
            for shade, width in ((QColor("#101010"), 5.0), (colour, 2.5)):
                painter.setPen(_pen(shade, width))
                painter.drawRect(rect)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


class Canvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no stubs
    """Shows one mosaic of colour indices. Points are (y, x) in its cells.

    ``painted`` comes after the paint that first shows what ``show_indices`` was given, with
    the tag given there.
    """

    clicked = pyqtSignal(float, float, bool)  # y, x, with Ctrl
    pointed = pyqtSignal(float, float)
    left = pyqtSignal()
    resized = pyqtSignal()
    painted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.box.setDefaultPadding(0)
        self.setCentralItem(self.box)
        self.image = Mosaic()
        self.box.addItem(self.image, ignoreBounds=True)
        self.marks = Marks(self.image)
        self._fresh: Any = None
        self._shape = (0, 0)
        self._fitted = True
        self.box.sigRangeChangedManually.connect(self._moved_by_hand)
        self.scene().sigMouseClicked.connect(self._click)
        self.scene().sigMouseMoved.connect(self._point)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_indices(
        self, indices: NDArray[np.uint8] | None, table: NDArray[np.uint8], tag: Any = None
    ) -> None:
        """Draw indices (H, W) in the colours of ``table`` (256, 3); None: draw nothing."""
        if indices is None:
            self.image.clear()
            self._shape = (0, 0)
            return
        self.show_packed(packed(table).take(indices, mode="clip"), tag)

    def show_packed(self, pixels: NDArray[np.uint32], tag: Any = None) -> None:
        """Draw colours 0xFFRRGGBB (H, W)."""
        self.image.show_packed(pixels)
        self._fresh = self._fresh if tag is None else tag
        if pixels.shape != self._shape:
            self._shape = pixels.shape
            self.fit()

    def fit(self) -> None:
        """Show the whole mosaic."""
        height, width = self._shape
        self._fitted = True
        if height and width:
            self.box.setRange(QRectF(0, 0, width, height), padding=0.005)

    @property
    def fitted(self) -> bool:
        return self._fitted

    @property
    def aspect(self) -> float:
        width, height = int(self.width()), int(self.height())
        return max(width, 1) / max(height, 1)

    def extent(self) -> QRectF:
        return QRectF(0, 0, self._shape[1], self._shape[0])

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._fresh is not None:
            fresh, self._fresh = self._fresh, None
            self.painted.emit(fresh)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_shape"):  # pyqtgraph calls this from its own constructor
            self.resized.emit()
            if self._fitted:
                self.fit()

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def _moved_by_hand(self, _: Any) -> None:
        self._fitted = False

    def _click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit()
            return
        point = self.box.mapSceneToView(event.scenePos())
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        self.clicked.emit(point.y(), point.x(), bool(held))

    def _point(self, place: QPointF) -> None:
        point = self.box.mapSceneToView(place)
        self.pointed.emit(point.y(), point.x())
