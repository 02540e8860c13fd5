import itertools
import os
import threading
from pathlib import Path

import pytest

from dnnvis.bench import machine
from dnnvis.core.errors import BadInput


@pytest.mark.parametrize("load", [0.31, 1.0, 7.5])
def test_a_busy_machine_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(machine, "other_load", lambda: load)
    with pytest.raises(BadInput) as why:
        machine.quiet()
    assert f"{load:.2f} cores" in str(why.value) and "--despite-load" in str(why.value)


@pytest.mark.parametrize("load", [0.0, 0.3])
def test_a_quiet_machine_is_not(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(machine, "other_load", lambda: load)
    assert machine.quiet() == load


def test_one_short_burst_of_other_work_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([0.9, 0.1])
    monkeypatch.setattr(machine, "other_load", lambda: next(loads))
    assert machine.quiet() == 0.1


def test_the_load_is_what_all_do_less_what_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds in which the machine worked 3 s and we 1.2 s: 0.9 cores of others."""
    clock = itertools.count(0, 2)
    monkeypatch.setattr(machine, "_busy", iter([100.0, 103.0]).__next__)
    monkeypatch.setattr(machine.time, "process_time", iter([5.0, 6.2]).__next__)
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(machine.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os.path, "exists", lambda path: True)
    assert machine.other_load() == pytest.approx(0.9)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="Linux only")
def test_the_busy_time_grows_with_work() -> None:
    before = machine._busy()
    spent = os.times()
    while os.times().user - spent.user < 0.05:
        sum(range(1000))
    assert machine._busy() - before >= 0.02


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux only")
def test_resident_memory_is_in_megabytes() -> None:
    before = machine.resident_mb()
    ballast = bytearray(os.urandom(64_000_000))
    assert 50 < machine.resident_mb() - before < 90
    assert before > 10 and len(ballast)


def test_threads_left_are_counted() -> None:
    from dnnvis.bench.stage import alive

    before = set(threading.enumerate())
    assert alive(before) == []
