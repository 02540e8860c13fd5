"""Arrange the docks that hold the panels while these are unlocked."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow

from dnnvis.app.training.dock import float_dock

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
    for title in ("Map", "Graph", "Problems"):
        window.tabifyDockWidget(docks["Steps"], docks[title])
    for title in ("Steps", "Map", "Kernels", "Graph", "Problems"):
        docks[title].hide()
    float_dock(docks["Train"])
    for name, (title, question) in TITLES.items():
        docks[name].setWindowTitle(title)
        docks[name].setToolTip(question)


def resize_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Set the first sizes; Qt applies them only once the window has its own."""
    window.resizeDocks([docks["Input"], docks["Unit"]], [270, 640], HORIZONTAL)
    left = [docks["Input"], docks["Predictions"], docks["Layer tree"]]
    window.resizeDocks(left, [320, 200, 380], VERTICAL)
    window.resizeDocks([docks[f"Lens {n}"] for n in (1, 2, 3)], [200] * 3, HORIZONTAL)
    window.resizeDocks([docks["Synthesis"], docks["Examples"]], [320, 320], HORIZONTAL)
    right = [docks["Unit"], docks["Lens 1"], docks["Synthesis"]]
    window.resizeDocks(right, [262, 224, 346], VERTICAL)
