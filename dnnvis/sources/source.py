"""What every source is."""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

from dnnvis.core.frame import Frame


class Source(Protocol):
    """Yields frames; opened as a context, on the source thread only.

    ``live`` sources go on whether or not anybody looks (a camera); others wait (a film, a
    folder) and may be stepped. ``rate`` is the frames per second it would like, 0 = as the
    reading itself paces. ``words`` says in one line what it is. Opening and iterating raise
    BadInput with a sentence where there is nothing (more) to read.
    """

    name: str
    live: bool
    rate: float

    def __enter__(self) -> "Source": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __iter__(self) -> Iterator[Frame]: ...
