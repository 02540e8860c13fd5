"""How the engine's time is shared out, on a clock that only the fake work moves."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dnnvis.engine import engine as engine_module
from dnnvis.engine import pacing
from dnnvis.engine.engine import Engine, _Loop
from dnnvis.engine.plan import Request
from helpers.fake_work import Post, Work, follows, frame, lasts, plan


class Desk:
    """The engine's loop, turned by hand, with a clock for it to read.

    ``live`` and ``step`` are the seconds that a pass and a lens step take; a frame comes
    every ``every`` seconds (0: one always waits, None: never), and passes are ``interval`` apart.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        live: float,
        step: float,
        every: float | None,
        interval: float = 0.0,
    ) -> None:
        self.now, self.lens_time, self.live_time, self.number = 0.0, 0.0, 0.0, 0
        self.every, self.due = every, 0.0
        clock = SimpleNamespace(perf_counter=lambda: self.now)
        monkeypatch.setattr(engine_module, "time", clock)
        monkeypatch.setattr(pacing, "time", clock)
        self.engine = Engine(lambda cancel: self.work, Post(), interval)
        self.loop = _Loop(self.engine)
        self.work = Work(self.loop.cancel)

        def look(request: Request, scene: Any) -> Iterator[str]:
            while True:
                self.lens_time += step
                self.pass_time(step)
                yield "step"

        def during(seen: Any) -> None:
            self.live_time += live
            self.pass_time(live)

        self.work.looks["long"] = look
        self.work.during = during
        self.engine.follow(plan(a=lasts("long")))
        take = self.engine.take
        self.waits: list[float | None] = []

        def timed_take(patience: float | None) -> Any:
            """As the real one, but waiting moves the clock instead of the world's."""
            self.waits.append(patience)
            wait = 0.0 if patience is None else patience
            if not self.engine.frame_waits() and self.every is not None:
                wait = min(wait, max(0.0, self.due - self.now)) if patience else wait
            if not self.engine.frame_waits():
                self.pass_time(wait)
            elif (until_due := self.engine.seconds_until_due()) > 0 and not self.engine._new_plan:
                self.pass_time(until_due if patience is None else min(until_due, patience))
            return take(0)

        monkeypatch.setattr(self.engine, "take", timed_take)
        self.pass_time(0)

    def follow_too(self, seconds: float) -> list[int]:
        """Have a lens follow the frames, so many seconds each; the frames it looked at."""
        looked: list[int] = []

        def look(request: Request, scene: Any) -> Iterator[str]:
            looked.append(scene)
            self.pass_time(seconds)
            yield "picture"

        self.work.looks["now"] = look
        self.engine.follow(plan(a=lasts("long"), b=follows()))
        return looked

    def follow_only(self) -> None:
        """Have nothing but a lens that follows the frames, and takes no time."""
        self.follow_too(0.0)
        self.engine.follow(plan(b=follows()))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        while self.every is not None and self.now >= self.due:
            self.number += 1
            self.engine.see(frame(self.number))
            self.due = self.now if self.every == 0 else self.due + self.every
            if self.every == 0:
                break

    def run(self, seconds: float) -> None:
        while self.now < seconds:
            self.loop._turn(self.work)
            if self.every == 0:
                self.pass_time(0)
        self.loop._close(list(self.loop.pending))


