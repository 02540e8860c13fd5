"""Write pictures into files and onto the clipboard, with the recipe to compute them again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import RECIPE as RECIPE
from dnnvis.core.lens_results import Picture
from dnnvis.core.stable_file import replace_file
from dnnvis.session.state import SourceChoice


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


def file_name(picture: Picture, lens: str) -> str:
    """Return a name for the picture's files: ``deconvnet conv3[17] frame 142``.

    It has no suffix.
    """
    frame = f" frame {picture.frame}" if picture.frame >= 0 else ""
    return clean_name(f"{lens} {picture.unit}{frame}".strip())


def clean_name(name: str) -> str:
    """Return a name without the letters that a file's may not have."""
    return "".join(letter if letter not in '/\\:*?"<>|' else "-" for letter in name)


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
            raise BadInput(f"The picture cannot be written to {path}. Is the folder writable?")


def save_npy(values: NDArray[np.generic], path: Path) -> None:
    """Save the bare numbers; raises BadInput with a sentence where they cannot be written."""
    with replace_file(path, create_folder=False) as temporary, temporary.open("wb") as file:
        np.save(file, values)
