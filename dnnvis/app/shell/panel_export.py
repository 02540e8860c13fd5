"""Any panel as a picture with its recipe, as numbers, or on the clipboard."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from dnnvis.app.widgets import image_files
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import Live, describe_failure

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

FILE_FILTER = "Picture with recipe (*.png);;Numbers (*.npy)"


def add_context_menu(window: "Window", panel: QWidget) -> None:
    """Give the panel a context menu, unless it has its own."""
    if panel.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu:
        return
    panel.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    panel.customContextMenuRequested.connect(partial(_show_menu, window, panel))


def export_panel(window: "Window", panel: QWidget) -> None:
    """Ask for a file and write the panel into it, as .png or as .npy."""
    handler = getattr(panel, "save", None)
    if handler is not None:
        handler()
        return
    path = QFileDialog.getSaveFileName(window, "Save panel", "panel.png", FILE_FILTER)[0]
    if path:
        write_panel(window, panel, Path(path))


def write_panel(window: "Window", panel: QWidget, path: Path) -> None:
    """Write the panel to ``path``; what goes wrong becomes a line in Problems."""
    try:
        if path.suffix.lower() == ".npy":
            image_files.save_npy(read_values(panel), path)
        else:
            image_files.save_png(grab_panel(window, panel), path)
    except DnnvisError as error:
        window.backend.mailbox.post_each("problem", describe_failure(error, str(path)))


def copy_panel(window: "Window", panel: QWidget) -> None:
    """Put the panel on the clipboard."""
    handler = getattr(panel, "copy", None)
    if handler is not None:
        handler()
        return
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(grab_panel(window, panel))


def grab_panel(window: "Window", panel: QWidget) -> QImage:
    """The panel as it looks, with the state that makes it look so."""
    image = panel.grab().toImage()
    image_files.write_recipe(image, build_recipe(window, panel))
    return image


def build_recipe(window: "Window", panel: QWidget) -> dict[str, Any]:
    """What a panel shows: network, layer, unit, frame, and how values were drawn."""
    state, live = window.session.state, getattr(panel, "live", None)
    recipe: dict[str, Any] = {
        "panel": panel.accessibleName() or type(panel).__name__,
        "network": state.network.net,
        "layer": state.layer,
        "unit": None if state.unit is None else str(state.unit),
        "colours": state.colours,
        "contrast": state.contrast,
        "gamma": state.gamma,
    }
    if isinstance(live, Live):
        recipe["image"] = image_files.locate_frame(live.frame, state.source)
    extra = getattr(panel, "recipe", None)
    return recipe if extra is None else {**recipe, **extra()}


def read_values(panel: QWidget) -> Any:
    """The values behind a panel, unscaled; raises DnnvisError where there are none."""
    getter = getattr(panel, "raw_values", None)
    values = getter() if getter is not None else None
    if values is None:
        raise BadInput("This panel has no numbers to save now.")
    return np.asarray(values)


def _show_menu(window: "Window", panel: QWidget, position: QPoint) -> None:
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(
        "Save panel (PNG with recipe, or .npy) ...", partial(export_panel, window, panel)
    )
    menu.addAction("Copy panel", partial(copy_panel, window, panel))
    menu.popup(panel.mapToGlobal(position))
