"""Freed memory stays while a scan runs, and goes back afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, torch
from dnnvis.library.scan.malloc import retain_heap

def faults(times):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        blocks = [torch.ones(2_000_000) for _ in range(8)]  # 8 MB each
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with retain_heap():
    faults(3)
    kept = faults(20)
print(kept)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is Linux's")
def test_the_same_pages_are_not_asked_for_again() -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=root, check=True
    )
    pages = 20 * 8 * 8_000_000 // 4096  # if each block were new each time
    assert int(done.stdout) < pages / 20
