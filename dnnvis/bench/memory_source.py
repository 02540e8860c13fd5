"""Give frames from memory, so that a bench measures the program and not a decoder."""

from types import TracebackType
from typing import Self

from dnnvis.core.frame import Frame
from dnnvis.sources.demo import Demo


class MemorySource:
    """Give the same frames round and round, ``rate`` a second."""

    name = "ring"
    live = False

    def __init__(self, frames: list[Frame], rate: float) -> None:
        self.rate = rate
        self._frames = frames
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def read(self) -> Frame | None:
        """Give the next frame."""
        self._next += 1
        return self._frames[self._next % len(self._frames)]


def demo_frames(count: int = 60) -> list[Frame]:
    """Draw frames 640 x 480 of the demo, three apart."""
    with Demo() as demo:
        return [Frame(demo.frame_at(3 * k).pixels.copy()) for k in range(count)]
