import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import SKIPPED
from dnnvis.core.messages import Failure
from dnnvis.engine import engine as engine_module
from dnnvis.engine.plan import Request
from helpers.fake_work import ABANDON_SECONDS, Stage, Work, follows, frame, lasts, plan


def steps(noted: list[str], name: str, count: int) -> Any:
    """A lens of ``count`` steps that notes each step and its closing."""

    def look(request: Request, scene: Any) -> Iterator[str]:
        try:
            for k in range(count):
                noted.append(f"{name}{k}")
                yield f"{name}{k}"
        finally:
            noted.append(f"{name} closed")

    return look


def test_a_lens_that_follows_starts_afresh_with_every_frame() -> None:
    noted: list[str] = []

    def prepare(work: Work) -> None:
        work.looks["many"] = steps(noted, "s", 9)

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=follows("many")))
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.shows(1)
        stage.engine.see(frame(2))
        stage.shows(2)
        stage.engine.see(frame(3))
        stage.shows(3)
        assert noted[:4] == ["s0", "s closed"] * 2


def test_a_request_that_goes_away_closes_its_generator() -> None:
    noted: list[str] = []
    closed = threading.Event()

    def endless(request: Request, scene: Any) -> Iterator[int]:
        try:
            k = 0
            while True:
                yield (k := k + 1)
        finally:
            noted.append("closed")
            closed.set()

    def prepare(work: Work) -> None:
        work.looks["endless"] = endless

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("endless")))
        stage.engine.see(frame(1))
        stage.post.until("a", lambda value: value > 3)
        assert not noted
        stage.engine.follow(plan())
        assert closed.wait(ABANDON_SECONDS)
        closed.clear()
        stage.engine.follow(plan(a=lasts("endless", lr=1)))
        stage.post.next("a")
        stage.engine.follow(plan(a=lasts("endless", lr=2)))  # the same key, another wish
        assert closed.wait(ABANDON_SECONDS)
    assert noted == ["closed"] * 3  # the last by stop()


def test_a_generator_left_alone_by_a_new_plan_goes_on() -> None:
    noted: list[str] = []

    def prepare(work: Work) -> None:
        work.looks["a"] = steps(noted, "a", 10_000_000)

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("a")))
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(plan(layer="dense", a=lasts("a"), b=follows()))
        stage.post.until("b")
        stage.post.next("a")
    assert noted.count("a0") == 1


def test_waiting_lenses_step_one_at_a_time_and_in_turn() -> None:
    noted: list[str] = []
    done = threading.Event()

    def look(name: str) -> Any:
        def run(request: Request, scene: Any) -> Iterator[str]:
            for _ in range(4):
                noted.append(name)
                yield name
            if name == "c":
                done.set()

        return run

    def prepare(work: Work) -> None:
        work.looks |= {name: look(name) for name in "abc"}

    with Stage(prepare) as stage:
        stage.engine.follow(plan(**{name: lasts(name) for name in "abc"}))
        stage.engine.see(frame(1))
        assert done.wait(ABANDON_SECONDS)
    assert "".join(noted) == "abc" * 4


def test_a_key_that_leaves_and_returns_has_one_turn_only() -> None:
    """Its old place in the queue must not count."""
    noted: list[str] = []
    enough = threading.Event()

    def prepare(work: Work) -> None:
        def look(name: str) -> Any:
            def run(request: Request, scene: Any) -> Iterator[str]:
                while True:
                    noted.append(name)
                    if len(noted) > 400:
                        enough.set()
                    yield name

            return run

        work.looks |= {name: look(name) for name in "ab"}

    with Stage(prepare) as stage:
        both = {name: lasts(name) for name in "ab"}
        stage.engine.see(frame(1))
        for _ in range(5):
            stage.engine.follow(plan(**both))
            stage.post.next("a")
            stage.engine.follow(plan(b=both["b"]))
            stage.post.next("b")
        stage.engine.follow(plan(**both))
        stage.post.next("a")
        noted.clear()
        assert enough.wait(ABANDON_SECONDS)
    assert "aa" not in "".join(noted[2:])
    assert "bb" not in "".join(noted[2:])


