"""Give memory that is free within the process back to the system."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def release_free_memory() -> None:
    """Return the pages that C's allocator holds free; with glibc alone, elsewhere it does nothing.

    A trial pass leaves tens of MB in the middle of an arena, which glibc keeps for good: it gives
    back by itself only what lies at the end of one. It takes a few milliseconds, and pages that
    are wanted again cost as much as new ones, so this is for the end of something large.
    """
    trim = _find_trim()
    if trim is not None:
        trim(0)


@cache
def _find_trim() -> Callable[[int], int] | None:
    """Find ``malloc_trim(pad)``; None where the system's allocator has no such function."""
    if not sys.platform.startswith("linux"):
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
