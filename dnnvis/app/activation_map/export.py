"""Export an activation map as a picture in a file."""

from pathlib import Path
from typing import Any

from PyQt6.QtGui import QImage, QPixmap
from PyQt6.QtWidgets import QFileDialog, QWidget

from dnnvis.app.activation_map.plot import MapPlot
from dnnvis.app.activation_map.raster import RenderedMap
from dnnvis.app.widgets import image_files
from dnnvis.app.widgets.file_dialogs import propose_path
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import first_folder

EXPORT_SCALE = 2.0  # picture dots a pixel in an exported picture
FILE_DIALOGS = {
    "picture": ("Export the map", "map.png", "Picture (*.png)"),
    "table": ("Export the examples", "map.csv", "CSV (*.csv)"),
}


def browse_file(parent: QWidget, kind: str) -> Path | None:
    """Ask for the file that a picture or table is written into; None: for none."""
    title, name, kinds = FILE_DIALOGS[kind]
    path = QFileDialog.getSaveFileName(parent, tr(title), str(propose_path(name)), tr(kinds))[0]
    return Path(path) if path else None


def browse_pictures(parent: QWidget, folder: bool, start: str) -> str:
    """Ask where the pictures of a map are.

    Args:
        parent: Parent of the dialog.
        folder: Whether to ask for a folder instead of a file.
        start: Folder at which the dialog opens; "" for the home.

    Returns:
        The chosen path; "" for none.
    """
    title = tr("The pictures of this map")
    if folder:
        return QFileDialog.getExistingDirectory(parent, title, first_folder(start))
    return QFileDialog.getOpenFileName(parent, title, first_folder(start))[0]


def render_picture(
    canvas: MapPlot, picture: QWidget, rendered: RenderedMap, recipe: dict[str, Any]
) -> QImage:
    """Render the map as it looks, at EXPORT_SCALE dots a pixel.

    Args:
        canvas: The plot of the map.
        picture: The widget to render, in which the canvas lies.
        rendered: The dots and the field, at the scale of the export.
        recipe: What is stored in the picture.

    Returns:
        The picture with its recipe.
    """
    pixmap = QPixmap(picture.size() * EXPORT_SCALE)
    pixmap.setDevicePixelRatio(EXPORT_SCALE)
    with canvas.show_temporarily(rendered):
        picture.render(pixmap)
    image = pixmap.toImage()
    image_files.write_recipe(image, recipe)
    return image
