"""Write pictures into files, with their recipe, and let the mouse drag them out of the window."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, QTemporaryDir, QUrl
from PyQt6.QtGui import QDrag, QImage, QMouseEvent, QPixmap
from PyQt6.QtWidgets import QApplication, QWidget

from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import RECIPE as RECIPE
from dnnvis.core.lens_results import Picture
from dnnvis.core.stable_file import replace_file
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import SourceChoice

MAX_NAME_LETTERS = 120


def to_qimage(pixels: NDArray[np.uint8], recipe: dict[str, Any] | None = None) -> QImage:
    """Return colors uint8 (H, W, 3) as an image of its own memory, with the recipe in it."""
    pixels = np.ascontiguousarray(pixels)
    image = wrap_pixels(pixels, QImage.Format.Format_RGB888).copy()
    if recipe is not None:
        write_recipe(image, recipe)
    return image


def write_recipe(image: QImage, recipe: dict[str, Any]) -> None:
    """Write the recipe into the image, as the text chunk RECIPE of its PNG."""
    image.setText(RECIPE, json.dumps(recipe, default=str))


def file_name(picture: Picture, lens: str, label: Callable[[str], str] = str) -> str:
    """Return a name for the picture's files: ``net2-cifar10-conv3-17-deconvnet``.

    Args:
        picture: The picture.
        lens: What made it.
        label: Replaces names of layers by their titles, which people read.

    Returns:
        The name without a suffix.
    """
    return join_name(picture.network, label(picture.unit), lens)


def join_name(network: str, *parts: str) -> str:
    """Return a name for a file from its parts; a network that is a file counts by its name."""
    network = network.replace("\\", "/").rpartition("/")[2]
    return clean_name("-".join(part for part in (network, *parts) if part))


def clean_name(text: str) -> str:
    """Return a text as the name of a file on any system, without its suffix."""
    name = re.sub(r"[^\w.+]+", "-", text).strip("-.")
    return name[:MAX_NAME_LETTERS] or "picture"


def locate_frame(frame: Frame, source: SourceChoice) -> dict[str, Any]:
    """Describe where a frame came from.

    Returns:
        The picture's path and sha256 where it was a file of its own, else the source, the frame's
        number, the sha256 of its pixels, the path of a film, and the rule of a board.
    """
    path = Path(source.path)
    if source.kind == "pictures" and path.is_file():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"path": str(path.resolve()), "sha256": digest}
    digest = hashlib.sha256(np.ascontiguousarray(frame.pixels).tobytes()).hexdigest()
    origin = {"source": frame.source, "frame": frame.number, "pixels_sha256": digest}
    film = (
        {"path": str(path.resolve())} if source.kind == "video" and frame.index is not None else {}
    )
    rule = {"rule": frame.rule} if frame.rule else {}
    return {**film, **origin, **rule}


def save_png(image: QImage, path: Path) -> None:
    """Save a PNG; raises BadInput with a sentence where it cannot be written."""
    with replace_file(path, create_folder=False) as temporary:
        if not image.save(str(temporary), "PNG"):
            raise BadInput(
                tr("The picture cannot be written to {path}. Is the folder writable?", path=path)
            )


def save_npy(values: NDArray[np.generic], path: Path) -> None:
    """Save the bare numbers; raises BadInput with a sentence where they cannot be written."""
    with replace_file(path, create_folder=False) as temporary, temporary.open("wb") as file:
        np.save(file, values)


class PictureDrag(QObject):
    """Lets the mouse drag the picture of a widget out of the window, as a file and as pixels.

    The file is a PNG with recipe, as it is saved; it lies in a temporary folder until the program
    ends, and whoever it is dropped on copies it.
    """

    def __init__(
        self,
        view: QWidget,
        create_image: Callable[[], QImage | None],
        create_name: Callable[[], str],
    ) -> None:
        """Watch the mouse over a widget.

        Args:
            view: The widget that shows the picture.
            create_image: Returns the picture; None where there is none now.
            create_name: Returns the name of its file, without suffix.
        """
        super().__init__(view)
        self._view, self._create_image, self._create_name = view, create_image, create_name
        self._start: QPoint | None = None
        self._folder = QTemporaryDir()
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        position, left = event.position().toPoint(), Qt.MouseButton.LeftButton
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == left:
            self._start = position
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._start = None
        elif event.type() == QEvent.Type.MouseMove and self._start is not None:
            distance = (position - self._start).manhattanLength()
            if event.buttons() & left and distance >= 2 * QApplication.startDragDistance():
                self._start = None
                self.drag()
        return False

    def drag(self) -> None:
        """Drag the picture until the button is released."""
        data = self.create_data()
        if data is None:
            return
        drag = QDrag(self._view)
        drag.setMimeData(data)
        drag.setPixmap(QPixmap(data.imageData()).scaledToWidth(96))
        drag.exec(Qt.DropAction.CopyAction)

    def create_data(self) -> QMimeData | None:
        """Return the picture as a file and as pixels; None where there is none."""
        image = self._create_image()
        if image is None:
            return None
        path = Path(self._folder.filePath(f"{self._create_name()}.png"))
        save_png(image, path)
        data = QMimeData()
        data.setImageData(image)
        data.setUrls([QUrl.fromLocalFile(str(path))])
        return data
