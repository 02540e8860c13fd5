"""Decode one picture, from a file or from bytes, to the same pixels."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.arrays import read_npy, split_pictures
from dnnvis.sources.images.dicom import DicomSlice, read_dicom
from dnnvis.sources.images.formats import HEAD_BYTES, detect_format
from dnnvis.sources.images.limits import check_bytes, check_size, read_file
from dnnvis.sources.images.notes import PictureNote
from dnnvis.sources.images.pillow import decode_with_pillow, open_heic, open_image, open_jxl
from dnnvis.sources.images.tiff import decode_deep_tiff
from dnnvis.sources.images.value_range import choose_window, to_uint8
from dnnvis.sources.opencv import opencv

PNG_DEPTH, PNG_COLOR = 24, 25  # where a PNG's header has bits a sample, and which samples


class DecodedPicture(NamedTuple):
    """Pixels and what was assumed about them."""

    #: uint8 (H, W, 3) RGB, or (H, W, C) for two channels, four without transparency, or more.
    pixels: NDArray[np.uint8]
    notes: tuple[PictureNote, ...] = ()


def decode_file(path: Path) -> DecodedPicture:
    """Decode the picture in a file; see ``decode_picture``."""
    return decode_picture(read_file(path), str(path))


def decode_picture(data: bytes, name: str) -> DecodedPicture:
    """Decode the picture whose file holds ``data``.

    Turned as its EXIF data says; gray becomes three equal channels; transparent pixels lie on
    mid-gray (128, close to zero for most networks' normalization); more than 8 bits are mapped by
    a window of values (``value_range``); CMYK goes through Pillow's plain conversion, which ignores
    color profiles; of several pictures the first counts. Each of these but the first two is noted.

    Args:
        data: The content of the file.
        name: What errors call it.

    Returns:
        The pixels, and notes.

    Raises:
        BadInput: It is empty, no picture, broken, cut short, or of more than 100 megapixels (known
            from its header, without decoding it), or needs a library that is not installed.
    """
    if not data:
        raise BadInput(f"{name} is empty (0 bytes); get a whole copy of it.")
    check_bytes(name, len(data))
    decode = _DECODERS.get(detect_format(data[:HEAD_BYTES]), _decode_common)
    return decode(data, name)


def _decode_common(data: bytes, name: str) -> DecodedPicture:
    with open_image(io.BytesIO(data), name) as image:
        check_size(name, *image.size)
        return DecodedPicture(*decode_with_pillow(image, name))


def _decode_heic(data: bytes, name: str) -> DecodedPicture:
    with open_heic(data, name) as image:
        return DecodedPicture(*decode_with_pillow(image, name))


def _decode_jxl(data: bytes, name: str) -> DecodedPicture:
    with open_jxl(data, name) as image:
        check_size(name, *image.size)
        return DecodedPicture(*decode_with_pillow(image, name))


def _decode_png(data: bytes, name: str) -> DecodedPicture:
    decoded = _decode_common(data, name)  # checks every byte, but reduces colors to 8 bits
    is_deep_color = data[PNG_DEPTH : PNG_COLOR + 1] in (b"\x10\x02", b"\x10\x04", b"\x10\x06")
    return _decode_deep_png(data, name) if is_deep_color else decoded


def _decode_deep_png(data: bytes, name: str) -> DecodedPicture:
    from PIL import Image, ImageOps  # lazy: the demo and the camera do without it

    cv2 = opencv()
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        return _decode_common(data, name)
    order = cv2.COLOR_BGRA2RGBA if values.shape[2] == 4 else cv2.COLOR_BGR2RGB
    values = cv2.cvtColor(values, order)
    window = choose_window(values[:, :, :3])
    pixels = to_uint8(values, window)
    if pixels.shape[2] == 4:
        pixels[:, :, 3] = values[:, :, 3] // 257
    image = Image.fromarray(pixels)
    with open_image(io.BytesIO(data), name) as header:
        image.info["exif"] = header.getexif().tobytes()
    pixels, notes = decode_with_pillow(ImageOps.exif_transpose(image), name)
    return DecodedPicture(pixels, (*_range_notes(window.note), *notes))


def _decode_tiff(data: bytes, name: str) -> DecodedPicture:
    deep = decode_deep_tiff(data, name)
    if deep is None:
        return _decode_common(data, name)
    pages = f"it has {deep.pages} pages, the first is shown"
    notes = (PictureNote("pages", pages),) if deep.pages > 1 else ()
    decoded = map_values(deep.values, deep.is_inverted, deep.has_alpha)
    return DecodedPicture(decoded.pixels, (*decoded.notes, *notes))


def _decode_npy(data: bytes, name: str) -> DecodedPicture:
    array = read_npy(data, name)
    pictures = split_pictures(array, name)
    count, height, width, channels = pictures.shape
    check_size(name, width, height)
    decoded = map_values(pictures[0])
    shape = (
        f"its shape {array.shape} is taken for {count} of {height} x {width} pixels with "
        f"{channels} channels" + (", the first is shown" if count > 1 else "")
    )
    notes = (PictureNote("shape", shape),) if array.ndim > 2 else ()
    return DecodedPicture(decoded.pixels, (*decoded.notes, *notes))


def _decode_dicom(data: bytes, name: str) -> DecodedPicture:
    return map_slice(read_dicom(data, name))


def map_slice(slices: DicomSlice) -> DecodedPicture:
    """Map a slice of a DICOM file to pixels (H, W, 3), in its own window where it has one."""
    if slices.window is None:
        decoded = map_values(slices.values, slices.is_inverted)
    else:
        pixels = to_uint8(slices.values, slices.window)
        pixels = 255 - pixels if slices.is_inverted else pixels
        decoded = DecodedPicture(to_rgb(pixels), _range_notes(slices.window.note))
    frames = f"it has {slices.frames} slices, the first is shown"
    notes = (PictureNote("pages", frames),) if slices.frames > 1 else ()
    return DecodedPicture(decoded.pixels, (*decoded.notes, *notes))


def map_values(
    values: NDArray[np.generic], is_inverted: bool = False, has_alpha: bool = False
) -> DecodedPicture:
    """Map values (H, W, C) of any real type to pixels.

    Args:
        values: The values.
        is_inverted: Whether the greatest is black.
        has_alpha: Whether the last channel is opacity.

    Returns:
        The pixels, one channel repeated thrice, and a note on the range.
    """
    from PIL import Image  # lazy: see _decode_deep_png

    colors = values[:, :, :-1] if has_alpha else values
    window = choose_window(colors)
    pixels = to_uint8(colors, window)
    pixels = to_rgb(255 - pixels if is_inverted else pixels)
    if not has_alpha:
        return DecodedPicture(pixels, _range_notes(window.note))
    opacity = to_uint8(values[:, :, -1:], choose_window(values[:, :, -1:]))
    image = Image.fromarray(np.concatenate([pixels, opacity], 2))
    pixels, notes = decode_with_pillow(image, "")
    return DecodedPicture(pixels, (*_range_notes(window.note), *notes))


def to_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat a single channel thrice; leave all else as it is."""
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return np.ascontiguousarray(pixels)


def _range_notes(note: str) -> tuple[PictureNote, ...]:
    return (PictureNote("range", note),) if note else ()


_DECODERS: dict[str, Callable[[bytes, str], DecodedPicture]] = {
    "dicom": _decode_dicom,
    "npy": _decode_npy,
    "heic": _decode_heic,
    "jxl": _decode_jxl,
    "tiff": _decode_tiff,
    "png": _decode_png,
}
