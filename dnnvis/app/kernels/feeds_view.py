"""Show the units that feed a unit, and those that it feeds, each with its picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.translation.catalog import tr
from dnnvis.core.weights.feeds import ConnectedUnit, Feeds
from dnnvis.imaging.kernel_tiles import draw_map

ADDS_COLOR, TAKES_COLOR = QColor("#d9534f"), QColor("#4a86d8")
MIN_TILE_PIXELS, MAX_TILE_PIXELS = 34.0, 150.0
BAR_PIXELS = 4


class _Item(NamedTuple):
    """A unit where it lies on screen."""

    unit: ConnectedUnit
    rect: QRectF
    #: Its part of the strongest value on its side, in [-1, 1].
    strength: float


class FeedsView(PaintedWidget):
    """Two groups of units, what feeds the selected one above; ``clicked`` carries a unit's text."""

    background = "base"

    clicked = pyqtSignal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.feeds: Feeds | None = None
        self._pixels: dict[int, NDArray[np.uint8] | None] = {}
        self.setMouseTracking(True)

    def show_feeds(self, feeds: Feeds) -> None:
        """Show a unit's connections."""
        self.feeds, self.message = feeds, feeds.message
        self._pixels = {}
        names = ", ".join(each.name for each in feeds.feeders)
        others = ", ".join(each.name for each in feeds.fed)
        description = tr("fed by {names}; feeds {others}", names=names, others=others)
        self.setAccessibleDescription(feeds.message or description)
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is nothing."""
        self.feeds, self.message, self._pixels = None, text, {}
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 110)

    # ---- where things lie

    def _headings(self) -> tuple[str, str]:
        assert self.feeds is not None
        feeds = self.feeds
        by = tr("adds on this frame") if feeds.by == "frame" else tr("weight")
        return (
            tr("Fed by {count} · {by}", count=feeds.feeder_count, by=by),
            tr("Feeds {count} · {by}", count=feeds.fed_count, by=by),
        )

    def _areas(self) -> tuple[QRectF, QRectF]:
        """Return the rooms of both groups, headings included: one above the other, or abreast."""
        width, height = float(self.width()), float(self.height())
        if width > 1.6 * height:
            half = width / 2
            return QRectF(0, 0, half - theme.GAP, height), QRectF(half, 0, half, height)
        return QRectF(0, 0, width, height / 2), QRectF(0, height / 2, width, height / 2)

    def items(self) -> list[_Item]:
        """Return the units on screen, those that feed the selected one first."""
        if self.feeds is None or self.message:
            return []
        first, second = self._areas()
        return self._arrange(self.feeds.feeders, first) + self._arrange(self.feeds.fed, second)

    def _line_height(self) -> float:
        return float(self.fontMetrics().height())

    def _arrange(self, units: Sequence[ConnectedUnit], area: QRectF) -> list[_Item]:
        """Lay units out row by row in an area; as many as fit at MIN_TILE_PIXELS."""
        if not units:
            return []
        text = 2 * self._line_height() + BAR_PIXELS + 2
        room = area.adjusted(0, self._line_height() + 2, 0, 0)
        side, columns, rows = self._choose_grid(len(units), room, text)
        step_x, step_y = room.width() / columns, side + text + 2
        strongest = max((abs(self._value(each)) for each in units), default=0.0) or 1.0
        items = []
        for k, unit in enumerate(units[: rows * columns]):
            row, column = divmod(k, columns)
            rect = QRectF(
                room.x() + column * step_x, room.y() + row * step_y, min(step_x, side), side
            )
            items.append(_Item(unit, rect, self._value(unit) / strongest))
        return items

    def _choose_grid(self, count: int, room: QRectF, text: float) -> tuple[float, int, int]:
        """Return side, columns and rows of the tiles: many of them, and large ones."""
        best, score = (MIN_TILE_PIXELS, max(1, int(room.width() / MIN_TILE_PIXELS)), 1), 0.0
        for columns in range(1, count + 1):
            side = min(room.width() / columns - theme.GAP, room.height() - text, MAX_TILE_PIXELS)
            if side < MIN_TILE_PIXELS:
                break
            rows = max(1, int((room.height() + 2) / (side + text + 2)))
            shown = min(count, rows * columns)
            if shown**1.5 * side > score:  # a unit more is worth somewhat smaller pictures
                best, score = (side, columns, rows), shown**1.5 * side
        return best

    def _value(self, unit: ConnectedUnit) -> float:
        """Return what ranks a unit; 0 where it is no finite number."""
        assert self.feeds is not None
        value = unit.value if self.feeds.by == "frame" else unit.weight
        return value if np.isfinite(value) else 0.0

    def picture_rects(self) -> tuple[QRectF, ...]:
        return tuple(item.rect for item in self.items())

    # ---- drawing

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self.feeds is None or self.message:
            self.paint_message(painter, palette)
            return
        painter.setFont(self.font())
        for heading, area in zip(self._headings(), self._areas(), strict=True):
            painter.setPen(palette.color("muted"))
            line = QRectF(area.x(), area.y(), area.width(), self._line_height())
            metrics = painter.fontMetrics()
            text = metrics.elidedText(heading, Qt.TextElideMode.ElideRight, int(line.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, text)
        if not self.feeds.fed:
            area = self._areas()[1].adjusted(0, self._line_height(), 0, 0)
            painter.setPen(palette.color("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self.feeds.fed_message)
        for item in self.items():
            self._paint_item(painter, palette, item)

    def _paint_item(self, painter: QPainter, palette: theme.Palette, item: _Item) -> None:
        rect, unit = item.rect, item.unit
        square = QRectF(rect.x(), rect.y(), rect.height(), rect.height())
        square.setWidth(min(rect.width(), rect.height()))
        pixels = self._picture(unit)
        if pixels is None:
            painter.fillRect(square, palette.color("raised"))
        else:
            painter.drawImage(square, wrap_pixels(pixels, QImage.Format.Format_RGB888))
        color = TAKES_COLOR if item.strength < 0 else ADDS_COLOR
        bar = QRectF(rect.x(), rect.bottom() + 1, square.width() * abs(item.strength), BAR_PIXELS)
        painter.fillRect(bar, color)
        metrics = painter.fontMetrics()
        painter.setPen(palette.color("text"))
        room = int(square.width()) + theme.GAP - 2
        for k, text in enumerate((self._short_name(unit, room), format_number(self._value(unit)))):
            top = rect.bottom() + BAR_PIXELS + 2 + k * self._line_height()
            line = QRectF(rect.x(), top, room, self._line_height())
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, elided)

    def _short_name(self, unit: ConnectedUnit, room: int) -> str:
        """Return as much of a unit's name as fits: the last part of its layer's, or its number."""
        if not unit.unit:
            return unit.name
        layer, bracket, number = unit.name.rpartition("[")
        short = f"{layer.rpartition('/')[2].rpartition('.')[2]}{bracket}{number}"
        for name in (unit.name, short):
            if self.fontMetrics().horizontalAdvance(name) <= room:
                return name
        return bracket + number

    def _picture(self, unit: ConnectedUnit) -> NDArray[np.uint8] | None:
        """Return what a unit looks like: its saved picture, else its map; None: neither."""
        key = id(unit)
        if key not in self._pixels:
            self._pixels[key] = unit.picture if unit.picture is not None else _draw_map(unit)
        return self._pixels[key]

    # ---- the mouse

    def item_at(self, point: QPointF) -> ConnectedUnit | None:
        """Return the unit under a point, or under its name and bar; None where none is."""
        text = 2 * self._line_height() + BAR_PIXELS + 2
        for item in self.items():
            if item.rect.adjusted(0, 0, 0, text).contains(point):
                return item.unit
        return None

    def text_at(self, point: QPointF) -> str:
        """Return a unit's name and numbers under a point; "" where none is."""
        unit = self.item_at(point)
        if unit is None:
            return ""
        lines = [unit.name]
        if np.isfinite(unit.value):
            lines.append(tr("adds {value} on this frame", value=format_value(unit.value, ".5g")))
        lines.append(tr("weight {value}", value=format_value(unit.weight, ".5g")))
        if unit.unit:
            lines.append(tr("click to go to it; Alt+← comes back"))
        return "\n".join(lines)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        unit = self.item_at(event.position())
        if unit is not None and unit.unit and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(unit.unit)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        unit = self.item_at(event.position())
        is_link = unit is not None and bool(unit.unit)
        shape = Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)


def _draw_map(unit: ConnectedUnit) -> NDArray[np.uint8] | None:
    """Return a unit's present map in colors; None where it has none, or one value only."""
    return None if unit.map is None or unit.map.size < 2 else draw_map(unit.map)
