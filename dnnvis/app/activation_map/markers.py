"""What is drawn over the dots of an activation map: the present frame, its trail, the axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from dnnvis.app.activation_map.viewport import View, ticks
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Attacks, Constellation
from dnnvis.imaging.class_colors import class_colours

Floats = NDArray[np.floating]
TRAIL = 60  # places that the trail remembers
FADES = 8  # strengths in which it is drawn
CROSS = 9.0  # pixels from the middle of the cross to the end of an arm
TICK = 4  # pixels
APART = 56  # pixels from one number of an axis to the next, at least
NUMBERED = 12  # of so many steps each bears its number
DARK, BRIGHT = QColor(0, 0, 0, 210), QColor(255, 255, 255)


@dataclass
class Trail:
    """The last places of the cross, oldest first."""

    places: list[tuple[float, float]]

    def add(self, place: Sequence[float]) -> None:
        """Remember a place, unless it is the last one again or no place."""
        here = float(place[0]), float(place[1])
        if np.isfinite(here).all() and (not self.places or self.places[-1] != here):
            self.places.append(here)
            del self.places[:-TRAIL]

    def strengths(self) -> list[float]:
        """How strongly each stretch between two places is drawn, in (0, 1], the newest last."""
        count = len(self.places) - 1
        return [((k + 1) / count) ** 1.5 for k in range(count)]


def paint_trail(painter: QPainter, view: View, trail: Trail) -> None:
    """Lines between the last places, fading in a few steps: a pen for each stretch, or wide
    ones, would cost a third of a frame's time."""
    points, strengths = _points(view, np.array(trail.places)), trail.strengths()
    many = len(strengths)
    size = max(-(-many // FADES), 1)
    for start in range(0, many, size):
        stop = min(start + size, many)
        colour = QColor(BRIGHT)
        colour.setAlphaF(0.6 * strengths[stop - 1])
        painter.setPen(QPen(colour, 2.0 if stop == many else 1.0))
        painter.drawPolyline(QPolygonF(points[start : stop + 1]))
        painter.setPen(QPen(colour, 4.0, cap=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF(points[start:stop]))


def paint_here(painter: QPainter, view: View, z: Floats) -> None:
    """A cross at the last of the places (S, 2); where there are several, a line through all of
    them with their numbers. What lies outside is an arrow at the edge."""
    points = _points(view, z)
    if not points:
        return
    if len(points) > 1:
        _paint_steps(painter, points)
    at = points[-1]
    if not QRectF(0, 0, view.width, view.height).contains(at):
        _paint_arrow(painter, view, at)
        return
    for colour, width in ((DARK, 5.0), (BRIGHT, 2.0)):
        painter.setPen(QPen(colour, width, cap=Qt.PenCapStyle.RoundCap))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            far, near = QPointF(x * CROSS, y * CROSS), QPointF(x * 3.0, y * 3.0)
            painter.drawLine(at + near, at + far)
        painter.drawEllipse(at, CROSS - 3.0, CROSS - 3.0)


def _paint_steps(painter: QPainter, points: list[QPointF]) -> None:
    line = QPolygonF(points)
    for colour, width in ((DARK, 4.0), (BRIGHT, 1.8)):
        painter.setPen(QPen(colour, width, join=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(line)
    numbered = len(points) <= NUMBERED
    reach = 7.0 if numbered else 2.5
    for k, point in enumerate(points[:-1]):
        painter.setPen(QPen(DARK, 1.2))
        painter.setBrush(BRIGHT)
        painter.drawEllipse(point, reach, reach)
        if numbered:
            box = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(k))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_arrow(painter: QPainter, view: View, at: QPointF) -> None:
    """Where beyond the edge the frame is."""
    middle = QPointF(view.width / 2, view.height / 2)
    way = at - middle
    reach = min(
        (view.width / 2 - 14) / max(abs(way.x()), 1e-9),
        (view.height / 2 - 14) / max(abs(way.y()), 1e-9),
    )
    tip = middle + way * reach
    size = max(float(np.hypot(way.x(), way.y())), 1e-9)
    on, side = way / size * 11, QPointF(-way.y(), way.x()) / size * 6
    painter.setPen(QPen(DARK, 1.5))
    painter.setBrush(BRIGHT)
    painter.drawPolygon(QPolygonF([tip + on, tip - side, tip + side]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


# ---- noise and attacks ---------------------------------------------------------------------


def paint_noise(painter: QPainter, view: View, said: Constellation) -> None:
    """Noisy copies as small discs in the colour of what the network takes them for, joined to
    the clean picture's place."""
    centre = _points(view, said.centre[None])
    if not centre:
        return
    colours = [QColor(*map(int, c)) for c in class_colours(int(said.predicted.max(initial=0)) + 1)]
    copies = view.to_pixels(said.z)
    painter.setPen(QPen(QColor(255, 255, 255, 46), 1.0))
    for x, y in copies:
        painter.drawLine(centre[0], QPointF(x, y))
    painter.setPen(QPen(DARK, 1.0))
    for (x, y), guess in zip(copies, said.predicted, strict=True):
        painter.setBrush(colours[guess] if guess >= 0 else BRIGHT)
        painter.drawEllipse(QPointF(x, y), 3.2, 3.2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_attacks(painter: QPainter, view: View, said: Attacks) -> None:
    """The path of each attack in its target's colour: dashed where it was resisted, with a ring
    where the label changed."""
    most = max((path.target for path in said.paths), default=0)
    colours = class_colours(most + 1)
    for path in said.paths:
        line = QPolygonF(_points(view, path.z))
        colour = QColor(*map(int, colours[path.target]))
        style = Qt.PenStyle.DashLine if path.outcome == "resisted" else Qt.PenStyle.SolidLine
        for shade, width in ((DARK, 4.0), (colour, 2.2)):
            painter.setPen(QPen(shade, width, style))
            painter.drawPolyline(line)
        if 0 <= path.flipped < len(line):
            painter.setPen(QPen(DARK, 1.2))
            painter.setBrush(colour)
            painter.drawEllipse(line[path.flipped], 4.5, 4.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)


def _points(view: View, z: Floats) -> list[QPointF]:
    """Places (n, 2) in the picture; those that are not finite are left out."""
    z = np.asarray(z, np.float64).reshape(-1, 2)
    return [QPointF(x, y) for x, y in view.to_pixels(z[np.isfinite(z).all(1)])]


# ---- the axes ------------------------------------------------------------------------------


def paint_axes(painter: QPainter, view: View, box: QRectF, tones: theme.Tones) -> None:
    """A frame around ``box``, in which the view lies, with numbers below and to the left."""
    painter.setPen(QPen(tones.colour("line"), 1))
    painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
    metrics = QFontMetricsF(painter.font())
    left, top = view.place(0, 0)
    right, bottom = view.place(view.width, view.height)
    for value in ticks(left, right, int(box.width() // APART)):
        x = box.left() + (value - view.x) * view.scale + view.width / 2
        painter.setPen(tones.colour("line"))
        painter.drawLine(QPointF(x, box.bottom()), QPointF(x, box.bottom() + TICK))
        painter.setPen(tones.colour("muted"))
        place = QRectF(x - APART / 2, box.bottom() + TICK, APART, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, number(value))
    for value in ticks(bottom, top, int(box.height() // APART)):
        y = box.top() + view.height / 2 - (value - view.y) * view.scale
        painter.setPen(tones.colour("line"))
        painter.drawLine(QPointF(box.left() - TICK, y), QPointF(box.left(), y))
        painter.setPen(tones.colour("muted"))
        high = metrics.height()
        place = QRectF(0, y - high / 2, box.left() - TICK - 2, high)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, flags, number(value))


def number(value: float) -> str:
    """A round number of an axis, with a true minus sign."""
    return f"{value:.6g}".replace("-", "−").replace("−0", "0" if value == 0 else "−0")
