"""End a long command that is asked to end between two of its steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupt:
    """Tell whether Ctrl-C or SIGTERM came: ``is_set()``, or the ``event`` that is set then.

    ``exit_status`` is what the program then ends with, as a shell has it (0 where none came).
    """

    def __init__(self) -> None:
        self.signal = 0
        self.event = threading.Event()

    def is_set(self) -> bool:
        """Tell whether such a signal came."""
        return self.signal != 0

    @property
    def exit_status(self) -> int:
        """Give 128 + the signal's number, 0 where none came."""
        return 128 + self.signal if self.signal else 0


@contextmanager
def catch_interrupts() -> Iterator[Interrupt]:
    """Note only the first such signal within; a second one ends the program at once.

    Afterwards everything is as before. On another thread than the main one nothing is noted.
    """
    interrupt = Interrupt()
    previous_handlers: dict[signal.Signals, Any] = {}
    signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        signals = ()  # Python hears signals on its main thread only

    def on_signal(number: int, _frame: FrameType | None) -> None:
        interrupt.signal = number
        interrupt.event.set()
        signal.signal(number, previous_handlers[signal.Signals(number)])

    for number in signals:
        previous_handlers[number] = signal.getsignal(number)
        signal.signal(number, on_signal)
    try:
        yield interrupt
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
