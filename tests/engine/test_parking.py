"""What grows goes on where it was when it is requested again after another."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dnnvis.core.unit import Unit
from dnnvis.engine.parking import MAX_PARKED, MAX_UNFINISHED, Parked, Parking, Running
from dnnvis.engine.plan import Request
from helpers.fake_work import Stage, Work, frame, plan

ONE, OTHER = (Request("grow", Unit("conv", k), (), False, 0, True) for k in range(2))


class Growth:
    """Counts the steps of every picture that was begun."""

    def __init__(self) -> None:
        self.begun: list[Request] = []
        self.closed: list[Request] = []

    def __call__(self, work: Work) -> None:
        work.looks["grow"] = self.grow

    def grow(self, request: Request, scene: Any) -> Iterator[Any]:
        self.begun.append(request)
        steps = 3 if request.unit == ONE.unit else 10_000
        try:
            for k in range(steps):
                yield request.unit.channel, k
        finally:
            self.closed.append(request)


def grow(request: Request) -> Any:
    return plan(picture=request)


def test_a_finished_picture_comes_back_without_a_step_and_an_unfinished_one_goes_on() -> None:
    growth = Growth()
    with Stage(growth) as stage:
        stage.engine.follow(grow(ONE))
        stage.engine.see(frame())
        stage.post.until("picture", lambda value: value == (0, 2))
        stage.engine.follow(grow(OTHER))
        stage.post.until("picture", lambda value: value[0] == 1 and value[1] > 5)
        seen = len(stage.post.of("picture"))
        stage.engine.follow(grow(ONE))
        stage.post.until("picture", lambda value: value == (0, 2))
        stage.engine.follow(grow(OTHER))
        reached = max(k for unit, k in stage.post.of("picture")[:seen] if unit == 1)
        stage.post.until("picture", lambda value: value[0] == 1 and value[1] > reached + 3)
    assert growth.begun == [ONE, OTHER]
    ones = [value for value in stage.post.of("picture") if value[0] == 0]
    assert ones.count((0, 2)) >= 1
    others = [k for unit, k in stage.post.of("picture") if unit == 1]
    assert others == sorted(others)
    assert set(growth.closed) == {ONE, OTHER}  # nothing is left open at the end


def test_again_begins_again() -> None:
    growth = Growth()
    with Stage(growth) as stage:
        stage.engine.follow(grow(ONE))
        stage.engine.see(frame())
        stage.post.until("picture", lambda value: value == (0, 2))
        stage.engine.follow(grow(replace(ONE, run=1)))
        stage.post.next("picture")
    assert [request.run for request in growth.begun] == [0, 1]


def test_another_network_has_none_of_them() -> None:
    growth = Growth()
    with Stage(growth) as stage:
        stage.engine.follow(grow(ONE))
        stage.engine.see(frame())
        stage.post.until("picture", lambda value: value == (0, 2))
        stage.engine.follow(grow(OTHER))
        stage.post.until("picture", lambda value: value[0] == 1)
        other = replace(grow(ONE).network, net="other")
        stage.engine.follow(replace(grow(ONE), network=other))
        stage.post.next("picture")
    assert growth.begun == [ONE, OTHER, ONE]


def test_what_failed_is_tried_again() -> None:
    begun: list[int] = []

    def fail(request: Request, scene: Any) -> Iterator[Any]:
        begun.append(request.unit.channel)
        yield "a start"
        if request.unit == ONE.unit:
            raise ValueError("no")

    with Stage(lambda work: work.looks.update(grow=fail)) as stage:
        for request, count in ((ONE, 1), (OTHER, 2), (ONE, 3)):
            stage.engine.follow(grow(request))
            stage.engine.see(frame())
            stage.shows(0)
            stage.post.until("picture")
            while len(begun) < count:
                stage.post.next("picture")
    assert begun == [0, 1, 0]


def steps(closed: list[int], k: int) -> Iterator[int]:
    try:
        yield k
    finally:
        closed.append(k)


def test_the_oldest_go() -> None:
    parking, closed = Parking(), []
    requests = [replace(ONE, unit=Unit("conv", k)) for k in range(20)]
    for k, request in enumerate(requests):
        generator = steps(closed, k)
        next(generator)
        running = Running(request, generator) if k % 2 else None
        parking.put("picture", request, Parked(running, k))
    dropped = [k for k in closed if k % 2]
    stored = [k for k, request in enumerate(requests) if parking.take("picture", request)]
    assert len(stored) <= MAX_PARKED
    assert stored[-1] == 19
    assert sum(k % 2 for k in stored) == MAX_UNFINISHED
    assert dropped == [k for k in range(20) if k % 2 and k not in stored]