@pytest.mark.parametrize("step", [0.001, 0.01, 0.05, 0.4, 3.0])
def test_while_frames_wait_lens_steps_take_at_most_half_of_the_time(
    monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    desk = Desk(monkeypatch, live=0.01, step=step, every=0)
    desk.run(60)
    assert desk.lens_time > 0
    assert desk.lens_time <= desk.live_time + step + 1e-6  # the one under way


@pytest.mark.parametrize("step", [0.01, 0.05, 0.4])
def test_a_long_lens_moves_all_the_same(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    desk = Desk(monkeypatch, live=0.01, step=step, every=0)
    desk.run(60)
    assert desk.lens_time >= 0.4 * 60


def test_a_step_delays_the_live_path_only_once_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.1, every=0)
    for _ in range(200):
        before = desk.lens_time
        desk.loop._turn(desk.work)
        desk.pass_time(0)
        assert desk.lens_time - before <= 0.1 + 1e-9
    desk.loop._close(["a"])


def test_between_frames_the_lens_does_not_take_what_the_live_path_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A camera of 30/s, a pass of 10 ms, steps of 100 ms: without a debt that outlasts the
    gaps between frames, the picture would fall to 9 a second."""
    desk = Desk(monkeypatch, live=0.01, step=0.1, every=1 / 30)
    desk.run(30)
    assert desk.lens_time <= 0.55 * desk.now
    assert desk.live_time / 0.01 >= 15 * desk.now


def test_without_frames_the_lens_has_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.1, every=None)
    desk.engine.see(frame(1))
    desk.run(10)
    assert desk.lens_time >= 0.99 * desk.now - 0.1
    assert not any(desk.waits[2:])


def test_quick_steps_fill_the_gaps_between_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.002, every=1 / 30)
    desk.run(10)
    assert desk.live_time / 0.01 >= 29 * desk.now
    assert desk.lens_time >= 0.6 * desk.now


def test_while_frames_are_dropped_lenses_look_ten_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.015, every=0)
    looked = desk.follow_too(0.02)
    desk.run(5)
    assert 5 / 0.14 <= len(looked) <= 5 / 0.1 + 2  # a turn that has begun is ended
    assert set(looked) < set(desk.work.seen)


def test_what_lenses_leave_goes_to_the_frames_and_to_what_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A camera of 30/s whose lenses leave no time in any frame: 10 + 25 ms of 33."""
    desk = Desk(monkeypatch, live=0.01, step=0.01, every=1 / 30)
    looked = desk.follow_too(0.025)
    desk.run(10)
    assert len(desk.work.seen) >= 27 * 10
    assert len(looked) >= 7 * 10
    assert desk.lens_time >= 0.3 * 10


@pytest.mark.parametrize("seconds", [1.0, 1.02, 1.04, 1.06, 1.08])
def test_the_last_frame_is_looked_at_by_all_lenses(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Held still, the window shows one frame in all its cards."""
    desk = Desk(monkeypatch, live=0.01, step=0.015, every=0)
    looked = desk.follow_too(0.02)
    while desk.now < seconds:
        desk.loop._turn(desk.work)
        desk.pass_time(0)
    desk.every = None
    until = desk.now + 0.5
    while desk.now < until:
        desk.loop._turn(desk.work)
    last = desk.work.seen[-1]
    assert looked[-1] == last
    assert looked.count(last) == 1
    assert desk.work.seen.count(last) <= 2
    desk.loop._close(list(desk.loop.pending))


def test_where_it_is_no_longer_crowded_lenses_look_at_each_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.004, every=0)
    looked = desk.follow_too(0.02)
    desk.run(2)
    desk.every, desk.due = 1 / 10, desk.now
    until = desk.now + 3
    while desk.now < until:
        desk.loop._turn(desk.work)
    assert looked[-15:] == desk.work.seen[-15:]
    desk.loop._close(list(desk.loop.pending))


def test_where_all_fits_between_frames_lenses_look_at_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.004, every=1 / 10)
    looked = desk.follow_too(0.02)
    desk.run(5)
    assert looked[2:] == desk.work.seen[2:]
    assert len(looked) > 45


def test_where_nothing_grows_lenses_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.015, every=0)
    looked = desk.follow_too(0.02)
    desk.engine.follow(plan(b=follows()))
    desk.run(5)
    assert looked == desk.work.seen


def test_a_new_wish_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, live=0.01, step=0.015, every=0)
    looked = desk.follow_too(0.02)
    for count in range(1, 9):
        desk.run(desk.now + 0.05 * count)
        request = follows("now" if count % 2 else "then")
        desk.work.looks["then"] = desk.work.looks["now"]
        desk.engine.follow(plan(a=lasts("long"), b=request))
        desk.loop._turn(desk.work)
        assert looked[-1] == desk.work.seen[-1]
        desk.pass_time(0)
    desk.loop._close(list(desk.loop.pending))


@pytest.mark.parametrize("live", [0.001, 0.005, 0.03])
def test_with_an_interval_no_more_frames_are_computed_than_a_screen_shows(
    monkeypatch: pytest.MonkeyPatch, live: float
) -> None:
    desk = Desk(monkeypatch, live=live, step=0.01, every=0, interval=1 / 64)
    desk.follow_only()
    desk.run(10)
    assert len(desk.work.seen) == pytest.approx(10 * min(64, 1 / live), rel=0.02)


def test_a_source_as_fast_as_the_screen_loses_no_frame_to_its_jitter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.002, step=0.01, every=None, interval=1 / 64)
    desk.follow_only()
    for number in range(1, 101):
        comes = number / 60 + (0.004 if number % 3 == 0 else 0)  # every third is 4 ms late
        while desk.engine.frame_waits():
            desk.loop._turn(desk.work)
        desk.now = max(desk.now, comes)
        desk.engine.see(frame(number))
    desk.loop._turn(desk.work)
    assert desk.engine.dropped == 0


@pytest.mark.parametrize("live", [0.001, 0.005])
@pytest.mark.parametrize("step", [0.002, 0.01, 0.05, 0.4])
def test_an_interval_leaves_lens_steps_half_of_the_time(
    monkeypatch: pytest.MonkeyPatch, live: float, step: float
) -> None:
    """The time in which a frame is held back is nobody's: the lens has it, or is paid by it."""
    desk = Desk(monkeypatch, live=live, step=step, every=0, interval=1 / 64)
    desk.run(30)
    assert desk.lens_time >= 0.4 * desk.now
    shown = len(desk.work.seen) / desk.now
    assert shown >= 64 * 0.4


def test_a_new_plan_and_a_recording_do_not_wait_for_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, live=0.001, step=0.01, every=0, interval=10.0)
    desk.follow_only()
    for count in range(1, 6):
        desk.engine.follow(plan(**{f"b{count}": follows()}))
        desk.loop._turn(desk.work)
        desk.pass_time(0)
        assert len(desk.work.seen) == count
    assert desk.now < 1
    desk.engine.follow(replace(plan(b=follows()), recording=True))
    desk.loop._turn(desk.work)
    desk.pass_time(0)
    for _ in range(50):
        desk.loop._turn(desk.work)
        desk.pass_time(0)
    assert len(desk.work.seen) == 6 + 50
