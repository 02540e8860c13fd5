"""Limit how often numbers are redrawn to what people can read."""

import time
from collections.abc import Callable

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QWidget


class Throttle:
    """Limits how often something is drawn.

    ``request`` draws at once, or, soon after the last drawing, a little later: the latest values
    are always drawn in the end.
    """

    def __init__(self, parent: QWidget, draw: Callable[[], None], per_second: float = 20) -> None:
        self._draw, self._interval = draw, 1 / per_second
        self._last = 0.0
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw_now)

    def request(self) -> None:
        wait = self._last + self._interval - time.perf_counter()
        if wait <= 0:
            self._draw_now()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(wait * 1000)))

    def _draw_now(self) -> None:
        self._timer.stop()
        self._last = time.perf_counter()
        self._draw()
