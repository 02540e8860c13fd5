"""Keep the last seconds in memory, and record frames on disk, as they come from the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dnnvis.core.errors import DnnvisError, LensMissing
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import (
    Failure,
    Live,
    NetworkInfo,
    RecordingStatus,
    describe_failure,
)
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.frame_ring import MB, FrameRing
from dnnvis.session.act_choices import RecordingChoice
from dnnvis.session.state import SourceChoice

RECORDING = "recording"  # key of a RecordingStatus in the mailbox


class Recorder(Protocol):
    """A recording that is being written."""

    @property
    def status(self) -> RecordingStatus: ...
    def offer(self, live: Live, info: NetworkInfo | None = None) -> None: ...
    def stop(self, *, wait: bool = True) -> RecordingStatus: ...


#: Begins a recording from its file, its budget in bytes, what its frames are of, and what is to be
#: given its status; raises BadInput.
RecorderFactory = Callable[[Path, int, str, Callable[[RecordingStatus], None]], Recorder]


def reject_recording(
    path: Path, max_bytes: int, source: str, on_status: Callable[[RecordingStatus], None]
) -> Recorder:
    """Raise LensMissing: nothing is recorded here."""
    raise LensMissing(tr("Nothing can be recorded here."))


class FrameRecorder:
    """The ring of the last seconds, and the recording while there is one.

    ``take`` is called by the engine; everything else on the window's thread.
    """

    def __init__(self, mailbox: Mailbox, create_recorder: RecorderFactory) -> None:
        self.ring = FrameRing()
        self.info: NetworkInfo | None = None
        self._mailbox, self._create = mailbox, create_recorder
        self._recorder: Recorder | None = None
        self._last: Recorder | None = None  # the one that was begun last
        #: How far the recording is, or how the last one ended; None before there was one.
        self.status: RecordingStatus | None = None

    @property
    def is_on(self) -> bool:
        """Return whether frames are recorded on disk."""
        return self._recorder is not None

    def take(self, live: Live) -> None:
        """Keep a frame that the engine has just run."""
        self.ring.add(live)
        recorder = self._recorder
        if recorder is not None and live.fingerprint:  # one that was on its way has none yet
            recorder.offer(live, self.info)

    def follow(self, choice: RecordingChoice) -> None:
        """Keep as much as the user has chosen."""
        max_bytes = max(choice.ring_mb, 0) * MB
        if max_bytes != self.ring.max_bytes:
            self.ring.set_budget(max_bytes)

    def start(self, path: Path, choice: RecordingChoice, source: SourceChoice) -> bool:
        """Begin a recording; a file that cannot be written becomes a line in Problems."""
        if self._recorder is not None:
            return True
        about = source.path.rstrip("/").rsplit("/", 1)[-1] or source.kind
        try:
            self._recorder = self._create(path, choice.max_mb * MB, about, self._report)
        except DnnvisError as error:
            self._mailbox.post_each("problem", describe_failure(error, str(path)))
            return False
        self._last = self._recorder
        self.status = self._recorder.status
        return True

    def stop(self) -> None:
        """End the recording, if there is one; how it ended comes through the mailbox."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop(wait=False)

    def close(self) -> None:
        """End the recording, and wait until its file is whole."""
        self._recorder = None
        if self._last is not None:
            self.status = self._last.stop()

    def show_status(self, status: RecordingStatus) -> None:
        """Note how far the recording is; one that has ended by itself is over."""
        self.status = status
        if status.ended and self._recorder is not None and self._recorder.status.ended:
            self._recorder = None
        if status.ended and status.failed:
            failure = Failure(status.ended, kind="Note", about=RECORDING)
            self._mailbox.post_each("problem", failure)

    def _report(self, status: RecordingStatus) -> None:
        self._mailbox.post(RECORDING, status)
