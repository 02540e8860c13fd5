"""Convert pictures and arrays to bytes and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from dnnvis.sources.opencv import opencv

Pixels = NDArray[np.uint8]


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


def decode_png(png: bytes, channels: int) -> Pixels:
    """Return what ``encode_png`` was given; raise ValueError for bytes that are no PNG."""
    cv2 = opencv()
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError("not a PNG")
    if channels == 3:
        return np.ascontiguousarray(decoded[:, :, ::-1])
    if channels == 1:
        return np.ascontiguousarray(decoded.reshape(*decoded.shape[:2], 1))
    height = decoded.shape[0]
    return np.ascontiguousarray(decoded.reshape(height, channels, -1).transpose(0, 2, 1))


def pack_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return named arrays as bytes (the safetensors format, which cannot run code)."""
    return bytes(save({name: np.ascontiguousarray(a) for name, a in arrays.items()}))


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Return what ``pack_arrays`` was given."""
    arrays: dict[str, NDArray[Any]] = load(data)
    return arrays
