"""Carry results from the engine to the window."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Mailbox:
    """The latest value per key; it wakes its reader once until the reader collects.

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
        """Replace the value under ``key``; wake the reader unless it has been woken already."""
        with self._lock:
            self._values[key] = value
            first = not (self._woken or self._holds)
            self._woken = self._woken or first
        if first:
            self.wake()

    @contextmanager
    def delay_wakes(self) -> Iterator[None]:
        """Wake the reader once, at the end, for all that is posted within by any thread."""
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
        """Post a value that replaces no other: the keys get numbers (``problem 7``)."""
        with self._lock:
            self._count += 1
            numbered = f"{key} {self._count}"
        self.post(numbered, value)

    def collect(self) -> dict[str, Any]:
        """Return all that waits, oldest key first; afterwards the mailbox is empty."""
        with self._lock:
            values, self._values = self._values, {}
            self._woken = False
        return values

    def waiting(self) -> bool:
        """Return whether anything waits to be collected."""
        with self._lock:
            return bool(self._values)
