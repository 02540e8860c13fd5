"""Paint what lies over the dots of an activation map: the present frame, its trail, the axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from dnnvis.app.activation_map.viewport import MapViewport, tick_values
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Attacks, Constellation
from dnnvis.core.formatting import format_tick
from dnnvis.imaging.class_colors import generate_class_colors

Floats = NDArray[np.floating]
MAX_TRAIL_POINTS = 60  # positions in the trail
FADE_LEVELS = 8  # strengths in which it is drawn
CROSS_RADIUS_PIXELS = 9.0  # pixels from the middle of the cross to the end of an arm
TICK_LENGTH_PIXELS = 4  # pixels
MIN_TICK_DISTANCE_PIXELS = 56  # pixels from one number of an axis to the next, at least
MAX_NUMBERED_STEPS = 12  # up to this many steps each has its number
UPRIGHT = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0))  # the arms of a cross
ASLANT = ((0.75, 0.75), (-0.75, 0.75), (0.75, -0.75), (-0.75, -0.75))
DARK, BRIGHT = QColor(0, 0, 0, 210), QColor(255, 255, 255)


@dataclass
class FrameTrail:
    """The last positions of the cross."""

    #: Positions (x, y), oldest first.
    points: list[tuple[float, float]]

    def add(self, point: Sequence[float]) -> None:
        """Append a position, unless it equals the last one or is none."""
        new_point = float(point[0]), float(point[1])
        if np.isfinite(new_point).all() and (not self.points or self.points[-1] != new_point):
            self.points.append(new_point)
            del self.points[:-MAX_TRAIL_POINTS]

    def strengths(self) -> list[float]:
        """Return how strongly each segment is drawn, in (0, 1], the newest last."""
        count = len(self.points) - 1
        return [((k + 1) / count) ** 1.5 for k in range(count)]


def paint_trail(painter: QPainter, view: MapViewport, trail: FrameTrail) -> None:
    """Paint lines between the last positions, fading in a few steps.

    A pen for each segment, or wide ones, would cost a third of a frame's time.

    Args:
        painter: The painter of the plot.
        view: The part of the map on show.
        trail: The last positions.
    """
    points, strengths = _points(view, np.array(trail.points)), trail.strengths()
    count = len(strengths)
    size = max(-(-count // FADE_LEVELS), 1)
    for start in range(0, count, size):
        stop = min(start + size, count)
        color = QColor(BRIGHT)
        color.setAlphaF(0.6 * strengths[stop - 1])
        painter.setPen(QPen(color, 2.0 if stop == count else 1.0))
        painter.drawPolyline(QPolygonF(points[start : stop + 1]))
        painter.setPen(QPen(color, 4.0, cap=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF(points[start:stop]))


def paint_frame_position(
    painter: QPainter, view: MapViewport, z: Floats, second: QColor | None = None
) -> None:
    """Paint a cross at the present frame's position.

    Where there are several, a line through all of them with their numbers is added. What lies
    outside is an arrow at the edge.

    Args:
        painter: The painter of the plot.
        view: The part of the map on show.
        z: Positions (S, 2), one for each step; the cross is at the last.
        second: Color of a second network's cross, which lies aslant; None: the first network's.
    """
    points = _points(view, z)
    if not points:
        return
    bright = BRIGHT if second is None else second
    if len(points) > 1:
        _paint_steps(painter, points, bright)
    at = points[-1]
    if not QRectF(0, 0, view.width, view.height).contains(at):
        _paint_arrow(painter, view, at, bright)
        return
    for color, width in ((DARK, 5.0), (bright, 2.0)):
        painter.setPen(QPen(color, width, cap=Qt.PenCapStyle.RoundCap))
        for x, y in UPRIGHT if second is None else ASLANT:
            far, near = (
                QPointF(x * CROSS_RADIUS_PIXELS, y * CROSS_RADIUS_PIXELS),
                QPointF(x * 3.0, y * 3.0),
            )
            painter.drawLine(at + near, at + far)
        painter.drawEllipse(at, CROSS_RADIUS_PIXELS - 3.0, CROSS_RADIUS_PIXELS - 3.0)


def _paint_steps(painter: QPainter, points: list[QPointF], bright: QColor) -> None:
    line = QPolygonF(points)
    for color, width in ((DARK, 4.0), (bright, 1.8)):
        painter.setPen(QPen(color, width, join=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(line)
    numbered = len(points) <= MAX_NUMBERED_STEPS
    radius = 7.0 if numbered else 2.5
    for k, point in enumerate(points[:-1]):
        painter.setPen(QPen(DARK, 1.2))
        painter.setBrush(bright)
        painter.drawEllipse(point, radius, radius)
        if numbered:
            box = QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(k))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_arrow(painter: QPainter, view: MapViewport, at: QPointF, bright: QColor) -> None:
    """Paint an arrow to the frame's position beyond the edge."""
    middle = QPointF(view.width / 2, view.height / 2)
    direction = at - middle
    scale = min(
        (view.width / 2 - 14) / max(abs(direction.x()), 1e-9),
        (view.height / 2 - 14) / max(abs(direction.y()), 1e-9),
    )
    tip = middle + direction * scale
    size = max(float(np.hypot(direction.x(), direction.y())), 1e-9)
    along, side = direction / size * 11, QPointF(-direction.y(), direction.x()) / size * 6
    painter.setPen(QPen(DARK, 1.5))
    painter.setBrush(bright)
    painter.drawPolygon(QPolygonF([tip + along, tip - side, tip + side]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_noise(painter: QPainter, view: MapViewport, constellation: Constellation) -> None:
    """Paint noisy copies as small discs, joined to the clean picture's position.

    Their color is that of the predicted class.

    Args:
        painter: The painter of the plot.
        view: The part of the map on show.
        constellation: Positions and predicted classes of the copies.
    """
    center = _points(view, constellation.centre[None])
    if not center:
        return
    colors = [
        QColor(*map(int, c))
        for c in generate_class_colors(int(constellation.predicted.max(initial=0)) + 1)
    ]
    copies = view.to_pixels(constellation.z)
    painter.setPen(QPen(QColor(255, 255, 255, 46), 1.0))
    for x, y in copies:
        painter.drawLine(center[0], QPointF(x, y))
    painter.setPen(QPen(DARK, 1.0))
    for (x, y), guess in zip(copies, constellation.predicted, strict=True):
        painter.setBrush(colors[guess] if guess >= 0 else BRIGHT)
        painter.drawEllipse(QPointF(x, y), 3.2, 3.2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_attacks(painter: QPainter, view: MapViewport, attacks: Attacks) -> None:
    """Paint the path of each attack in its target's color.

    It is dashed where it was resisted, with a ring where the label changed.

    Args:
        painter: The painter of the plot.
        view: The part of the map on show.
        attacks: The paths of the attacks.
    """
    max_class = max((path.target for path in attacks.paths), default=0)
    colors = generate_class_colors(max_class + 1)
    for path in attacks.paths:
        line = QPolygonF(_points(view, path.z))
        color = QColor(*map(int, colors[path.target]))
        style = Qt.PenStyle.DashLine if path.outcome == "resisted" else Qt.PenStyle.SolidLine
        for shade, width in ((DARK, 4.0), (color, 2.2)):
            painter.setPen(QPen(shade, width, style))
            painter.drawPolyline(line)
        if 0 <= path.flipped < len(line):
            painter.setPen(QPen(DARK, 1.2))
            painter.setBrush(color)
            painter.drawEllipse(line[path.flipped], 4.5, 4.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)


def _points(view: MapViewport, z: Floats) -> list[QPointF]:
    """Return positions (n, 2) in pixels; those that are not finite are left out."""
    z = np.asarray(z, np.float64).reshape(-1, 2)
    return [QPointF(x, y) for x, y in view.to_pixels(z[np.isfinite(z).all(1)])]


def paint_frame(painter: QPainter, box: QRectF, palette: theme.Palette) -> None:
    """Paint a frame around a box, in pixels of the widget."""
    painter.setPen(QPen(palette.color("line"), 1))
    painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))


def paint_ticks(painter: QPainter, view: MapViewport, box: QRectF, palette: theme.Palette) -> None:
    """Paint the numbers of the axes below a box and to its left.

    Args:
        painter: The painter of the plot.
        view: The part of the map on show.
        box: The box in which the view lies, in pixels of the widget.
        palette: Colors of the theme.
    """
    metrics = QFontMetricsF(painter.font())
    left, top = view.to_map(0, 0)
    right, bottom = view.to_map(view.width, view.height)
    for value in tick_values(left, right, int(box.width() // MIN_TICK_DISTANCE_PIXELS)):
        x = box.left() + (value - view.x) * view.scale + view.width / 2
        painter.setPen(palette.color("line"))
        painter.drawLine(QPointF(x, box.bottom()), QPointF(x, box.bottom() + TICK_LENGTH_PIXELS))
        painter.setPen(palette.color("muted"))
        label_box = QRectF(
            x - MIN_TICK_DISTANCE_PIXELS / 2,
            box.bottom() + TICK_LENGTH_PIXELS,
            MIN_TICK_DISTANCE_PIXELS,
            metrics.height(),
        )
        painter.drawText(label_box, Qt.AlignmentFlag.AlignHCenter, format_tick(value))
    for value in tick_values(bottom, top, int(box.height() // MIN_TICK_DISTANCE_PIXELS)):
        y = box.top() + view.height / 2 - (value - view.y) * view.scale
        painter.setPen(palette.color("line"))
        painter.drawLine(QPointF(box.left() - TICK_LENGTH_PIXELS, y), QPointF(box.left(), y))
        painter.setPen(palette.color("muted"))
        height = metrics.height()
        label_box = QRectF(0, y - height / 2, box.left() - TICK_LENGTH_PIXELS - 2, height)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(label_box, flags, format_tick(value))
