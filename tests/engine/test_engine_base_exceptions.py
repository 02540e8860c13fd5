"""A network that raises what is no Exception ends nothing: it is told, and the engine lives on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dnnvis.core.messages import Failure
from dnnvis.engine.plan import NetworkChoice, Request
from helpers.fake_work import Stage, Work, engine_threads, follows, frame, lasts, plan

OTHER = NetworkChoice(net="other")


class Own(BaseException):
    """Of a network's own code."""


ERRORS = [SystemExit(3), KeyboardInterrupt(), Own("mine")]
WORDS = {
    "SystemExit": "SystemExit: 3",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "Own": "Own: mine",
}


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def error(request: pytest.FixtureRequest) -> BaseException:
    found: BaseException = request.param
    return found


def is_told(value: Any, error: BaseException) -> bool:
    kind = type(error).__name__
    return isinstance(value, Failure) and (value.kind, value.sentence) == (kind, WORDS[kind])


def test_one_that_leaves_while_it_is_opened_is_refused(error: BaseException) -> None:
    def leave(choice: NetworkChoice) -> None:
        if choice == OTHER:
            raise error

    def prepare(work: Work) -> None:
        work.while_opening = leave

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.follow(plan(OTHER))
        told = stage.post.until("info", lambda value: isinstance(value, Failure))
        assert is_told(told, error)
        assert told.about == OTHER
        stage.engine.see(frame(2))
        assert stage.shows(2).network == "toy"
        assert len(engine_threads()) == 1


def test_one_that_leaves_in_a_pass_is_told_and_the_next_frame_is_looked_at(
    error: BaseException,
) -> None:
    def leave(seen: Any) -> None:
        if seen.number == 1:
            raise error

    def prepare(work: Work) -> None:
        work.during = leave

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        assert is_told(stage.post.until("problem"), error)
        assert is_told(stage.post.until("live"), error)
        stage.engine.see(frame(2))
        stage.shows(2)


@pytest.mark.parametrize("follow", [True, False])
def test_one_that_leaves_under_a_lens_ends_that_lens_alone(
    error: BaseException, follow: bool
) -> None:
    def look(request: Request, scene: Any) -> Iterator[str]:
        yield from ()
        raise error

    def prepare(work: Work) -> None:
        work.looks["bad"] = look

    bad = follows("bad") if follow else lasts("bad")
    with Stage(prepare) as stage:
        stage.engine.follow(plan(a=bad, b=follows()))
        stage.engine.see(frame(1))
        assert is_told(stage.post.until("a"), error)
        assert is_told(stage.post.until("problem"), error)
        stage.engine.see(frame(2))
        assert stage.post.until("b", lambda value: value == "of frame 2")


def test_one_that_leaves_while_a_picture_is_kept_is_told(error: BaseException) -> None:
    def keep(key: str, value: Any) -> str:
        raise error

    def prepare(work: Work) -> None:
        work.keeps = keep

    with Stage(prepare) as stage:
        wish = plan(a=lasts("now"))
        stage.engine.follow(wish)
        stage.engine.see(frame(1))
        stage.post.until("a")
        stage.engine.follow(replace(wish, keep={"a": 1}))
        assert is_told(stage.post.until("kept"), error)
        stage.engine.see(frame(2))
        stage.shows(2)


def test_work_that_leaves_while_it_is_made_is_a_problem(error: BaseException) -> None:
    def leave(work: Work) -> None:
        raise error

    with Stage(leave) as stage:
        assert is_told(stage.post.until("problem"), error)
