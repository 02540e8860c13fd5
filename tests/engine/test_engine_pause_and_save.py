"""Long lenses that rest, go on, begin again, and whose pictures are kept."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure
from dnnvis.engine.plan import Plan, Request
from helpers.fake_work import ABANDON_SECONDS, Stage, Work, follows, frame, lasts, plan


def paused(wishes: Plan, *keys: str) -> Plan:
    return replace(wishes, paused=frozenset(keys))


class Counting:
    """A lens without end that counts its steps; ``closed`` is set when it is closed."""

    def __init__(self) -> None:
        self.begun, self.closed = 0, threading.Event()

    def __call__(self, request: Request, scene: Any) -> Iterator[int]:
        self.begun += 1
        step = 0
        try:
            while True:
                yield (step := step + 1)
        finally:
            self.closed.set()


def test_a_paused_lens_takes_no_step_and_goes_on_where_it_was() -> None:
    lens = Counting()

    def prepare(work: Work) -> None:
        work.looks["long"] = lens

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a", lambda step: step > 3)
        stage.engine.follow(paused(wishes, "a"))
        stage.engine.see(frame(2))
        stage.shows(2)  # the pause was taken note of before
        halted = stage.post.of("a")[-1]
        for number in (3, 4, 5):
            stage.engine.see(frame(number))
            stage.shows(number)
        assert stage.post.of("a")[-1] == halted
        assert not lens.closed.is_set()
        stage.engine.follow(wishes)
        assert stage.post.next("a") > halted
        steps = stage.post.of("a")
        assert steps == list(range(1, len(steps) + 1))
        assert lens.begun == 1


def test_the_thread_sleeps_while_only_paused_lenses_wait() -> None:
    """A turn without work would come again at once, for ever."""

    def prepare(work: Work) -> None:
        work.looks["long"] = Counting()

    with Stage(prepare) as stage:
        turns: list[float | None] = []
        take = stage.engine.take

        def counted(patience: float | None) -> Any:
            turns.append(patience)
            return take(patience)

        stage.engine.take = counted  # type: ignore[method-assign]
        stage.engine.follow(paused(plan(a=lasts("long")), "a"))
        for number in (1, 2):
            stage.engine.see(frame(number))
            stage.shows(number)
        stage.engine.see(frame(3))
        stage.shows(3)
        assert turns[-1] is None
        assert len(turns) < 10


def test_pausing_makes_no_live_turn_and_restarts_nothing() -> None:
    lens = Counting()

    def prepare(work: Work) -> None:
        work.looks["long"] = lens

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"), b=follows())
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a")
        for _ in range(3):
            stage.engine.follow(paused(wishes, "a"))
            stage.engine.follow(wishes)
            stage.post.next("a")
        assert stage.works[0].seen == [1]
        assert lens.begun == 1


def test_others_go_on_while_one_is_paused() -> None:
    def prepare(work: Work) -> None:
        work.looks |= {"one": Counting(), "two": Counting()}

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("one"), b=lasts("two"))
        stage.engine.follow(paused(wishes, "a"))
        stage.engine.see(frame(1))
        stage.post.until("b", lambda step: step > 5)
        assert not stage.post.of("a")


def test_a_paused_lens_is_closed_when_its_request_goes() -> None:
    lens = Counting()

    def prepare(work: Work) -> None:
        work.looks["long"] = lens

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(paused(wishes, "a"))
        stage.engine.follow(paused(plan(), "a"))
        assert lens.closed.wait(ABANDON_SECONDS)


def test_another_run_begins_again() -> None:
    lens = Counting()

    def prepare(work: Work) -> None:
        work.looks["long"] = lens

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("long")))
        stage.engine.see(frame(1))
        stage.post.until("a", lambda step: step > 3)
        stage.engine.follow(plan(a=replace(lasts("long"), run=1)))
        assert lens.closed.wait(ABANDON_SECONDS)
        stage.post.until("a", lambda step: lens.begun == 2 and step == 1)


def keeping(wishes: Plan, count: int) -> Plan:
    return replace(wishes, keep={"a": count})


def test_a_rising_counter_keeps_the_latest_value_once() -> None:
    def prepare(work: Work) -> None:
        work.looks["long"] = Counting()

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a", lambda step: step > 3)
        stage.engine.follow(paused(wishes, "a"))
        stage.engine.see(frame(2))
        stage.shows(2)
        step = stage.post.of("a")[-1]
        stage.engine.follow(paused(keeping(wishes, 1), "a"))
        assert stage.post.until("kept") == f"a: {step}"
        stage.engine.follow(keeping(wishes, 1))
        stage.post.next("a")
        assert len(stage.post.of("kept")) == 1
        assert stage.works[0].seen == [1, 2]


def test_of_several_pictures_the_wish_says_which_is_kept() -> None:
    def prepare(work: Work) -> None:
        work.looks["long"] = Counting()

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(replace(keeping(wishes, 1), which={"a": 5}))
        stage.post.until("kept")
        stage.engine.follow(replace(keeping(wishes, 1), which={"a": 6}))  # keeps nothing
        stage.engine.follow(keeping(wishes, 2))
        stage.post.until("kept", lambda words: len(stage.works[0].kept) == 2)
        assert stage.works[0].kept == [5, -1]
        assert stage.works[0].seen == [1]


def test_what_is_kept_belongs_to_the_wish_before_and_a_new_plan_keeps_nothing_old() -> None:
    def prepare(work: Work) -> None:
        work.looks["long"] = Counting()

    with Stage(prepare) as stage:
        stage.engine.follow(keeping(plan(a=lasts("long")), 7))  # as restored from a file
        stage.engine.see(frame(1))
        stage.post.until("a", lambda step: step > 3)
        assert not stage.post.of("kept")
        stage.engine.follow(keeping(plan(a=lasts("long", unit=2)), 8))
        kept = stage.post.until("kept")
        assert int(kept.removeprefix("a: ")) > 3


def test_what_ran_to_its_end_can_be_kept() -> None:
    ended = threading.Event()

    def two(request: Request, scene: Any) -> Iterator[str]:
        yield "first"
        yield "last"
        ended.set()

    def prepare(work: Work) -> None:
        work.looks["two"] = two

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("two"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        assert ended.wait(ABANDON_SECONDS)
        stage.engine.follow(keeping(wishes, 1))
        assert stage.post.until("kept") == "a: last"


def test_a_full_disk_is_a_sentence() -> None:
    def full(key: str, value: Any) -> Any:
        raise BadInput("The disk is full.")

    def prepare(work: Work) -> None:
        work.looks["long"] = Counting()
        work.keeps = full

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(keeping(wishes, 1))
        failure = stage.post.until("kept")
        assert isinstance(failure, Failure)
        assert failure.sentence == "The disk is full."
        stage.post.next("a")
