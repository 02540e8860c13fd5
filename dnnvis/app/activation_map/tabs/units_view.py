"""The widget that shows all units of a map."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.activation_map.tabs.units_layout import Blocks, Packed, blocks, painted
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import Cloud, Ints


class UnitsView(QWidget):
    """Names of the layers stand below, their numbers where those do not fit. ``pointed`` and
    ``clicked`` carry a column of h and the number of its step; ``left``: none any more."""

    pointed = pyqtSignal(int, int)
    clicked = pyqtSignal(int, int)
    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ""
        self.blocks: Blocks | None = None
        self.image: Packed | None = None
        self._cloud: Cloud | None = None
        self._colours: Packed | None = None
        self._order: Ints | None = None
        self._striped = True
        self._laid: tuple[Any, ...] = ()
        self.setMouseTracking(True)
        self.setAccessibleName("All units, a block for each layer")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_units(self, cloud: Cloud, colours: Packed, order: Ints, *, striped: bool) -> None:
        """Draw ``colours`` 0xFFRRGGBB (S, D) of all units of ``cloud`` in ``order`` (D,) within
        their layers."""
        self._cloud, self._colours, self._order = cloud, colours, order
        self._striped, self.words, self.image = striped, "", None
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is no picture."""
        if self._colours is not None or words != self.words:
            self._colours, self.image, self.words = None, None, words
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    def place(self) -> QRectF:
        """Where the picture lies."""
        line = self.fontMetrics().height()
        return QRectF(0, 0, self.width(), max(self.height() - line - 2, 1))

    def drawn(self) -> Packed | None:
        """The picture, made where it is not there yet."""
        if self._colours is None or self._cloud is None or self._order is None:
            return None
        if self.image is None:
            cloud, steps = self._cloud, len(self._colours)
            size = int(self.place().height()), self.width()
            key = (cloud, id(self._order), size, steps, self._striped)
            if key != self._laid:
                self._laid = key
                self.blocks = blocks(
                    cloud.layers, self._order, size, steps=steps, striped=self._striped
                )
            ground = np.array(theme.tones(self).rgb("base"), np.uint8)
            classes, flat = len(cloud.classes), self._colours.reshape(-1)
            assert self.blocks is not None
            self.image = painted(self.blocks, flat, cloud.owner, classes, ground)
        return self.image

    # -- drawing

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("base"))
        image = self.drawn()
        if image is None or self.blocks is None or self._cloud is None:
            gap = 2 * theme.GAP
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(gap, gap, -gap, -gap), flags, self.words)
        else:
            painter.drawImage(QPointF(0, 0), wrap_pixels(image, QImage.Format.Format_RGB32))
            self._paint_names(painter, tones, self.blocks, self._cloud)
        painter.end()

    def _paint_names(
        self, painter: QPainter, tones: theme.Tones, made: Blocks, cloud: Cloud
    ) -> None:
        painter.setFont(theme.small(self))
        painter.setPen(tones.colour("muted"))
        metrics, top = painter.fontMetrics(), self.place().height() + 1
        names = [name for name, _, _ in cloud.layers]
        if any(
            metrics.horizontalAdvance(n) > w for n, (_, w) in zip(names, made.boxes, strict=True)
        ):
            names = [str(k) for k in range(len(names))]
        free = -1.0
        for name, (left, wide) in zip(names, made.boxes, strict=True):
            needed = metrics.horizontalAdvance(name)
            start = left + (wide - needed) / 2
            if start > free:
                box = QRectF(start, top, needed + 1, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft, name)
                free = start + needed + 3

    # -- the mouse

    def column_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The column of h and the step under a point of the widget."""
        if self.drawn() is None or self.blocks is None or self._order is None:
            return None
        at = self.blocks.at
        if not (0 <= x < at.shape[1] and 0 <= y < at.shape[0]) or at[int(y), int(x)] < 0:
            return None
        step, column = divmod(int(at[int(y), int(x)]), len(self._order))
        return column, step

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        found = self.column_at(event.position().x(), event.position().y())
        if found is None:
            self.left.emit()
        else:
            self.pointed.emit(*found)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        found = self.column_at(event.position().x(), event.position().y())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*found)

    def leaveEvent(self, event: QEvent | None) -> None:
        self.left.emit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.image = None

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.image = None
