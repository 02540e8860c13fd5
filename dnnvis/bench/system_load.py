"""Measure what the machine does besides us."""

import os
import time
from collections.abc import Callable

from dnnvis.core.errors import BadInput

STAT_PATH = "/proc/stat"
MAX_OTHER_CORES = 0.3  # cores of other work above which a bench says nothing


def measure_other_load(seconds: float = 1.0) -> float:
    """Measure the cores that other processes kept busy during ``seconds``.

    On Linux; elsewhere the load average, which lags.
    """
    read_load = start_load_meter()
    if os.path.exists(STAT_PATH):
        time.sleep(seconds)  # a measurement, not a wait
    return read_load()


def start_load_meter() -> Callable[[], float]:
    """Build a function that gives the cores that other processes kept busy since now.

    It measures as ``measure_other_load`` does.
    """
    if not os.path.exists(STAT_PATH):
        return lambda: os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    previous_busy, previous_own, start = _busy_seconds(), time.process_time(), time.perf_counter()

    def read_load() -> float:
        elapsed = max(time.perf_counter() - start, 1e-9)
        own_seconds = time.process_time() - previous_own
        return max(0.0, (_busy_seconds() - previous_busy - own_seconds) / elapsed)

    return read_load


def require_quiet() -> float:
    """Measure the other load; raise BadInput where it is too high to measure anything."""
    load = min(measure_other_load(), measure_other_load())
    if load > MAX_OTHER_CORES:
        raise BadInput(
            f"Other work keeps {load:.2f} cores busy (at most {MAX_OTHER_CORES} while measuring); "
            "pause it and run the bench again, or pass --despite-load."
        )
    return load


def resident_mb() -> float:
    """Measure the resident memory of this process in MB (Linux), 0 elsewhere."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _busy_seconds() -> float:
    with open(STAT_PATH, encoding="ascii") as file:
        user, nice, system, _idle, _wait, *rest = (int(v) for v in file.readline().split()[1:])
    return (user + nice + system + sum(rest[:2])) / os.sysconf("SC_CLK_TCK")
