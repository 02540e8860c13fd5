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
from PyQt6.QtCore import QPointF, QRectF, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map import colors, markers
from dnnvis.app.activation_map.raster import MAX_PICKED, MapRenderer, RenderedMap, RenderRequest
from dnnvis.app.activation_map.viewport import MapViewport, bounding_box, fit_box
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import Attacks, Constellation, FramePosition, MapData
from dnnvis.core.mailbox import Mailbox
from dnnvis.session.map_state import MapChoice

THREAD_NAME = "dnnvis-map"
PERSISTENT_KEYS = (
    "table",
    "sharp",
    "back",
)  # what somebody waits for, also where the panel is closed
MARGIN_LEFT, MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM = 34, 6, 8, 22  # pixels around the picture
HIT_RADIUS_PIXELS = 6.0  # pixels from the mouse to a dot that is meant


class MapPlot(PaintedWidget):
    """Shows a map and the marks on it; ``map_canvas`` adds what the mouse does. ``rendered`` comes
    with each new picture, ``made`` with whatever else the map's thread made or failed at."""

    policies = (Policy.Preferred, Policy.Preferred)

    rendered = pyqtSignal(object)
    result_ready = pyqtSignal(str, object)  # anything else asked of ``worker``, or a Failure

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Activation map", parent)
        self.map_data: MapData | None = None
        self.frame_position: FramePosition | None = None
        self.overlay: Constellation | Attacks | None = None
        self.choice = MapChoice()
        self.trail = markers.FrameTrail([])
        self.shown: RenderedMap | None = None
        self.hovered_row = -1
        self.view: MapViewport | None = None
        self._image = QImage()
        self._box = (-1.0, 1.0, -1.0, 1.0)
        self._shows_whole = True
        self._needs_render = False
        self._tree: tuple[colors.Dots, Any] | None = None
        self.lasso_path: list[QPointF] = []
        self._mail = Mailbox()
        self._bridge = Bridge(self._mail, self._deliver, self)
        self.worker = LatestWorker(THREAD_NAME, self._mail.post, PERSISTENT_KEYS)
        self._renderer = MapRenderer()
        self.setMinimumSize(210, 110)

    # -- what is shown

    def show_map_data(self, map_data: MapData | None, message: str = "") -> None:
        """Another map, or the words that say why there is none."""
        previous = self.map_data
        if (
            map_data is None or previous is None or map_data.z is not previous.z
        ):  # places of another map
            self._shows_whole, self.view, self.hovered_row = True, None, -1
            self.trail.points.clear()
            self.frame_position = None
        if map_data is None or previous is None or map_data.projection != previous.projection:
            self.overlay = None  # of another fit it was forgotten when that was known
        self.map_data, self.message = map_data, message
        self._tree = None
        if map_data is None:
            self.shown, self._image = None, QImage()
            self.update()
            return
        finite = map_data.z[np.isfinite(map_data.z).all(1)]
        self._box = bounding_box(finite)
        if self._shows_whole:
            self.view = fit_box(self._box, *self._size())
        self.refresh()

    def show_choice(self, choice: MapChoice) -> None:
        """Colours, classes and marks as the user wants them."""
        previous, self.choice = self.choice, choice
        fields = ("colour", "kind", "off", "part", "field", "picked")
        if any(getattr(previous, name) != getattr(choice, name) for name in fields):
            self.refresh()
        if previous.tab != choice.tab or previous.trail != choice.trail:
            self.update()

    def show_frame_position(self, position: FramePosition | None) -> None:
        """The cross moves; None: nobody knows where the frame is."""
        self.frame_position = position
        if position is not None and len(position.z):
            self.trail.add(position.z[-1])
        if self.isVisible():
            self.update(self.plot().toAlignedRect())

    def show_overlay(self, overlay: Constellation | Attacks | None) -> None:
        """Noisy copies or attacks, drawn while their tab is open."""
        self.overlay = overlay
        self.update()

    def clear_trail(self) -> None:
        self.trail.points.clear()
        self.update()

    def clear_marks(self) -> None:
        """Another map was kept: cross, trail, copies and attacks have other places on it."""
        self.frame_position = self.overlay = None
        self.clear_trail()

    def fit(self) -> None:
        """Show the whole map."""
        self._shows_whole = True
        self.set_view(fit_box(self._box, *self._size()))

    def refresh(self) -> None:
        """Have the picture painted anew, as soon as somebody can see it."""
        self._needs_render = not self.isVisible() or self.map_data is None or self.view is None
        if self._needs_render:
            return
        request = self.request(self.devicePixelRatioF())
        if request is not None:
            self.worker.submit("paint", lambda: self._paint(request))
            self.update()

    def request(self, ratio: float) -> RenderRequest | None:
        """What is to be seen now, with ``ratio`` picture dots a pixel."""
        if self.map_data is None or self.view is None:
            return None
        choice = self.choice
        return RenderRequest(
            self.map_data,
            self.view.upscale(ratio),
            choice.colour,
            choice.kind,
            choice.off,
            choice.part,
            choice.field,
            choice.picked[:MAX_PICKED],
            colors.DARK,
            ratio,
            self.zoom_factor(),
        )

    def _paint(self, request: RenderRequest) -> RenderedMap:
        """Called on the map's thread."""
        rendered_map = self._renderer.paint(request)
        return replace(rendered_map, thread=threading.current_thread().name)

    def _deliver(self, key: str, value: Any) -> None:
        if key == "paint" and isinstance(value, RenderedMap):
            if value.request.map_data is self.map_data and self.isVisible():
                self._set_rendered(value)
                self._request_tree(value)
                self.update()
                self.rendered.emit(value)
        elif key == "tree" and isinstance(value, tuple):
            self._tree = value
        else:
            self.result_ready.emit(key, value)

    def _set_rendered(self, rendered: RenderedMap) -> None:
        self.shown = rendered  # kept: the QImage only borrows its pixels
        self._image = wrap_pixels(rendered.pixels, QImage.Format.Format_RGB32)

    def render_export(self, ratio: float) -> None:
        """Have a picture of ``ratio`` dots a pixel painted; it comes with ``made``."""
        request = self.request(ratio)
        if request is not None:
            self.worker.submit("sharp", lambda: self._paint(request))

    @contextmanager
    def show_temporarily(self, rendered: RenderedMap) -> Iterator[None]:
        """Within, the widget is drawn with that picture."""
        previous = self.shown
        self._set_rendered(rendered)
        yield
        if previous is not None:
            self._set_rendered(previous)

    def _request_tree(self, rendered: RenderedMap) -> None:
        """Have the dots sorted for the mouse to find them, once for many pictures."""
        dots = rendered.dots
        if self._tree is None or self._tree[0] is not dots:
            self._tree = (dots, None)
            self.worker.submit("tree", lambda: (dots, _build_tree(dots.z)))

    # -- where things lie

    def plot(self) -> QRectF:
        """The box of the picture; the axes lie around it."""
        width, height = self._size()
        return QRectF(MARGIN_LEFT, MARGIN_TOP, width, height)

    def _size(self) -> tuple[int, int]:
        return max(self.width() - MARGIN_LEFT - MARGIN_RIGHT, 1), max(
            self.height() - MARGIN_TOP - MARGIN_BOTTOM, 1
        )

    def zoom_factor(self) -> float:
        """How much closer than the whole map."""
        return self.view.scale / fit_box(self._box, *self._size()).scale if self.view else 1.0

    def set_view(self, view: MapViewport) -> None:
        """Show that part of the map."""
        if view != self.view:
            self.view = view
            self.refresh()

    def point_of(self, z: Sequence[float]) -> QPointF:
        """Where a place of the map lies in the widget."""
        if self.view is None:
            return QPointF()
        x, y = self.view.to_pixels(np.array([z]))[0]
        return QPointF(MARGIN_LEFT + x, MARGIN_TOP + y)

    def map_point_at(self, point: QPointF) -> tuple[float, float] | None:
        """The place of the map under a point of the widget, None where there is none."""
        if self.view is None or not self.plot().contains(point):
            return None
        return self.view.to_map(point.x() - MARGIN_LEFT, point.y() - MARGIN_TOP)

    def row_at(self, point: QPointF) -> int:
        """The row of the dot nearest to a point, at most 6 pixels away; else -1."""
        map_point = self.map_point_at(point)
        if map_point is None or self.view is None or self._tree is None or self._tree[1] is None:
            return -1
        dots, tree = self._tree
        distance, k = tree.query(
            map_point, distance_upper_bound=HIT_RADIUS_PIXELS / self.view.scale
        )
        return int(dots.rows[k]) if np.isfinite(distance) else -1

    # -- painting

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        plot = self.plot()
        painter.fillRect(plot, QColor(*colors.DARK.background))
        if self.map_data is None or self.view is None:
            self.paint_message(painter, palette, (12, 6), plot)
        else:
            self._paint_map(painter, self.view, plot, palette)

    def _paint_map(
        self, painter: QPainter, view: MapViewport, plot: QRectF, palette: theme.Palette
    ) -> None:
        painter.save()
        painter.setClipRect(plot)
        painter.translate(plot.topLeft())
        if self.shown is not None:
            target = self._target_box(self.shown, view)
            exact = target.size() == plot.size()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
            painter.drawImage(target, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter, view)
        painter.restore()
        markers.paint_axes(painter, view, plot, palette)
        if self.lasso_path:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(palette.color("accent"), 1.6))
            fill = QColor(palette.color("accent"))
            fill.setAlpha(40)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self.lasso_path))

    def _target_box(self, rendered: RenderedMap, view: MapViewport) -> QRectF:
        """Where the last picture belongs in the present view."""
        ratio = rendered.request.ratio
        rendered_view = rendered.request.view
        corners = [
            rendered_view.to_map(0, 0),
            rendered_view.to_map(rendered_view.width, rendered_view.height),
        ]
        if rendered_view == view.upscale(ratio):
            return QRectF(0, 0, rendered_view.width / ratio, rendered_view.height / ratio)
        (x0, y0), (x1, y1) = view.to_pixels(np.array(corners))
        return QRectF(QPointF(x0, y0), QPointF(x1, y1))

    def _paint_marks(self, painter: QPainter, view: MapViewport) -> None:
        if self.choice.trail:
            markers.paint_trail(painter, view, self.trail)
        if isinstance(self.overlay, Constellation) and self.choice.tab == "noise":
            markers.paint_noise(painter, view, self.overlay)
        if isinstance(self.overlay, Attacks) and self.choice.tab == "attack":
            markers.paint_attacks(painter, view, self.overlay)
        if self.map_data and 0 <= self.hovered_row < len(self.map_data.z):
            at = self.point_of(self.map_data.z[self.hovered_row]) - self.plot().topLeft()
            for color, width in ((markers.DARK, 3.5), (markers.BRIGHT, 1.5)):
                painter.setPen(QPen(color, width))
                painter.drawEllipse(at, 7.0, 7.0)
        if self.frame_position is not None:
            markers.paint_frame_position(painter, view, self.frame_position.z)

    # -- the widget's life

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self.map_data is None:
            return
        width, height = self._size()
        if self._shows_whole or self.view is None:
            self.fit()
        else:
            self.set_view(replace(self.view, width=width, height=height))

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._needs_render:
            self.refresh()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.worker.close()
        self._needs_render = True
        if self._tree is not None and self._tree[1] is None:
            self._tree = None  # it was not made to the end


def _build_tree(z: Any) -> Any:
    """A k-d tree of places, None without any."""
    from scipy.spatial import cKDTree  # lazy: only once a map is shown

    return cKDTree(z) if len(z) else None
