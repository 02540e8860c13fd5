"""Open and decode pictures by Pillow, and by what extends it."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.limits import check_size
from dnnvis.sources.images.notes import PictureNote
from dnnvis.sources.images.value_range import choose_window, to_uint8

if TYPE_CHECKING:
    from PIL.Image import Image

BACKGROUND_GRAY = 128
STRIP_PIXELS = 1 << 20  # of a picture that are converted at a time
STILL_FORMATS = {"MPO"}  # JPEG of phones: what follows the picture are its depth and its previews
ORIENTATION_KEYS = {"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"}  # of a JPEG
DEEP_MODES = ("I", "F")  # and I;16

_bomb_limit = threading.Lock()


@contextmanager
def open_image(source: BinaryIO | Path, name: str) -> Iterator["Image"]:
    """Open a picture with only its header read; raise BadInput where Pillow knows no such kind."""
    from PIL import Image  # lazy: the demo and the camera do without it

    with _bomb_limit:  # Pillow's own limit is a warning without a size; ours is a sentence
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            image = Image.open(source)
        except Exception as error:  # a decoder may raise anything over a broken file
            raise BadInput(
                f"{name} is not a picture that can be read (broken, or of an unknown format); "
                "give a PNG, JPEG, TIFF, BMP, GIF, WebP, AVIF or HEIC file."
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    with image:
        yield image


@contextmanager
def open_heic(data: bytes, name: str) -> Iterator["Image"]:
    """Open and decode a HEIC picture: the whole of it, also where it is stored in tiles."""
    try:
        import pillow_heif  # lazy: optional
    except ImportError:
        raise BadInput(
            f"{name} is a HEIC picture; install pillow-heif (pip install pillow-heif) to open it, "
            "or save it as JPEG."
        ) from None
    try:
        heif = pillow_heif.open_heif(io.BytesIO(data))
        size = heif.size
    except Exception:
        raise BadInput(f"{name} is a HEIC picture that is broken; get a whole copy.") from None
    check_size(name, *size)
    try:
        image = heif.to_pillow()
    except Exception:
        raise BadInput(f"{name} is broken or cut short; get a whole copy of it.") from None
    with image:
        yield image


@contextmanager
def open_jxl(data: bytes, name: str) -> Iterator["Image"]:
    """Open a JPEG XL picture."""
    try:
        import pillow_jxl  # noqa: F401  # lazy: optional; extends Pillow
    except ImportError:
        raise BadInput(
            f"{name} is a JPEG XL picture; install pillow-jxl-plugin (pip install "
            "pillow-jxl-plugin) to open it, or save it as PNG."
        ) from None
    with open_image(io.BytesIO(data), name) as image:
        yield image


def decode_with_pillow(
    image: "Image", name: str
) -> tuple[NDArray[np.uint8], tuple[PictureNote, ...]]:
    """Decode an opened picture to uint8 (H, W, 3) RGB, and say what was assumed.

    Raises:
        BadInput: It is broken or cut short.
    """
    from PIL import ImageOps  # lazy: see open_image

    try:
        notes = _count_notes(image)
        image.load()
        if image.format != "JPEG" or not image.info.keys().isdisjoint(ORIENTATION_KEYS):
            ImageOps.exif_transpose(image, in_place=True)
        pixels, more = _to_rgb(image)
    except Exception as error:
        raise BadInput(f"{name} is broken or cut short; get a whole copy of it.") from error
    return pixels, (*notes, *more)


def is_animated(image: "Image") -> bool:
    """Return whether the file holds pictures to be shown one after the other."""
    if image.format in {*STILL_FORMATS, "TIFF"}:
        return False
    try:
        return int(getattr(image, "n_frames", 1)) > 1
    except Exception:  # a broken one, which the decoder of single pictures refuses in a sentence
        return False


def _count_notes(image: "Image") -> tuple[PictureNote, ...]:
    count = 1 if image.format in STILL_FORMATS else getattr(image, "n_frames", 1)
    text = f"it holds {count} pictures, the first is shown"
    return (PictureNote("pages", text),) if count > 1 else ()


def _to_rgb(image: "Image") -> tuple[NDArray[np.uint8], tuple[PictureNote, ...]]:
    from PIL import Image  # lazy: see open_image

    if image.mode.startswith(DEEP_MODES):
        values = np.asarray(image)
        window = choose_window(values)
        gray = to_uint8(values, window)
        range_notes = (PictureNote("range", window.note),) if window.note else ()
        return np.ascontiguousarray(np.repeat(gray[:, :, None], 3, 2)), range_notes
    is_plain = image.mode == "RGB" and "transparency" not in image.info
    if is_plain and image.width * image.height <= STRIP_PIXELS:
        return np.array(image, dtype=np.uint8), ()
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    is_transparent = False
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):  # a copy of all in every form would take gigabytes
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if image.has_transparency_data:
            strip = strip.convert("RGBA")
            is_transparent |= bool(np.asarray(strip.getchannel("A")).min() < 255)
            background = Image.new("RGBA", strip.size, (BACKGROUND_GRAY,) * 3 + (255,))
            strip = Image.alpha_composite(background, strip)
        pixels[top : top + rows] = np.asarray(strip if is_plain else strip.convert("RGB"))
    if is_transparent:
        text = f"its transparent parts lie on mid-gray ({BACKGROUND_GRAY})"
        return pixels, (PictureNote("alpha", text),)
    if image.mode == "CMYK":
        text = "its CMYK colors are converted without a color profile"
        return pixels, (PictureNote("cmyk", text),)
    return pixels, ()
