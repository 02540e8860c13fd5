"""A canvas as text: bit for bit, and what is no such text is refused in a sentence."""

import base64
import zlib

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.canvas.codec import parse_canvas, write_canvas


def pack(values: bytes) -> str:
    return base64.b85encode(zlib.compress(values)).decode()


def text_of(state: np.ndarray) -> str:
    channels, height, width = state.shape
    body = pack(state.astype("<f4").tobytes())
    return f"canvas {channels} x {height} x {width}, step 7\n{body}"


def test_a_state_comes_back_bit_for_bit() -> None:
    state = np.random.default_rng(0).normal(size=(16, 12, 12)).astype(np.float32)
    again, number = parse_canvas(write_canvas(state, 123_456))
    assert number == 123_456
    assert again.tobytes() == state.tobytes()


def test_what_another_packer_wrote_is_read_as_well() -> None:
    state = np.ones((5, 8, 8), np.float32)
    np.testing.assert_array_equal(parse_canvas(text_of(state))[0], state)


BIG = np.full((4, 8, 8), 2e3, np.float32)
NAN = np.full((4, 8, 8), np.nan, np.float32)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("bo$2bo$3o!", "first line"),
        ("canvas 4 x 8 x 8, step -1\n", "first line"),
        (text_of(np.ones((3, 8, 8), np.float32)), "4 to 256 channels"),
        (text_of(np.ones((4, 8, 9), np.float32)), "a square of 8 to 256"),
        (text_of(np.ones((4, 4, 4), np.float32)), "a square of 8 to 256"),
        ("canvas 4 x 8 x 8, step 1\nno packed values", "damaged"),
        ("canvas 4 x 8 x 8, step 1\n" + pack(bytes(1023)), "more or fewer"),
        ("canvas 4 x 8 x 8, step 1\n" + pack(bytes(1025)), "more or fewer"),
        ("canvas 4 x 8 x 8, step 1\n" + pack(bytes(30_000_000)), "more or fewer"),
        (text_of(BIG), "-1000 to 1000"),
        (text_of(NAN), "-1000 to 1000"),
    ],
)
def test_what_is_no_canvas_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_canvas(text)
