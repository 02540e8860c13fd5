"""The Layers panel: every unit of the layer on show, in one picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dnnvis.app.layers.contrast_bar import ContrastBar
from dnnvis.app.layers.difference import (
    DIFFERENCE,
    MapsDifference,
    compute_difference,
    describe_difference,
)
from dnnvis.app.layers.drawing import (
    DrawnMosaic,
    MosaicRequest,
    PreparedFrame,
    draw_mosaic,
    is_large,
    prepare_frame,
)
from dnnvis.app.layers.layer_ranges import LayerRanges, choose_backward_range
from dnnvis.app.layers.mosaic_view import MosaicView
from dnnvis.app.layers.order_choice import OrderChoice
from dnnvis.app.layers.query_choice import QueryChoice
from dnnvis.app.layers.render_offer import RenderOffer
from dnnvis.app.layers.shown_maps import (
    describe_hovered,
    find_backward_maps,
    find_difference,
    find_forward_maps,
)
from dnnvis.app.layers.tile_order import ORDERS_OF_VALUES, TileOrder, order_by_name
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.captioned_image import ColorScale
from dnnvis.app.widgets.color_bar import ColorBar
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.job_state import JobState
from dnnvis.core.lens_results import Patterns, Picture
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize, mosaic
from dnnvis.imaging.maps_summary import MapsSummary, summarize_maps
from dnnvis.imaging.pattern_mosaic import PatternMosaic, merge_patterns
from dnnvis.imaging.running_range import DisplayRange
from dnnvis.session import readout
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import at_call
from dnnvis.session.unit_concepts import UnitConcepts
from dnnvis.session.unit_effects import SWEEP_JOB, read_effects

GRID_KEY = "grid"  # the mail key of the lens picture that backward mode shows
PATTERNS = "patterns"  # the mail key of the saved pictures, and the mode that shows them
RENDER_JOB = "job render"  # the mail key of the job that renders a layer
_DRAWN_FIELDS = (
    "contrast",
    "fixed",
    "gamma",
    "per_unit",
    "colours",
    "order",
    "grid",
    "layer",
    "call",
)


class MosaicPanel(Panel):
    """The layer's name, the mosaic of its maps, its color bar and contrast controls.

    ``hovered`` is the line under the mouse ("" when it leaves), ``previewed`` the unit under it or
    None, ``painted`` the Live whose maps have just reached the screen.
    """

    hovered = pyqtSignal(str)
    previewed = pyqtSignal(object)
    painted = pyqtSignal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self.backward: Picture | Failure | None = None
        self.patterns: Patterns | Failure | None = None
        self._tiles: tuple[object, PatternMosaic] | None = None
        self.grid: mosaic.MosaicGrid | None = None
        self._ranges, self._order, self.concepts = LayerRanges(), TileOrder(), UnitConcepts()
        self.difference: MapsDifference | None = None  # the latest that could be computed
        self._order_timer = QTimer(self)
        self._order_timer.setSingleShot(True)
        self._order_timer.timeout.connect(self._redraw)
        self._maps: NDArray[np.float32] | None = None
        self._summary: MapsSummary | None = None  # of the maps
        self._preparing: Live | None = None  # the newest frame, while another thread looks at it
        self._range: DisplayRange | None = None
        self._mouse_position: tuple[float, float] | None = None
        self._hovered_unit: Unit | None = None
        self._redraw_pending = True  # until it is shown
        self._drawn_subject: object = None  # what the picture on show is of
        self._mail = Mailbox()
        self._bridge = Bridge(self._mail, self._receive_drawn, self)
        self._worker = LatestWorker("dnnvis-mosaic", self._mail.post, stay=False)
        self.title = ElidedLabel(self, theme.title_font(self))
        self.title.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, 0)
        self.order = OrderChoice(session, self)
        self.contrast = ContrastBar(session, self)
        self.canvas = MosaicView(self)
        self.canvas.setAccessibleName(tr("Mosaic of all units of the layer"))
        self.bar = ColorBar(self)
        self.message = create_label(self, muted=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.notes = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.notes.setContentsMargins(theme.GAP, 0, theme.GAP, theme.GAP // 2)
        self.query = QueryChoice(session, self)
        self.render_offer = RenderOffer(self)
        self._arrange()
        self.contrast.freeze.connect(self._fix_range)
        self.canvas.clicked.connect(self._on_click)
        self.canvas.pointed.connect(self._on_hover)
        self.canvas.left.connect(self._on_leave)
        self.canvas.resized.connect(self._on_resize)
        self.canvas.painted.connect(self.painted)
        self.show_state(self.state)

    def _arrange(self) -> None:
        shown = QWidget(self)
        row = QHBoxLayout(shown)
        row.setContentsMargins(0, 0, theme.GAP, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.bar)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.message)
        self._stack.addWidget(shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        header = self._header = QHBoxLayout()
        header.setSpacing(0)
        header.addWidget(self.title, 1)
        header.addWidget(self.order, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(header)
        column.addWidget(self.contrast)
        column.addWidget(self._stack, 1)
        column.addWidget(self.render_offer, 0, Qt.AlignmentFlag.AlignHCenter)
        below = QWidget(self)
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.notes, 1)
        row.addWidget(self.query)
        column.addWidget(below)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.contrast,)

    def header_part(self) -> QWidget:
        return self.order

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.canvas,)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.title, self.bar)

    def arrange_compact(self, on: bool) -> None:
        """Leave the order to the card's title, or take it back."""
        if not on:
            self._header.addWidget(self.order, 0, Qt.AlignmentFlag.AlignRight)
            self.order.show()

    def show_state(self, state: State) -> None:
        previous = self.state
        super().show_state(state)
        self.order.show_state(state)
        self._show_title()
        self.contrast.show_state(state)
        self.query.show_state(state, self.info)
        names = _DRAWN_FIELDS if self.info is not None else (*_DRAWN_FIELDS, "network")
        if any(getattr(previous, name) != getattr(state, name) for name in names):
            self._redraw()
        else:
            self._update_marks()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = self.backward = self.patterns = self._tiles = self.difference = None
        self._preparing = None
        self._ranges.reset()
        self.concepts.follow("" if info is None else info.name)
        self._show_title()
        self.query.show_state(self.state, info)
        self._redraw()

    def _show_title(self) -> None:
        row = self.info.layer(self.state.layer) if self.info is not None else None
        about = f" · {row.kind} {row.shape_text}" if row is not None else ""
        name = "" if self.info is None else self.info.label_layer(self.state.layer)
        self.title.setText(name + about)

    def on_message(self, key: str, value: Any) -> None:
        self.concepts.receive(key, value)
        if self.note_frame(key, value):
            self._redraw()
        elif isinstance(value, Live):
            self._receive_frame(value)
        elif isinstance(value, JobState):
            self._follow_job(key, value)
        elif key == GRID_KEY and isinstance(value, Picture | Failure):
            self.backward = value
            if self.state.grid == "backward":
                self._redraw()
        elif key == PATTERNS and isinstance(value, Patterns | Failure):
            self.patterns = merge_patterns(self.patterns, value)
            if self.state.grid == PATTERNS:
                self._redraw()

    def _follow_job(self, key: str, job: JobState) -> None:
        """Show how far rendering is, or order the tiles by what a sweep has found so far."""
        if key == RENDER_JOB:
            self.render_offer.show_job(job)
            self._show_offer()
        elif key == f"job {SWEEP_JOB}":
            self._order.effects = read_effects(job) or self._order.effects
            if self.state.order == "effect":
                self._redraw()

    def _receive_frame(self, live: Live) -> None:
        """Show a frame, of a large mosaic once another thread has found its ranges."""
        maps, shown = live.maps.get(self.state.layer), self.live
        self.difference = compute_difference(live, self.state.layer) or self.difference
        is_next = shown is not None and shown.network == live.network and self.isVisible()
        if maps is not None and is_next and self._waits_for_ranges(maps):
            self._preparing = live
            self._worker.submit("frame", lambda: prepare_frame(live, maps))
            return
        self._preparing, self.live = None, live
        self._redraw(new=True)

    def _waits_for_ranges(self, maps: NDArray[np.float32]) -> bool:
        """Return whether maps are that large, and the layer is on screen already."""
        is_forward = self.state.grid == "forward"
        return is_forward and is_large(maps) and self._drawn_subject == self._subject(maps)

    def _show_offer(self) -> None:
        """Offer to render the layer where few of its units have a picture."""
        row = self.info.layer(self.state.layer) if self.info is not None else None
        patterns = self.patterns
        known = isinstance(patterns, Patterns) and patterns.layer == self.state.layer
        if row is None or not known or self.state.grid != PATTERNS:
            self.render_offer.hide()
            return
        assert isinstance(patterns, Patterns)
        total = row.shape[0]
        self.render_offer.show_missing(total - len(patterns.thumbs), total)

    def export_title(self) -> str:
        return tr("Units of {label}", label=self.label(self.state.layer))

    def export_name(self) -> tuple[str, str]:
        return self.label_layer(self.state.layer), "units"

    def export_scale(self) -> ColorScale | None:
        """Return the range of the colors on show."""
        return self.bar.color_scale

    def export_values(self) -> NDArray[np.float32] | None:
        """Return the maps on show (C, H, W), unscaled."""
        return self._maps

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._redraw_pending:
            self._redraw(new=self.live is not None)

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw lines and background in the colors of another theme, also of a still picture."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._redraw_pending = self._redraw_pending or self._worker.is_running
        self.live, self._preparing = self._preparing or self.live, None
        self._worker.close()

    def _redraw(self, new: bool = False) -> None:
        """Draw what is on show; ``new`` when a frame has arrived that was not counted yet."""
        self._redraw_pending = not self.isVisible()
        if self._redraw_pending or self._awaits_frame():
            return
        self._show_offer()
        self._maps, message = self._values()
        self._stack.setCurrentIndex(1 if self._maps is not None else 0)
        if self._maps is None:
            self.message.setText(self.label(message))
            self.notes.setText("")
            self._drawn_subject = None
            self.canvas.show_indices(None, colorize.build_lookup_table("gray"))
            return
        backward = self.state.grid in ("backward", DIFFERENCE)
        summary = self._summary = summarize_maps(self._maps)
        low, high = summary.low, summary.high
        if backward:
            name, strength = "signed", np.maximum(np.abs(low), np.abs(high))
            self._range = choose_backward_range(summary, self.state)
        else:
            name, strength = summary.choose_colormap(self.state.colours), high
            key, is_signed = self._layer_key(), name == "signed"
            self._range = self._ranges.choose(summary, self.state, key, new=new, signed=is_signed)
        grid = self._choose_grid(self._maps.shape, self._order_units(strength))
        gamma = self.state.gamma
        patterns = self.state.grid == PATTERNS
        if patterns:  # a tile's one value is the unit's maximum
            self._maps = high.reshape(-1, 1, 1)
        palette = theme.palette(self)
        line = palette.rgb("backward" if backward else "grid")
        self.canvas.setBackground(palette.color("window"))
        tag = self.live if new else None
        lookup_table = colorize.build_lookup_table(name, line)
        request = MosaicRequest(
            self._maps,
            grid,
            self._range.low,
            self._range.high,
            gamma,
            name == "signed",
            summary.is_finite,
            lookup_table,
            subject=self._subject(self._maps),
            tag=tag,
        )
        self.bar.show_range(self._range.bar_range, name, gamma)
        if patterns:
            self._show_patterns(request, line)
        elif is_large(request.maps) and self._drawn_subject == request.subject:
            request = replace(request, scale=self.canvas.image.scale_on_screen)
            self._worker.submit("mosaic", lambda: draw_mosaic(request))
        else:  # also the first picture of a layer: clicks are looked up in what is on screen
            self._show_drawn(draw_mosaic(request))

    def _subject(self, maps: NDArray[np.float32]) -> tuple[Any, ...]:
        """Return what a picture that is drawn beside the window must be of to be shown."""
        return self._layer_key(), self.state.grid, maps.shape

    def _show_patterns(self, request: MosaicRequest, line: tuple[int, int, int]) -> None:
        """Show the saved pictures of the units, framed in the color of their values."""
        self.grid, self._drawn_subject = request.grid, request.subject
        indices = colorize.quantize(
            request.maps, request.low, request.high, gamma=request.gamma, signed=request.signed
        )
        indices, bad = (
            (indices, 0) if request.finite else colorize.mark_nonfinite(indices, request.maps)
        )
        tiles = self._pattern_tiles(len(indices))
        edges = request.table[indices[:, 0, 0]]
        self.canvas.show_packed(tiles.render(self.grid, edges, line), request.tag)
        self._show_details(bad)

    def _receive_drawn(self, key: str, value: Any) -> None:
        """Show a large mosaic, or what is known of a frame, unless something else is on show."""
        if isinstance(value, PreparedFrame):
            self._show_prepared(value)
            return
        if self._maps is None or not self.isVisible() or not isinstance(value, DrawnMosaic):
            return
        if value.request.subject == self._subject(self._maps) == self._drawn_subject:
            self._show_drawn(value)

    def _show_prepared(self, prepared: PreparedFrame) -> None:
        """Show a frame whose ranges are known; what nobody waits for any more is dropped."""
        if self._preparing is None:
            return
        if self._preparing is prepared.live:
            self._preparing = None
        self._summary, self.live = prepared.summary, prepared.live
        self._redraw(new=True)

    def _show_drawn(self, drawn: DrawnMosaic) -> None:
        request = drawn.request
        self.grid, self._drawn_subject = request.grid, request.subject
        self.canvas.show_indices(
            drawn.indices,
            request.table,
            request.tag,
            signed=request.signed,
            pixels=drawn.pixels,
        )
        self._show_details(drawn.bad)

    def _show_details(self, bad: int) -> None:
        self._update_notes(bad)
        self._update_marks()
        self._report_hover()

    def _awaits_frame(self) -> bool:
        """Return whether only the step was changed.

        Until the frame arrives that shows it, what is on screen stays, lest a walk over the steps
        flickers.
        """
        layer, live = self.state.layer, self.live
        if live is None or layer not in live.maps or self.state.grid == "backward":
            return False
        if self.frame_failure is not None:
            return False
        return readout.is_of_another_call(live, Unit(layer, 0, None, self.state.call), self.info)

    def _values(self) -> tuple[NDArray[np.float32] | None, str]:
        """Return the maps (N, H, W) to draw, or why there are none."""
        if self.frame_failure is not None:
            return None, messages.explain_failing_frame(self.frame_failure)
        if self.state.grid == "backward":
            return find_backward_maps(self.state, self.info, self.backward)
        if self.info is None:
            return None, self.no_network
        if self.state.grid == DIFFERENCE:
            return find_difference(self.state, self.live, self.difference)
        return find_forward_maps(self.state, self.info, self.live)

    def _layer_key(self) -> tuple[str, str]:
        return self.live.network if self.live else "", f"{self.state.layer}#{self.state.call}"

    def _order_units(self, strength: NDArray[np.floating]) -> NDArray[np.int64] | None:
        """Return the channels in the order of their tiles; None: by number.

        An order by values is renewed twice a second at most; then a timer sees to the last one.

        Args:
            strength: What is on show of each unit (N,), in one number.
        """
        state, key, count = self.state, self._layer_key(), len(strength)
        if state.order == "index":
            return None
        if state.order == "name":
            return order_by_name(self.info, count)
        wait = self._order.wait(state, key, count)
        if wait > 0:
            if not self._order_timer.isActive():
                self._order_timer.start(int(1000 * wait) + 1)
            return self._order.channels
        hovered = self._hovered_unit
        held = hovered.channel if hovered and hovered.layer == state.layer else None
        return self._order.renew(state, key, strength, self._ranges, self._silent_channels(), held)

    def _choose_grid(
        self, shape: tuple[int, ...], order: NDArray[np.int64] | None
    ) -> mosaic.MosaicGrid:
        with_large = order is not None and self.state.order in ORDERS_OF_VALUES
        aspect = self.canvas.aspect
        if self.state.grid == PATTERNS:
            tiles = self._pattern_tiles(shape[0])
            return tiles.grid(aspect, order=order, with_large=with_large)
        count, height, width = shape
        return mosaic.build_grid(count, height, width, aspect, order=order, with_large=with_large)

    def _pattern_tiles(self, count: int) -> PatternMosaic:
        """Return the tiles of the saved pictures of the layer on show."""
        stored, empty = self._current_patterns(), theme.palette(self).rgb("raised")
        about = stored, count, empty, self.state.layer
        if self._tiles is None or self._tiles[0] != about:
            patterns = stored or Patterns(self.state.layer, "", {})
            self._tiles = about, PatternMosaic(patterns, count, empty)
        return self._tiles[1]

    def _current_patterns(self) -> Patterns | None:
        """Return the saved pictures of the layer on show, if they are known."""
        stored, network = self.patterns, self.live.network if self.live else ""
        if not isinstance(stored, Patterns) or stored.layer != self.state.layer:
            return None
        return stored if stored.network in ("", network) else None

    def _silent_channels(self) -> NDArray[np.int64]:
        if self.live is None or self.state.grid != "forward":
            return np.zeros(0, np.int64)
        return self._ranges.fired.silent(self._layer_key())

    def _update_notes(self, bad: int) -> None:
        if self._maps is None:
            return
        parts = [messages.describe_nonfinite(bad)]
        if self.state.grid == PATTERNS:
            parts.append(messages.describe_patterns(self.patterns, self._current_patterns()))
        elif self.state.grid == DIFFERENCE and self.difference is not None:
            parts.append(describe_difference(self.difference))
        elif self.state.grid != "backward":
            if self.live is not None:
                parts.insert(0, self.live.captions.get(self.state.layer, ""))
            parts.append(
                messages.describe_silent_units(len(self._silent_channels()), len(self._maps))
            )
        else:
            parts.append(tr("backward: red positive, blue negative"))
        network = self.live.network if self.live is not None else ""
        parts.append(self._order.describe(self.state, network, len(self._maps)))
        parts.append(messages.step_label(self.info, self.state.layer, self.state.call))
        text = " · ".join(part for part in parts if part)
        if text != self.notes.text():
            self.notes.setText(text)

    def _update_marks(self) -> None:
        """Frame the selected, the pinned and the pointed-at unit, and dim silent ones."""
        if self.grid is None or self._maps is None:
            return
        palette = theme.palette(self)
        frames = []
        for unit, color in (
            (self._hovered_unit, QColor("#ffffff")),
            (self.state.pinned, palette.color("pinned")),
            (self.state.unit, palette.color("cursor")),
        ):
            frames += [(box, color) for box in self._boxes(unit)]
        dimmed = self.grid.boxes(self._silent_channels())
        veil = palette.color("window")
        self.canvas.marks.show_marks(tuple(frames), dimmed, veil, self.canvas.extent())

    def _boxes(self, unit: Unit | None) -> list[mosaic.Box]:
        if unit is None or unit.layer != self.state.layer or self.grid is None:
            return []
        assert self._maps is not None  # there is a grid
        count, height, width = self._maps.shape
        if unit.channel >= count:
            return []
        boxes = [self.grid.box(unit.channel)]
        position = unit.position
        if (
            position is not None
            and height * width > 1
            and position[0] < height
            and position[1] < width
        ):
            boxes.append(self.grid.box(unit.channel, position))
        return boxes

    def unit_at(self, y: float, x: float) -> Unit | None:
        """Return the unit, with its position, under a point of the mosaic."""
        maps = self._maps
        hit = self.grid.unit_at(y, x) if self.grid and maps is not None else None
        if hit is None or maps is None:
            return None
        channel, position = hit
        single_value = maps.shape[1:] == (1, 1)
        unit = Unit(self.state.layer, channel, None if single_value else position)
        return at_call(unit, self.info, self.state.call)

    def _on_click(self, y: float, x: float, with_ctrl: bool) -> None:
        unit = self.unit_at(y, x)
        if unit is not None:
            selected = mosaic.resolve_click(unit, self.state.unit, with_ctrl)
            self.session.select(selected, call=self.state.call)

    def _on_hover(self, y: float, x: float) -> None:
        self._mouse_position = (y, x)
        self._report_hover()

    def _on_leave(self) -> None:
        self._mouse_position = None
        self._report_hover()

    def _report_hover(self) -> None:
        """Report what lies under the mouse."""
        unit = self.unit_at(*self._mouse_position) if self._mouse_position else None
        if unit is None and self._hovered_unit is None:
            return
        over = unit.whole() if unit else None
        if over != self._hovered_unit:
            self._hovered_unit = over
            self.previewed.emit(over)
            self._update_marks()
        text = describe_hovered(unit, self.info, self._maps, self.concepts) if unit else ""
        self.hovered.emit(self.label(text))

    def _fix_range(self) -> None:
        if self._range is not None and self._range.bar_range is not None:
            low, high = self._range.bar_range
            self.session.update(fixed=(round(low, 3), round(high, 3)))

    def _on_resize(self) -> None:
        if self._maps is None or self.grid is None or not self.canvas.is_fitted:
            return
        if self._choose_grid(self._maps.shape, self.grid.order) != self.grid:
            self._redraw()
