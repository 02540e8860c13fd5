import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from helpers.fake_work import ABANDON_SECONDS, TOY, UNIT, Stage, Work, follows, frame, lasts, plan

OTHER = NetworkChoice(net="other")


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


def test_the_network_is_opened_before_the_first_frame() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        info = stage.post.until("info")
        assert isinstance(info, NetworkInfo)
        assert info.name == "toy"
        assert next(iter(stage.post.of("busy"))) == "Opening toy ..."
        stage.post.until("busy", lambda words: words == "")
        stage.engine.see(frame(1))
        assert stage.shows(1).network == "toy"


def test_the_latest_frame_wins_and_those_never_looked_at_are_counted() -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(work: Work) -> None:
        def during(seen: Any) -> None:
            if seen.number == 0:
                entered.set()
                assert leave.wait(ABANDON_SECONDS)

        work.during = during

    with Stage(hold) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(0))
        assert entered.wait(ABANDON_SECONDS)
        for number in (1, 2, 3, 4):
            stage.engine.see(frame(number))
        leave.set()
        assert stage.shows(4).dropped == 3
        assert stage.works[0].seen == [0, 4]
        assert stage.engine.dropped == 3


def test_frames_that_come_before_any_plan_wait_for_it() -> None:
    with Stage() as stage:
        stage.engine.see(frame(7))
        stage.engine.follow(plan())
        stage.shows(7)


def test_a_changed_plan_makes_the_live_turn_due_on_the_last_frame() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(5))
        stage.shows(5)
        stage.engine.follow(plan(layer="dense", a=follows()))
        assert stage.post.until("a") == "of frame 5"
        assert stage.works[0].seen == [5, 5]
        assert stage.works[0].layers == [("conv",), ("dense",)]
        assert stage.engine.dropped == 0


def test_the_same_plan_again_changes_nothing() -> None:
    with Stage() as stage:
        stage.engine.follow(plan(a=follows()))
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(plan(a=follows()))
        stage.engine.see(frame(2))
        stage.shows(2)
        assert stage.works[0].seen == [1, 2]
        assert stage.works[0].opened == [TOY]


def test_a_network_that_raises_in_a_pass_is_told_of_and_the_thread_lives_on() -> None:
    def prepare(work: Work) -> None:
        def during(seen: Any) -> None:
            if work.layers[-1] == ("bad",):
                raise RuntimeError("shapes differ")

        work.during = during

    with Stage(prepare) as stage:
        stage.engine.follow(plan(layer="bad"))
        stage.engine.see(frame(1))
        failure = stage.post.until("live")
        assert isinstance(failure, Failure)
        assert failure.sentence == "RuntimeError: shapes differ"
        assert failure.about == "live"
        keys = [key for key, _ in stage.post.all]
        assert "problem 1" in keys
        stage.engine.follow(plan(layer="good"))
        stage.post.until("live", lambda live: isinstance(live, Live))
        assert stage.works[0].seen == [1, 1]


def test_a_network_that_cannot_be_opened_leaves_the_one_before_running() -> None:
    def prepare(work: Work) -> None:
        work.refused = {"other"}

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.follow(plan(OTHER))
        failure = stage.post.until("info", lambda value: isinstance(value, Failure))
        assert failure.sentence == "other is refused."
        assert failure.about == OTHER
        assert failure.kind == "BadInput"
        stage.engine.see(frame(2))
        assert stage.shows(2).network == "toy"
        assert stage.post.of("busy")[-1] == ""


def test_a_refused_network_is_not_tried_again_until_one_went_back() -> None:
    def prepare(work: Work) -> None:
        work.refused = {"other"}

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.follow(plan(OTHER))
        stage.post.until("info", lambda value: isinstance(value, Failure))
        stage.engine.follow(plan(OTHER, layer="dense"))  # a click, not a new wish
        stage.engine.see(frame(2))
        stage.shows(2)
        assert stage.works[0].opened == [TOY, OTHER]
        stage.engine.follow(plan())
        stage.engine.see(frame(3))
        stage.shows(3)
        stage.works[0].refused = set()  # the user has mended the file
        stage.engine.follow(plan(OTHER))
        stage.post.until("info", lambda v: isinstance(v, NetworkInfo) and v.name == "other")
        assert stage.works[0].opened == [TOY, OTHER, OTHER]


def test_a_bug_while_opening_is_told_like_a_refusal() -> None:
    def prepare(work: Work) -> None:
        def explode(choice: NetworkChoice) -> None:
            raise KeyError("weights")

        work.while_opening = explode

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        failure = stage.post.until("info")
        assert failure.kind == "KeyError"
        assert failure.about == TOY
        stage.works[0].while_opening = lambda choice: None
        stage.engine.follow(plan(OTHER))
        stage.post.until("info", lambda value: isinstance(value, NetworkInfo))


def test_opening_another_network_closes_what_looked_at_the_one_before() -> None:
    noted: list[str] = []

    def prepare(work: Work) -> None:
        work.looks["long"] = steps(noted, "s", 10_000_000)

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=lasts("long")))
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(plan(OTHER, a=lasts("long")))
        stage.post.until("a", lambda value: noted.count("s0") == 2)
        assert noted.index("s closed") < len(noted) - noted[::-1].index("s0")


def test_work_that_cannot_be_made_is_a_problem_not_a_silence() -> None:
    def fail(work: Work) -> None:
        raise OSError("no torch")

    with Stage(fail) as stage:
        assert stage.post.until("problem").sentence == "OSError: no torch"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_of_the_engines_own_is_told_and_the_next_frame_is_looked_at(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def look(request: Request, scene: Any) -> Iterator[str]:
        raise AssertionError("look itself fails, before any step")

    def prepare(work: Work) -> None:
        work.looks["bad"] = look

    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=follows("bad"), b=Request("unknown", UNIT)))
        stage.engine.see(frame(1))
        stage.post.until("problem")
        stage.engine.follow(plan())
        stage.engine.see(frame(2))
        stage.shows(2)


def test_turns_are_timed_for_the_bench() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        for number in range(3):
            stage.engine.see(frame(number))
            stage.shows(number)
        stage.post.until("live")
    assert len(stage.engine.turns) == 3
    assert all(turn >= 0 for turn in stage.engine.turns)


def test_stop_ends_and_joins_the_thread() -> None:
    stage = Stage()
    stage.engine.start()
    stage.engine.follow(plan())
    stage.post.until("info")
    stage.engine.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("dnnvis")]


def test_stop_without_start_and_twice_is_harmless() -> None:
    stage = Stage()
    stage.engine.stop()
    stage = Stage()
    stage.engine.start()
    stage.engine.stop()
    stage.engine.stop()


def test_a_plan_without_requests_asks_for_the_maps_only() -> None:
    with Stage() as stage:
        stage.engine.follow(Plan(TOY))
        stage.engine.see(frame(1))
        stage.shows(1)
        assert {key for key, _ in stage.post.all} == {"busy", "info", "notes", "live"}


def test_the_last_frame_is_run_once_more_where_none_waits() -> None:
    shown: queue.Queue[Live] = queue.Queue()
    with Stage() as stage:
        stage.engine.listener = shown.put
        stage.engine.follow(plan())
        stage.engine.see(None)  # there was none yet
        stage.engine.see(frame(3))
        assert shown.get(timeout=10).frame.number == 3
        stage.engine.see(None)
        assert shown.get(timeout=10).frame.number == 3
        assert stage.works[0].seen == [3, 3]
        assert stage.engine.dropped == 0
