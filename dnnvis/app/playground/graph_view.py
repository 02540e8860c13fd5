"""Draw a dense network over the plane: each unit its heat map, each weight a line."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QLineF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.plane import (
    ANCHORS,
    WIDTH_CLASSES,
    GraphTile,
    PlaneGraph,
    WeightLines,
    arrange_weights,
    draw_tiles,
    lay_out_graph,
)

MAX_LINE_PIXELS = 5.0
MARGIN_PIXELS = 4
PALEST = 0.25  # how strong the color of the thinnest lines is


class GraphView(PaintedWidget):
    """The network from left to right; ``clicked`` names a column and a unit of it."""

    background = "base"
    clicked = pyqtSignal(int, int)
    drawn = pyqtSignal()  # other maps than the last time were painted

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._maps: tuple[NDArray[np.floating], ...] = ()
        self._titles: tuple[tuple[str, ...], ...] = ()
        self._matrices: tuple[NDArray[np.floating], ...] = ()
        self._chosen: tuple[int, int] | None = None
        self._layout: tuple[object, ...] = ()  # what the graph was laid out for
        self._pixels: NDArray[np.uint32] | None = None
        self.graph, self.lines = PlaneGraph(), WeightLines()
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(500, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def show_maps(
        self, maps: Sequence[NDArray[np.floating]], titles: Sequence[Sequence[str]]
    ) -> None:
        """Draw the units.

        Args:
            maps: Of each column the heat maps (C, h, w).
            titles: What each of its units is called.
        """
        self._maps, self.message = tuple(maps), ""
        self._titles = tuple(map(tuple, titles))
        self._pixels = None
        self.update()

    def show_weights(self, matrices: Sequence[NDArray[np.floating]]) -> None:
        """Draw the weights (outputs, inputs) that lead to each column but the first.

        They are drawn with the next maps, which follow them.
        """
        self._matrices = tuple(matrices)
        self.lines = arrange_weights(self.graph, self._matrices)

    def show_message(self, text: str) -> None:
        """Show why there is no graph."""
        if text != self.message or self._maps:
            self._maps, self.message = (), text
            self.update()

    def mark(self, chosen: tuple[int, int] | None) -> None:
        """Frame a unit, by its column and its number."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self._maps:
            self.paint_message(painter, palette)
            return
        self._lay_out()
        is_new = self._pixels is None
        if self._pixels is None:
            size = self.height(), self.width()
            self._pixels = draw_tiles(self.graph, self._maps, size, palette.rgb("base"))
        painter.drawImage(0, 0, wrap_pixels(self._pixels, QImage.Format.Format_RGB32))
        self._paint_lines(painter, palette.rgb("base"))
        self._paint_mark(painter, palette)
        if is_new:
            self.drawn.emit()

    def _lay_out(self) -> None:
        counts = tuple(len(maps) for maps in self._maps)
        layout = (counts, self.width(), self.height())
        if layout != self._layout:
            self._layout, self._pixels = layout, None
            margins = 2 * MARGIN_PIXELS
            graph = lay_out_graph(counts, self.width() - margins, self.height() - margins)
            self.graph = _move(graph, MARGIN_PIXELS)
            self.lines = arrange_weights(self.graph, self._matrices)

    def _paint_lines(self, painter: QPainter, base: tuple[int, int, int]) -> None:
        """Draw the lines, thin ones paler: mixed with the ground, for transparency takes long."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (positive, k), ends in sorted(self.lines.lines.items(), key=lambda item: item[0][1]):
            share = (k + 0.5) / WIDTH_CLASSES
            strength = PALEST + (1 - PALEST) * share
            color = ANCHORS[-1 if positive else 0]
            mixed = (round(b + (c - b) * strength) for b, c in zip(base, color, strict=True))
            pen = QPen(QColor(*mixed), max(0.7, MAX_LINE_PIXELS * share))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            first, *others = (QLineF(*line) for line in ends.tolist())
            painter.drawLines(first, *others)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_mark(self, painter: QPainter, palette: theme.Palette) -> None:
        tile = self._tile_of(self._chosen)
        if tile is None:
            return
        frame = QRectF(tile.x - 1.5, tile.y - 1.5, tile.side + 3, tile.side + 3)
        for color, width in ((QColor("#101010"), 4.0), (palette.color("cursor"), 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawRect(frame)

    def _tile_of(self, chosen: tuple[int, int] | None) -> GraphTile | None:
        if chosen is None or not 0 <= chosen[0] < len(self.graph.columns):
            return None
        column = self.graph.columns[chosen[0]]
        return column[chosen[1]] if 0 <= chosen[1] < len(column) else None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        tile = self.graph.tile_at(event.position().x(), event.position().y())
        if tile is not None and self._maps and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(tile.column, tile.unit)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        tile = self.graph.tile_at(event.position().x(), event.position().y())
        shape = Qt.CursorShape.PointingHandCursor if tile and self._maps else None
        self.setCursor(shape) if shape is not None else self.unsetCursor()

    def event(self, event: QEvent | None) -> bool:
        """Say which unit lies under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self.graph.tile_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self.describe_tile(tile), self)
            return True
        return super().event(event)

    def describe_tile(self, tile: GraphTile | None) -> str:
        """Return what a tool tip says of a unit; of the graph where there is none."""
        if tile is None or tile.column >= len(self._titles):
            return tr(
                "Each square is a unit: its value at every point of the plane, orange below zero, "
                "blue above. Lines are weights, wide where they are large; of many only the "
                "strongest are drawn."
            )
        titles = self._titles[tile.column]
        name = titles[tile.unit] if tile.unit < len(titles) else ""
        return tr("{name}: click to look into it", name=name)


def _move(graph: PlaneGraph, by: int) -> PlaneGraph:
    return PlaneGraph(
        tuple(
            tuple(GraphTile(t.column, t.unit, t.x + by, t.y + by, t.side) for t in column)
            for column in graph.columns
        )
    )
