"""Whether free memory goes back to the system."""

import sys

import pytest

from dnnvis.bench.system_load import resident_mb
from dnnvis.network.state.free_memory import _find_trim, release_free_memory


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
