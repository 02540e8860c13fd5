"""The Input panel: the frame as the network sees it."""

from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.input.answer_drawing import ClassLegend, draw_answer
from dnnvis.app.input.board_offer import BoardOffer
from dnnvis.app.input.board_tools import BoardTools
from dnnvis.app.input.canvas_tools import CanvasTools
from dnnvis.app.input.maze_tools import MazeTools
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.open_files import open_source
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import FramedBoxes, ImageView
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize, mosaic
from dnnvis.imaging.colormaps import resolve_colormap
from dnnvis.session import readout
from dnnvis.session.boards.source_board import has_board
from dnnvis.session.first_unit import choose_unit_at
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import at_call

CLICK_TIP = "Click a place: the unit of the layer on show that is strongest there is selected."
PIECES = "white king: red · white rook: green · black king: blue"
PREPARED = "The picture goes in as {how}"


class InputPanel(Panel):
    """The frame with the receptive field of the selected unit.

    The field lies where the unit's map is greatest, dashed, as long as no position is chosen; the
    unit's map is blended in if requested.

    Where a board or a canvas is the source, its controls stand below and the mouse paints; that
    needs the ``backend``.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, backend: Backend | None = None
    ) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self.view = ImageView(tr("Input as the network sees it"), self)
        self.field_label = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.preprocessing = create_label(self, theme.caption_font(self), muted=True)
        self.preprocessing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        self._backend = backend
        self.offer = BoardOffer(self)
        self.offer.requested.connect(self._open_source)
        column.addWidget(self.offer)
        column.addWidget(self.view, 1)
        self.legend = ClassLegend(self)
        column.addWidget(self.legend)
        self.board = None if backend is None else BoardTools(backend, self.view, self)
        self.maze = None if backend is None else MazeTools(backend, self.view, self)
        self.canvas = None if backend is None else CanvasTools(backend, self.view, self)
        for tools in self._board_tools:
            column.addWidget(tools)
        self.pieces = create_label(self, theme.caption_font(self), text=PIECES, muted=True)
        self.pieces.setWordWrap(True)
        self.pieces.hide()
        column.addWidget(self.pieces)
        column.addWidget(self.field_label)
        column.addWidget(self.preprocessing)
        self.view.clicked.connect(self._select_at)

    def _select_at(self, y: float, x: float) -> None:
        """Select the unit of the layer on show that is strongest at a place of the picture."""
        row = self.info.layer(self.state.layer) if self.info is not None else None
        if self.live is None or row is None or has_board(self.state.source):
            return  # on a board the mouse paints
        unit = choose_unit_at(self.live, row, self.state.call, (y, x))
        if unit is not None and self.info is not None:
            self.session.select(at_call(unit, self.info, self.state.call), call=self.state.call)

    def _open_source(self, name: str) -> None:
        if self._backend is not None:
            open_source(self._backend, name)

    @property
    def _board_tools(self) -> tuple[QWidget, ...]:
        every = (self.board, self.maze, self.canvas)
        return tuple(tools for tools in every if tools is not None)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.legend, *self._board_tools, self.pieces)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.field_label, self.preprocessing)

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.view,)

    def is_double_click_free(self) -> bool:
        return not has_board(self.state.source)  # there it paints

    def show_state(self, state: State) -> None:
        super().show_state(state)
        if self.board is not None:
            self.board.show_state(state)
        if self.canvas is not None:
            self.canvas.show_state(state)
        if self.maze is not None:
            self.maze.show_state(state)
        self.pieces.setVisible(state.source.kind == "chess")
        self.offer.show_for(state, self.info)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        previous_choice = self.info.choice if self.info else None
        super().show_info(info)
        if info is None or previous_choice is None or previous_choice != info.choice:
            self.live = None  # otherwise only the board's size or the training step differs
        self.preprocessing.setText(info.preprocessing if info else "")
        self.offer.show_for(self.state, info)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if self.note_frame(key, value) or isinstance(value, Live):
            self.live = value if isinstance(value, Live) else self.live
            self._redraw()

    def export_values(self) -> Any:
        """Return the frame as the network saw it, uint8 (H, W, C)."""
        return None if self.live is None else self.live.pixels

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        self._show_on_tools()
        if self.live is None:
            reason = tr(messages.NO_FRAME) if self.info else ""
            failure = self.frame_failure
            self.view.show_message(reason if failure is None else failure.sentence)
            self.field_label.setText("")
            self.legend.show_classes(None, None)
            return
        unit, live = self.state.unit, self.live
        map_ = readout.get_unit_map(live, unit, self.info)
        pixels = draw_answer(colorize.to_three_channels(live.pixels), live, self.info)
        overlay_parts = []
        if map_ is not None and self.state.overlay != "off":
            pixels = colorize.blend(
                pixels, map_, self.state.overlay, resolve_colormap(self.state.colours)
            )
            overlay_parts.append(messages.describe_overlay(self.state.overlay))
        self.view.show_pixels(pixels)
        self.legend.show_classes(live, self.info)
        boxes, field_text = self._locate_field(live, map_)
        self.view.show_boxes(boxes)
        text = " · ".join(part for part in (field_text, *overlay_parts) if part)
        if text != self.field_label.text():
            self.field_label.setText(text)
        tip = self._compose_tip(text)
        if tip != self.view.toolTip():
            self.view.setToolTip(tip)

    def _show_on_tools(self) -> None:
        """Show the tools of boards, mazes and canvases what is painted on."""
        if self.board is not None:
            self.board.show_live(self.live, self.info)
        if self.canvas is not None:
            self.canvas.show_live(self.live, self.info)
        if self.maze is not None:
            self.maze.show_live(self.live)

    def _compose_tip(self, text: str) -> str:
        """Return what the mouse does here, what the frame is, and how the picture was prepared."""
        click = "" if has_board(self.state.source) else tr(CLICK_TIP)
        how = self.preprocessing.text()
        prepared = tr(PREPARED, how=how) if how else ""
        return "\n".join(part for part in (click, text, prepared) if part)

    def _locate_field(self, live: Live, map_: Any) -> tuple[FramedBoxes, str]:
        """Return the frame to draw, and its description."""
        unit = self.state.unit
        info: LayerInfo | None = self.info.layer(unit.layer) if self.info and unit else None
        if info is None or unit is None:
            return (), ""
        position, at_max = unit.position, False
        if position is None and map_ is not None:
            position, at_max = readout.read_map(map_).position, map_.size > 1
        if position is None:
            return (), messages.describe_receptive_field(info, None, False)
        box = mosaic.locate_receptive_field(info, position, live.pixels.shape[:2])
        shown_position = position if info.field is not None and info.shape[1:] != (1, 1) else None
        return ((box, "cursor", at_max),), messages.describe_receptive_field(
            info, shown_position, at_max
        )
