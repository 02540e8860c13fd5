"""Define what every source is, and what some can do besides."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Change

#: Receives a sentence about a problem that the source survived.
ProblemCallback = Callable[[str], None]


class Source(Protocol):
    """A source of Frames; opened as a context, and read on that same thread.

    A ``live`` source goes on whether or not anybody looks (a camera); others wait (a video, a
    folder). ``rate`` is the frames per second it would like; 0 = a still, which shows one
    picture until it is moved. ``name`` describes it briefly.

    ``read`` gives the next frame, or None when there is none left, so that
    ``iter(source.read, None)`` walks through it. Making, opening and reading raise BadInput
    with a sentence. After that a live source is closed and opened again until it works; any
    other stays open and may be moved to another position.
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

    def read(self) -> Frame | None:
        """Read the next frame; None when there is none left."""
        ...


@runtime_checkable
class Movable(Protocol):
    """A source in which one can move back and forth.

    After ``move(n)`` the next read gives the frame n after the one last read (0 = that one
    again). ``seek`` moves to a fraction in [0, 1] of the whole; ``position`` is the fraction of the
    frame last read.
    """

    @property
    def position(self) -> float:
        """Return the position of the frame last read, in [0, 1]."""
        ...

    def move(self, steps: int) -> None:
        """Make the next read give the frame so many after the one last read."""
        ...

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the whole."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A source whose frames say themselves for how long they are shown."""

    @property
    def next_seconds(self) -> float:
        """Return for how long the next frame is to be shown, in seconds."""
        ...

    def skip(self) -> None:
        """Pass over the next frame."""
        ...


@runtime_checkable
class Editable(Protocol):
    """A source whose picture can be changed while it runs.

    After ``edit`` the next read gives the changed picture, and ``rate`` may be another. It
    raises BadInput and changes nothing where it cannot be done. ``saved_state``, called from any
    thread, gives a text that opens the source as it is now; "" where it is closed. ``snapshot``
    gives at once what writes that text later.
    """

    def edit(self, change: Change) -> None:
        """Change the picture; raise BadInput and change nothing where it cannot be done."""
        ...

    def saved_state(self) -> str:
        """Return a text that opens the source as it is now; "" where it is closed."""
        ...

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the text of ``saved_state`` later; None where it is closed."""
        ...


@runtime_checkable
class Skippable(Protocol):
    """A live source that can drop its next frame for less than reading it costs."""

    def skip(self) -> None:
        """Drop the next frame."""
        ...


def ignore_problem(sentence: str) -> None:
    """Ignore a problem: the ProblemCallback that reports to nobody."""
