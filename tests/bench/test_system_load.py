import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dnnvis.bench import system_load
from dnnvis.core.errors import BadInput


@pytest.mark.parametrize("load", [0.31, 1.0, 7.5])
def test_a_busy_machine_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(system_load, "measure_other_load", lambda: load)
    with pytest.raises(BadInput) as why:
        system_load.require_quiet()
    assert f"{load:.2f} cores" in str(why.value)
    assert "--despite-load" in str(why.value)


@pytest.mark.parametrize("load", [0.0, 0.3])
def test_a_quiet_machine_is_not(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(system_load, "measure_other_load", lambda: load)
    assert system_load.require_quiet() == load


def test_one_short_burst_of_other_work_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([0.9, 0.1])
    monkeypatch.setattr(system_load, "measure_other_load", lambda: next(loads))
    assert system_load.require_quiet() == 0.1


def test_the_load_is_what_all_do_less_what_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds in which the machine worked 3 s and we 1.2 s: 0.9 cores of others."""
    clock = itertools.count(0, 2)
    monkeypatch.setattr(system_load, "_busy_seconds", iter([100.0, 103.0]).__next__)
    monkeypatch.setattr(system_load.time, "process_time", iter([5.0, 6.2]).__next__)
    monkeypatch.setattr(system_load.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(system_load.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os.path, "exists", lambda path: True)
    assert system_load.measure_other_load() == pytest.approx(0.9)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="Linux only")
def test_the_busy_time_grows_with_work() -> None:
    before = system_load._busy_seconds()
    spent = os.times()
    while os.times().user - spent.user < 0.05:
        sum(range(1000))
    assert system_load._busy_seconds() - before >= 0.02


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux only")
def test_resident_memory_is_in_megabytes() -> None:
    """In a process of its own: others' memory comes and goes meanwhile."""
    code = (
        "from dnnvis.bench.system_load import resident_mb\n"
        "before = resident_mb()\n"
        "ballast = bytearray(b'1') * 64_000_000\n"
        "print(before, resident_mb() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, growth = map(float, done.stdout.split())
    assert 50 < growth < 90
    assert before > 10


def test_threads_left_are_counted() -> None:
    from dnnvis.bench.window_session import find_leftover_threads

    before = set(threading.enumerate())
    assert find_leftover_threads(before) == []
