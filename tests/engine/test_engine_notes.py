"""Notes on their way through the engine's thread."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from dnnvis.core.errors import BadInput, Busy
from dnnvis.core.messages import Failure
from dnnvis.core.notes import Mark, Marks, SavedNotes
from dnnvis.engine.plan import NetworkChoice
from helpers.fake_work import ABANDON_SECONDS, TOY, Gate, Stage, Work, frame, lasts, plan

ONE, TWO = Mark(TOY, "conv[0]", "one"), Mark(TOY, "conv[1]", bookmarked=True)


def marking(*marks: Mark, **changes: Any) -> Any:
    return replace(plan(**changes), marks=marks)


def written(stage: Stage) -> list[Marks]:
    return [marks for work in stage.works for marks in work.marks if marks]


def noted(stage: Stage, mark: Mark) -> SavedNotes:
    found: SavedNotes = stage.post.until(
        "notes", lambda value: isinstance(value, SavedNotes) and mark in value.done
    )
    return found


def test_notes_are_told_as_soon_as_a_network_is_open() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        assert stage.post.until("notes").choice == TOY
        assert [key for key, _ in stage.post.all if key in ("info", "notes")] == ["info", "notes"]


def test_a_mark_is_written_once_and_makes_no_live_turn() -> None:
    with Stage() as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.follow(marking(ONE))
        noted(stage, ONE)
        stage.engine.follow(marking())  # the window knows
        stage.engine.see(frame(2))
        stage.shows(2)
        assert written(stage) == [(ONE,)]
        assert stage.works[0].seen == [1, 2]


def test_marks_made_while_a_pass_runs_are_all_written() -> None:
    gate = Gate()
    with Stage(lambda work: setattr(work, "during", gate)) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.follow(marking(ONE))
        stage.engine.follow(marking(ONE, TWO))  # the plan before was never seen
        gate.open()
        assert noted(stage, TWO).done == (ONE, TWO)


def test_what_was_typed_just_before_the_end_is_written() -> None:
    gate = Gate()
    with Stage(lambda work: setattr(work, "during", gate)) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(ABANDON_SECONDS)
        stage.engine.follow(marking(TWO))
        stopping = threading.Thread(target=stage.engine.stop)
        stopping.start()
        with stage.engine._changed:
            assert stage.engine._changed.wait_for(lambda: stage.engine.stopped, ABANDON_SECONDS)
        gate.open()
        stopping.join()
    assert written(stage) == [(TWO,)]


def test_marks_are_written_for_the_old_network_before_the_new_one_is_opened() -> None:
    other = NetworkChoice(net="other")
    order: list[str] = []

    def prepare(work: Any) -> None:
        work.while_opening = lambda choice: order.append(f"open {choice.net}")
        mark = work.mark
        work.mark = lambda marks: (
            order.append(f"mark {work.choice.net} {len(marks)}") or mark(marks)
        )

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.post.until("notes")
        stage.engine.follow(marking(ONE, network=other))
        stage.post.until("info", lambda info: info.name == "other")
        noted(stage, ONE)
        stage.post.until("notes", lambda value: value.choice == other)
    assert order[:5] == ["open toy", "mark toy 0", "mark toy 1", "open other", "mark other 1"]


def test_a_library_that_fails_becomes_words_and_the_view_goes_on() -> None:
    def prepare(work: Any) -> None:
        def refuse(marks: Marks) -> SavedNotes:
            raise BadInput("the disk is full")

        work.mark = refuse

    with Stage(prepare) as stage:
        stage.engine.follow(marking(ONE))
        failure = stage.post.until("notes", lambda value: isinstance(value, Failure))
        assert failure.sentence == "the disk is full"
        stage.engine.see(frame(7))
        stage.shows(7)


def test_leave_to_run_code_is_no_part_of_a_networks_name() -> None:
    assert NetworkChoice("x.py:net", trust_code=True).without_trust == NetworkChoice("x.py:net")


def test_notes_for_a_busy_library_are_written_once_it_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dnnvis.engine.engine.RETRY_SAVE_SECONDS", 0.02)
    attempts = 0

    def prepare(work: Work) -> None:
        write = work.mark

        def mark(marks: Marks) -> SavedNotes:
            nonlocal attempts
            attempts += bool(marks)
            if 0 < attempts < 4:
                raise Busy("Another process keeps the library x busy; try again when it is done.")
            return write(marks)

        work.mark = mark  # type: ignore[method-assign]

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.follow(marking(ONE))
        failure = stage.post.until("notes", lambda value: isinstance(value, Failure))
        assert failure.sentence.endswith("busy; what is to be saved there is saved after that.")
        stage.engine.see(frame(1))
        stage.shows(1)  # meanwhile it goes on
        noted(stage, ONE)
        assert attempts == 4


def test_a_picture_for_a_busy_library_is_saved_once_it_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dnnvis.engine.engine.RETRY_SAVE_SECONDS", 0.02)
    attempts: list[Any] = []

    def keeps(key: str, value: Any) -> str:
        attempts.append(value)
        if len(attempts) < 3:
            raise Busy("Another process keeps the library x busy; try again.")
        return f"saved {value}"

    def prepare(work: Work) -> None:
        work.looks["long"] = lambda request, scene: iter([1, 2])
        work.keeps = keeps

    with Stage(prepare) as stage:
        wishes = plan(a=lasts("long"))
        stage.engine.follow(wishes)
        stage.engine.see(frame(1))
        stage.post.until("a", lambda step: step == 2)
        stage.engine.follow(replace(wishes, keep={"a": 1}))
        stage.post.until("kept", lambda value: value == "saved 2")
        assert attempts == [2, 2, 2]
