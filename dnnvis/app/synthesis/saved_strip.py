"""The strip of saved pictures of a layer, under the picture that grows."""

from typing import Any

from PyQt6.QtGui import QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.lens_results import Patterns
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import PATTERNS
from dnnvis.session.session import Session
from dnnvis.session.state import State

NO_PICTURES = (
    "Pictures that you keep of this layer's units stand here (G keeps the one above); "
    "a click shows the unit."
)


class SavedStrip(Panel):
    """The saved pictures of the layer on show, the selected unit's first.

    A click on one selects its unit.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.patterns: Patterns | None = None
        self._channels: tuple[int, ...] = ()
        self.view = ThumbnailGrid("Saved pictures of this layer", self)
        self.view.labels_inside = True
        self.view.clicked.connect(self._select)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view, 1)
        self._redraw()

    def picture_parts(self) -> tuple[QWidget, ...]:
        return ()

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if (previous.layer, previous.unit) != (state.layer, state.unit):
            self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.patterns = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == PATTERNS and isinstance(value, Patterns):
            self.patterns = value
            self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        patterns, unit = self.patterns, self.state.unit
        belongs = patterns is not None and patterns.layer == self.state.layer
        if patterns is None or not belongs or not patterns.thumbs:
            self._channels = ()
            self.view.show_message(NO_PICTURES)
            return
        selected = unit.channel if unit is not None and unit.layer == patterns.layer else -1
        limit = max(self.width() // max(self.height(), 1), 1)
        order = sorted(patterns.thumbs, key=lambda channel: (channel != selected, channel))
        self._channels = tuple(order[:limit])
        self.view.show_tiles(
            tuple(Thumbnail(patterns.thumbs[k], str(k)) for k in self._channels),
            0 if selected in patterns.thumbs else None,
        )

    def _select(self, k: int) -> None:
        if k < len(self._channels):
            self.session.select(Unit(self.state.layer, self._channels[k]))
