"""Whether free memory goes back to the system, and threads have one heap."""

import subprocess
import sys

import pytest

from dnnvis.bench.system_load import resident_mb
from dnnvis.network.state.free_memory import (
    _find_trim,
    keep_large_blocks,
    release_free_memory,
    use_one_arena,
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
def test_blocks_freed_between_others_go_back_to_the_system() -> None:
    if _find_trim() is None:
        pytest.skip("this system's allocator is not glibc's")
    blocks = [bytearray(b"\1" * 100_000) for _ in range(600)]  # 60 MB, below what is mapped
    stay = blocks[::40]
    blocks.clear()
    full = resident_mb()
    release_free_memory()
    assert resident_mb() < full - 30
    assert all(block[-1] == 1 for block in stay)


def test_without_such_an_allocator_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnnvis.network.state.free_memory._find_trim", lambda: None)
    release_free_memory()


#: Prints how many arenas malloc has after four threads held blocks at the same time.
ARENA_PROGRAM = """
import ctypes, sys, threading
from dnnvis.network.state.free_memory import use_one_arena

assert sys.argv[1] == "many" or use_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
barrier = threading.Barrier(4)

def hold():
    block = libc.malloc(50_000)
    barrier.wait()
    libc.free(block)

threads = [threading.Thread(target=hold) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is asked")
def test_threads_share_one_arena() -> None:
    if _find_trim() is None:
        pytest.skip("this system's allocator is not glibc's")
    counts = {}
    for choice in ("many", "one"):
        command = [sys.executable, "-c", ARENA_PROGRAM, choice]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        counts[choice] = done.stderr.count("Arena ")
    assert counts["one"] == 1
    assert counts["many"] > 1


def test_elsewhere_arenas_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not use_one_arena()
    assert not keep_large_blocks()


#: Prints how many pages the system gives for ten rounds with two blocks of 50 MB.
BLOCK_PROGRAM = """
import ctypes, resource, sys
from dnnvis.network.state.free_memory import keep_large_blocks

assert sys.argv[1] == "new" or keep_large_blocks()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

def use():
    blocks = [libc.malloc(50_000_000) for _ in range(2)]
    [ctypes.memset(block, 1, 50_000_000) for block in blocks]
    [libc.free(block) for block in blocks]

[use() for _ in range(4)]
start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
[use() for _ in range(10)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is asked")
def test_large_blocks_are_used_again() -> None:
    if _find_trim() is None:
        pytest.skip("this system's allocator is not glibc's")
    pages = {}
    for choice in ("new", "kept"):
        command = [sys.executable, "-c", BLOCK_PROGRAM, choice]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        pages[choice] = int(done.stdout)
    assert pages["kept"] < pages["new"] / 5
