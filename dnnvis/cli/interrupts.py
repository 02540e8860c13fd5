"""A long command that is asked to end does so between two of its steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Ending:
    """Whether Ctrl-C or SIGTERM came: ``asked()``, or the ``event`` that is set then; ``status``
    is what the program then ends with, as a shell has it (0 where none came)."""

    def __init__(self) -> None:
        self.signal = 0
        self.event = threading.Event()

    def asked(self) -> bool:
        return self.signal != 0

    @property
    def status(self) -> int:
        return 128 + self.signal if self.signal else 0


@contextmanager
def listening() -> Iterator[Ending]:
    """Within, the first such signal is only noted; a second one ends the program at once.
    Afterwards everything is as before. On another thread than the main one nothing is noted."""
    ending = Ending()
    before: dict[signal.Signals, Any] = {}
    heard: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        heard = ()  # Python hears signals on its main thread only

    def note(number: int, _frame: FrameType | None) -> None:
        ending.signal = number
        ending.event.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in heard:
        before[number] = signal.getsignal(number)
        signal.signal(number, note)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
