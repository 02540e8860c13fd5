"""Encode the window's layout as text, and compute the size that a window starts with."""

import base64
from dataclasses import dataclass

MAX_LENGTH = 1 << 16  # characters; Qt's own are some thousand
SIZE = 1600, 960  # pixels, at first
ROOMY = 1600, 900  # pixels of a screen; on a smaller one the window fills it
FRAME, TITLE = 40, 32  # pixels that a frame may need in either direction, and of it at the top


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the desktop."""

    #: Left edge.
    x: int
    #: Top edge.
    y: int
    #: Width.
    width: int
    #: Height.
    height: int


def compute_first_box(screen: Box) -> tuple[Box, bool]:
    """Compute the position of the first window, in the middle of the free screen.

    Returns:
        Where it lies, without its frame, and whether it is to be maximized (the box is then the one
        that it goes back to).
    """
    width = min(SIZE[0], screen.width - FRAME)
    height = min(SIZE[1], screen.height - FRAME)
    x = screen.x + (screen.width - width) // 2
    y = screen.y + (screen.height - FRAME - height) // 2 + TITLE
    return Box(x, y, width, height), screen.width < ROOMY[0] or screen.height < ROOMY[1]


def encode_layout(data: bytes) -> str:
    """Encode Qt's description of a window's size or of its docks as base64 text."""
    return base64.b64encode(data).decode("ascii")


def decode_layout(text: str) -> bytes:
    """Read what ``encode_layout`` wrote; empty where it is too long or no base64.

    Qt checks the bytes itself and refuses those that it did not write.
    """
    if len(text) > MAX_LENGTH:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
