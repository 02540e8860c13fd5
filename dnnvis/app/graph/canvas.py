"""Paint a graph that can be moved, enlarged, pointed at and clicked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.graph.folding import FoldedGraph, ShownNode
from dnnvis.imaging.graph.layout import GraphLayout

MIN_SCALE, MAX_SCALE = 0.08, 3.0
MIN_FIT_SCALE = 0.78  # below it a graph is not shown whole at first: nobody could read it
MAX_FIT_SCALE = 1.25
MIN_TEXT_SCALE = 0.3  # below it there are no letters
CLICK_PIXELS = 4.0  # that the mouse may move in a click
MARGIN = 20.0
ARROW = 6.0
FRAME_MARGIN = 9.0
ZOOM_STEP = 1.2


@dataclass(frozen=True, eq=False)
class GraphDrawing:
    """What is painted: a folded graph, laid out, with its texts."""

    graph: FoldedGraph
    layout: GraphLayout
    #: Width and height of each node.
    sizes: tuple[tuple[float, float], ...]
    #: Name of each node.
    labels: tuple[str, ...]
    #: Shape of what each node gives, "" where it is not known.
    shapes: tuple[str, ...]
    #: Tool tip of each node.
    helps: tuple[str, ...] = ()
    #: Unfolded block -> its name and rectangle (x, y, width, height), the outermost first.
    frames: dict[str, tuple[str, QRectF]] = field(default_factory=dict)

    def rect_of(self, k: int) -> QRectF:
        """Return the rectangle of a node."""
        (x, y), (width, height) = self.layout.centers[k], self.sizes[k]
        return QRectF(x - width / 2, y - height / 2, width, height)


class GraphCanvas(PaintedWidget):
    """A graph from top to bottom: drag to move it, turn the wheel to enlarge it.

    ``clicked`` carries the number of a node, ``fold_clicked`` the key of an unfolded block.
    """

    background = "base"

    clicked = pyqtSignal(int)
    fold_clicked = pyqtSignal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.drawing: GraphDrawing | None = None
        self.current: int | None = None
        self.scale, self.origin = 1.0, QPointF(0, 0)
        self.is_fitted = True
        self._activity: Mapping[str, tuple[float, float]] = {}
        self._paths: list[tuple[tuple[int, int], QPainterPath, QRectF]] = []
        self._pressed: QPointF | None = None
        self._moved = False
        self.setMouseTracking(True)

    def show_drawing(self, drawing: GraphDrawing, current: int | None, anchor: str = "") -> None:
        """Paint another graph.

        Args:
            drawing: The graph.
            current: Number of the node to mark; None for none.
            anchor: Key of a node of the previous graph, or of a block that was unfolded, that
                stays where it is on the screen; "": the graph is fitted.
        """
        previous = self._screen_point(anchor)
        self.drawing, self.current, self.message = drawing, current, ""
        routes = drawing.layout.routes.items()
        paths = [(edge, _bend_through(points)) for edge, points in routes]
        self._paths = [
            (edge, path, path.controlPointRect().adjusted(-2, -2, 2, 2)) for edge, path in paths
        ]
        now = self._screen_point(anchor)
        if previous is None or now is None or self.is_fitted:
            self.fit()
            self.show_current()
        else:
            self.origin += previous - now
            self.is_fitted = False
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there is no graph."""
        self.drawing, self.current, self.message = None, None, text
        self.setAccessibleDescription(text)
        self.update()

    def mark(self, current: int | None) -> None:
        """Mark a node and bring it into sight; None for none."""
        if current != self.current:
            self.current = current
            self.show_current()
            self.update()

    def show_activity(self, activity: Mapping[str, tuple[float, float]]) -> None:
        """Paint how strongly each layer fires: layer -> (share of values above 0, mean)."""
        self._activity = activity
        self.update()

    def fit(self) -> None:
        """Show the whole graph, or as much of it as can be read."""
        self.is_fitted = True
        if self.drawing is None:
            return
        width, height = self.drawing.layout.size
        across = (self.width() - 2 * MARGIN) / max(width, 1.0)
        down = (self.height() - 2 * MARGIN) / max(height, 1.0)
        self.scale = min(max(min(across, down), min(MIN_FIT_SCALE, across)), MAX_FIT_SCALE)
        self.scale = max(self.scale, MIN_SCALE)
        x = (self.width() - width * self.scale) / 2
        y = max((self.height() - height * self.scale) / 2, MARGIN)
        self.origin = QPointF(x, y)
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Enlarge by a factor, about a point of the widget or its middle."""
        point = QPointF(self.rect().center()) if about is None else about
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        inside = (point - self.origin) / self.scale
        self.scale, self.origin = scale, point - inside * scale
        self.is_fitted = False
        self.update()

    def show_current(self) -> None:
        """Move the graph so that the marked node is in sight."""
        if self.drawing is None or self.current is None:
            return
        rect = self._to_screen(self.drawing.rect_of(self.current))
        room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if not room.contains(rect):
            center = QPointF(room.center())
            moved = center - rect.center()
            if room.left() <= rect.left() and rect.right() <= room.right():
                moved.setX(0.0)
            self.origin += moved
            self.update()

    def node_at(self, point: QPointF) -> int | None:
        """Return the number of the node under a point of the widget; None where none is."""
        drawing = self.drawing
        if drawing is None:
            return None
        inside = (point - self.origin) / self.scale
        nodes = range(len(drawing.graph.nodes))
        return next((k for k in nodes if drawing.rect_of(k).contains(inside)), None)

    def frame_at(self, point: QPointF) -> str:
        """Return the unfolded block whose name is under a point; "" where none is."""
        frames = {} if self.drawing is None else self.drawing.frames
        inside = (point - self.origin) / self.scale
        matches = (key for key in reversed(frames) if self._title_rect(key).contains(inside))
        return next(matches, "")

    def _screen_point(self, key: str) -> QPointF | None:
        drawing = self.drawing
        if drawing is None or not key:
            return None
        k = drawing.graph.index(key)
        if k is not None:
            return self._to_screen(drawing.rect_of(k)).center()
        if key in drawing.frames:
            rect = self._to_screen(drawing.frames[key][1])
            return QPointF(rect.center().x(), rect.top() + MARGIN)
        return None

    def _to_screen(self, rect: QRectF) -> QRectF:
        corner = self.origin + rect.topLeft() * self.scale
        return QRectF(corner.x(), corner.y(), rect.width() * self.scale, rect.height() * self.scale)

    def _title_rect(self, key: str) -> QRectF:
        """Return where the name of an unfolded block stands, in the graph's own units."""
        assert self.drawing is not None
        title, frame = self.drawing.frames[key]
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(f"▾ {title}") + 10.0
        return QRectF(frame.left(), frame.top() - metrics.height(), width, metrics.height())

    def sizeHint(self) -> QSize:
        return QSize(500, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 150)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        drawing = self.drawing
        if drawing is None:
            self.paint_message(painter, palette)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.translate(self.origin)
        painter.scale(self.scale, self.scale)
        sight = QRectF(
            -self.origin.x() / self.scale,
            -self.origin.y() / self.scale,
            self.width() / self.scale,
            self.height() / self.scale,
        )
        self._paint_frames(painter, palette, drawing)
        self._paint_lines(painter, palette, drawing, sight)
        for k, node in enumerate(drawing.graph.nodes):
            if drawing.rect_of(k).adjusted(-8, -8, 200, 40).intersects(sight):
                self._paint_node(painter, palette, drawing, k, node)
        self._paint_titles(painter, palette, drawing)
        painter.restore()

    def _paint_frames(
        self, painter: QPainter, palette: theme.Palette, drawing: GraphDrawing
    ) -> None:
        fill = QColor(palette.color("accent"))
        fill.setAlpha(16)
        for _, rect in drawing.frames.values():
            painter.setPen(QPen(palette.color("line"), 1.0))
            painter.setBrush(fill)
            painter.drawRoundedRect(rect, 8, 8)

    def _paint_titles(
        self, painter: QPainter, palette: theme.Palette, drawing: GraphDrawing
    ) -> None:
        """Write the names of unfolded blocks."""
        for key, (title, _) in drawing.frames.items():
            rect = self._title_rect(key)
            painter.setPen(palette.color("accent"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"▾ {title}")

    def _paint_lines(
        self, painter: QPainter, palette: theme.Palette, drawing: GraphDrawing, sight: QRectF
    ) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        usual, strong = QPen(palette.color("muted"), 1.4), QPen(palette.color("accent"), 2.2)
        for edge, path, box in self._paths:
            if box.intersects(sight):
                pen = strong if self.current in edge else usual
                painter.setPen(pen)
                painter.drawPath(path)
                _paint_arrow(painter, drawing.layout.routes[edge][-1], pen.color())

    def _paint_node(
        self,
        painter: QPainter,
        palette: theme.Palette,
        drawing: GraphDrawing,
        k: int,
        node: ShownNode,
    ) -> None:
        rect = drawing.rect_of(k)
        radius = rect.height() / 2 if node.is_operation else 5.0
        is_current = k == self.current
        border = QPen(palette.color("accent" if is_current else "line"), 2.5 if is_current else 1.2)
        if node.inside:  # the second of several cards
            painter.setPen(border)
            painter.setBrush(palette.color("window"))
            painter.drawRoundedRect(rect.translated(3, 3), radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color("window" if node.is_operation else "raised"))
        painter.drawRoundedRect(rect, radius, radius)
        self._paint_strength(painter, palette, rect, node)
        painter.setPen(border)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, radius, radius)
        if self.scale >= MIN_TEXT_SCALE:
            self._write_node(painter, palette, drawing, k, node)

    def _paint_strength(
        self, painter: QPainter, palette: theme.Palette, rect: QRectF, node: ShownNode
    ) -> None:
        active = self._activity.get(node.layer) if node.layer else None
        if active is None:
            return
        color = QColor(palette.color("bar"))
        color.setAlpha(150)
        path = QPainterPath()
        path.addRoundedRect(rect, 5.0, 5.0)
        bar = QRectF(rect)
        bar.setWidth(rect.width() * min(max(active[0], 0.0), 1.0))
        painter.save()
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        painter.fillRect(bar, color)
        painter.restore()

    def _write_node(
        self,
        painter: QPainter,
        palette: theme.Palette,
        drawing: GraphDrawing,
        k: int,
        node: ShownNode,
    ) -> None:
        rect, label = drawing.rect_of(k), drawing.labels[k]
        inner = rect.adjusted(8, 0, -8, 0)
        painter.setPen(palette.color("text"))
        if node.is_operation or label == node.kind:
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, label)
        else:
            left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(inner, left, f"▸ {label}" if node.inside else label)
            painter.setPen(palette.color("muted"))
            painter.drawText(inner, right, node.kind)
        shape = drawing.shapes[k]
        if shape:
            metrics = self.fontMetrics()
            corner = QPointF(rect.center().x() + 6, rect.bottom() + 3)
            room = QRectF(
                corner.x(), corner.y(), metrics.horizontalAdvance(shape) + 2, metrics.height()
            )
            veil = QColor(palette.color("base"))
            veil.setAlpha(190)
            painter.fillRect(room, veil)
            painter.setPen(palette.color("muted"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shape)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._moved = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if self._pressed is None:
            self._point_at(event)
            return
        way = event.position() - self._pressed
        if self._moved or way.manhattanLength() > CLICK_PIXELS:
            self._moved, self.is_fitted = True, False
            self.origin += way
            self._pressed = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        is_click = self._pressed is not None and not self._moved
        self._pressed = None
        if not is_click or event.button() != Qt.MouseButton.LeftButton:
            return
        key, k = self.frame_at(event.position()), self.node_at(event.position())
        if key:
            self.fold_clicked.emit(key)
        elif k is not None:
            self.clicked.emit(k)

    def _point_at(self, event: QMouseEvent) -> None:
        k, key = self.node_at(event.position()), self.frame_at(event.position())
        shape = Qt.CursorShape.PointingHandCursor if k is not None or key else None
        self.setCursor(shape or Qt.CursorShape.ArrowCursor)
        helps = () if self.drawing is None else self.drawing.helps
        text = helps[k] if k is not None and k < len(helps) else tr("click to fold") if key else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, event: QEvent | None) -> None:
        QToolTip.hideText()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        assert event is not None
        turns = event.angleDelta().y() / 120
        self.zoom(ZOOM_STEP**turns, event.position())
        event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self.is_fitted:
            self.fit()
            self.show_current()


def _bend_through(points: tuple[tuple[float, float], ...]) -> QPainterPath:
    """Return a curve through points that leaves and enters each of them downwards."""
    path = QPainterPath(QPointF(*points[0]))
    for (x, y), (next_x, next_y) in pairwise(points):
        middle = (y + next_y) / 2
        path.cubicTo(QPointF(x, middle), QPointF(next_x, middle), QPointF(next_x, next_y))
    return path


def _paint_arrow(painter: QPainter, tip: tuple[float, float], color: QColor) -> None:
    x, y = tip
    head = QPolygonF(
        [QPointF(x, y), QPointF(x - ARROW / 2, y - ARROW), QPointF(x + ARROW / 2, y - ARROW)]
    )
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(head)
    painter.restore()
