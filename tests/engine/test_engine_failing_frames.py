"""Frames that fail one after the other are tried ever more seldom, and counted."""

import time
from collections.abc import Callable

import pytest

from dnnvis.core.messages import Failure, Live
from dnnvis.engine import pacing
from helpers.fake_work import Stage, Work, frame, plan


class Breaks:
    """Makes frames fail while ``broken``, and notes when each was tried."""

    def __init__(self) -> None:
        self.broken, self.times = True, list[float]()

    def __call__(self, work: Work) -> None:
        def during(seen: object) -> None:
            self.times.append(time.perf_counter())
            if self.broken:
                raise RuntimeError("shapes differ")

        work.during = during


def failed(count: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Failure) and value.in_row == count


def third_in(problems: list[Failure]) -> Callable[[Failure], bool]:
    """Collects what comes, and fits the third."""

    def fits(value: Failure) -> bool:
        problems.append(value)
        return len(problems) == 3

    return fits


def test_each_wait_is_twice_the_one_before_until_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(pacing, "MAX_RETRY_SECONDS", 0.1)
    breaks = Breaks()
    with Stage(breaks) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(0))
        for count in range(1, 6):
            stage.post.until("live", failed(count))
            for _ in range(5):  # many come meanwhile
                stage.engine.see(frame(count))
        problems = [value.in_row for value in stage.post.of("problem")]
    waits = [after - before for before, after in zip(breaks.times, breaks.times[1:], strict=False)]
    for wait, expected in zip(waits, (0.04, 0.08, 0.1, 0.1), strict=True):
        assert wait >= expected
    assert problems == [1, 2, 3, 4, 5]


def test_the_latest_frame_left_out_is_tried_when_it_is_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "RETRY_SECONDS", 0.02)
    breaks = Breaks()
    with Stage(breaks) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.post.until("live", failed(1))
        breaks.broken = False
        stage.engine.see(frame(2))
        stage.engine.see(frame(3))  # no other comes: the source was stopped
        live = stage.post.until("live", lambda value: isinstance(value, Live))
        assert live.frame.number in (2, 3)
        assert stage.shows(3)


def test_a_frame_that_works_begins_the_count_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "RETRY_SECONDS", 0.001)
    breaks = Breaks()
    with Stage(breaks) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.post.until("live", failed(1))
        stage.engine.see(frame(2))
        stage.post.until("live", failed(2))
        breaks.broken = False
        stage.engine.see(frame(3))
        stage.shows(3)
        breaks.broken = True
        stage.engine.see(frame(4))
        stage.post.until("problem", third_in(problems := []))
        assert [value.in_row for value in problems] == [1, 2, 1]


def test_a_new_plan_is_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "RETRY_SECONDS", 60.0)
    monkeypatch.setattr(pacing, "MAX_RETRY_SECONDS", 60.0)
    breaks = Breaks()
    with Stage(breaks) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.post.until("live", failed(1))
        breaks.broken = False
        stage.engine.follow(plan(layer="dense"))
        assert stage.shows(1)
