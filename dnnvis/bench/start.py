"""Measure for ``dnnvis bench start`` from the command to the first painted frame."""

import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

IMPORT_STATEMENT = "import torch, PyQt6.QtWidgets"
#: What the console script loads first, and then the window until its first frame.
PROGRAM = """
from dnnvis.cli.main import import_window
import_window()
from dnnvis.bench.first_frame import main
main()
"""


def measure(times: int = 5) -> dict[str, Any]:
    """Measure the seconds until the first frame of ``demo`` is painted, against the bare imports.

    One warm-up each, then in turns, medians.
    """
    with TemporaryDirectory() as folder:
        program_command = [sys.executable, "-c", PROGRAM, folder]
        imports_command = [sys.executable, "-c", IMPORT_STATEMENT]
        _measure_seconds(imports_command), _measure_seconds(program_command)
        pairs = [
            (_measure_seconds(imports_command), _measure_seconds(program_command))
            for _ in range(times)
        ]
    reference, first = (median(column) for column in zip(*pairs, strict=True))
    return {
        "first_frame_s": round(first, 3),
        "imports_s": round(reference, 3),
        "start_ratio": round(first / reference, 3),
        "times": times,
    }


def _measure_seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
