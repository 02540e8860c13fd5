"""Hold little free memory within the process: one heap, and pages that go back."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # mallopt(3)
LARGEST_REUSED_BLOCK = 128 << 20  # bytes; larger ones come from the system, and go back to it
MAX_FREE_AT_THE_END = 256 << 20  # bytes that lie free at the end of the heap: a few maps of 51 MB


def use_one_arena() -> bool:
    """Have all threads that begin from now on share C's main heap; with glibc alone.

    glibc gives each thread an arena of its own, and what one has freed is of no use to another: a
    window with a thread for the network, one for frames and some of Qt's holds 15 MB more, and
    gives less back in ``release_free_memory``. Threads that allocate at the same time wait for one
    another, but small blocks come from a cache of each thread's own, and large ones are few.

    Returns:
        Whether the system's allocator was told so.
    """
    return _set_option(M_ARENA_MAX, 1)


def keep_large_blocks() -> bool:
    """Have large blocks that are freed used again, not returned at once; with glibc alone.

    glibc takes each block above 32 MB from the system and returns it when it is freed. A layer of
    4,096 maps of 56 x 56 is 51 MB, several times a frame: the system cleared and mapped 13,000
    pages each time, which took two thirds of the frame's time, and held up whoever else wanted
    memory (measured: 75 ms a frame, 24 with the blocks kept).

    Returns:
        Whether the system's allocator was told so.
    """
    is_set = _set_option(M_MMAP_THRESHOLD, LARGEST_REUSED_BLOCK)
    return _set_option(M_TRIM_THRESHOLD, MAX_FREE_AT_THE_END) and is_set


def release_free_memory() -> None:
    """Return the pages that C's allocator holds free; with glibc alone, elsewhere it does nothing.

    A trial pass leaves tens of MB in the middle of an arena, which glibc keeps for good: it gives
    back by itself only what lies at the end of one. It takes a few milliseconds, and pages that
    are wanted again cost as much as new ones, so this is for the end of something large.
    """
    trim = _find_trim()
    if trim is not None:
        trim(0)


def _set_option(option: int, value: int) -> bool:
    """Set an option of C's allocator; return whether there is one that takes it."""
    if not sys.platform.startswith("linux"):
        return False
    set_option: Callable[[int, int], int] | None = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and set_option(option, value) == 1


@cache
def _find_trim() -> Callable[[int], int] | None:
    """Find ``malloc_trim(pad)``; None where the system's allocator has no such function."""
    if not sys.platform.startswith("linux"):
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
