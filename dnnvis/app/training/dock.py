"""Build the Train panel and the floating dock that holds it."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QDockWidget, QWidget

from dnnvis.app.runtime import open_files
from dnnvis.app.training.panel import TrainPanel
from dnnvis.app.training.run_status import create_status_request
from dnnvis.engine.plan import NetworkChoice

if TYPE_CHECKING:
    from dnnvis.app.runtime.backend import Backend

SIZE_PIXELS = 660, 740  # pixels, where the screen has as many
MARGIN_PIXELS = 30


def build_train_panel(backend: "Backend", parent: QWidget) -> TrainPanel:
    """Return the Train panel, connected to the services of ``backend``."""
    services = backend.services
    request_status = create_status_request(services.training_status, backend.mailbox.post)
    open_network = partial(_open_trained, backend, parent)
    return TrainPanel(
        backend.session, backend.jobs, request_status, services.life_name, open_network, parent
    )


def _open_trained(backend: "Backend", window: QWidget, file: Path) -> None:
    """Run a trained network; a panel that floats over the window is closed for it."""
    dock = window.findChild(QDockWidget, "Train")
    if dock is not None and dock.isFloating():
        train = replace(backend.session.state.train, shown=False)
        backend.session.update(train=train)
    show_trained(backend, file)


def show_trained(backend: "Backend", file: Path) -> None:
    """Run a trained network on a board; a file of the same name is read again."""
    if backend.session.state.source.kind != "life":
        open_files.open_source(backend, "life")
    backend.run(NetworkChoice(net=str(file)), reload=True)


def float_dock(dock: QDockWidget) -> None:
    """Make the dock a window of its own in the middle of the screen, closed for now."""
    screen = dock.screen()
    if screen is not None:
        available = screen.availableGeometry()
        width, height = (
            min(SIZE_PIXELS[0], available.width() - MARGIN_PIXELS),
            min(SIZE_PIXELS[1], available.height() - MARGIN_PIXELS),
        )
        box = QRect(0, 0, width, height)
        box.moveCenter(available.center())
        dock.setFloating(True)
        dock.setGeometry(box)
    dock.hide()
