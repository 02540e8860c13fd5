"""Export any panel as a picture with its recipe, as numbers, or to the clipboard."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QFileDialog, QMenu

from dnnvis.app.shell.action_context import WindowView
from dnnvis.app.widgets import image_files, messages
from dnnvis.app.widgets.file_dialogs import (
    propose_path,
    report_copied,
    report_saved,
    with_suffix,
)
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import describe_failure
from dnnvis.core.translation.catalog import tr

FILE_FILTER = "Picture with recipe (*.png);;Numbers (*.npy)"


def add_context_menu(panel: Panel, mailbox: Mailbox) -> None:
    """Add a context menu to the panel, unless it has its own."""
    if panel.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu:
        return
    panel.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    panel.customContextMenuRequested.connect(partial(_show_menu, panel, mailbox))


def export_panel(panel: Panel, mailbox: Mailbox) -> None:
    """Ask for a file and write the panel into it, as .png or as .npy."""
    if panel.export_image():
        return
    proposal = str(propose_path(f"{name_file(panel)}.png"))
    path, chosen = QFileDialog.getSaveFileName(
        panel.window(), tr("Save"), proposal, tr(FILE_FILTER)
    )
    suffix = ".npy" if "npy" in chosen or path.lower().endswith(".npy") else ".png"
    target = with_suffix(panel, path, suffix) if path else None
    if target is not None:
        write_panel(panel, target, mailbox)


def choose_panel(view: WindowView) -> Panel | None:
    """Return the panel to save: under the mouse, with the focus, or the first that is visible."""
    candidates = (view.panel_under_mouse(), view.panel_with_focus(), *view.panels)
    return next((panel for panel in candidates if panel is not None and panel.isVisible()), None)


def name_file(panel: Panel) -> str:
    """Return a name for a panel's file: network, layer, unit and what the panel shows."""
    network = "" if panel.info is None else panel.info.name
    return image_files.join_name(network, *panel.export_name())


def write_panel(panel: Panel, path: Path, mailbox: Mailbox) -> None:
    """Write the panel to a file; a failure becomes a line in Problems.

    Args:
        panel: The panel.
        path: Ends in .npy for its values, else a PNG is written.
        mailbox: Where failures are posted.
    """
    try:
        if path.suffix.lower() == ".npy":
            image_files.save_npy(read_values(panel), path)
        else:
            image_files.save_png(grab_panel(panel), path)
    except DnnvisError as error:
        mailbox.post_each("problem", describe_failure(error, str(path)))
        return
    report_saved(panel, path)


def copy_panel(panel: Panel) -> None:
    """Copy the panel to the clipboard."""
    if panel.export_copy():
        return
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(grab_panel(panel))
        report_copied(panel, tr("the panel"))


def grab_panel(panel: Panel) -> QImage:
    """Return the panel as it looks, with the state that it shows."""
    image = panel.grab().toImage()
    image_files.write_recipe(image, build_recipe(panel))
    network = "" if panel.info is None else panel.info.name
    frame = "" if panel.live is None else messages.describe_frame(panel.live.frame)
    line = " · ".join(part for part in (network, frame) if part)
    return panel.caption_image(image, panel.export_title(), (line,))


def build_recipe(panel: Panel) -> dict[str, Any]:
    """Return what a panel shows: network, layer, unit, frame, and how values were drawn."""
    state = panel.session.state
    recipe: dict[str, Any] = {
        "panel": panel.accessibleName() or type(panel).__name__,
        "network": state.network.net,
        "layer": state.layer,
        "unit": None if state.unit is None else str(state.unit),
        "colours": state.colours,
        "contrast": state.contrast,
        "gamma": state.gamma,
    }
    if panel.live is not None:
        recipe["image"] = image_files.locate_frame(panel.live.frame, state.source)
    return {**recipe, **panel.export_recipe()}


def read_values(panel: Panel) -> Any:
    """Return the values behind a panel, unscaled; raises DnnvisError where there are none."""
    values = panel.export_values()
    if values is None:
        raise BadInput(tr("This panel has no numbers to save now."))
    return np.asarray(values)


def _show_menu(panel: Panel, mailbox: Mailbox, position: QPoint) -> None:
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(
        tr("Save panel (PNG with recipe, or .npy) ..."), partial(export_panel, panel, mailbox)
    )
    menu.addAction("Copy panel", partial(copy_panel, panel))
    menu.popup(panel.mapToGlobal(position))
