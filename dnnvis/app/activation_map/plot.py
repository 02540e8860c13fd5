"""Plot the activation map: dots and field as one picture, and over it the present frame.

The picture is rendered on a thread of its own (``raster.py``). While one is under way the last one
is shown where it belongs, so that nothing is ever blank.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from dnnvis.app.activation_map import colors, markers
from dnnvis.app.activation_map.colors import Dots
from dnnvis.app.activation_map.map_pictures import MapPictures, choose_rows
from dnnvis.app.activation_map.raster import MAX_PICKED, MapRenderer, RenderedMap, RenderRequest
from dnnvis.app.activation_map.viewport import MAX_ZOOM, MapViewport, bounding_box, fit_box
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import (
    Attacks,
    Constellation,
    FramePosition,
    MapData,
    SelectedExamples,
)
from dnnvis.core.mailbox import Mailbox
from dnnvis.imaging.polygon import points_in_polygon
from dnnvis.session.map_state import MapChoice

THREAD_NAME = "dnnvis-map"
PERSISTENT_KEYS = (
    "table",
    "sharp",
    "back",
)  # results that are awaited, also where the panel is closed
MARGIN_LEFT, MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM = 34, 6, 8, 22  # pixels around the picture
HOVER_INTERVAL_MS = 120  # milliseconds between two look-ups under the mouse
PICTURE_INTERVAL_MS = 300  # milliseconds that the view rests until pictures are looked for
MIN_ZOOM = 0.25  # of the whole map's scale
CLICK_TOLERANCE_PIXELS = 4  # pixels that a click may move
HIT_RADIUS_PIXELS = 6.0  # pixels from the mouse to a dot that is meant


class MapPlot(PaintedWidget):
    """A map and the marks on it, with signals for what the mouse does there.

    Drag to move the map, turn the wheel to come closer, click twice (or press 0) to see all of it;
    click a dot or draw a line around many with Shift held (or ``lassoing``) to pick them.
    """

    policies = (Policy.Preferred, Policy.Preferred)

    #: A new picture (RenderedMap) is on show.
    rendered = pyqtSignal(object)
    #: The result of any other task of ``worker``: key, and result or Failure.
    result_ready = pyqtSignal(str, object)
    #: The row under the mouse, -1 for none; at most every 120 ms.
    hovered = pyqtSignal(int)
    #: The point of the map under the mouse, () when it leaves; at most every 120 ms.
    point_hovered = pyqtSignal(object)
    #: The rows whose pictures have room on the part on show.
    pictures_requested = pyqtSignal(object)
    #: The rows that were clicked or lassoed, () when given up.
    picked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Activation map", parent)
        self.map_data: MapData | None = None
        self.frame_position: FramePosition | None = None
        self.second_position: FramePosition | None = None  # of a second network
        self.overlay: Constellation | Attacks | None = None
        self.choice = MapChoice()
        self.trail = markers.FrameTrail([])
        self.shown: RenderedMap | None = None
        self.hovered_row = -1
        self.view: MapViewport | None = None
        self.pictures = MapPictures()
        self._picture_timer = QTimer(self)
        self._picture_timer.setSingleShot(True)
        self._picture_timer.setInterval(PICTURE_INTERVAL_MS)
        self._picture_timer.timeout.connect(self._request_pictures)
        self._image = QImage()
        self._box = (-1.0, 1.0, -1.0, 1.0)
        self._shows_whole = True
        self._needs_render = False
        self._repaints_ticks = True
        self._tree: tuple[Dots, Any] | None = None
        self.lasso_path: list[QPointF] = []
        self._mail = Mailbox()
        self._bridge = Bridge(self._mail, self._deliver, self)
        self.worker = LatestWorker(THREAD_NAME, self._mail.post, PERSISTENT_KEYS)
        self._renderer = MapRenderer()
        self.setMinimumSize(210, 110)
        self.lassoing = False  # a drag draws a line around dots, also without Shift
        self._press_point: QPointF | None = None
        self._last_point = QPointF()
        self._dragged = False
        self._mouse_point: QPointF | None = None
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.setInterval(HOVER_INTERVAL_MS)
        self._hover_timer.timeout.connect(self._emit_hover)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_map_data(self, map_data: MapData | None, message: str = "") -> None:
        """Show another map, or the message that explains why there is none."""
        previous = self.map_data
        if (
            map_data is None or previous is None or map_data.z is not previous.z
        ):  # positions on another map
            self._shows_whole, self.view, self.hovered_row = True, None, -1
            self.trail.points.clear()
            self.frame_position = self.second_position = None
            self.pictures.clear()
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
        """Show colors, classes and marks as the user chose them."""
        previous, self.choice = self.choice, choice
        self.pictures.rows = choice.seen if choice.pictures else ()
        if (previous.seen, previous.pictures) != (choice.seen, choice.pictures):
            self.update()
        fields = ("colour", "kind", "off", "part", "field", "picked")
        if any(getattr(previous, name) != getattr(choice, name) for name in fields):
            self.refresh()
        if previous.tab != choice.tab or previous.trail != choice.trail:
            self.update()

    def show_frame_position(self, position: FramePosition | None) -> None:
        """Move the cross; None: the frame's position is not known."""
        self.frame_position = position
        if position is not None and len(position.z):
            self.trail.add(position.z[-1])
        if self.isVisible():
            self.update(self.plot().toAlignedRect())

    def show_second_position(self, position: FramePosition | None) -> None:
        """Move the second network's cross; None: there is none."""
        is_new = position is not None or self.second_position is not None
        self.second_position = position
        if is_new and self.isVisible():
            self.update(self.plot().toAlignedRect())

    def show_overlay(self, overlay: Constellation | Attacks | None) -> None:
        """Show noisy copies or attacks, drawn while their tab is open."""
        self.overlay = overlay
        self.update()

    def clear_trail(self) -> None:
        self.trail.points.clear()
        self.update()

    def clear_marks(self) -> None:
        """Clear cross, trail, copies and attacks: on another map their positions differ."""
        self.frame_position = self.second_position = self.overlay = None
        self.clear_trail()

    def fit(self) -> None:
        """Show the whole map."""
        self._shows_whole = True
        self.set_view(fit_box(self._box, *self._size()))

    def refresh(self) -> None:
        """Request a new picture, as soon as the widget is visible."""
        self._needs_render = not self.isVisible() or self.map_data is None or self.view is None
        if self._needs_render:
            return
        request = self.request(self.devicePixelRatioF())
        if request is not None:
            self.worker.submit("paint", lambda: self._paint(request))
            self.update()

    def request(self, ratio: float) -> RenderRequest | None:
        """Return the request for the present view, with ``ratio`` picture dots a pixel."""
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
        """Render a request; called on the map's thread."""
        rendered_map = self._renderer.paint(request)
        return replace(rendered_map, thread=threading.current_thread().name)

    def _deliver(self, key: str, value: Any) -> None:
        if key == "paint" and isinstance(value, RenderedMap):
            if value.request.map_data is self.map_data and self.isVisible():
                self._set_rendered(value)
                self._request_tree(value)
                self._picture_timer.start()
                self.update()
                self.rendered.emit(value)
        elif key == "tree" and isinstance(value, tuple):
            self._tree = value
        elif key == "pictures" and isinstance(value, tuple):
            self.pictures_requested.emit(value)
        elif key == "lasso" and isinstance(value, tuple):
            self.picked.emit(value)
        else:
            self.result_ready.emit(key, value)

    def _set_rendered(self, rendered: RenderedMap) -> None:
        self.shown = rendered  # stored: the QImage only borrows its pixels
        self._image = wrap_pixels(rendered.pixels, QImage.Format.Format_RGB32)

    def render_export(self, ratio: float) -> None:
        """Request a picture of ``ratio`` dots a pixel; it arrives with ``result_ready``."""
        request = self.request(ratio)
        if request is not None:
            self.worker.submit("sharp", lambda: self._paint(request))

    @contextmanager
    def show_temporarily(self, rendered: RenderedMap) -> Iterator[None]:
        """Draw the widget with that picture within the context."""
        previous = self.shown
        self._set_rendered(rendered)
        yield
        if previous is not None:
            self._set_rendered(previous)

    def _request_tree(self, rendered: RenderedMap) -> None:
        """Request the tree in which the mouse looks up dots, once for many pictures."""
        dots = rendered.dots
        if self._tree is None or self._tree[0] is not dots:
            self._tree = (dots, None)
            self.worker.submit("tree", lambda: (dots, _build_tree(dots.z)))

    def _request_pictures(self) -> None:
        """Request, on the map's thread, which pictures have room; once the view rests."""
        shown = self.shown
        if shown is not None and self.view is not None and self.isVisible():
            dots, view = shown.dots, self.view
            self.worker.submit("pictures", lambda: choose_rows(dots, view))

    def show_pictures(self, examples: SelectedExamples) -> None:
        """Show pictures that have arrived."""
        self.pictures.add(examples)
        self.update()

    def plot(self) -> QRectF:
        """Return the box of the picture; the axes lie around it."""
        width, height = self._size()
        return QRectF(MARGIN_LEFT, MARGIN_TOP, width, height)

    def _size(self) -> tuple[int, int]:
        return max(self.width() - MARGIN_LEFT - MARGIN_RIGHT, 1), max(
            self.height() - MARGIN_TOP - MARGIN_BOTTOM, 1
        )

    def zoom_factor(self) -> float:
        """Return how much closer than the whole map the view is."""
        return self.view.scale / fit_box(self._box, *self._size()).scale if self.view else 1.0

    def set_view(self, view: MapViewport) -> None:
        """Show that part of the map."""
        if view != self.view:
            self.view = view
            self.refresh()

    def point_of(self, z: Sequence[float]) -> QPointF:
        """Return where a position of the map lies in the widget."""
        if self.view is None:
            return QPointF()
        x, y = self.view.to_pixels(np.array([z]))[0]
        return QPointF(MARGIN_LEFT + x, MARGIN_TOP + y)

    def map_point_at(self, point: QPointF) -> tuple[float, float] | None:
        """Return the position on the map under a point of the widget, None where there is none."""
        if self.view is None or not self.plot().contains(point):
            return None
        return self.view.to_map(point.x() - MARGIN_LEFT, point.y() - MARGIN_TOP)

    def row_at(self, point: QPointF) -> int:
        """Return the row of the dot nearest to a point, at most 6 pixels away; else -1."""
        map_point = self.map_point_at(point)
        if map_point is None or self.view is None or self._tree is None or self._tree[1] is None:
            return -1
        dots, tree = self._tree
        distance, k = tree.query(
            map_point, distance_upper_bound=HIT_RADIUS_PIXELS / self.view.scale
        )
        return int(dots.rows[k]) if np.isfinite(distance) else -1

    def picture_rects(self) -> tuple[QRectF, ...]:
        return () if self.shown is None else (self.plot(),)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        # the numbers lie outside of what the cross repaints, and their text is half of its cost
        box = self.plot().toAlignedRect()
        self._repaints_ticks = event is None or not box.contains(event.rect())
        super().paintEvent(event)

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
        if self.shown is not None and self.pictures.rows:
            self.pictures.paint(painter, view, self.shown.dots)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter, view, palette)
        painter.restore()
        markers.paint_frame(painter, plot, palette)
        if self._repaints_ticks:
            markers.paint_ticks(painter, view, plot, palette)
        if self.lasso_path:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(palette.color("accent"), 1.6))
            fill = QColor(palette.color("accent"))
            fill.setAlpha(40)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self.lasso_path))

    def _target_box(self, rendered: RenderedMap, view: MapViewport) -> QRectF:
        """Return where the last picture belongs in the present view."""
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

    def _paint_marks(self, painter: QPainter, view: MapViewport, palette: theme.Palette) -> None:
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
        if self.second_position is not None:
            z, color = self.second_position.z, palette.color("cursor")
            markers.paint_frame_position(painter, view, z, color)

    def update_cursor(self) -> None:
        """Set a cross while a drag draws a line, else the usual arrow."""
        cross, arrow = Qt.CursorShape.CrossCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(cross if self.lassoing else arrow)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton or self.view is None:
            return
        self._press_point = self._last_point = event.position()
        self._dragged = False
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self.lassoing or shift:
            self.lasso_path = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        point = event.position()
        if self.lasso_path:
            if (point - self.lasso_path[-1]).manhattanLength() >= CLICK_TOLERANCE_PIXELS:
                self.lasso_path.append(point)
                self.update()
        elif self._press_point is not None and self.view is not None:
            self._drag_to(point)
        else:
            self._mouse_point = point
            if not self._hover_timer.isActive():
                self._hover_timer.start()

    def _drag_to(self, point: QPointF) -> None:
        is_drag = (
            (point - self._press_point).manhattanLength() > CLICK_TOLERANCE_PIXELS
            if self._press_point
            else False
        )
        self._dragged = self._dragged or is_drag
        if self._dragged and self.view is not None:
            offset = point - self._last_point
            self._last_point, self._shows_whole = point, False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.set_view(self.view.pan(offset.x(), offset.y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        line, self.lasso_path = self.lasso_path, []
        press_point, self._press_point = self._press_point, None
        self.update_cursor()
        if len(line) > 2:
            self._pick_inside(line)
            self.update()
        elif press_point is not None and not self._dragged:
            row = self.row_at(event.position())
            if row >= 0:
                self.picked.emit((row,))

    def _pick_inside(self, line: list[QPointF]) -> None:
        """Request, on the map's thread, which of the dots lie inside."""
        view, shown = self.view, self.shown
        if view is None or shown is None:
            return
        corners = np.array([view.to_map(p.x() - MARGIN_LEFT, p.y() - MARGIN_TOP) for p in line])
        dots = shown.dots
        self.worker.submit("lasso", lambda: _rows_inside(dots, corners))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and self.view is not None:
            point = event.position()
            self.zoom(1.0015 ** event.angleDelta().y(), point)
            event.accept()

    def zoom(self, factor: float, anchor: QPointF | None = None) -> None:
        """Zoom in (or out), a point of the widget staying where it is."""
        if self.view is None:
            return
        zoom = self.zoom_factor()
        factor = min(max(factor, MIN_ZOOM / zoom), MAX_ZOOM / zoom)
        point = anchor or self.plot().center()
        self._shows_whole = False
        self.set_view(self.view.magnify(factor, point.x() - MARGIN_LEFT, point.y() - MARGIN_TOP))

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._hover_timer.stop()
        self._mouse_point = None
        self._emit_hover()

    def _emit_hover(self) -> None:
        """Report what lies under the mouse."""
        map_point = self.map_point_at(self._mouse_point) if self._mouse_point is not None else None
        row = self.row_at(self._mouse_point) if self._mouse_point is not None else -1
        if row != self.hovered_row:
            self.hovered_row = row
            self.update()
        self.hovered.emit(row)
        self.point_hovered.emit(map_point or ())

    def event(self, event: QEvent | None) -> bool:
        """Handle Escape as the map's own while something is picked or a line is drawn."""
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._handles_key(event):
            event.accept()
            return True
        return super().event(event)

    def _handles_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return bool(self.choice.picked or self.lasso_path)
        return event.key() in (Qt.Key.Key_0, Qt.Key.Key_Plus, Qt.Key.Key_Minus)

    @property
    def mouse_is_over(self) -> bool:
        """Return whether the mouse points at the map."""
        return self._mouse_point is not None

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key of the map does; return whether it is one."""
        is_own = self._handles_key(event)
        if is_own:
            self.keyPressEvent(event)
        return is_own

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._handles_key(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() == Qt.Key.Key_Escape:
            self.drop_lasso()
        else:
            self.zoom(1.25 if event.key() == Qt.Key.Key_Plus else 0.8)

    def drop_lasso(self) -> None:
        """Give up the line that is drawn, and all that is picked."""
        self.lasso_path, self._press_point = [], None
        self.update()
        self.picked.emit(())

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
        self._hover_timer.stop()
        self._picture_timer.stop()
        self.worker.close()
        self._needs_render = True
        if self._tree is not None and self._tree[1] is None:
            self._tree = None  # it was not finished


def _build_tree(z: Any) -> Any:
    """Build a k-d tree of positions, None without any."""
    from scipy.spatial import cKDTree  # lazy: only once a map is shown

    return cKDTree(z) if len(z) else None


def _rows_inside(dots: Dots, corners: Any) -> tuple[int, ...]:
    """Return the rows of the dots inside a line, in order."""
    return tuple(np.sort(dots.rows[points_in_polygon(dots.z, corners)]).tolist())
