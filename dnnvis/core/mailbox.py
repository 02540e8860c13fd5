"""Carry results from the engine to the window."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MAX_DELAY_SECONDS = 0.1  # for which a reader is not woken: what is within may hang


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
        self._hold_end = 0.0  # of the latest hold; mail that comes later wakes the reader

    def post(self, key: str, value: Any) -> None:
        """Replace the value under ``key``; wake the reader unless it has been woken already."""
        with self._lock:
            self._values[key] = value
            first = not (self._woken or self._is_held())
            self._woken = self._woken or first
        if first:
            self.wake()

    @contextmanager
    def delay_wakes(self) -> Iterator[None]:
        """Wake the reader once, at the end, for all that is posted within by any thread.

        What is posted after MAX_DELAY_SECONDS wakes it nevertheless.
        """
        with self._lock:
            self._holds += 1
            self._hold_end = time.perf_counter() + MAX_DELAY_SECONDS
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                first = bool(self._values) and not (self._woken or self._is_held())
                self._woken = self._woken or first
            if first:
                self.wake()

    def _is_held(self) -> bool:
        return self._holds > 0 and time.perf_counter() < self._hold_end

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
