"""Plot a tuning curve: around a circle where its property is periodic, else over a line."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QImage, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.probe.text import describe_curve, describe_flat, is_flat, label_axis
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line, draw_range, value_range
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_number
from dnnvis.core.probing.tuning import TuningCurve
from dnnvis.core.translation.catalog import tr

PICTURE_FRACTION = 0.28  # of the shorter side, for the picture that it responds to most


def polar_points(
    curve: TuningCurve, responses: NDArray[np.floating], low: float, high: float
) -> NDArray[np.float64]:
    """Return a closed curve around the circle of radius 1, (N + 1, 2), y downwards.

    Responses that are not known yet are left out.

    An angle of a stripe is drawn as the stripe lies: once on each side.

    Args:
        curve: The curve, of a periodic property.
        responses: The responses to draw (len of its first axis,).
        low: The response at the center.
        high: The response at radius 1.
    """
    axis = curve.axes[0]
    values = np.array(axis.values)
    radius = np.clip((responses - low) / (high - low), 0, None)
    turns = np.deg2rad(values)
    if axis.period == 180:
        turns, radius = np.concatenate([turns, turns + np.pi]), np.tile(radius, 2)
    points = np.stack([radius * np.cos(turns), -radius * np.sin(turns)], 1)
    points = points[np.isfinite(radius)]  # lines through NaN keep Qt busy for minutes
    return np.concatenate([points, points[:1]])


class TuningPlot(PaintedWidget):
    """The curve at the best value of the second property, the others paler, and the best picture.

    The dashed line is the response to the plain background.
    """

    background = "base"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Tuning curve"), parent)
        self.curve: TuningCurve | None = None
        self._picture: QImage | None = None
        self._pixels: NDArray[np.uint8] | None = None

    def show_curve(self, curve: TuningCurve | None, message: str = "") -> None:
        """Show a curve, or why there is none."""
        self.curve, self.message = curve, message
        pixels = None if curve is None else curve.preferred
        self._pixels = None if pixels is None else np.ascontiguousarray(pixels)  # the image's own
        self._picture = (
            None if self._pixels is None else wrap_pixels(self._pixels, QImage.Format.Format_RGB888)
        )
        self.setAccessibleDescription(describe_curve(curve) if curve is not None else message)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 180)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        curve = self.curve
        if curve is None or np.isnan(curve.responses).all():
            self.paint_message(painter, palette)
            return
        if is_flat(curve):
            self.message = describe_flat(curve)
            self.paint_message(painter, palette)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.value_font(self))
        known = curve.responses[~np.isnan(curve.responses)]
        low, high = value_range(np.append(known, curve.baseline))
        side = PICTURE_FRACTION * min(self.width(), self.height())
        beside = side + theme.GAP if self._picture is not None else 0.0
        area = QRectF(self.rect()).adjusted(0, 0, -beside, 0)  # no curve lies below the picture
        if curve.axes[0].period:
            self._paint_circle(painter, palette, curve, (low, high), area)
        else:
            self._paint_line(painter, palette, curve, (low, high), area)
        if self._picture is not None:
            box = QRectF(self.width() - side - theme.GAP, theme.GAP, side, side)
            painter.drawImage(box, self._picture)

    def _paint_circle(
        self,
        painter: QPainter,
        palette: theme.Palette,
        curve: TuningCurve,
        limits: tuple[float, float],
        area: QRectF,
    ) -> None:
        low, high = limits
        line = painter.fontMetrics().height()
        radius = min(area.width() / 2 - 2 * line, area.height() / 2 - line) - theme.GAP
        center = QPointF(area.center().x(), area.bottom() - radius - line - theme.GAP)
        box = QRectF(center.x() - radius, center.y() - radius, 2 * radius, 2 * radius)
        painter.setPen(QPen(palette.color("line"), 1))
        painter.drawEllipse(box)
        baseline = radius * (curve.baseline - low) / (high - low)
        painter.setPen(QPen(palette.color("muted"), 1, Qt.PenStyle.DashLine))
        painter.drawEllipse(center, baseline, baseline)
        for k, pen in self._pens(palette, curve):
            points = polar_points(curve, curve.responses[:, k], low, high)
            painter.setPen(pen)
            draw_line(painter, box, (points + 1) / 2)
        painter.setPen(palette.color("muted"))
        labels = (("0°", 1, 0), ("90°", 0, -1)) if curve.axes[0].period == 180 else _TURNS
        for text, x, y in labels:
            spot = QRectF(0, 0, 4 * line, line)
            spot.moveCenter(
                QPointF(center.x() + x * (radius + line), center.y() + y * (radius + line / 2))
            )
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, text)
        corner = QRectF(theme.GAP, theme.GAP, self.width(), line)
        text = tr("center {low}, rim {high}", low=format_number(low), high=format_number(high))
        painter.drawText(corner, Qt.AlignmentFlag.AlignLeft, text)

    def _paint_line(
        self,
        painter: QPainter,
        palette: theme.Palette,
        curve: TuningCurve,
        limits: tuple[float, float],
        area: QRectF,
    ) -> None:
        low, high = limits
        line = painter.fontMetrics().height()
        width = painter.fontMetrics().horizontalAdvance("-0.0000")
        plot = area.adjusted(theme.GAP, theme.GAP, -width - 2 * theme.GAP, -2 * line)
        painter.setPen(palette.color("muted"))
        draw_range(painter, plot, width, low, high)
        values = np.array(curve.axes[0].values)
        x = (values - values[0]) / max(float(values[-1] - values[0]), 1e-12)
        baseline = 1 - (curve.baseline - low) / (high - low)
        painter.setPen(QPen(palette.color("muted"), 1, Qt.PenStyle.DashLine))
        draw_line(painter, plot, np.array([[0, baseline], [1, baseline]]))
        for k, pen in self._pens(palette, curve):
            finite = np.isfinite(curve.responses[:, k])
            points = np.stack([x, 1 - (curve.responses[:, k] - low) / (high - low)], 1)[finite]
            painter.setPen(pen)
            draw_line(painter, plot, points)
        painter.setPen(palette.color("muted"))
        foot = QRectF(plot.left(), plot.bottom() + 2, plot.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, format_number(float(values[0])))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, format_number(float(values[-1])))
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, label_axis(curve.axes[0]))

    def _pens(self, palette: theme.Palette, curve: TuningCurve) -> list[tuple[int, QPen]]:
        """Return the columns to draw and their pens, the best one last and strongest."""
        count = curve.responses.shape[1]
        best = int(np.nanargmax(curve.responses)) % count
        others = [(k, QPen(palette.color("muted"), 1)) for k in range(count) if k != best]
        return [*others, (best, QPen(palette.color("accent"), 2))]


_TURNS = (("0°", 1, 0), ("90°", 0, -1), ("180°", -1, 0), ("270°", 0, 1))
