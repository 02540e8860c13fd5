"""Decode TIFF files of more than 8 bits or of any number of bands."""

import io
import logging
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.limits import check_size, check_values
from dnnvis.sources.opencv import opencv

MIN_IS_WHITE = 0  # a photometric interpretation
ALPHA_SAMPLES = (1, 2)  # associated and unassociated alpha among the extra samples
LZW_AND_KIN = "an LZW or ZSTD"


class DeepTiff(NamedTuple):
    """The first page of a TIFF file, as stored."""

    #: (H, W, C) of any real type.
    values: NDArray[Any]
    #: Number of pages in the file.
    pages: int
    #: Whether the greatest value is black.
    is_inverted: bool
    #: Whether the last channel is opacity.
    has_alpha: bool


def decode_deep_tiff(data: bytes, name: str) -> DeepTiff | None:
    """Decode the first page, where Pillow cannot or not to all its bits; else return None.

    Raises:
        BadInput: It is broken, cut short, or too large.
    """
    try:
        with open_tiff(io.BytesIO(data)) as file:
            return decode_deep_page(file, 0, name, data)
    except BadInput:
        raise
    except Exception:
        return None  # Pillow may read it, and says so where it cannot


def open_tiff(source: BinaryIO | Path) -> Any:
    """Open a TIFF file; raise whatever tifffile does where it is none."""
    import tifffile  # lazy: costs start-up time

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # a broken file is our sentence
    return tifffile.TiffFile(source)


def decode_deep_page(file: Any, number: int, name: str, data: bytes = b"") -> DeepTiff | None:
    """Decode a page of an opened file; None where Pillow reads all of it.

    Args:
        file: What ``open_tiff`` returned.
        number: Number of the page.
        name: What errors call it.
        data: The file's content, for another decoder; b"" for none.

    Returns:
        The page.

    Raises:
        BadInput: It is broken, cut short, or too large.
    """
    page = file.pages[number]
    samples = int(page.samplesperpixel)
    if page.dtype == np.uint8 and samples in (1, 3, 4) and page.bitspersample <= 8:
        return None
    if page.dtype is None or page.dtype.kind not in "biuf":
        raise BadInput(f"{name} holds values that are no real numbers; save it as another type.")
    check_size(name, int(page.imagewidth), int(page.imagelength))
    check_values(name, page.shape, page.dtype.itemsize)
    values = _read_values(page, data, name)
    extra = [int(kind) for kind in page.extrasamples]
    has_alpha = len(extra) == 1 and extra[0] in ALPHA_SAMPLES and samples in (2, 4)
    return DeepTiff(values, len(file.pages), int(page.photometric) == MIN_IS_WHITE, has_alpha)


def _read_values(page: Any, data: bytes, name: str) -> NDArray[Any]:
    """Return values (H, W, C)."""
    try:
        values = np.asarray(page.asarray())
    except Exception:
        values = _read_by_opencv(data, name, int(page.samplesperpixel))
    if values.ndim == 2:
        return values[:, :, None]
    if values.ndim == 3 and page.axes.startswith("S"):
        return values.transpose(1, 2, 0)
    if values.ndim != 3:
        raise BadInput(f"{name} has pages of {values.ndim} axes; save each picture as a page.")
    return values


def _read_by_opencv(data: bytes, name: str, samples: int) -> NDArray[Any]:
    """Decode what tifffile cannot without its codecs; OpenCV has the commonest."""
    cv2 = opencv()
    encoded = np.frombuffer(data, np.uint8)
    values = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED) if data else None
    if values is None:
        raise BadInput(
            f"{name} is broken or cut short, or packed in {LZW_AND_KIN} way that needs imagecodecs "
            "(pip install imagecodecs)."
        )
    if values.ndim == 3 and samples in (3, 4):
        order = cv2.COLOR_BGRA2RGBA if samples == 4 else cv2.COLOR_BGR2RGB
        values = cv2.cvtColor(values, order)
    return np.asarray(values)
