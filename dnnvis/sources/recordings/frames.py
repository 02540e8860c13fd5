"""Turn a frame and what the network answered into a chunk, and back."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.sources.recordings.chunks import FRAME, pack_chunk

PIXELS, OUTPUT, MAP = "pixels", "output", "map "  # names of arrays; a layer's name follows MAP
TYPES = {"|u1": np.uint8, "<f2": np.float16, "<f4": np.float32}
MAX_FRAME_BYTES = 256 << 20  # of all arrays of a frame, unpacked
MAX_AXES = 4
COMPRESSION_LEVEL = 1  # zlib's: the fastest
Codec = Literal["raw", "zlib", "left"]  # left: zlib over differences to the pixel at the left
CODECS: tuple[Codec, ...] = ("raw", "zlib", "left")
BAD_FRAME = "This frame of the recording cannot be read; it is left out."


@dataclass(frozen=True, eq=False)
class RecordedFrame:
    """A frame with what a network answered to it."""

    #: As the source gave it, but for ``born``, which is the time of reading.
    frame: Frame
    #: Since the recording began.
    seconds: float
    #: The network's output, float32 (K,); () where there is none.
    output: NDArray[np.float32]
    #: Layer -> float32 (C, H, W); {} where none were recorded.
    maps: dict[str, NDArray[np.float32]]
    #: The edits that were on, as text.
    edits: tuple[str, ...] = ()
    #: Its network's number among those of the recording.
    network: int = 0


def pack_frame(live: Live, seconds: float, *, network: int, compress: bool, maps: bool) -> bytes:
    """Return the chunk of a frame.

    Args:
        live: The frame, and what the network answered.
        seconds: Since the recording began.
        network: Its network's number among those of the recording.
        compress: Whether pixels are compressed, which takes time; none are lost either way.
        maps: Whether the layers on show are recorded, too, as float16.
    """
    frame = live.frame
    arrays: dict[str, NDArray[Any]] = {PIXELS: frame.pixels, OUTPUT: live.output}
    if maps:
        arrays |= {MAP + name: _to_half(values) for name, values in live.maps.items()}
    parts, rows = [], []
    for name, values in arrays.items():
        codec: Codec = "left" if compress and name == PIXELS else "raw"
        data = encode_array(values, codec)
        row = {"name": name, "type": values.dtype.newbyteorder("<").str, "shape": values.shape}
        rows.append({**row, "codec": codec, "bytes": len(data)})
        parts.append(data)
    index = {
        "seconds": round(seconds, 6),
        "network": network,
        "number": frame.number,
        "index": frame.index,
        "source": frame.source,
        "label": frame.label,
        "rule": frame.rule,
        "edits": list(live.edits),
        "arrays": rows,
    }
    return pack_chunk(FRAME, index, b"".join(parts))


def encode_array(values: NDArray[Any], codec: Codec) -> bytes:
    """Return the bytes of an array, little-endian, in C order."""
    if codec == "left" and values.ndim == 3:
        shifted = np.zeros_like(values)
        shifted[:, 1:] = values[:, :-1]
        values = values - shifted
    data = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return data if codec == "raw" else zlib.compress(data, COMPRESSION_LEVEL)


def unpack_frame(index: Mapping[str, Any], payload: bytes) -> RecordedFrame:
    """Return the frame of a chunk; raise BadInput where it is none.

    No more memory is taken than MAX_FRAME_BYTES and the payload, whatever the chunk claims.
    """
    rows = index.get("arrays")
    if not isinstance(rows, list):
        raise BadInput(BAD_FRAME)
    at, remaining, arrays = 0, MAX_FRAME_BYTES, {}
    for row in rows:
        name, data_bytes = _text(row, "name"), _count(row, "bytes")
        values = arrays[name] = _decode_array(row, payload[at : at + data_bytes], remaining)
        at += data_bytes
        remaining -= values.nbytes
    pixels = arrays.get(PIXELS)
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise BadInput(BAD_FRAME)
    label, number = index.get("label"), index.get("index")
    frame = Frame(
        pixels,
        _count(index, "number"),
        _text(index, "source"),
        label if isinstance(label, str) else None,
        rule=_text(index, "rule"),
        index=number if isinstance(number, int) and not isinstance(number, bool) else None,
    )
    edits = index.get("edits")
    return RecordedFrame(
        frame,
        seconds_of(index),
        arrays.get(OUTPUT, np.zeros(0, np.float32)).astype(np.float32).reshape(-1),
        {
            name.removeprefix(MAP): values.astype(np.float32)
            for name, values in arrays.items()
            if name.startswith(MAP)
        },
        tuple(filter(_is_text, edits)) if isinstance(edits, list) else (),
        _count(index, "network"),
    )


def seconds_of(index: Mapping[str, Any]) -> float:
    """Return when a frame was recorded; raise BadInput where its index does not say it."""
    seconds = index.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadInput(BAD_FRAME)
    try:
        value = float(seconds)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value) or value < 0:
        raise BadInput(BAD_FRAME)
    return value


def _decode_array(row: Mapping[str, Any], data: bytes, max_bytes: int) -> NDArray[Any]:
    kind, codec, shape = TYPES.get(_text(row, "type")), _text(row, "codec"), row.get("shape")
    if kind is None or codec not in CODECS or not isinstance(shape, list) or len(shape) > MAX_AXES:
        raise BadInput(BAD_FRAME)
    sizes = [_count({"size": size}, "size") for size in shape]
    size = math.prod(sizes) * np.dtype(kind).itemsize
    if size > max_bytes:
        raise BadInput(BAD_FRAME)
    if codec != "raw":
        data = _decompress(data, size)
    if len(data) != size:
        raise BadInput(BAD_FRAME)
    values = np.frombuffer(data, np.dtype(kind).newbyteorder("<")).astype(kind).reshape(sizes)
    if codec == "left" and values.ndim == 3:
        values = np.add.accumulate(values, axis=1, dtype=kind)
    return values


def _decompress(data: bytes, size: int) -> bytes:
    """Return at most a byte more than ``size``, so that a wrong size is seen."""
    try:
        return zlib.decompressobj().decompress(data, size + 1)
    except zlib.error:
        raise BadInput(BAD_FRAME) from None


def _to_half(values: NDArray[np.float32]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        return values.astype(np.float16)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name) if isinstance(row, Mapping) else None
    if not isinstance(value, str):
        raise BadInput(BAD_FRAME)
    return value


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name) if isinstance(row, Mapping) else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadInput(BAD_FRAME)
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)
