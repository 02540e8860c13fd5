"""Build the panel of the activation map and open its dock in the window."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.callbacks import MapCallbacks
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.life.board import Border
from dnnvis.core.messages import Failure
from dnnvis.session.map_selection import board_source, examples_source
from dnnvis.session.state import SourceChoice

if TYPE_CHECKING:
    from dnnvis.app.runtime.backend import Backend

HEIGHT_FRACTION = 0.5  # of the window's height


def build_map_panel(backend: "Backend", parent: QWidget) -> MapPanel:
    """Return the map panel, connected to the services of ``backend``."""
    runner = _SelectionRunner(backend)
    services = backend.services
    callbacks = MapCallbacks(
        runner.run_rows,
        runner.run_board,
        runner.restore_source,
        partial(_report_problem, backend),
        runner.leave,
        lambda map_data: services.available_backups(map_data.network, map_data.fingerprint),
        lambda map_data, which: services.restore(map_data.network, map_data.fingerprint, which),
    )
    return MapPanel(backend.session, callbacks, parent)


def open_map_dock(window: QMainWindow, dock: QDockWidget) -> None:
    """Raise the map over what shares its dock area, on about half of the window."""
    dock.raise_()
    window.resizeDocks([dock], [round(window.height() * HEIGHT_FRACTION)], Qt.Orientation.Vertical)


def _report_problem(backend: "Backend", failure: Failure) -> None:
    backend.mailbox.post_each("problem", failure)


class _SelectionRunner:
    """Runs the picked examples, and restores what ran before them."""

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend
        self._previous_source: SourceChoice | None = None
        self._picked_source: SourceChoice | None = None

    def run_rows(self, map_data: MapData, rows: tuple[int, ...]) -> str:
        """Run the network over these examples, where their pictures are still there.

        Returns:
            A notice where they are not, or where not all of them run.
        """
        state, info = self._backend.session.state, self._backend.info
        if info is not None and info.binary:
            return ""  # their boards arrive with the lens that shows them
        path = state.map.data or map_data.data
        if not path or not Path(path).exists():
            return text.missing_pictures(path)
        source = examples_source(state.map, map_data, rows, self._backend.current_source())
        self._play(source)
        return text.playing(len(source.numbers), len({int(map_data.shown[row]) for row in rows}))

    def run_board(self, picked: SelectedExamples) -> None:
        """Run the first of the picked boards, with the network's border."""
        info = self._backend.info
        border: Border = "dead"
        if info is not None:
            border = cast(Border, info.border)  # as in its card; the board checks it
        self._play(board_source(picked, 0, border, self._backend.current_source()))

    def restore_source(self) -> None:
        """Run the source from before the first pick, unless another was chosen since."""
        previous, self._previous_source = self._previous_source, None
        if previous is not None and self._is_picked():
            self._backend.open_source(previous)

    def leave(self) -> None:
        """Save the source from before the picks: the window closes."""
        previous, self._previous_source = self._previous_source, None
        if previous is not None and self._is_picked():
            self._backend.session.settle(source=previous)

    def _play(self, source: SourceChoice) -> None:
        if self._previous_source is None or not self._is_picked():
            self._previous_source = self._backend.current_source()
        self._picked_source = source
        self._backend.open_source(source)

    def _is_picked(self) -> bool:
        """Return whether a pick still runs; a board changes while it does."""
        now, picked = self._backend.session.state.source, self._picked_source
        return picked is not None and replace(now, board="") == replace(picked, board="")
