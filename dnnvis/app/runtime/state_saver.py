"""Save the window's state now and then, so that it outlives a crash."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QTimer

from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.session.session import write_state
from dnnvis.session.state import State

SAVE_INTERVAL_SECONDS = 20.0


class StateSaver:
    """Writes the state to a file beside the window, wherever it differs from what lies there.

    The file is written on a thread of its own, whole or not at all. A write that fails is tried
    again; at the end of the program the failure is reported.
    """

    def __init__(self, window: Any, session: Any, path: Path) -> None:
        """Begin to save.

        Args:
            window: The window, whose size is saved, too; it ends the timer with itself.
            session: The session with the state.
            path: The file.
        """
        self._window, self._session, self._path = window, session, path
        self._written: State | None = session.state
        self._worker = LatestWorker("dnnvis-state", _ignore, ("state",), stay=False)
        self._timer = QTimer(window)
        self._timer.setInterval(round(SAVE_INTERVAL_SECONDS * 1000))
        self._timer.timeout.connect(self.save)
        self._timer.start()

    def save(self) -> None:
        """Write the state soon, unless it is written already."""
        state: State = replace(self._session.state, **self._window.layout_state())
        self._worker.submit("state", partial(self._write, state))

    def close(self) -> None:
        """Wait for the write under way; what follows is written at the end of the program."""
        self._worker.close()

    def _write(self, state: State) -> None:
        """Write a state with the board as it is now, which may be large, on the worker's thread."""
        state = replace(state, source=self._session.read_source())
        if state != self._written:
            write_state(self._path, state)
            self._written = state


def _ignore(key: str, result: Any) -> None:
    """Leave a write that failed to the next one."""
