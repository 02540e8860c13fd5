import threading
from collections.abc import Iterator
from typing import Any

from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.engine.plan import NetworkChoice, Request
from helpers.fake_work import (
    ABANDON_SECONDS,
    TOY,
    Gate,
    Stage,
    Work,
    engine_threads,
    follows,
    frame,
    lasts,
    plan,
)

OTHER = NetworkChoice(net="other")


def test_cancel_where_nothing_is_under_way_does_nothing(impatient: None) -> None:
    with Stage() as stage:
        stage.engine.cancel()
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.see(frame(2))
        stage.shows(2)
        (thread,) = engine_threads()
        stage.engine.cancel()
        watchers = [t for t in threading.enumerate() if t.name == "dnnvis-cancel"]
        for watcher in watchers:
            watcher.join(ABANDON_SECONDS)
        assert engine_threads() == [thread]
        assert not stage.post.of("problem")
        stage.engine.see(frame(3))
        stage.shows(3)


def test_a_pass_that_hangs_is_abandoned_and_the_next_wish_opens_the_network_again(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        (old,) = engine_threads()
        stage.engine.cancel()
        stage.engine.cancel()  # an impatient user
        problem = stage.post.until("problem")
        assert "did not stop within a second" in problem.sentence
        assert len(stage.post.of("problem")) == 1
        stage.works[0].during = lambda seen: None
        still_hanging = gate.reached.is_set() and old.is_alive()
        assert still_hanging
        for work in stage.works[1:]:
            work.during = lambda seen: None
        stage.engine.see(frame(2))  # what hung is not begun again unasked
        assert len(stage.works[-1].opened) <= 1
        assert not stage.works[-1].seen
        gate.open()
        stage.engine.follow(plan())  # the same wish, made again
        assert stage.shows(2).network == "toy"
        assert stage.works[1].opened == [TOY]
        old.join(ABANDON_SECONDS)
        assert not old.is_alive()
        assert 1 not in [live.frame.number for live in stage.post.of("live")]


def test_the_new_thread_works_while_the_old_one_still_hangs(impatient: None, gate: Gate) -> None:
    first = threading.Event()

    def prepare(work: Work) -> None:
        if not first.is_set():
            work.during = lambda seen: gate()
        first.set()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.follow(plan(layer="relu"))
        for number in (2, 3):
            stage.engine.see(frame(number))
            stage.shows(number)
        stage.engine.follow(plan(layer="dense", a=follows()))
        assert stage.post.until("a") == "of frame 3"
        assert len(engine_threads()) == 2
        gate.open()


def test_a_wish_made_while_the_pass_hung_is_not_lost(impatient: None, gate: Gate) -> None:
    first = threading.Event()

    def prepare(work: Work) -> None:
        if not first.is_set():
            work.during = lambda seen: gate()
        first.set()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.follow(plan(OTHER))
        stage.engine.cancel()
        stage.post.until(
            "info", lambda info: isinstance(info, NetworkInfo) and info.name == "other"
        )
        stage.engine.see(frame(2))
        assert stage.shows(2).network == "other"
        assert stage.works[1].opened == [OTHER]
        gate.open()


def test_a_click_made_while_the_pass_hung_does_not_begin_it_again(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.follow(plan(layer="dense"))  # the same network
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.see(frame(2))
        stage.engine.follow(plan(OTHER))
        stage.post.until("info", lambda info: getattr(info, "name", "") == "other")
        assert stage.works[1].opened == [OTHER]
        gate.open()


def test_a_network_that_hangs_while_it_is_opened_counts_as_refused(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.while_opening = lambda choice: gate() if choice == OTHER else None

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        gate.shut()
        stage.engine.follow(plan(OTHER))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.cancel()
        refusal = stage.post.until("info", lambda info: isinstance(info, Failure))
        assert refusal.about == OTHER
        assert stage.post.of("busy")[-1] == ""
        stage.engine.see(frame(2))  # nobody tries the hanging one again by himself
        stage.engine.follow(plan())  # what the window does with a refusal
        stage.engine.see(frame(3))
        assert stage.shows(3).network == "toy"
        assert stage.works[1].opened == [TOY]
        gate.open()
        stage.engine.follow(plan(OTHER))  # asked for again, it is tried again
        stage.post.until(
            "info", lambda info: isinstance(info, NetworkInfo) and info.name == "other"
        )


def test_what_the_abandoned_thread_finds_out_later_is_not_posted(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.while_opening = lambda choice: gate()

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan())
        assert gate.reached.wait(ABANDON_SECONDS)
        (old,) = engine_threads()
        stage.engine.see(frame(1))
        stage.engine.cancel()
        stage.post.until("info", lambda info: isinstance(info, Failure))
        gate.open()
        old.join(ABANDON_SECONDS)
        assert not [info for info in stage.post.of("info") if isinstance(info, NetworkInfo)]
        assert not stage.post.of("live")
        assert not stage.works[0].seen


def test_a_lens_step_that_hangs_is_abandoned_too(impatient: None, gate: Gate) -> None:
    def prepare(work: Work) -> None:
        def look(request: Request, scene: Any) -> Iterator[str]:
            yield "first"
            gate()
            yield "second"

        work.looks["slow"] = look

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan(a=lasts("slow")))
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.follow(plan())
        stage.engine.see(frame(2))
        stage.shows(2)
        gate.open()


def test_mail_still_wakes_its_reader_when_a_lens_of_the_frame_hung(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        def look(request: Request, scene: Any) -> Iterator[str]:
            gate()
            yield "picture"

        work.looks["slow"] = look

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan(a=follows(), b=follows("slow")))
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.cancel()
        stage.post.until("problem")
        woken = threading.Event()
        stage.post.collect()
        stage.post.wake = woken.set
        stage.engine.follow(plan(OTHER))
        assert woken.wait(ABANDON_SECONDS)
        gate.open()


def test_stop_does_not_wait_for_a_thread_that_hangs(impatient: None, gate: Gate) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.cancel()
        stage.engine.stop()
        assert len(engine_threads()) == 1  # the one that hangs; no new one was begun
        assert not [t for t in threading.enumerate() if t.name == "dnnvis-cancel"]
        gate.open()
