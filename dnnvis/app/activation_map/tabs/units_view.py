"""Show all units of a map in a widget."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QPainter
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map.tabs.units_layout import Blocks, Packed, blocks, render_units
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import Ints, MapData
from dnnvis.core.translation.catalog import tr


class UnitsView(PaintedWidget):
    """The picture of all units, with the names of the layers below.

    Where those do not fit, their numbers are shown. ``unit_hovered`` and ``clicked`` carry a column
    of h and the number of its step; ``mouse_left``: the mouse is on none any more.
    """

    background = "base"

    unit_hovered = pyqtSignal(int, int)
    clicked = pyqtSignal(int, int)
    mouse_left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("All units, a block for each layer"), parent)
        self.blocks: Blocks | None = None
        self.image: Packed | None = None
        self._map_data: MapData | None = None
        self._colors: Packed | None = None
        self._order: Ints | None = None
        self._striped = True
        self._layout_key: tuple[Any, ...] = ()
        self.setMouseTracking(True)

    def show_units(self, map_data: MapData, colors: Packed, order: Ints, *, striped: bool) -> None:
        """Draw all units.

        Args:
            map_data: The map with its layers.
            colors: Colors 0xFFRRGGBB (S, D) of all units.
            order: Order of the units within their layers (D,).
            striped: Whether strips show the classes.
        """
        self._map_data, self._colors, self._order = map_data, colors, order
        self._striped, self.message, self.image = striped, "", None
        self.update()

    def show_message(self, message: str) -> None:
        """Show why there is no picture."""
        if self._colors is not None or message != self.message:
            self._colors, self.image, self.message = None, None, message
            self.setAccessibleDescription(message)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    def picture_box(self) -> QRectF:
        """Return the box of the picture."""
        line = self.fontMetrics().height()
        return QRectF(0, 0, self.width(), max(self.height() - line - 2, 1))

    def render_image(self) -> Packed | None:
        """Return the picture, rendered if it is not there yet."""
        if self._colors is None or self._map_data is None or self._order is None:
            return None
        if self.image is None:
            map_data, steps = self._map_data, len(self._colors)
            size = int(self.picture_box().height()), self.width()
            key = (map_data, id(self._order), size, steps, self._striped)
            if key != self._layout_key:
                self._layout_key = key
                self.blocks = blocks(
                    map_data.layers, self._order, size, steps=steps, striped=self._striped
                )
            background = np.array(theme.palette(self).rgb("base"), np.uint8)
            classes, flat = len(map_data.classes), self._colors.reshape(-1)
            assert self.blocks is not None
            self.image = render_units(self.blocks, flat, map_data.owner, classes, background)
        return self.image

    def picture_rects(self) -> tuple[QRectF, ...]:
        return () if self.message else (QRectF(self.rect()),)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        image = self.render_image()
        if image is None or self.blocks is None or self._map_data is None:
            self.paint_message(painter, palette)
        else:
            painter.drawImage(QPointF(0, 0), wrap_pixels(image, QImage.Format.Format_RGB32))
            self._paint_names(painter, palette, self.blocks, self._map_data)

    def _paint_names(
        self, painter: QPainter, palette: theme.Palette, blocks: Blocks, map_data: MapData
    ) -> None:
        painter.setFont(theme.caption_font(self))
        painter.setPen(palette.color("muted"))
        metrics, top = painter.fontMetrics(), self.picture_box().height() + 1
        names = [name for name, _, _ in map_data.layers]
        if any(
            metrics.horizontalAdvance(n) > w for n, (_, w) in zip(names, blocks.boxes, strict=True)
        ):
            names = [str(k) for k in range(len(names))]
        next_free = -1.0
        for name, (left, width) in zip(names, blocks.boxes, strict=True):
            needed = metrics.horizontalAdvance(name)
            start = left + (width - needed) / 2
            if start > next_free:
                box = QRectF(start, top, needed + 1, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft, name)
                next_free = start + needed + 3

    def column_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the column of h and the step under a point of the widget."""
        if self.render_image() is None or self.blocks is None or self._order is None:
            return None
        unit_index = self.blocks.unit_index
        if (
            not (0 <= x < unit_index.shape[1] and 0 <= y < unit_index.shape[0])
            or unit_index[int(y), int(x)] < 0
        ):
            return None
        step, column = divmod(int(unit_index[int(y), int(x)]), len(self._order))
        return column, step

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        hit = self.column_at(event.position().x(), event.position().y())
        if hit is None:
            self.mouse_left.emit()
        else:
            self.unit_hovered.emit(*hit)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        hit = self.column_at(event.position().x(), event.position().y())
        if hit is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*hit)

    def leaveEvent(self, event: QEvent | None) -> None:
        self.mouse_left.emit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.image = None

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.image = None
