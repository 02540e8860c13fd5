"""The map panel in its window: what it is made of, and where it opens."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from dnnvis.app.map_panel import MapPanel, Ways
from dnnvis.core.mail import Failure
from dnnvis.core.mapped import Cloud, Picked
from dnnvis.session.map_source import board_source, source_of

if TYPE_CHECKING:
    from dnnvis.app.toolbox import Toolbox

SHARE = 0.5  # of the window's height


def make_map_panel(toolbox: "Toolbox", parent: QWidget) -> MapPanel:
    """The panel, with what it needs of the rooms below."""
    ways = Ways(
        partial(_run_rows, toolbox), partial(_run_board, toolbox), partial(_problem, toolbox)
    )
    return MapPanel(toolbox.session, ways, parent)


def open_map_dock(window: QMainWindow, dock: QDockWidget) -> None:
    """Raise the map over what it shares its place with, on about half of the window."""
    dock.raise_()
    window.resizeDocks([dock], [round(window.height() * SHARE)], Qt.Orientation.Vertical)


def _problem(toolbox: "Toolbox", failure: Failure) -> None:
    toolbox.mailbox.post_each("problem", failure)


def _run_rows(toolbox: "Toolbox", cloud: Cloud, rows: tuple[int, ...]) -> None:
    """Run the network over these examples, where their pictures are still there."""
    state = toolbox.session.state
    place = state.map.data or cloud.data
    if place and Path(place).exists():
        toolbox.look_at(source_of(state.map, cloud, rows, toolbox.kept()))


def _run_board(toolbox: "Toolbox", picked: Picked) -> None:
    """Run the first of the picked boards, with the network's border."""
    border = toolbox.info.border if toolbox.info is not None else "dead"
    toolbox.look_at(board_source(picked, 0, border, toolbox.kept()))
