"""The map panel in its window: what it is made of, and where it opens."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from dnnvis.app.map_panel import MapPanel
from dnnvis.core.mail import Failure
from dnnvis.core.mapped import Cloud
from dnnvis.session.map_source import source_of

if TYPE_CHECKING:
    from dnnvis.app.toolbox import Toolbox

SHARE = 0.5  # of the window's height


def make_map_panel(toolbox: "Toolbox", parent: QWidget) -> MapPanel:
    """The panel, with what it needs of the rooms below."""
    problem = partial(_problem, toolbox)
    return MapPanel(toolbox.session, partial(_run_rows, toolbox), problem, parent)


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
