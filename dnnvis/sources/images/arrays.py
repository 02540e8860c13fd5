"""Read NumPy's own files (``.npy``), without pickles and within a limit."""

import io
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.limits import check_values

MAX_HEADER_BYTES = 10_000
MAX_BANDS = 64  # a last axis up to this is one of channels, not of width


def read_npy(data: bytes, name: str) -> NDArray[Any]:
    """Read the array in a ``.npy`` file; raise BadInput where it is none, broken or too large."""
    file = io.BytesIO(data)
    shape, dtype = read_npy_header(file, name)
    check_values(name, shape, dtype.itemsize)
    file.seek(0)
    try:
        array = npy.read_array(file, allow_pickle=False, max_header_size=MAX_HEADER_BYTES)
    except Exception:  # a header may lie in any way
        raise BadInput(f"{name} is broken or cut short; get a whole copy of it.") from None
    return np.asarray(array)


def read_npy_header(file: BinaryIO, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read shape and type of the array that begins here.

    Raises:
        BadInput: It is no ``.npy`` file, or holds objects, which only a pickle could read.
    """
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file, max_header_size=MAX_HEADER_BYTES)
    except Exception:
        raise BadInput(f"{name} is no whole .npy file; save it anew with numpy.save.") from None
    if dtype.kind not in "biuf":
        raise BadInput(f"{name} holds values of type {dtype}, no numbers; save pixels as numbers.")
    return shape, dtype


def split_pictures(array: NDArray[Any], name: str, count: int = 0) -> NDArray[Any]:
    """Return the pictures (N, H, W, C) in an array.

    (H, W), (H, W, C), (C, H, W), (N, H, W), (N, H, W, C) and (N, C, H, W) are told from each
    other by the sides: an axis of 1 to 4 is one of channels, the last one first; a last axis of up
    to MAX_BANDS is too, where the array has three axes and both others are twice as long.

    Args:
        array: The array.
        name: What errors call it.
        count: How many pictures there are, where that is known: of as many labels; else 0.

    Returns:
        A view.

    Raises:
        BadInput: It has another number of axes, or no values.
    """
    if array.ndim not in (2, 3, 4) or not array.size:
        raise BadInput(f"{name} has the shape {array.shape}; a picture is (H, W) or (H, W, C).")
    if array.ndim == 2:
        return array[None, :, :, None]
    if array.ndim == 4:
        channels_first = array.shape[3] > 4 and array.shape[1] <= 4
        return array.transpose(0, 2, 3, 1) if channels_first else array
    first, second, last = array.shape
    if first == count:
        return array[:, :, :, None]
    if last <= 4 or (last <= MAX_BANDS and 2 * last <= min(first, second)):
        return array[None]
    if first <= 4:
        return array.transpose(1, 2, 0)[None]
    return array[:, :, :, None]
