"""Write the state of a canvas as text, which opens it again, and read it."""

import base64
import binascii
import re
import zlib

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.automaton import ALPHA, State

HEADER = re.compile(r"canvas (\d{1,3}) x (\d{1,3}) x (\d{1,3}), step (\d{1,15})")
MAX_CHANNELS, MAX_SIDE, MIN_SIDE = 256, 256, 8
MAX_VALUE = 1000.0  # of a cell; a trained automaton stays within 3
BROKEN = "The canvas as it was left cannot be read: {why}. Open a new canvas."


def write_canvas(state: State, number: int) -> str:
    """Return a state (C, H, W) and the number of its step as text: a line, and its values packed.

    ``parse_canvas`` reads the same values from it, bit for bit.
    """
    channels, height, width = state.shape
    packed = zlib.compress(np.ascontiguousarray(state, "<f4").tobytes(), 1)
    header = f"canvas {channels} x {height} x {width}, step {number}"
    return f"{header}\n{base64.b85encode(packed).decode('ascii')}"


def parse_canvas(text: str) -> tuple[State, int]:
    """Return the state (C, H, W) and the number of its step that ``write_canvas`` wrote.

    Args:
        text: The text.

    Raises:
        BadInput: It is no such text, or its values are none of an automaton.
    """
    header, _, body = text.partition("\n")
    match = HEADER.fullmatch(header)
    if match is None:
        raise BadInput(BROKEN.format(why="its first line names no channels, rows, columns, step"))
    channels, height, width, number = map(int, match.groups())
    if not ALPHA < channels <= MAX_CHANNELS:
        raise BadInput(BROKEN.format(why=f"a cell has 4 to {MAX_CHANNELS} channels"))
    if height != width or not MIN_SIDE <= height <= MAX_SIDE:
        raise BadInput(BROKEN.format(why=f"it is a square of {MIN_SIDE} to {MAX_SIDE} cells"))
    count = 4 * channels * height * width
    try:
        unpacker = zlib.decompressobj()
        values = unpacker.decompress(base64.b85decode(body), count + 1)
    except (ValueError, binascii.Error, zlib.error):
        raise BadInput(BROKEN.format(why="its values are damaged")) from None
    if len(values) != count or not unpacker.eof:
        raise BadInput(BROKEN.format(why="it has more or fewer values than its first line says"))
    state = np.frombuffer(values, "<f4").astype(np.float32).reshape(channels, height, width)
    if not (np.abs(state) <= MAX_VALUE).all():
        raise BadInput(
            BROKEN.format(why=f"a value is no number from -{MAX_VALUE:g} to {MAX_VALUE:g}")
        )
    return state, number
