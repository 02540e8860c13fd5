"""Convert pictures and arrays to bytes and back."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from dnnvis.sources.images.limits import MAX_PIXELS
from dnnvis.sources.opencv import opencv

Pixels = NDArray[np.uint8]
JPEG_START = b"\xff\xd8\xff"
MAX_JPEG_BYTES = 1 << 20  # those that ship have some thousand
WEBP_KIND = b"WEBPVP8 "  # the lossy form, whose frame begins with its size
SQUEEZED_START = b"dnnvis-z"  # as the length of a safetensors header it would be impossible
MAX_ARRAY_BYTES = 1 << 28  # of squeezed arrays, unpacked
PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def encode_png(pixels: Pixels) -> bytes:
    """Return uint8 (H, W, C) as a PNG; other than 1 or 3 channels lie side by side."""
    height, width, channels = pixels.shape
    if channels == 3:
        pixels = pixels[:, :, ::-1]
    elif channels != 1:
        pixels = pixels.transpose(0, 2, 1).reshape(height, channels * width, 1)
    cv2 = opencv()
    ok, data = cv2.imencode(".png", np.ascontiguousarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert ok, f"a picture of {pixels.shape} cannot become a PNG"
    return bytes(data)


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Return uint8 (H, W, 1 or 3) as a JPEG, for libraries that ship."""
    cv2 = opencv()
    ok, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert ok, f"a picture of {pixels.shape} cannot become a JPEG"
    return bytes(data)


def encode_webp(pixels: Pixels, quality: int) -> bytes:
    """Return uint8 (H, W, 1 or 3) as a lossy WebP, for libraries that ship."""
    cv2 = opencv()
    colors = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))[:, :, ::-1])
    ok, data = cv2.imencode(".webp", colors, [cv2.IMWRITE_WEBP_QUALITY, quality])
    assert ok, f"a picture of {pixels.shape} cannot become a WebP"
    return bytes(data)


def decode_picture(data: bytes, channels: int) -> Pixels:
    """Return what ``encode_png``, ``encode_jpeg`` or ``encode_webp`` was given.

    Raises ValueError for what is neither, of too many pixels, or not of so many channels.
    """
    if isinstance(data, bytes) and data[8:16] == WEBP_KIND:
        return _decode_webp(data, channels)
    if not isinstance(data, bytes) or not data.startswith(JPEG_START):
        return decode_png(data, channels)
    if channels not in (1, 3) or len(data) > MAX_JPEG_BYTES:
        raise ValueError("not a JPEG that was written here")
    cv2 = opencv()
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        raise ValueError("not a whole JPEG") from None
    if decoded is None or decoded.dtype != np.uint8 or (decoded.ndim == 3) != (channels == 3):
        raise ValueError("not a JPEG of so many channels")
    return np.ascontiguousarray(decoded.reshape(*decoded.shape[:2], channels)[:, :, ::-1])


def _decode_webp(data: bytes, channels: int) -> Pixels:
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    if channels not in (1, 3) or width * height > MAX_PIXELS or len(data) > MAX_JPEG_BYTES:
        raise ValueError("not a WebP that was written here")
    cv2 = opencv()
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        raise ValueError("not a whole WebP") from None
    if decoded is None or decoded.shape != (height, width, 3):
        raise ValueError("not a whole WebP")
    return np.ascontiguousarray(decoded[:, :, ::-1][:, :, :channels])


def decode_png(png: bytes, channels: int) -> Pixels:
    """Return what ``encode_png`` was given.

    Raises ValueError for what is no PNG, of too many pixels, or not of so many channels.
    """
    if not isinstance(png, bytes) or not isinstance(channels, int) or channels < 1:
        raise ValueError("not a PNG")
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    if not png.startswith(PNG_START) or width * height > MAX_PIXELS:
        raise ValueError("not a PNG that was written here")
    cv2 = opencv()
    try:
        decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        raise ValueError("not a whole PNG") from None
    if decoded is None or decoded.dtype != np.uint8 or (decoded.ndim == 3) != (channels == 3):
        raise ValueError("not a PNG of so many channels")
    if channels == 3:
        return np.ascontiguousarray(decoded[:, :, ::-1])
    if channels == 1:
        return np.ascontiguousarray(decoded.reshape(*decoded.shape[:2], 1))
    height = decoded.shape[0]
    return np.ascontiguousarray(decoded.reshape(height, channels, -1).transpose(0, 2, 1))


def pack_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return named arrays as bytes (the safetensors format, which cannot run code)."""
    return bytes(save({name: np.ascontiguousarray(a) for name, a in arrays.items()}))


def squeeze_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return named arrays as fewer bytes than ``pack_arrays``, for libraries that ship."""
    return SQUEEZED_START + zlib.compress(pack_arrays(arrays), 9)


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Return what ``pack_arrays`` or ``squeeze_arrays`` was given.

    Raises ValueError for squeezed arrays that are not whole, or larger than any of ours.
    """
    if data.startswith(SQUEEZED_START):
        stream = zlib.decompressobj()
        try:
            data = stream.decompress(data[len(SQUEEZED_START) :], MAX_ARRAY_BYTES)
        except zlib.error:
            raise ValueError("not whole arrays") from None
        if not stream.eof:
            raise ValueError("not whole arrays, or too large ones")
    arrays: dict[str, NDArray[Any]] = load(data)
    return arrays
