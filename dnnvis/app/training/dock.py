"""The Train panel in its window: what it is made of, and where it floats."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QDockWidget, QWidget

from dnnvis.app.runtime import open_files
from dnnvis.app.training.panel import TrainPanel
from dnnvis.app.training.run_status import Inquiry
from dnnvis.engine.plan import NetworkChoice

if TYPE_CHECKING:
    from dnnvis.app.runtime.backend import Toolbox

SIZE = 660, 740  # pixels, where the screen has as many
EDGE = 30


def make_train_panel(toolbox: "Toolbox", parent: QWidget) -> TrainPanel:
    """The panel, with what it needs of the rooms below."""
    catalog = toolbox.catalog
    inquiry = Inquiry(catalog.standing, toolbox.mailbox.post)
    show = partial(_show, toolbox, parent)
    return TrainPanel(toolbox.session, toolbox.jobs, inquiry, catalog.life_name, show, parent)


def _show(toolbox: "Toolbox", window: QWidget, file: Path) -> None:
    """Have a trained network run; a panel that floats over the window makes way for it."""
    dock = window.findChild(QDockWidget, "Train")
    if dock is not None and dock.isFloating():
        train = replace(toolbox.session.state.train, shown=False)
        toolbox.session.update(train=train)
    show_trained(toolbox, file)


def show_trained(toolbox: "Toolbox", file: Path) -> None:
    """Have a trained network run, on a board; a file of the same name is read anew."""
    if toolbox.session.state.source.kind != "life":
        open_files.look_at(toolbox, "life")
    toolbox.run(NetworkChoice(net=str(file)), anew=True)


def float_dock(dock: QDockWidget) -> None:
    """Let the dock be a window of its own in the middle of the screen, closed for now."""
    screen = dock.screen()
    if screen is not None:
        room = screen.availableGeometry()
        wide, high = min(SIZE[0], room.width() - EDGE), min(SIZE[1], room.height() - EDGE)
        box = QRect(0, 0, wide, high)
        box.moveCenter(room.center())
        dock.setFloating(True)
        dock.setGeometry(box)
    dock.hide()
