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
from dnnvis.core.messages import Live, failure_of

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

FILTER = "Picture with recipe (*.png);;Numbers (*.npy)"


def offer(window: "Window", panel: QWidget) -> None:
    """Give the panel a context menu, unless it has its own."""
    if panel.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu:
        return
    panel.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    panel.customContextMenuRequested.connect(partial(_menu, window, panel))


def keep(window: "Window", panel: QWidget) -> None:
    """Ask for a file and write the panel into it, as .png or as .npy."""
    own = getattr(panel, "save", None)
    if own is not None:
        own()
        return
    path = QFileDialog.getSaveFileName(window, "Save panel", "panel.png", FILTER)[0]
    if path:
        write(window, panel, Path(path))


def write(window: "Window", panel: QWidget, path: Path) -> None:
    """Write the panel to ``path``; what goes wrong becomes a line in Problems."""
    try:
        if path.suffix.lower() == ".npy":
            image_files.save_npy(numbers_of(panel), path)
        else:
            image_files.save_png(picture_of(window, panel), path)
    except DnnvisError as why:
        window.toolbox.mailbox.post_each("problem", failure_of(why, str(path)))


def copy(window: "Window", panel: QWidget) -> None:
    """Put the panel on the clipboard."""
    own = getattr(panel, "copy", None)
    if own is not None:
        own()
        return
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(picture_of(window, panel))


def picture_of(window: "Window", panel: QWidget) -> QImage:
    """The panel as it looks, with the state that makes it look so."""
    image = panel.grab().toImage()
    image_files.write_recipe(image, recipe_of(window, panel))
    return image


def recipe_of(window: "Window", panel: QWidget) -> dict[str, Any]:
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
        recipe["image"] = image_files.address(live.frame, state.source)
    own = getattr(panel, "recipe", None)
    return recipe if own is None else {**recipe, **own()}


def numbers_of(panel: QWidget) -> Any:
    """The values behind a panel, unscaled; raises DnnvisError where there are none."""
    give = getattr(panel, "raw_values", None)
    values = give() if give is not None else None
    if values is None:
        raise BadInput("This panel has no numbers to save now.")
    return np.asarray(values)


def _menu(window: "Window", panel: QWidget, where: QPoint) -> None:
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("Save panel (PNG with recipe, or .npy) ...", partial(keep, window, panel))
    menu.addAction("Copy panel", partial(copy, window, panel))
    menu.popup(panel.mapToGlobal(where))
