"""Arrange the docks that hold the panels while these are unlocked."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow

from dnnvis.app.activation_map.dock import open_map_dock
from dnnvis.app.training.dock import float_dock
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State
from dnnvis.session.steps import choice_for_visibility, is_open

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

LAYOUT_VERSION = 5
#: Titles of docks where their name, which saved layouts hold, differs from it, and the
#: question that their panel answers.
TITLES = {
    "Synthesis": ("Feature visualization", "what it wants"),
    "Examples": ("Top examples", "what it fires on"),
}
LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
OPTIONAL_PANELS = (
    *("synthesis", "examples", "statistics", "check", "train", "map", "kernels", "graph"),
    *("compare", "playground"),
)
HORIZONTAL, VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


def arrange_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Arrange the docks in their first layout.

    The input is on the left, one unit on the right, and under its map the pixels that caused
    it, what it prefers, and what it fires on.
    """
    unit, *lenses = (docks[t] for t in ("Unit", "Lens 1", "Lens 2", "Lens 3"))
    synthesis, examples = docks["Synthesis"], docks["Examples"]
    window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
    window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
    window.splitDockWidget(unit, lenses[0], VERTICAL)
    window.splitDockWidget(lenses[0], synthesis, VERTICAL)
    window.splitDockWidget(lenses[0], lenses[1], HORIZONTAL)
    window.splitDockWidget(lenses[1], lenses[2], HORIZONTAL)
    window.splitDockWidget(synthesis, examples, HORIZONTAL)
    window.tabifyDockWidget(examples, docks["Statistics"])
    examples.raise_()
    window.splitDockWidget(docks["Input"], docks["Predictions"], VERTICAL)
    window.splitDockWidget(docks["Predictions"], docks["Layer tree"], VERTICAL)
    window.splitDockWidget(docks["Layer tree"], docks["Kernels"], VERTICAL)
    for title in ("Map", "Graph", "Compare", "Playground", "Check", "Problems"):
        window.tabifyDockWidget(docks["Steps"], docks[title])
    hidden = ("Map", "Kernels", "Graph", "Compare", "Playground", "Check", "Problems")
    for title in ("Steps", *hidden):
        docks[title].hide()
    float_dock(docks["Train"])
    for name, (title, question) in TITLES.items():
        docks[name].setWindowTitle(tr(title))
        docks[name].setToolTip(tr(question))


def resize_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Set the first sizes; Qt applies them only once the window has its own."""
    window.resizeDocks([docks["Input"], docks["Unit"]], [270, 640], HORIZONTAL)
    left = [docks["Input"], docks["Predictions"], docks["Layer tree"]]
    window.resizeDocks(left, [320, 200, 380], VERTICAL)
    window.resizeDocks([docks[f"Lens {n}"] for n in (1, 2, 3)], [200] * 3, HORIZONTAL)
    window.resizeDocks([docks["Synthesis"], docks["Examples"]], [320, 320], HORIZONTAL)
    right = [docks["Unit"], docks["Lens 1"], docks["Synthesis"]]
    window.resizeDocks(right, [262, 224, 346], VERTICAL)


def follow_lens_dock(window: "Window", key: str, dock: QDockWidget, visible: bool) -> None:
    """Stop the requests of a closed lens panel; docks have a menu of their own, and no undo.

    Args:
        window: The window.
        key: Key of the panel in the state.
        dock: The dock that was opened or closed.
        visible: Whether it is on top.
    """
    session, shown = window.session, not dock.isHidden()
    panels = session.state.panels
    if not window.has_docks or key not in panels or not window.isVisible():
        return
    if panels[key].shown != shown:
        with session.adjusting():
            session.update(panels={**panels, key: replace(panels[key], shown=shown)})


def follow_dock(window: "Window", name: str, dock: QDockWidget, visible: bool) -> None:
    """Stop the requests of a closed panel; the statistics also where they are covered.

    Args:
        window: The window.
        name: Name of the panel in the state.
        dock: The dock that was opened or closed.
        visible: Whether it is on top.
    """
    if not window.has_docks or not window.isVisible():
        return
    updated = replace(getattr(window.session.state, name), shown=not dock.isHidden())
    if name == "statistics":
        updated = replace(updated, on_top=visible)
    with window.session.adjusting():
        window.session.update(**{name: updated})


def show_docks(window: "Window", lens_docks: dict[str, QDockWidget], state: State) -> None:
    """Open and close the docks of lenses and optional panels as the state has them."""
    for key, dock in lens_docks.items():
        dock.setWindowTitle(state.panels[key].lens)
        if dock.isHidden() == state.panels[key].shown:
            dock.setVisible(state.panels[key].shown)
    for name in OPTIONAL_PANELS:
        dock, shown = window.docks[name.capitalize()], getattr(state, name).shown
        if dock.isHidden() == shown:
            dock.setVisible(shown)
            if shown and name == "map":
                open_map_dock(window, dock)


def follow_steps_dock(window: "Window", visible: bool) -> None:
    """Remember that the user opened or closed the steps, whatever network runs."""
    state, info = window.session.state, window.steps.info
    shown = not window.docks["Steps"].isHidden()
    if window.has_docks and shown != is_open(state, info) and window.isVisible():
        with window.session.adjusting():
            wish = choice_for_visibility(shown, info)
            window.session.update(steps=replace(state.steps, wish=wish))
