"""Read one picture file, as pixels, whatever is wrong with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.files import has_board_suffix, read_board_file

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000
BACKGROUND_GRAY = 128

_bomb_limit = threading.Lock()


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """Read the picture in ``path`` as uint8 (H, W, 3) RGB, turned the way its EXIF data says.

    Gray becomes three equal channels, 16 bit is scaled to 8, transparent pixels lie on
    mid-gray (128, close to zero for most networks' normalization), CMYK goes through
    Pillow's plain conversion, which ignores color profiles; of several images in a file the
    first counts. A Game-of-Life board (``.rle``, ``.cells``, ``.lif``, ``.mc``) is white on
    black, a pixel a cell. Raises BadInput for a file that is missing, empty, no picture, broken,
    shortened, or of more than 100 megapixels (known from its header, without decoding it).
    """
    path = Path(path)
    _check_file(path)
    if has_board_suffix(path):
        cells = read_board_file(path).cells
        return np.repeat(cells[:, :, None] * np.uint8(255), 3, axis=2)
    with _open_image(path) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise BadInput(
                f"{path} has {width} x {height} = {width * height / 1e6:.0f} megapixels; the most "
                f"that is read is {MAX_PIXELS // 1_000_000}. Make it smaller first."
            )
        try:
            return _to_rgb(image)
        except Exception as error:  # a decoder may raise anything over a broken file
            raise BadInput(
                f"{path} is broken or cut short ({_reason(error)}); get a whole copy of it."
            ) from error


def is_picture(path: str | Path) -> bool:
    """Return whether ``path`` begins like a picture that can be read."""
    try:
        with _open_image(Path(path)):
            return True
    except BadInput:
        return False


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"There is no file {path}; choose another picture.")
    try:
        empty = path.stat().st_size == 0
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if empty:
        raise BadInput(f"{path} is empty (0 bytes); get a whole copy of it.")


@contextmanager
def _open_image(path: Path) -> Iterator["Image"]:
    """Open the file with only its header read."""
    from PIL import Image  # lazy: the demo and the camera do without it

    with _bomb_limit:  # Pillow's own limit is a warning without a size; ours is a sentence
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            image = Image.open(path)
        except Exception as error:  # as above
            raise BadInput(
                f"{path} is not a picture that can be read ({_reason(error)}); "
                "give a PNG, JPEG, TIFF, BMP, GIF or WebP file."
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    with image:
        yield image


def _to_rgb(image: "Image") -> NDArray[np.uint8]:
    from PIL import Image, ImageOps  # lazy: see _open_image

    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        gray = _to_uint8(np.asarray(image))
        return np.ascontiguousarray(np.repeat(gray[:, :, None], 3, 2))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, (BACKGROUND_GRAY,) * 3 + (255,))
        image = Image.alpha_composite(background, image)
    pixels: NDArray[np.uint8] = np.array(image.convert("RGB"), dtype=np.uint8)
    return pixels


def _to_uint8(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale integers as of 16 bit, floats as of [0, 1]; what lies outside is clipped."""
    scale = 255.0 if values.dtype.kind == "f" else 1 / 257
    scaled = np.nan_to_num(values.astype(np.float32)) * scale
    clipped: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return clipped


def _reason(error: Exception) -> str:
    """Return why a decoder gave up, briefly and without the path, which the message has already."""
    message = str(error) or type(error).__name__
    return "unknown format" if "cannot identify" in message else message.splitlines()[0][:80]
