"""How a step says how far it is, and hears that it should end."""

from collections.abc import Callable
from threading import Event

from dnnvis.core.errors import Cancelled

STOPPED_MESSAGE = "Stopped; the same command goes on."
Report = Callable[[str, int, int], None]


class ProgressReporter:
    """``reporter(message, done, total)`` passes the word on, and raises Cancelled
    once ``should_stop()``;
    ``stop`` is set then, too, for those who look at an event."""

    def __init__(
        self,
        report: Report = lambda message, done, total: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.stop = Event()
        self._report, self._should_stop = report, should_stop

    def __call__(self, message: str, done: int, total: int) -> None:
        self.report(message, done, total)
        if self.stop.is_set():
            raise Cancelled(STOPPED_MESSAGE)

    def report(self, message: str, done: int, total: int) -> None:
        """For work that looks at ``stop`` itself, at a place where it can end."""
        if self._should_stop():
            self.stop.set()
        self._report(message, done, total)
