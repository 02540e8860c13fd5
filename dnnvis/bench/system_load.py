"""What the machine does besides us."""

import os
import time
from collections.abc import Callable

from dnnvis.core.errors import BadInput

STAT = "/proc/stat"
BUSY = 0.3  # cores of other work above which a bench says nothing


def other_load(seconds: float = 1.0) -> float:
    """Cores that other processes kept busy during ``seconds`` (Linux; elsewhere the load
    average, which lags)."""
    since = load_meter()
    if os.path.exists(STAT):
        time.sleep(seconds)  # a measurement, not a wait
    return since()


def load_meter() -> Callable[[], float]:
    """A function that gives the cores that other processes kept busy since now (as
    ``other_load``)."""
    if not os.path.exists(STAT):
        return lambda: os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    before, own_before, began = _busy(), time.process_time(), time.perf_counter()

    def since() -> float:
        spent = max(time.perf_counter() - began, 1e-9)
        own = time.process_time() - own_before
        return max(0.0, (_busy() - before - own) / spent)

    return since


def quiet() -> float:
    """The other load; raises BadInput where it is too high to measure anything."""
    load = min(other_load(), other_load())
    if load > BUSY:
        raise BadInput(
            f"Other work keeps {load:.2f} cores busy (at most {BUSY} while measuring); "
            "pause it and run the bench again, or pass --despite-load."
        )
    return load


def resident_mb() -> float:
    """Resident memory of this process in MB (Linux), 0 elsewhere."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _busy() -> float:
    with open(STAT, encoding="ascii") as file:
        user, nice, system, idle, wait, *rest = (int(v) for v in file.readline().split()[1:])
    return (user + nice + system + sum(rest[:2])) / os.sysconf("SC_CLK_TCK")
