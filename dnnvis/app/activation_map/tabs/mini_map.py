"""Paint a small picture of a map: its examples faint, and lines and marks over them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QLineF, QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels

BACKDROP_STRENGTH = 0.5  # how much of an example's color is left in the background

Floats = NDArray[np.floating]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Polyline:
    """A line on the map that may fade from one color to another."""

    #: Its points (n, 2).
    z: Floats
    #: Its color at the end (r, g, b).
    end: tuple[int, int, int]
    #: Its color at the start; None for that of the end.
    start: tuple[int, int, int] | None = None
    #: Whether it is thicker.
    strong: bool = False


@dataclass(frozen=True, eq=False)
class MiniMapScene:
    """What a small map shows; all positions are points of the map."""

    #: Positions of the faint examples (n, 2).
    backdrop: Floats
    #: Their colors, uint8 (n, 3).
    shades: Pixels
    #: Lines over the backdrop.
    polylines: tuple[Polyline, ...] = ()
    #: Positions of the strong dots (m, 2).
    dots: Floats | None = None
    #: Their colors, uint8 (m, 3).
    colors: Pixels | None = None
    #: Position of a cross.
    cross: tuple[float, float] | None = None
    #: Start and end of an arrow.
    arrow: tuple[tuple[float, float], tuple[float, float]] | None = None
    #: Positions of rings.
    rings: tuple[tuple[float, float], ...] = ()


def scene_extent(scene: MiniMapScene) -> tuple[float, float, float, float]:
    """Return the part of the plane (x0, x1, y0, y1) that holds a scene, with a margin.

    What is not finite is ignored; [-4, 4]^2 for an empty scene.
    """
    parts = [scene.backdrop, *(polyline.z for polyline in scene.polylines)]
    parts += [scene.dots] if scene.dots is not None else []
    parts += [np.asarray([at]) for at in (scene.cross, *(scene.arrow or ())) if at is not None]
    points = np.concatenate([np.reshape(part, (-1, 2)) for part in parts])
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return -4.0, 4.0, -4.0, 4.0
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    margin = max(0.04 * max(x1 - x0, y1 - y0), 0.05)
    return float(x0 - margin), float(x1 + margin), float(y0 - margin), float(y1 + margin)


def rasterize_dots(
    points: Floats, colors: Pixels, size: tuple[int, int], background: Pixels
) -> Pixels:
    """Draw dots of 2 x 2 pixels, half as strong as their colors.

    Args:
        points: x and y of the dots, in pixels (n, 2).
        colors: Their colors, uint8 (n, 3).
        size: Height and width of the picture.
        background: Its color, uint8 (3,).

    Returns:
        The picture, uint8 (H, W, 3).
    """
    height, width = size
    image = np.broadcast_to(background, (height, width, 3)).copy()
    finite = np.isfinite(points).all(1)
    x, y = (np.floor(points[finite]).astype(np.int64)).T
    mixed = (BACKDROP_STRENGTH * colors[finite] + (1 - BACKDROP_STRENGTH) * background).astype(
        np.uint8
    )
    for right in (0, 1):
        for down in (0, 1):
            inside = (x + right >= 0) & (x + right < width) & (y + down >= 0) & (y + down < height)
            image[y[inside] + down, x[inside] + right] = mixed[inside]
    return image


class MiniMap(PaintedWidget):
    """A widget that paints a scene.

    The examples and the trails are painted once for each scene and size, the rest each time.
    ``message`` is shown where there is no scene.
    """

    background = "base"

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.scene: MiniMapScene | None = None
        self._extent = (-4.0, 4.0, -4.0, 4.0)
        self._background: tuple[tuple[Any, ...], QImage] | None = None

    def show_scene(self, scene: MiniMapScene) -> None:
        """Draw this scene, as large as it fits."""
        previous = self.scene
        self.scene, self.message = scene, ""
        if previous is None or not _same_background(previous, scene):
            self._background = None
        self._extent = scene_extent(scene)
        self.update()

    def show_message(self, message: str) -> None:
        """Show why there is no map."""
        if self.scene is not None or message != self.message:
            self.scene, self.message, self._background = None, message, None
            self.setAccessibleDescription(message)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 80)

    def points(self, z: Floats) -> Floats:
        """Return where positions (n, 2) lie in the widget, (n, 2) x and y, both to one scale."""
        x0, x1, y0, y1 = self._extent
        scale = min(self.width() / (x1 - x0), self.height() / (y1 - y0))
        middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        moved = (np.asarray(z, np.float64).reshape(-1, 2) - middle) * (scale, -scale)
        placed: Floats = moved + np.array([self.width() / 2, self.height() / 2])
        return placed

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self.scene is None:
            self.paint_message(painter, palette, (theme.GAP, theme.GAP))
        else:
            painter.drawImage(0, 0, self._render_background(self.scene, palette))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_dots(painter, self.scene)
            self._paint_marks(painter, self.scene, palette)

    def _render_background(self, scene: MiniMapScene, palette: theme.Palette) -> QImage:
        key = (self._extent, self.width(), self.height(), palette.base)
        if self._background is not None and self._background[0] == key:
            return self._background[1]
        size = self.height(), self.width()
        background = np.array(palette.rgb("base"), np.uint8)
        pixels = rasterize_dots(self.points(scene.backdrop), scene.shades, size, background)
        rgb_image = wrap_pixels(pixels, QImage.Format.Format_RGB888)
        image = rgb_image.convertToFormat(QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_fading(painter, [t for t in scene.polylines if t.start is not None])
        for polyline in scene.polylines:
            if polyline.start is None:
                self._paint_polyline(painter, polyline)
        painter.end()
        self._background = key, image
        return image

    def _paint_polyline(self, painter: QPainter, polyline: Polyline) -> None:
        at = self.points(polyline.z)
        at = at[np.isfinite(at).all(1)]
        if len(at) > 1:
            painter.setPen(QPen(QColor(*polyline.end), 2.2 if polyline.strong else 1.2))
            painter.drawPolyline(arrayToQPolygonF(at[:, 0], at[:, 1]))

    def _paint_fading(self, painter: QPainter, polylines: list[Polyline]) -> None:
        """Paint all first pieces, then all second ones ..., those of one color at once."""
        groups: dict[tuple[int, ...], list[Floats]] = {}
        for polyline in polylines:
            key = (len(polyline.z), *polyline.end, *(polyline.start or polyline.end))
            groups.setdefault(key, []).append(self.points(polyline.z))
        for k in range(max((key[0] for key in groups), default=1) - 1):
            for (length, *colors), segments in groups.items():
                if k + 1 < length:
                    fraction = k / max(length - 2, 1)
                    mixed = (1 - fraction) * np.array(colors[3:]) + fraction * np.array(colors[:3])
                    painter.setPen(QPen(QColor(*mixed.astype(int).tolist()), 1.2))
                    pieces = np.concatenate([at[k : k + 2] for at in segments]).reshape(-1, 4)
                    finite = pieces[np.isfinite(pieces).all(1)]
                    lines = [QLineF(*piece) for piece in finite.tolist()]
                    if lines:
                        painter.drawLines(*lines)

    def _paint_dots(self, painter: QPainter, scene: MiniMapScene) -> None:
        if scene.dots is None or scene.colors is None:
            return
        at, colors = self.points(scene.dots), scene.colors
        edge = QPen(QColor(0, 0, 0, 160), 0.8)
        for (x, y), color in zip(at.tolist(), colors.tolist(), strict=True):
            if np.isfinite(x) and np.isfinite(y):
                painter.setPen(edge)
                painter.setBrush(QColor(*color))
                painter.drawEllipse(QPointF(x, y), 2.6, 2.6)

    def _paint_marks(self, painter: QPainter, scene: MiniMapScene, palette: theme.Palette) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ring in scene.rings:
            x, y = self.points(np.array([ring]))[0]
            painter.setPen(QPen(palette.color("text"), 1.6))
            painter.drawEllipse(QPointF(x, y), 5, 5)
        for pen_width, color in ((4.0, palette.color("base")), (2.0, palette.color("text"))):
            painter.setPen(QPen(color, pen_width))
            if scene.cross is not None:
                x, y = self.points(np.array([scene.cross]))[0]
                painter.drawLine(QPointF(x - 6, y), QPointF(x + 6, y))
                painter.drawLine(QPointF(x, y - 6), QPointF(x, y + 6))
            if scene.arrow is not None:
                self._paint_arrow(painter, scene.arrow)

    def _paint_arrow(
        self, painter: QPainter, arrow: tuple[tuple[float, float], tuple[float, float]]
    ) -> None:
        start, end = self.points(np.array(arrow, np.float64))
        along = end - start
        length = float(np.hypot(*along))
        if not np.isfinite(length) or length < 3:
            return
        along = along / length
        across = np.array([-along[1], along[0]])
        head = min(8.0, length / 2)
        painter.drawLine(QPointF(*start), QPointF(*end))
        wings = [end - head * along + side * head / 2 * across for side in (-1, 1)]
        painter.drawPolyline(QPolygonF([QPointF(*wings[0]), QPointF(*end), QPointF(*wings[1])]))


def _same_background(a: MiniMapScene, b: MiniMapScene) -> bool:
    """Return whether two scenes are equal in all that is painted once."""
    if (
        a.backdrop is not b.backdrop
        or a.shades is not b.shades
        or len(a.polylines) != len(b.polylines)
    ):
        return False
    pairs = zip(a.polylines, b.polylines, strict=True)
    return all(
        p.z is q.z and (p.end, p.start, p.strong) == (q.end, q.start, q.strong) for p, q in pairs
    )
