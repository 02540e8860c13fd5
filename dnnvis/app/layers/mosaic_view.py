"""Show one picture of many maps that can be zoomed, panned, pointed at and clicked."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from dnnvis.app.layers.drawing import color_pixels, scaled_size
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.imaging.colorize import pack_rgb

FRAME_WIDTHS = 5.0, 2.5  # pixels on screen, of a frame's dark outline and of the frame
MIN_TILE_PIXELS = 3.0  # on screen; smaller maps are not dimmed
DIMMED_ALPHA = 150  # of the color that lies over a dimmed map, of 255

Box = tuple[float, float, float, float]
Frames = tuple[tuple[QRectF, QColor], ...]
_OUTLINE = QColor("#101010")


class MosaicItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no stubs
    """The picture: crisp when enlarged, the strongest of the cells under a pixel when it shrinks.

    A picture in colors, which have no strength, is smooth when it shrinks.

    Not a pyqtgraph ImageItem: that one hands Qt a palette image, which Qt unpacks at every paint
    (900 x 900: 5 ms smooth, 1.8 ms crisp, against 2 and 1 of an RGB32 image).
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: NDArray[np.uint32] | None = None
        self._image = QImage()
        self._indices: NDArray[np.uint8] | None = None
        self._colors: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._signed = False
        self._shape = (0, 0)
        #: Pixels of the screen per cell at the latest paint; None until then and for another shape.
        self.scale_on_screen: float | None = None

    def show_packed(self, pixels: NDArray[np.uint32]) -> None:
        """Draw colors 0xFFRRGGBB (H, W)."""
        self._indices = None
        self._set_shape(pixels.shape)
        self._set_image(pixels)

    def show_indices(
        self,
        indices: NDArray[np.uint8],
        colors: NDArray[np.uint32],
        signed: bool,
        pixels: NDArray[np.uint32] | None = None,
    ) -> None:
        """Draw color indices.

        Args:
            indices: Rows of ``colors`` (H, W).
            colors: Colors 0xFFRRGGBB (256,).
            signed: Whether the strongest are those farthest from zero.
            pixels: The picture at its size on screen, where it is drawn already.
        """
        self._indices, self._colors, self._signed = indices, colors, signed
        self._set_shape(indices.shape)
        if pixels is None:
            self._image, self._pixels = QImage(), None  # drawn at the size of the next paint
        else:
            self._set_image(pixels)

    def clear(self) -> None:
        self._set_shape((0, 0))
        self._image, self._pixels, self._indices = QImage(), None, None

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._shape[1], self._shape[0])

    def _set_shape(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape:
            self.prepareGeometryChange()
            self._shape = shape[0], shape[1]
            self.scale_on_screen = None
        self.update()

    def _set_image(self, pixels: NDArray[np.uint32]) -> None:
        self._pixels = pixels  # stored: the QImage only borrows it
        self._image = wrap_pixels(pixels, QImage.Format.Format_RGB32)

    def _draw_indices(self, indices: NDArray[np.uint8], scale: float) -> None:
        """Make the image as large as it is on screen, at most a pixel a cell."""
        if (self._image.height(), self._image.width()) != scaled_size(self._shape, scale):
            self._set_image(color_pixels(indices, self._colors, scale, self._signed))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the picture.

        Args:
            painter: The painter of the view.
            option: Qt's style option, not used.
            widget: The widget painted on, not used.
        """
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        scale = painter.worldTransform().m11() * ratio
        self.scale_on_screen = scale
        if self._indices is not None and self._indices.size:
            self._draw_indices(self._indices, scale)
        is_smooth = scale < 1 and self._indices is None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
        painter.drawImage(self.boundingRect(), self._image)


class MarksItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no stubs
    """Frames around maps, equally wide at every zoom, and veils over some."""

    def __init__(self, parent: pg.GraphicsObject) -> None:
        super().__init__(parent)
        self._frames: Frames = ()
        self._dimmed: list[QRectF] = []
        self._boxes: NDArray[np.int64] = np.zeros((0, 4), np.int64)
        self._rects: dict[tuple[int, int, int, int], QRectF] = {}
        self._veil = QColor()
        self._extent = QRectF()
        self._scale = 0.0  # pixels of the screen per cell at the latest paint
        self.setZValue(10)

    def show_marks(
        self,
        frames: tuple[tuple[Box, QColor], ...],
        dimmed: NDArray[np.int64],
        veil: QColor,
        extent: QRectF,
    ) -> None:
        """Show frames around maps and veils over others, in cells of the mosaic.

        Args:
            frames: Boxes to frame, each with its color.
            dimmed: Boxes (N, 4) of the maps to dim: x, y, width, height.
            veil: Color that lies over them.
            extent: Rectangle that encloses all marks.
        """
        if extent != self._extent:
            self.prepareGeometryChange()
            self._rects.clear()
        previous, previous_veil = self._frames, self._veil
        self._frames = tuple((QRectF(*box), color) for box, color in frames)
        are_same_boxes = np.array_equal(dimmed, self._boxes)
        if not are_same_boxes:
            self._boxes, self._dimmed = dimmed, []  # collected once they are drawn
        self._veil = QColor(veil)
        self._veil.setAlpha(DIMMED_ALPHA)
        is_same_veil = are_same_boxes and self._veil == previous_veil
        if extent != self._extent or not (is_same_veil and self._scale > 0):
            self._extent = extent
            self.update()
        elif self._frames != previous:  # the mouse moves over many maps: little is painted again
            margin = FRAME_WIDTHS[0] / self._scale
            for rect, _ in _find_changed(previous, self._frames):
                self.update(rect.adjusted(-margin, -margin, margin, margin))

    def boundingRect(self) -> QRectF:
        return self._extent

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw veils, and frames over a dark outline.

        Args:
            painter: The painter of the view.
            option: Qt's style option, not used.
            widget: The widget painted on, not used.
        """
        scale = self._scale = painter.worldTransform().m11()
        if len(self._boxes) and self._boxes[:, 2].min() * scale >= MIN_TILE_PIXELS:
            self._dimmed = self._dimmed or [self._veil_rect(*box) for box in self._boxes.tolist()]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._veil)
            painter.drawRects(*self._dimmed)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect, color in self._frames:
            for shade, width in zip((_OUTLINE, color), FRAME_WIDTHS, strict=True):
                painter.setPen(_create_pen(shade, width))
                painter.drawRect(rect)

    def _veil_rect(self, x: int, y: int, width: int, height: int) -> QRectF:
        """Return a box with half of the lines around it, so that rounding leaves no gap.

        Of thousands of maps few become silent or active in a frame: all others are there already.
        """
        key = x, y, width, height
        if key not in self._rects:
            self._rects[key] = QRectF(x - 0.5, y - 0.5, width + 1, height + 1)
        return self._rects[key]


