"""The activation map on screen: dots and field as one picture, and over it the present frame.

The picture is painted on a thread of its own (``map_raster``). While one is under way the last
one is shown where it belongs, so that nothing is ever blank.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map import colors, markers
from dnnvis.app.activation_map.raster import PICKS, Painted, Painter, Wish
from dnnvis.app.activation_map.viewport import View, box_of, whole
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.latest_worker import Aside
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import Attacks, Cloud, Constellation, Here
from dnnvis.core.mailbox import Mailbox
from dnnvis.session.map_state import MapChoice

THREAD = "dnnvis-map"
LASTING = ("table", "sharp", "back")  # what somebody waits for, also where the panel is closed
LEFT, TOP, RIGHT, BOTTOM = 34, 6, 8, 22  # pixels around the picture
NEAR = 6.0  # pixels from the mouse to a dot that is meant


class MapSheet(QWidget):
    """Shows a map and the marks on it; ``map_canvas`` adds what the mouse does. ``painted`` comes
    with each new picture, ``made`` with whatever else the map's thread made or failed at."""

    painted = pyqtSignal(object)
    made = pyqtSignal(str, object)  # anything else asked of ``aside``, or a Failure

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cloud: Cloud | None = None
        self.here: Here | None = None
        self.extra: Constellation | Attacks | None = None
        self.choice = MapChoice()
        self.trail = markers.Trail([])
        self.words = ""
        self.shown: Painted | None = None
        self.over = -1
        self.view: View | None = None
        self._image = QImage()
        self._box = (-1.0, 1.0, -1.0, 1.0)
        self._fitted = True
        self._due = False
        self._tree: tuple[colors.Dots, Any] | None = None
        self.line: list[QPointF] = []
        self._mail = Mailbox()
        self._bridge = Bridge(self._mail, self._deliver, self)
        self.aside = Aside(THREAD, self._mail.post, LASTING)
        self._painter = Painter()
        self.setMinimumSize(210, 110)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Activation map")

    # -- what is shown

    def show_cloud(self, cloud: Cloud | None, words: str = "") -> None:
        """Another map, or the words that say why there is none."""
        before = self.cloud
        if cloud is None or before is None or cloud.z is not before.z:  # places of another map
            self._fitted, self.view, self.over = True, None, -1
            self.trail.places.clear()
            self.here = None
        if cloud is None or before is None or cloud.projection != before.projection:
            self.extra = None  # of another fit it was forgotten when that was known
        self.cloud, self.words = cloud, words
        self._tree = None
        if cloud is None:
            self.shown, self._image = None, QImage()
            self.update()
            return
        finite = cloud.z[np.isfinite(cloud.z).all(1)]
        self._box = box_of(finite)
        if self._fitted:
            self.view = whole(self._box, *self._size())
        self.refresh()

    def show_choice(self, choice: MapChoice) -> None:
        """Colours, classes and marks as the user wants them."""
        before, self.choice = self.choice, choice
        drawn = ("colour", "kind", "off", "part", "field", "picked")
        if any(getattr(before, name) != getattr(choice, name) for name in drawn):
            self.refresh()
        if before.tab != choice.tab or before.trail != choice.trail:
            self.update()

    def show_here(self, here: Here | None) -> None:
        """The cross moves; None: nobody knows where the frame is."""
        self.here = here
        if here is not None and len(here.z):
            self.trail.add(here.z[-1])
        if self.isVisible():
            self.update(self.plot().toAlignedRect())

    def show_extra(self, extra: Constellation | Attacks | None) -> None:
        """Noisy copies or attacks, drawn while their tab is open."""
        self.extra = extra
        self.update()

    def forget_trail(self) -> None:
        self.trail.places.clear()
        self.update()

    def forget_marks(self) -> None:
        """Another map was kept: cross, trail, copies and attacks have other places on it."""
        self.here = self.extra = None
        self.forget_trail()

    def fit(self) -> None:
        """Show the whole map."""
        self._fitted = True
        self.see(whole(self._box, *self._size()))

    def refresh(self) -> None:
        """Have the picture painted anew, as soon as somebody can see it."""
        self._due = not self.isVisible() or self.cloud is None or self.view is None
        if self._due:
            return
        wish = self.wish(self.devicePixelRatioF())
        if wish is not None:
            self.aside.ask("paint", lambda: self._paint(wish))
            self.update()

    def wish(self, ratio: float) -> Wish | None:
        """What is to be seen now, with ``ratio`` picture dots a pixel."""
        if self.cloud is None or self.view is None:
            return None
        choice = self.choice
        return Wish(
            self.cloud, self.view.grown(ratio), choice.colour, choice.kind, choice.off,
            choice.part, choice.field, choice.picked[:PICKS], colors.DARK, ratio, self.zoomed(),
        )  # fmt: skip

    def _paint(self, wish: Wish) -> Painted:
        """Called on the map's thread."""
        made = self._painter.paint(wish)
        return replace(made, thread=threading.current_thread().name)

    def _deliver(self, key: str, value: Any) -> None:
        if key == "paint" and isinstance(value, Painted):
            if value.wish.cloud is self.cloud and self.isVisible():
                self._show(value)
                self._want_tree(value)
                self.update()
                self.painted.emit(value)
        elif key == "tree" and isinstance(value, tuple):
            self._tree = value
        else:
            self.made.emit(key, value)

    def _show(self, painted: Painted) -> None:
        self.shown = painted  # kept: the QImage only borrows its pixels
        self._image = wrap_pixels(painted.pixels, QImage.Format.Format_RGB32)

    def paint_sharp(self, ratio: float) -> None:
        """Have a picture of ``ratio`` dots a pixel painted; it comes with ``made``."""
        wish = self.wish(ratio)
        if wish is not None:
            self.aside.ask("sharp", lambda: self._paint(wish))

    @contextmanager
    def showing(self, painted: Painted) -> Iterator[None]:
        """Within, the widget is drawn with that picture."""
        before = self.shown
        self._show(painted)
        yield
        if before is not None:
            self._show(before)

    def _want_tree(self, painted: Painted) -> None:
        """Have the dots sorted for the mouse to find them, once for many pictures."""
        dots = painted.dots
        if self._tree is None or self._tree[0] is not dots:
            self._tree = (dots, None)
            self.aside.ask("tree", lambda: (dots, _tree_of(dots.z)))

    # -- where things lie

    def plot(self) -> QRectF:
        """The box of the picture; the axes lie around it."""
        wide, high = self._size()
        return QRectF(LEFT, TOP, wide, high)

    def _size(self) -> tuple[int, int]:
        return max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1)

    def zoomed(self) -> float:
        """How much closer than the whole map."""
        return self.view.scale / whole(self._box, *self._size()).scale if self.view else 1.0

    def see(self, view: View) -> None:
        """Show that part of the map."""
        if view != self.view:
            self.view = view
            self.refresh()

    def point_of(self, z: Sequence[float]) -> QPointF:
        """Where a place of the map lies in the widget."""
        if self.view is None:
            return QPointF()
        x, y = self.view.to_pixels(np.array([z]))[0]
        return QPointF(LEFT + x, TOP + y)

    def place_of(self, point: QPointF) -> tuple[float, float] | None:
        """The place of the map under a point of the widget, None where there is none."""
        if self.view is None or not self.plot().contains(point):
            return None
        return self.view.place(point.x() - LEFT, point.y() - TOP)

    def row_at(self, point: QPointF) -> int:
        """The row of the dot nearest to a point, at most 6 pixels away; else -1."""
        place = self.place_of(point)
        if place is None or self.view is None or self._tree is None or self._tree[1] is None:
            return -1
        dots, tree = self._tree
        away, k = tree.query(place, distance_upper_bound=NEAR / self.view.scale)
        return int(dots.rows[k]) if np.isfinite(away) else -1

    # -- painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("window"))
        painter.setFont(theme.small(self))
        plot = self.plot()
        painter.fillRect(plot, QColor(*colors.DARK.ground))
        if self.cloud is None or self.view is None:
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(plot.adjusted(12, 6, -12, -6), flags, self.words)
        else:
            self._paint_map(painter, self.view, plot, tones)
        painter.end()

    def _paint_map(self, painter: QPainter, view: View, plot: QRectF, tones: theme.Tones) -> None:
        painter.save()
        painter.setClipRect(plot)
        painter.translate(plot.topLeft())
        if self.shown is not None:
            moved = self._target(self.shown, view)
            exact = moved.size() == plot.size()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
            painter.drawImage(moved, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter, view)
        painter.restore()
        markers.paint_axes(painter, view, plot, tones)
        if self.line:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(tones.colour("accent"), 1.6))
            fill = QColor(tones.colour("accent"))
            fill.setAlpha(40)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self.line))

    def _target(self, painted: Painted, view: View) -> QRectF:
        """Where the last picture belongs in the present view."""
        ratio = painted.wish.ratio
        before = painted.wish.view
        corners = [before.place(0, 0), before.place(before.width, before.height)]
        if before == view.grown(ratio):
            return QRectF(0, 0, before.width / ratio, before.height / ratio)
        (x0, y0), (x1, y1) = view.to_pixels(np.array(corners))
        return QRectF(QPointF(x0, y0), QPointF(x1, y1))

    def _paint_marks(self, painter: QPainter, view: View) -> None:
        if self.choice.trail:
            markers.paint_trail(painter, view, self.trail)
        if isinstance(self.extra, Constellation) and self.choice.tab == "noise":
            markers.paint_noise(painter, view, self.extra)
        if isinstance(self.extra, Attacks) and self.choice.tab == "attack":
            markers.paint_attacks(painter, view, self.extra)
        if self.cloud and 0 <= self.over < len(self.cloud.z):
            at = self.point_of(self.cloud.z[self.over]) - self.plot().topLeft()
            for colour, width in ((markers.DARK, 3.5), (markers.BRIGHT, 1.5)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(at, 7.0, 7.0)
        if self.here is not None:
            markers.paint_here(painter, view, self.here.z)

    # -- the widget's life

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self.cloud is None:
            return
        wide, high = self._size()
        if self._fitted or self.view is None:
            self.fit()
        else:
            self.see(replace(self.view, width=wide, height=high))

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._due:
            self.refresh()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.aside.close()
        self._due = True
        if self._tree is not None and self._tree[1] is None:
            self._tree = None  # it was not made to the end


def _tree_of(z: Any) -> Any:
    """A k-d tree of places, None without any."""
    from scipy.spatial import cKDTree  # lazy: only once a map is shown

    return cKDTree(z) if len(z) else None
