"""``dnnvis bench start``: from the command to the first painted frame."""

import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

IMPORTS = "import torch, PyQt6.QtWidgets"


def measure(times: int = 5) -> dict[str, Any]:
    """Seconds until the first frame of ``demo`` is painted, against the bare imports; one
    warm-up each, then in turns, medians."""
    with TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "dnnvis.bench.first_frame", folder]
        bare = [sys.executable, "-c", IMPORTS]
        _seconds(bare), _seconds(ours)
        pairs = [(_seconds(bare), _seconds(ours)) for _ in range(times)]
    reference, first = (median(column) for column in zip(*pairs, strict=True))
    return {
        "first_frame_s": round(first, 3),
        "imports_s": round(reference, 3),
        "start_ratio": round(first / reference, 3),
        "times": times,
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
