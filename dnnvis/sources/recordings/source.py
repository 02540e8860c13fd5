"""Look at a recording again: its frames, each for as long as it was on show then."""

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.recordings.reader import FrameRecording
from dnnvis.sources.source import ProblemCallback, ignore_problem

DEFAULT_SECONDS = 1 / 30  # of the last frame, and of one whose time is not later than the next's
MAX_SECONDS = 10.0  # of a frame, where the recording was paused


class RecordedFrames:
    """The frames of a recording at their pace; ``index`` of a frame is its number in the file.

    With ``loop`` they play over and over. What is missing in the file is reported to
    ``on_problem`` once; frames that are damaged are left out.
    """

    live = False

    def __init__(
        self, path: str | Path, *, loop: bool = True, on_problem: ProblemCallback = ignore_problem
    ) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self.loop = loop
        self.rate = 1 / DEFAULT_SECONDS
        self._on_problem = on_problem
        self._recording: FrameRecording | None = None
        self._last = self._next = 0
        self._damage_reported = False

    def __enter__(self) -> Self:
        """Open the file; raise BadInput where it is no recording that can be read."""
        recording = self._recording = FrameRecording(self.path)
        if recording.seconds > 0:
            self.rate = (len(recording) - 1) / recording.seconds
        self._last = self._next = 0
        for note in recording.notes:
            self._on_problem(note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    @property
    def position(self) -> float:
        """Return the position of the last frame, in [0, 1]."""
        return self._last / max(len(self._require()) - 1, 1)

    @property
    def next_seconds(self) -> float:
        """Return for how long the next frame is to be shown, in seconds."""
        recording = self._require()
        number = self._next if self._next < len(recording) else 0
        if number + 1 >= len(recording):
            return DEFAULT_SECONDS
        seconds = recording.seconds_at(number + 1) - recording.seconds_at(number)
        return min(seconds, MAX_SECONDS) if seconds > 0 else DEFAULT_SECONDS

    def read(self) -> Frame | None:
        """Read the next frame that is whole; None after the last where it does not loop."""
        recording = self._require()
        number = self._next
        if number >= len(recording):
            if not self.loop:
                return None
            number = 0
        for offset in range(len(recording)):
            at = (number + offset) % len(recording)
            if at < number and not self.loop:
                break
            try:
                frame = recording.read(at).frame
            except BadInput as error:
                self._report_damage(at, str(error))
                continue
            self._last, self._next = at, at + 1
            return replace(frame, source=frame.source or self.name, index=at)
        if not self.loop:
            self._next = len(recording)
            return None
        raise BadInput(f"{self.path} holds no frame that is whole; record again.")

    def skip(self) -> None:
        """Pass over the next frame; the last one is never skipped."""
        if self._next < len(self._require()) - 1:
            self._last, self._next = self._next, self._next + 1

    def move(self, steps: int) -> None:
        """Move by so many frames."""
        self._set_next(self._last + steps)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the recording."""
        self._set_next(round(min(max(fraction, 0.0), 1.0) * (len(self._require()) - 1)))

    def _set_next(self, number: int) -> None:
        self._next = min(max(number, 0), len(self._require()) - 1)

    def _require(self) -> FrameRecording:
        if self._recording is None:
            raise BadInput(f"{self.name} is closed; open it first.")
        return self._recording

    def _report_damage(self, number: int, sentence: str) -> None:
        if not self._damage_reported:
            self._damage_reported = True
            self._on_problem(f"{self.name}, frame {number}: {sentence}")
