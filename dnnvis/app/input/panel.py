"""The frame as the network sees it."""

from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.input.board_tools import BoardTools
from dnnvis.app.runtime.backend import Toolbox
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.image_view import Frames, PictureView
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.imaging import colorize, mosaic
from dnnvis.session import readout
from dnnvis.session.session import Session
from dnnvis.session.state import State


class InputPanel(Panel):
    """With the receptive field of the selected unit (where its map is greatest, dashed, as
    long as no place is chosen) and, if wanted, the unit's map blended in.

    Where a board is the source, its controls stand below and the mouse paints; that needs the
    ``toolbox``.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, toolbox: Toolbox | None = None
    ) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self.view = PictureView("Input as the network sees it", self)
        self.view.show_words(messages.NO_NETWORK)
        self.field = Line(self, theme.small(self), lines=2)
        self.preprocessing = label(self, theme.small(self), muted=True)
        self.preprocessing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.view, 1)
        self.board = None if toolbox is None else BoardTools(toolbox, self.view, self)
        if self.board is not None:
            column.addWidget(self.board)
        column.addWidget(self.field)
        column.addWidget(self.preprocessing)

    def show_state(self, state: State) -> None:
        super().show_state(state)
        if self.board is not None:
            self.board.show_state(state)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        before = self.info.choice if self.info else None
        super().show_info(info)
        if info is None or before is None or before != info.choice:
            self.live = None  # else only the board's size, or the moment of training, is another
        self.preprocessing.setText(info.preprocessing if info else "")
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            self.live = value
            self._redraw()

    def raw_values(self) -> Any:
        """The frame as the network saw it, uint8 (H, W, C)."""
        return None if self.live is None else self.live.seen

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        if self.board is not None:
            self.board.show_live(self.live, self.info)
        if self.live is None:
            self.view.show_words(messages.NO_FRAME if self.info else messages.NO_NETWORK)
            self.field.setText("")
            return
        unit, live = self.state.unit, self.live
        map_ = readout.map_of(live, unit, self.info)
        pixels = colorize.three(live.seen)
        words = []
        if map_ is not None and self.state.overlay != "off":
            pixels = colorize.blend(pixels, map_, self.state.overlay, self.state.colours)
            words.append(messages.overlay(self.state.overlay))
        self.view.show_pixels(pixels)
        frames, line = self._field(live, map_)
        self.view.show_frames(frames)
        text = " · ".join(part for part in (line, *words) if part)
        if text != self.field.text():
            self.field.setText(text)

    def _field(self, live: Live, map_: Any) -> tuple[Frames, str]:
        """The frame to draw, and what it is in words."""
        unit = self.state.unit
        info: LayerInfo | None = self.info.layer(unit.layer) if self.info and unit else None
        if info is None or unit is None:
            return (), ""
        place, at_max = unit.place, False
        if place is None and map_ is not None:
            place, at_max = readout.reading_of(map_).place, map_.size > 1
        if place is None:
            return (), messages.field(info, None, False)
        box = mosaic.field_box(info, place, live.seen.shape[:2])
        shown = place if info.field is not None and info.shape[1:] != (1, 1) else None
        return ((box, "cursor", at_max),), messages.field(info, shown, at_max)
