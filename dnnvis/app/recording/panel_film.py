"""Film what a panel, or the window, shows for the next seconds."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure, describe_failure
from dnnvis.core.translation.catalog import tr

RATE = 15  # pictures a second at most
SECONDS = 5.0
WAITING_PICTURES = 8  # that are not written yet; more are left out, and counted
#: Writes pictures (pixels uint8 (H, W, 3), seconds) as a film; returns their number.
WriteFilm = Callable[[Iterator[tuple[NDArray[np.uint8], float]], Path], int]


class FilmOutcome(NamedTuple):
    """What became of a film."""

    #: Its file.
    path: Path
    #: Pictures in it, and those that were left out.
    pictures: int
    dropped: int


class PanelFilm(QObject):
    """Grabs a widget on the window's thread, and has a thread of its own write the film."""

    def __init__(
        self,
        widget: QWidget,
        path: Path,
        write: WriteFilm,
        deliver: Callable[[FilmOutcome | Failure], None],
        *,
        seconds: float = SECONDS,
    ) -> None:
        """Begin.

        Args:
            widget: What is filmed.
            path: The film's file; its suffix says which kind.
            write: Writes it; runs on the film's thread.
            deliver: Is given what became of it, on that thread.
            seconds: How long it is.
        """
        super().__init__(widget)
        self._widget, self._path, self._write, self._deliver = widget, path, write, deliver
        self._queue: queue.Queue[tuple[NDArray[np.uint8], float] | None] = queue.Queue(
            WAITING_PICTURES
        )
        self._start, self._seconds = time.perf_counter(), seconds
        self.dropped = 0
        self.is_running = True
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // RATE)
        self._timer.timeout.connect(self._grab)
        self._thread = threading.Thread(target=self._run, name="dnnvis-film", daemon=True)
        self._thread.start()
        self._timer.start()
        self._grab()

    def stop(self) -> None:
        """End the film; what was grabbed is still written."""
        if not self.is_running:
            return
        self.is_running = False
        self._timer.stop()
        end = partial(self._queue.put, None)  # waits where the queue is full: not here
        threading.Thread(target=end, name="dnnvis-film-end", daemon=True).start()

    def _grab(self) -> None:
        elapsed = time.perf_counter() - self._start
        if elapsed > self._seconds or not self._thread.is_alive():
            return self.stop()
        if self._queue.full():
            self.dropped += 1
            return
        self._queue.put_nowait((read_pixels(self._widget.grab().toImage()), elapsed))

    def _run(self) -> None:
        try:
            count = self._write(iter(self._queue.get, None), self._path)
            self._deliver(FilmOutcome(self._path, count, self.dropped))
        except Exception as error:  # a writer of films may raise anything
            self._deliver(describe_failure(error, str(self._path)))


def read_pixels(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels of a picture of Qt's, uint8 (H, W, 3), in memory of their own."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    if bits is None or image.isNull():
        raise BadInput(tr("There is nothing to see of what is to be filmed; show it first."))
    rows = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())
    return np.ascontiguousarray(rows[:, : 3 * image.width()]).reshape(image.height(), -1, 3)
