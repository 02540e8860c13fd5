"""The map panel in its window: what it is made of, and where it opens."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.callbacks import Ways
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.core.activation_map import Cloud, Picked
from dnnvis.core.board import Border
from dnnvis.core.messages import Failure
from dnnvis.session.map_selection import board_source, source_of
from dnnvis.session.state import SourceChoice

if TYPE_CHECKING:
    from dnnvis.app.runtime.backend import Toolbox

SHARE = 0.5  # of the window's height


def make_map_panel(toolbox: "Toolbox", parent: QWidget) -> MapPanel:
    """The panel, with what it needs of the rooms below."""
    aside = _Aside(toolbox)
    catalog = toolbox.catalog
    ways = Ways(
        aside.run_rows, aside.run_board, aside.back, partial(_problem, toolbox), aside.leave,
        lambda cloud: catalog.ways_back(cloud.network, cloud.fingerprint),
        lambda cloud, which: catalog.back_to(cloud.network, cloud.fingerprint, which),
    )  # fmt: skip
    return MapPanel(toolbox.session, ways, parent)


def open_map_dock(window: QMainWindow, dock: QDockWidget) -> None:
    """Raise the map over what it shares its place with, on about half of the window."""
    dock.raise_()
    window.resizeDocks([dock], [round(window.height() * SHARE)], Qt.Orientation.Vertical)


def _problem(toolbox: "Toolbox", failure: Failure) -> None:
    toolbox.mailbox.post_each("problem", failure)


class _Aside:
    """Runs what was picked, and brings back what ran before it."""

    def __init__(self, toolbox: "Toolbox") -> None:
        self._toolbox = toolbox
        self._before: SourceChoice | None = None
        self._picked: SourceChoice | None = None

    def run_rows(self, cloud: Cloud, rows: tuple[int, ...]) -> str:
        """Run the network over these examples, where their pictures are still there; what is to
        be said where they are not, or where not all of them run."""
        state, info = self._toolbox.session.state, self._toolbox.info
        if info is not None and info.binary:
            return ""  # their boards come with the lens that shows them
        place = state.map.data or cloud.data
        if not place or not Path(place).exists():
            return text.not_there(place)
        source = source_of(state.map, cloud, rows, self._toolbox.kept())
        self._run(source)
        return text.playing(len(source.numbers), len({int(cloud.shown[row]) for row in rows}))

    def run_board(self, picked: Picked) -> None:
        """Run the first of the picked boards, with the network's border."""
        info = self._toolbox.info
        border: Border = "dead"
        if info is not None:
            border = cast(Border, info.border)  # as its card says; the board checks it
        self._run(board_source(picked, 0, border, self._toolbox.kept()))

    def back(self) -> None:
        """Run the source from before the first pick, unless another was chosen since."""
        before, self._before = self._before, None
        if before is not None and self._is_picked():
            self._toolbox.look_at(before)

    def leave(self) -> None:
        """The window closes: what is saved is the source from before the picks."""
        before, self._before = self._before, None
        if before is not None and self._is_picked():
            self._toolbox.session.settle(source=before)

    def _run(self, source: SourceChoice) -> None:
        if self._before is None or not self._is_picked():
            self._before = self._toolbox.kept()
        self._picked = source
        self._toolbox.look_at(source)

    def _is_picked(self) -> bool:
        """Whether a pick still runs; a board changes while it does."""
        now, picked = self._toolbox.session.state.source, self._picked
        return picked is not None and replace(now, board="") == replace(picked, board="")
