"""A small picture of a map: its examples faint, and things drawn over them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QLineF, QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph.functions import arrayToQPolygonF

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels

FAINT = 0.5  # how much of an example's colour is left in the background

Floats = NDArray[np.floating]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Trail:
    """A line through places (n, 2), fading from ``start`` to ``end`` (r, g, b); ``strong`` is
    thicker."""

    z: Floats
    end: tuple[int, int, int]
    start: tuple[int, int, int] | None = None
    strong: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """``backdrop`` (n, 2) in ``shades`` uint8 (n, 3); over it ``trails``, ``dots`` (m, 2) in
    ``colours`` uint8 (m, 3), a ``cross``, an ``arrow`` (from, to) and ``rings``, all places."""

    backdrop: Floats
    shades: Pixels
    trails: tuple[Trail, ...] = ()
    dots: Floats | None = None
    colours: Pixels | None = None
    cross: tuple[float, float] | None = None
    arrow: tuple[tuple[float, float], tuple[float, float]] | None = None
    rings: tuple[tuple[float, float], ...] = ()


def extent_of(scene: Scene) -> tuple[float, float, float, float]:
    """The part of the plane (x0, x1, y0, y1) that holds everything of a scene that is finite,
    and a little room around it; [-4, 4]^2 of nothing."""
    parts = [scene.backdrop, *(trail.z for trail in scene.trails)]
    parts += [scene.dots] if scene.dots is not None else []
    parts += [np.asarray([at]) for at in (scene.cross, *(scene.arrow or ())) if at is not None]
    places = np.concatenate([np.reshape(part, (-1, 2)) for part in parts])
    places = places[np.isfinite(places).all(1)]
    if not len(places):
        return -4.0, 4.0, -4.0, 4.0
    (x0, y0), (x1, y1) = places.min(0), places.max(0)
    room = max(0.04 * max(x1 - x0, y1 - y0), 0.05)
    return float(x0 - room), float(x1 + room), float(y0 - room), float(y1 + room)


def rastered(places: Floats, colours: Pixels, size: tuple[int, int], ground: Pixels) -> Pixels:
    """Dots of 2 x 2 pixels at ``places`` (n, 2) (x, y in pixels), half as strong as their
    ``colours``: uint8 (H, W, 3) on ``ground`` (3,)."""
    high, wide = size
    made = np.broadcast_to(ground, (high, wide, 3)).copy()
    good = np.isfinite(places).all(1)
    x, y = (np.floor(places[good]).astype(np.int64)).T
    mixed = (FAINT * colours[good] + (1 - FAINT) * ground).astype(np.uint8)
    for right in (0, 1):
        for down in (0, 1):
            inside = (x + right >= 0) & (x + right < wide) & (y + down >= 0) & (y + down < high)
            made[y[inside] + down, x[inside] + right] = mixed[inside]
    return made


class SmallMap(QWidget):
    """The examples and the trails are painted once for each scene and size, the rest each
    time. ``words`` stand where there is no scene."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: Scene | None = None
        self.words = ""
        self._extent = (-4.0, 4.0, -4.0, 4.0)
        self._ground: tuple[tuple[Any, ...], QImage] | None = None
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_scene(self, scene: Scene) -> None:
        """Draw this, as large as it fits."""
        before = self.scene
        self.scene, self.words = scene, ""
        if before is None or not _same_ground(before, scene):
            self._ground = None
        self._extent = extent_of(scene)
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is no map."""
        if self.scene is not None or words != self.words:
            self.scene, self.words, self._ground = None, words, None
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 80)

    def points(self, z: Floats) -> Floats:
        """Where places (n, 2) lie in the widget, (n, 2) x and y; both axes to one scale."""
        x0, x1, y0, y1 = self._extent
        scale = min(self.width() / (x1 - x0), self.height() / (y1 - y0))
        middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        moved = (np.asarray(z, np.float64).reshape(-1, 2) - middle) * (scale, -scale)
        placed: Floats = moved + (self.width() / 2, self.height() / 2)
        return placed

    # -- drawing

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        if self.scene is None:
            painter.fillRect(self.rect(), tones.colour("base"))
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            gap = theme.GAP
            painter.drawText(self.rect().adjusted(gap, gap, -gap, -gap), flags, self.words)
        else:
            painter.drawImage(0, 0, self._painted_ground(self.scene, tones))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_dots(painter, self.scene)
            self._paint_marks(painter, self.scene, tones)
        painter.end()

    def _painted_ground(self, scene: Scene, tones: theme.Tones) -> QImage:
        key = (self._extent, self.width(), self.height(), tones.base)
        if self._ground is not None and self._ground[0] == key:
            return self._ground[1]
        size = self.height(), self.width()
        ground = np.array(tones.rgb("base"), np.uint8)
        pixels = rastered(self.points(scene.backdrop), scene.shades, size, ground)
        held = wrap_pixels(pixels, QImage.Format.Format_RGB888)
        image = held.convertToFormat(QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_fading(painter, [t for t in scene.trails if t.start is not None])
        for trail in scene.trails:
            if trail.start is None:
                self._paint_trail(painter, trail)
        painter.end()
        self._ground = key, image
        return image

    def _paint_trail(self, painter: QPainter, trail: Trail) -> None:
        at = self.points(trail.z)
        at = at[np.isfinite(at).all(1)]
        if len(at) > 1:
            painter.setPen(QPen(QColor(*trail.end), 2.2 if trail.strong else 1.2))
            painter.drawPolyline(arrayToQPolygonF(at[:, 0], at[:, 1]))

    def _paint_fading(self, painter: QPainter, trails: list[Trail]) -> None:
        """All first pieces, then all second ones ..., those of one colour at once."""
        alike: dict[tuple[int, ...], list[Floats]] = {}
        for trail in trails:
            key = (len(trail.z), *trail.end, *(trail.start or trail.end))
            alike.setdefault(key, []).append(self.points(trail.z))
        for k in range(max((key[0] for key in alike), default=1) - 1):
            for (many, *colours), found in alike.items():
                if k + 1 < many:
                    share = k / max(many - 2, 1)
                    mixed = (1 - share) * np.array(colours[3:]) + share * np.array(colours[:3])
                    painter.setPen(QPen(QColor(*mixed.astype(int).tolist()), 1.2))
                    pieces = np.concatenate([at[k : k + 2] for at in found]).reshape(-1, 4)
                    good = pieces[np.isfinite(pieces).all(1)]
                    lines = [QLineF(*piece) for piece in good.tolist()]
                    if lines:
                        painter.drawLines(*lines)

    def _paint_dots(self, painter: QPainter, scene: Scene) -> None:
        if scene.dots is None or scene.colours is None:
            return
        at, colours = self.points(scene.dots), scene.colours
        edge = QPen(QColor(0, 0, 0, 160), 0.8)
        for (x, y), colour in zip(at.tolist(), colours.tolist(), strict=True):
            if np.isfinite(x) and np.isfinite(y):
                painter.setPen(edge)
                painter.setBrush(QColor(*colour))
                painter.drawEllipse(QPointF(x, y), 2.6, 2.6)

    def _paint_marks(self, painter: QPainter, scene: Scene, tones: theme.Tones) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ring in scene.rings:
            x, y = self.points(np.array([ring]))[0]
            painter.setPen(QPen(tones.colour("text"), 1.6))
            painter.drawEllipse(QPointF(x, y), 5, 5)
        for thick, colour in ((4.0, tones.colour("base")), (2.0, tones.colour("text"))):
            painter.setPen(QPen(colour, thick))
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


def _same_ground(a: Scene, b: Scene) -> bool:
    """Whether two scenes differ in nothing that is painted once."""
    if a.backdrop is not b.backdrop or a.shades is not b.shades or len(a.trails) != len(b.trails):
        return False
    pairs = zip(a.trails, b.trails, strict=True)
    return all(
        p.z is q.z and (p.end, p.start, p.strong) == (q.end, q.start, q.strong) for p, q in pairs
    )