def test_a_lens_that_ran_to_its_end_does_not_begin_again_with_the_next_frame() -> None:
    noted: list[str] = []

    def prepare(work: Work) -> None:
        work.looks["three"] = steps(noted, "t", 3)

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("three")))
        stage.engine.see(frame(1))
        stage.post.until("a", lambda value: value == "t2")
        for number in (2, 3, 4):
            stage.engine.see(frame(number))
            stage.shows(number)
        assert noted == ["t0", "t1", "t2", "t closed"]
        stage.engine.follow(plan(a=lasts("three", again=True)))
        stage.post.until("a", lambda value: noted.count("t2") == 2)


def test_long_lenses_go_on_while_frames_go_on() -> None:
    noted: list[str] = []

    def prepare(work: Work) -> None:
        work.looks["long"] = steps(noted, "s", 10_000_000)

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("long")))
        for number in range(20):
            stage.engine.see(frame(number))
            stage.shows(number)
        stage.post.next("a")
    assert noted.count("s0") == 1


def test_a_lens_that_fails_leaves_the_rest_alive() -> None:
    def broken(request: Request, scene: Any) -> Iterator[str]:
        raise ZeroDivisionError("a bug")
        yield ""

    def absent(request: Request, scene: Any) -> Iterator[str]:
        raise LensMissing("It does not apply here.")
        yield ""

    def prepare(work: Work) -> None:
        work.looks |= {"broken": broken, "absent": absent}
        work.failures = {"d": Failure("no such unit", about="d")}

    with Stage(prepare) as stage:
        wishes = {"a": follows("broken"), "b": follows("absent"), "c": follows(), "d": follows()}
        stage.engine.follow(plan(**wishes))
        stage.engine.see(frame(1))
        assert stage.post.until("c") == "of frame 1"
        failure = stage.post.until("a")
        assert failure.sentence == "ZeroDivisionError: a bug"
        assert "Traceback" in failure.details
        assert failure.about == "a"
        assert stage.post.until("b").sentence == "It does not apply here."
        assert stage.post.until("d").sentence == "no such unit"
        problems = stage.post.of("problem")  # bugs only; what does not apply is no problem
        assert [p.sentence for p in problems] == ["ZeroDivisionError: a bug"]
        stage.engine.see(frame(2))
        stage.post.until("c", lambda value: value == "of frame 2")


def test_a_long_lens_that_fails_is_not_tried_again_with_every_frame() -> None:
    tries: list[int] = []

    def broken(request: Request, scene: Any) -> Iterator[str]:
        tries.append(scene)
        yield "one"
        raise LensMissing("no more")

    def prepare(work: Work) -> None:
        work.looks["broken"] = broken

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("broken")))
        stage.engine.see(frame(1))
        stage.post.until("a", lambda value: isinstance(value, Failure))
        for number in (2, 3):
            stage.engine.see(frame(number))
            stage.shows(number)
    assert tries == [1]


def test_a_step_whose_picture_nobody_looks_at_is_not_posted_and_the_lens_goes_on() -> None:
    def look(request: Request, scene: Any) -> Iterator[Any]:
        yield "start"
        for _ in range(5):
            yield SKIPPED
        yield "end"

    def prepare(work: Work) -> None:
        work.looks["many"] = look

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("many")))
        stage.engine.see(frame(1))
        stage.post.until("a", lambda value: value == "end")
        assert list(stage.post.of("a")) == ["start", "end"]


@pytest.mark.parametrize(
    ("limit", "expected"), [(60.0, [("live", "a")]), (0.0, [("live",), ("a",)])]
)
def test_what_a_quick_lens_sees_wakes_the_window_once_with_its_frame(
    limit: float, expected: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "TOGETHER_SECONDS", limit)
    wakes: list[tuple[str, ...]] = []
    with Stage() as stage:
        stage.engine.follow(plan(a=follows()))
        stage.engine.see(frame(1))
        stage.post.until("a")  # nobody knew before how long it takes
        stage.post.collect()
        stage.post.wake = lambda: wakes.append(tuple(stage.post.collect()))
        stage.engine.see(frame(2))
        stage.post.until("a", lambda value: value == "of frame 2")
        stage.engine.stop()
    assert wakes == expected
