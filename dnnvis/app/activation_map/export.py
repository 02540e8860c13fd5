"""An activation map as a picture in a file."""

from pathlib import Path
from typing import Any

from PyQt6.QtGui import QImage, QPixmap
from PyQt6.QtWidgets import QFileDialog, QWidget

from dnnvis.app.activation_map.interactive_plot import MapCanvas
from dnnvis.app.activation_map.raster import Painted
from dnnvis.app.widgets import image_files

SHARP = 2.0  # picture dots a pixel in an exported picture
FILES = {
    "picture": ("Export the map", "map.png", "Picture (*.png)"),
    "table": ("Export the examples", "map.csv", "CSV (*.csv)"),
}


def ask_file(parent: QWidget, what: str) -> Path | None:
    """Ask for the file that a picture or table is written into; None: for none."""
    path = QFileDialog.getSaveFileName(parent, *FILES[what])[0]
    return Path(path) if path else None


def ask_pictures(parent: QWidget, folder: bool, before: str) -> str:
    """Ask where the pictures of a map are: in a folder or in a file; "": nowhere."""
    title = "The pictures of this map"
    if folder:
        return QFileDialog.getExistingDirectory(parent, title, before)
    return QFileDialog.getOpenFileName(parent, title, before)[0]


def sharp_picture(
    canvas: MapCanvas, picture: QWidget, painted: Painted, recipe: dict[str, Any]
) -> QImage:
    """``picture``, in which the canvas lies, as it looks, with the dots of ``painted``."""
    pixmap = QPixmap(picture.size() * SHARP)
    pixmap.setDevicePixelRatio(SHARP)
    with canvas.showing(painted):
        picture.render(pixmap)
    image = pixmap.toImage()
    image_files.write_recipe(image, recipe)
    return image
