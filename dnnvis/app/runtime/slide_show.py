"""Go through the pictures of a folder, each for some seconds."""

import math
from typing import Protocol

from PyQt6.QtCore import QObject, QTimer

from dnnvis.core.frame import Frame
from dnnvis.session.state import State


class FolderFeeder(Protocol):
    """The part of a feeder that a slide show needs."""

    @property
    def position(self) -> float | None: ...
    def next(self) -> None: ...


class SlideShow(QObject):
    """Asks for the next picture once the present one was shown for the seconds that are chosen.

    After the last one it begins again where the source loops, and stops where it does not.
    """

    def __init__(self, feeder: FolderFeeder, parent: QObject) -> None:
        super().__init__(parent)
        self._feeder = feeder
        self._state = State()
        self._frame: Frame | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_next)

    @property
    def is_folder(self) -> bool:
        """Return whether the source is a folder of several pictures."""
        frame = self._frame
        return (
            self._state.source.kind == "pictures" and frame is not None and frame.index is not None
        )

    @property
    def is_running(self) -> bool:
        """Return whether a next picture follows by itself."""
        return self._timer.isActive()

    @property
    def seconds_left(self) -> int | None:
        """Return in how many seconds the next picture follows; None where none does."""
        return math.ceil(self._timer.remainingTime() / 1000) if self.is_running else None

    def follow(self, state: State) -> None:
        """Start, stop or change speed as the state has it."""
        old, self._state = self._state, state
        if old.source.path != state.source.path:
            self._frame = None
        if (old.source, old.frozen) != (state.source, state.frozen):
            self._start()

    def show_frame(self, frame: Frame) -> None:
        """Note the frame on show; another one is shown for as long as the last."""
        if frame is not self._frame:
            self._frame = frame
            self._start()

    def _start(self) -> None:
        source = self._state.source
        ends = not source.loop and self._feeder.position == 1.0
        if self.is_folder and source.every > 0 and not self._state.frozen and not ends:
            self._timer.start(round(source.every * 1000))
        else:
            self._timer.stop()

    def _show_next(self) -> None:
        self._feeder.next()
