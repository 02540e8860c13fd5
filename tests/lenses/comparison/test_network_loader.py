"""A network is opened on a thread of its own."""

import threading
from typing import Any

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.comparison.network_loader import NetworkLoader

A, B, C = (NetworkChoice(net=name) for name in "abc")


class Opening:
    """Stands in for what opens networks: each waits until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.threads: set[str] = set()
        self.has_begun, self.is_allowed, self.is_open = (threading.Event() for _ in range(3))

    def __call__(self, choice: NetworkChoice) -> Any:
        self.begun.append(choice.net)
        self.threads.add(threading.current_thread().name)
        self.has_begun.set()
        assert self.is_allowed.wait(20)
        if choice == C:
            raise BadInput("no")
        return f"network {choice.net}"


@pytest.fixture
def opening() -> Opening:
    return Opening()


def test_a_network_is_there_once_and_not_before_it_is_open(opening: Opening) -> None:
    loader = NetworkLoader(opening, opening.is_open.set)
    loader.request(A)
    assert opening.has_begun.wait(20)
    assert loader.take() is None
    opening.is_allowed.set()
    assert opening.is_open.wait(20)
    assert loader.take() == "network a"
    assert loader.take() is None
    assert opening.threads == {"dnnvis-second-network"}


def test_the_latest_choice_wins_and_the_one_before_is_dropped(opening: Opening) -> None:
    loader = NetworkLoader(opening, opening.is_open.set)
    loader.request(A)
    assert opening.has_begun.wait(20)
    loader.request(C)
    loader.request(B)
    opening.is_allowed.set()
    assert opening.is_open.wait(20)
    assert loader.take() == "network b"
    assert opening.begun == ["a", "b"]


def test_an_error_is_raised_where_the_network_is_taken(opening: Opening) -> None:
    loader = NetworkLoader(opening, opening.is_open.set)
    opening.is_allowed.set()
    loader.request(C)
    assert opening.is_open.wait(20)
    with pytest.raises(BadInput, match="no"):
        loader.take()
    loader.request(A)
    assert loader.take() in (None, "network a")


def test_what_is_forgotten_is_not_given(opening: Opening) -> None:
    loader = NetworkLoader(opening, opening.is_open.set)
    loader.request(A)
    assert opening.has_begun.wait(20)
    loader.forget()
    opening.is_allowed.set()
    loader.request(B)
    assert opening.is_open.wait(20)
    assert loader.take() == "network b"
