"""Draw the answer over the plane with the data on it; points can be painted."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen, QPixmap
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_value
from dnnvis.core.learning.plane import PLANE_LIMIT, PlanePoints
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.colorize import resize_bilinear
from dnnvis.imaging.plane import color_of_label, color_plane

FINE_SIDE = 172  # pixels in which the border between the classes is drawn
BORDER_COLOR = (40, 44, 50)
POINT_PIXELS = 3.2  # radius of a point
TEST_EDGE = "#3c4148"  # of the rings that are points for testing
BRUSH_DISTANCE = 0.35  # on the plane, between two painted points
TOP_PIXELS = 2
LABELS_OF_BUTTONS = {Qt.MouseButton.LeftButton: 1.0, Qt.MouseButton.RightButton: -1.0}


class AnswerView(PaintedWidget):
    """The answer as a heat map, beside the one of a moment that was marked.

    ``painted`` gives x, y and label of a new point, ``placed`` row and column of a click.
    """

    background = "base"
    painted = pyqtSignal(float, float, float)
    placed = pyqtSignal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        #: Answers with what stands below each: the marked moment, if any, and the present one.
        self._answers: list[tuple[NDArray[np.floating], str]] = []
        self._pictures: list[NDArray[np.uint8]] = []
        self._data: PlanePoints | None = None
        self._shows_test = True
        self._overlay: tuple[tuple[int, object, bool], QPixmap] | None = None
        self._last_painted: tuple[float, float] | None = None
        self._brush = 0.0  # label that the mouse paints; 0: it paints none
        self._is_canvas = False  # whether the mouse paints points

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    def show_answers(self, answers: list[tuple[NDArray[np.floating], str]]) -> None:
        """Draw answers (h, w) in [-1, 1], each with a caption; the last is the present one."""
        self._answers, self.message = answers, ""
        self._pictures = [_draw_answer(values) for values, _ in answers]
        self.update()

    def show_data(self, data: PlanePoints | None, shows_test: bool) -> None:
        """Draw points; those for testing as rings."""
        if data is not self._data or shows_test != self._shows_test:
            self._data, self._shows_test, self._overlay = data, shows_test, None
            self.update()

    def set_painting(self, on: bool) -> None:
        """Let the mouse paint points, blue with its left button and orange with the right one."""
        if on == self._is_canvas:
            return
        self._is_canvas, self._brush = on, 0.0
        policy = Qt.ContextMenuPolicy
        # the right button is for orange; the panel's menu opens beside the picture
        self.setContextMenuPolicy(policy.PreventContextMenu if on else policy.DefaultContextMenu)
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def show_message(self, text: str) -> None:
        """Show why there is no answer."""
        self._answers, self._pictures, self.message = [], [], text
        self.update()

    def rects(self) -> list[QRectF]:
        """Return the square of each answer; the last is the present one's."""
        count = max(len(self._answers), 1)
        line = self.fontMetrics().height() + 2
        side = min((self.width() - (count - 1) * theme.GAP) / count, self.height() - line)
        side = max(side - TOP_PIXELS, 1.0)
        left = (self.width() - count * side - (count - 1) * theme.GAP) / 2
        return [QRectF(left + k * (side + theme.GAP), TOP_PIXELS, side, side) for k in range(count)]

    def picture_rects(self) -> tuple[QRectF, ...]:
        return tuple(self.rects()) if self._pictures else ()

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self._pictures:
            self.paint_message(painter, palette)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for rect, picture, (_, caption) in zip(
            self.rects(), self._pictures, self._answers, strict=True
        ):
            painter.drawImage(rect, wrap_pixels(picture, QImage.Format.Format_RGB888))
            painter.drawPixmap(rect.topLeft(), self._draw_points(round(rect.width())))
            painter.setPen(palette.color("muted"))
            foot = QRectF(rect.left(), rect.bottom() + 1, rect.width(), self.height())
            painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, caption)

    def _draw_points(self, side: int) -> QPixmap:
        """Return the points as a picture, drawn once as long as they stay."""
        key = (side, self._data, self._shows_test)
        if self._overlay is not None and self._overlay[0] == key:
            return self._overlay[1]
        pixmap = QPixmap(max(side, 1), max(side, 1))
        pixmap.fill(Qt.GlobalColor.transparent)
        if self._data is not None:
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_points(painter, self._data, side)
            painter.end()
        self._overlay = (key, pixmap)
        return pixmap

    def _paint_points(self, painter: QPainter, data: PlanePoints, side: int) -> None:
        scale = side / (2 * PLANE_LIMIT)
        for test in (True, False) if self._shows_test else (False,):
            points, labels = data.part(test)
            for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True):
                color = QColor(*color_of_label(label))
                center = QPointF((x + PLANE_LIMIT) * scale, (PLANE_LIMIT - y) * scale)
                painter.setPen(QPen(QColor(TEST_EDGE if test else "#ffffff"), 1.0))
                painter.setBrush(QColor(0, 0, 0, 0) if test else color)
                radius = POINT_PIXELS * (0.75 if test else 1.0)
                painter.drawEllipse(center, radius, radius)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        place = self.point_under(event.position())
        if place is None or not self._answers:
            return
        if self._is_canvas:
            self._brush = LABELS_OF_BUTTONS.get(event.button(), 0.0)
            if self._brush:
                self._paint_at(place)
        elif event.button() == Qt.MouseButton.LeftButton:
            height, width = self._answers[-1][0].shape
            row = round((PLANE_LIMIT - place[1]) / (2 * PLANE_LIMIT) * (height - 1))
            column = round((place[0] + PLANE_LIMIT) / (2 * PLANE_LIMIT) * (width - 1))
            self.placed.emit(row, column)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        place = self.point_under(event.position())
        if self._brush and place is not None:
            self._paint_at(place)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self._brush, self._last_painted = 0.0, None

    def _paint_at(self, place: tuple[float, float]) -> None:
        last = self._last_painted
        if last is None or np.hypot(place[0] - last[0], place[1] - last[1]) >= BRUSH_DISTANCE:
            self._last_painted = place
            self.painted.emit(*place, self._brush)

    def point_under(self, point: QPointF) -> tuple[float, float] | None:
        """Return the place (x, y) on the plane under a point; None beside the pictures."""
        for rect in self.rects():
            if rect.contains(point):
                x = (point.x() - rect.x()) / rect.width() * 2 * PLANE_LIMIT - PLANE_LIMIT
                return x, PLANE_LIMIT - (point.y() - rect.y()) / rect.height() * 2 * PLANE_LIMIT
        return None

    def describe_axes(self) -> str:
        """Return what the axes are, in the data's own units; "" where they are x and y."""
        data = self._data
        if data is None or data.axes == ("x", "y"):
            return ""
        parts = [
            f"{name} {format_value(low, '.3g')} … {format_value(high, '.3g')}"
            for name, (low, high) in zip(data.axes, data.ranges, strict=True)
        ]
        classes = tr("orange {first}, blue {second}", first=data.classes[0], second=data.classes[1])
        return f"→ {parts[0]}, ↑ {parts[1]}; {classes}"


def _draw_answer(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Draw an answer (h, w) with a dark border where it changes its sign."""
    fine = resize_bilinear(values, FINE_SIDE, FINE_SIDE)
    pixels = color_plane(fine)
    if not np.isfinite(values).all():
        return color_plane(values)
    positive = fine > 0
    edge = np.zeros(fine.shape, bool)
    edge[:-1] |= positive[:-1] != positive[1:]
    edge[:, :-1] |= positive[:, :-1] != positive[:, 1:]
    pixels[edge] = BORDER_COLOR
    return pixels
