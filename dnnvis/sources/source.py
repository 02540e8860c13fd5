"""What every source is, and what some can do besides."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from dnnvis.core.board import Change
from dnnvis.core.frame import Frame

ProblemCallback = Callable[
    [str], None
]  # is told, in a sentence, of a mishap that the source lived through


class Source(Protocol):
    """Gives Frames; opened as a context, and read on that same thread.

    A ``live`` source goes on whether or not anybody looks (a camera); others wait (a film, a
    folder). ``rate`` is the frames per second it would like; 0 = a still, which shows one
    picture until it is moved. ``name`` says in a few words what it is.

    ``read`` gives the next frame, or None when there is none left, so that
    ``iter(source.read, None)`` walks through it. Making, opening and reading raise BadInput
    with a sentence. After that a live source is closed and opened again until it works; any
    other stays open and may be moved to another place.
    """

    name: str
    live: bool
    rate: float

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def read(self) -> Frame | None: ...


@runtime_checkable
class Movable(Protocol):
    """A source in which one can go to and fro.

    After ``move(n)`` the next read gives the frame n after the one last read (0 = that one
    again). ``seek`` goes to a share in [0, 1] of the whole; ``position`` is the share of the
    frame last read.
    """

    @property
    def position(self) -> float: ...

    def move(self, steps: int) -> None: ...

    def seek(self, fraction: float) -> None: ...


@runtime_checkable
class Editable(Protocol):
    """A source whose picture can be changed while it runs.

    After ``edit`` the next read gives the changed picture, and ``rate`` may be another. It
    raises BadInput and changes nothing where it cannot be done. ``saved_state``, called from any
    thread, gives a text that opens the source as it is now; "" where it is closed.
    """

    def edit(self, change: Change) -> None: ...

    def saved_state(self) -> str: ...


@runtime_checkable
class Skippable(Protocol):
    """A live source that can throw its next frame away for less than reading it costs."""

    def skip(self) -> None: ...


def ignore_problem(sentence: str) -> None:
    """The Note that tells nobody."""
