"""Results on their way from the engine to the window."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Mailbox:
    """Keeps the latest value per key; wakes its reader once until the reader collects.

    Any thread may ``post``; one thread collects. ``wake`` is called on the posting thread
    and must return at once.
    """

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self.wake = wake
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._woken = False
        self._count = 0
        self._holds = 0

    def post(self, key: str, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            first = not (self._woken or self._holds)
            self._woken = self._woken or first
        if first:
            self.wake()

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """What is posted within (by whomever) wakes the reader at the end, once."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                first = bool(self._values) and not (self._woken or self._holds)
                self._woken = self._woken or first
            if first:
                self.wake()

    def post_each(self, key: str, value: Any) -> None:
        """Like ``post``, but nothing posted so replaces another: the keys get numbers
        (``problem 7``)."""
        with self._lock:
            self._count += 1
            numbered = f"{key} {self._count}"
        self.post(numbered, value)

    def collect(self) -> dict[str, Any]:
        """All that waits, oldest key first; afterwards the mailbox is empty."""
        with self._lock:
            values, self._values = self._values, {}
            self._woken = False
        return values

    def waiting(self) -> bool:
        """Whether anything waits to be collected."""
        with self._lock:
            return bool(self._values)
