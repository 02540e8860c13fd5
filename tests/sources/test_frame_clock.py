import math

import pytest

from dnnvis.sources.frame_clock import FrameClock, RateMeter, cap_rate


def test_frames_come_evenly_though_the_reader_is_a_little_late() -> None:
    pace, now, times = FrameClock(10), 0.0, []
    for _ in range(101):
        assert pace.is_due(now)
        times.append(now)
        pace.take(now)
        now = pace.due + 0.003
    assert times[-1] == pytest.approx(10.0, abs=0.005)


def test_a_long_halt_is_not_caught_up_with_a_burst() -> None:
    pace = FrameClock(10)
    pace.take(0.0)
    pace.take(5.0)  # five seconds late
    assert pace.due == 5.0
    pace.take(5.0)
    assert pace.due == pytest.approx(5.1)


def test_a_restart_forgets_what_was_due() -> None:
    pace = FrameClock(10)
    for _ in range(100):
        pace.take(0.0)
    pace.restart(1.0)
    assert pace.due == pytest.approx(1.1)


def test_a_still_is_due_once_and_an_unbounded_source_always() -> None:
    still, fast = FrameClock(0), FrameClock(math.inf)
    assert still.is_due(0.0)
    assert fast.is_due(0.0)
    for pace in (still, fast):
        pace.take(1.0)
    assert not still.is_due(1e9)
    assert fast.is_due(1.0)


def test_a_meter_counts_frames_a_second_and_forgets() -> None:
    meter = RateMeter()
    assert meter.rate(0.0) == 0
    for k in range(100):
        meter.count(k / 25)
    assert meter.rate(99 / 25) == pytest.approx(25)
    assert meter.rate(100.0) == 0


def test_a_cap_of_nought_is_none() -> None:
    assert (cap_rate(0, 30), cap_rate(10, 30), cap_rate(60, 30), cap_rate(60, math.inf)) == (
        30,
        10,
        30,
        60,
    )
