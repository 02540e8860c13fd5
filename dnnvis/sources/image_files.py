"""Read one picture file, as pixels, whatever is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.decode import DecodedPicture, decode_file, decode_picture
from dnnvis.sources.images.formats import HEAD_BYTES, detect_format
from dnnvis.sources.images.limits import MAX_PIXELS as MAX_PIXELS  # others import it from here
from dnnvis.sources.images.notes import NoteFilter
from dnnvis.sources.images.pillow import is_animated, open_image
from dnnvis.sources.life.files import has_board_suffix, read_board_file


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """Read the picture in ``path`` as uint8 (H, W, 3) RGB, turned the way its EXIF data says.

    As ``images.decode.decode_picture`` describes; pictures of more bands keep all of them. A
    Game-of-Life board (``.rle``, ``.cells``, ``.lif``, ``.mc``) is white on black, a pixel a cell.
    Raises BadInput for a file that is missing, empty, no picture, broken, shortened, or of more
    than 100 megapixels (known from its header, without decoding it).
    """
    return read_with_notes(Path(path)).pixels


def create_reader(report: Callable[[str], None]) -> Callable[[str | Path], NDArray[np.uint8]]:
    """Return a ``read_picture`` that reports what it assumed, once for each assumption."""
    notes = NoteFilter(report)

    def read(path: str | Path) -> NDArray[np.uint8]:
        decoded = read_with_notes(Path(path))
        notes.report_new(Path(path).name, decoded.notes)
        return decoded.pixels

    return read


def read_with_notes(path: Path, data: bytes | None = None, name: str = "") -> DecodedPicture:
    """Read a picture as ``read_picture`` does, with what was assumed about it.

    Args:
        path: The file, or the name that a member of an archive has.
        data: The content; None reads it from ``path``.
        name: What errors call it; "" for its path.

    Returns:
        The pixels, and notes.

    Raises:
        BadInput: It cannot be read.
    """
    if has_board_suffix(path):
        if data is not None:
            raise BadInput(f"{name or path} is a board inside of an archive; unpack it first.")
        cells = read_board_file(path).cells
        return DecodedPicture(np.repeat(cells[:, :, None] * np.uint8(255), 3, axis=2))
    return decode_file(path) if data is None else decode_picture(data, name or str(path))


def is_picture(path: str | Path) -> bool:
    """Return whether ``path`` begins like a picture, which a library may be needed for."""
    path = Path(path)
    if _detect_kind(path) not in ("other", "png", "tiff"):
        return True
    try:
        with open_image(path, str(path)):
            return True
    except BadInput:
        return False


def holds_animation(path: Path) -> bool:
    """Return whether a file holds pictures that are shown one after the other."""
    if _detect_kind(path) not in ("other", "png", "avif"):
        return False
    try:
        with open_image(path, str(path)) as image:
            return is_animated(image)
    except BadInput:
        return False


def _detect_kind(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return detect_format(file.read(HEAD_BYTES))
    except OSError:
        return "other"