def _find_changed(previous: Frames, present: Frames) -> Frames:
    """Return the frames that are in one of the two alone."""
    return (
        *(frame for frame in previous if frame not in present),
        *(frame for frame in present if frame not in previous),
    )


def _create_pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


class MosaicView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no stubs
    """One mosaic of color indices; points are (y, x) in its cells.

    ``painted`` is emitted after the paint that first shows what ``show_indices`` was given, with
    the tag given there.
    """

    clicked = pyqtSignal(float, float, bool)  # y, x, with Ctrl
    pointed = pyqtSignal(float, float)
    left = pyqtSignal()
    resized = pyqtSignal()
    painted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view_box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.view_box.setDefaultPadding(0)
        self.setCentralItem(self.view_box)
        self.image = MosaicItem()
        self.view_box.addItem(self.image, ignoreBounds=True)
        self.marks = MarksItem(self.image)
        self._pending_tag: Any = None
        self._shape = (0, 0)
        self._is_fitted = True
        self.view_box.sigRangeChangedManually.connect(self._on_manual_range)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.scene().sigMouseMoved.connect(self._on_hover)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_indices(
        self,
        indices: NDArray[np.uint8] | None,
        table: NDArray[np.uint8],
        tag: Any = None,
        signed: bool = False,
        pixels: NDArray[np.uint32] | None = None,
    ) -> None:
        """Draw indices in the colors of a table.

        Args:
            indices: Rows of the table (H, W); None draws nothing.
            table: Colors uint8 (256, 3).
            tag: What ``painted`` carries once this picture is on the screen.
            signed: Whether the strongest are those farthest from zero, of cells that share a pixel.
            pixels: The picture at its size on screen, where it is drawn already.
        """
        if indices is None:
            self.image.clear()
            self._shape = (0, 0)
            return
        self.image.show_indices(indices, pack_rgb(table), signed, pixels)
        self._note_picture(indices.shape, tag)

    def show_packed(self, pixels: NDArray[np.uint32], tag: Any = None) -> None:
        """Draw colors 0xFFRRGGBB (H, W)."""
        self.image.show_packed(pixels)
        self._note_picture(pixels.shape, tag)

    def _note_picture(self, shape: tuple[int, ...], tag: Any) -> None:
        self._pending_tag = self._pending_tag if tag is None else tag
        if shape != self._shape:
            self._shape = shape[0], shape[1]
            self.fit()

    def fit(self) -> None:
        """Show the whole mosaic."""
        height, width = self._shape
        self._is_fitted = True
        if height and width:
            self.view_box.setRange(QRectF(0, 0, width, height), padding=0.005)

    @property
    def is_fitted(self) -> bool:
        return self._is_fitted

    @property
    def aspect(self) -> float:
        width, height = int(self.width()), int(self.height())
        return max(width, 1) / max(height, 1)

    def extent(self) -> QRectF:
        return QRectF(0, 0, self._shape[1], self._shape[0])

    def picture_rects(self) -> tuple[QRectF, ...]:
        """Return the rectangle of the mosaic on the widget, as far as it is in sight."""
        if not all(self._shape):
            return ()
        scene = self.view_box.mapViewToScene
        top_left, bottom_right = scene(self.extent().topLeft()), scene(self.extent().bottomRight())
        corners = self.mapFromScene(top_left), self.mapFromScene(bottom_right)
        return (QRectF(QPointF(corners[0]), QPointF(corners[1])) & QRectF(self.rect()),)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._pending_tag is not None:
            tag, self._pending_tag = self._pending_tag, None
            self.painted.emit(tag)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_shape"):  # pyqtgraph calls this from its own constructor
            self.resized.emit()
            if self._is_fitted:
                self.fit()

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def _on_manual_range(self, _: Any) -> None:
        self._is_fitted = False

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.fit()
            return
        point = self.view_box.mapSceneToView(event.scenePos())
        with_ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        self.clicked.emit(point.y(), point.x(), bool(with_ctrl))

    def _on_hover(self, scene_point: QPointF) -> None:
        point = self.view_box.mapSceneToView(scene_point)
        self.pointed.emit(point.y(), point.x())
