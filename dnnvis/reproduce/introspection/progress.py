"""How a step says how far it is, and hears that it should end."""

from collections.abc import Callable
from threading import Event

from dnnvis.core.errors import Cancelled

STOPPED = "Stopped; the same command goes on."
Say = Callable[[str, int, int], None]


class Tell:
    """``tell(words, done, total)`` passes the word on, and raises Cancelled once ``asked()``;
    ``stop`` is set then, too, for those who look at an event."""

    def __init__(
        self, say: Say = lambda words, done, total: None, asked: Callable[[], bool] = lambda: False
    ) -> None:
        self.stop = Event()
        self._say, self._asked = say, asked

    def __call__(self, words: str, done: int, total: int) -> None:
        self.only_say(words, done, total)
        if self.stop.is_set():
            raise Cancelled(STOPPED)

    def only_say(self, words: str, done: int, total: int) -> None:
        """For work that looks at ``stop`` itself, at a place where it can end."""
        if self._asked():
            self.stop.set()
        self._say(words, done, total)
