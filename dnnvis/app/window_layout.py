"""How the window's layout is written as text."""

import base64

MAX_LENGTH = 1 << 16  # characters; Qt's own are some thousand


def encode_layout(data: bytes) -> str:
    """Write what Qt says of a window's size or of its docks as base64 text."""
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
