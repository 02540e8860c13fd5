"""What goes into the ring and into a recording."""

from dataclasses import replace
from pathlib import Path

from dnnvis.app.runtime.frame_recorder import FrameRecorder
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Live, NetworkInfo, RecordingStatus
from dnnvis.session.act_choices import RecordingChoice
from dnnvis.session.state import SourceChoice
from helpers.recordings import live_of


class Taken:
    """A recording that keeps what it is offered."""

    status = RecordingStatus("a.dnnrec")

    def __init__(self, *args: object) -> None:
        self.lives: list[Live] = []

    def offer(self, live: Live, info: NetworkInfo | None = None) -> None:
        self.lives.append(live)

    def stop(self, *, wait: bool = True) -> RecordingStatus:
        return self.status


def test_a_frame_that_was_on_its_way_when_a_recording_began_is_in_the_ring_alone() -> None:
    taken = Taken()
    recorder = FrameRecorder(Mailbox(), lambda *args: taken)
    assert recorder.start(Path("a.dnnrec"), RecordingChoice(), SourceChoice())
    early, later = live_of(1), replace(live_of(2), fingerprint="ab")
    for live in (early, later):
        recorder.take(live)
    assert taken.lives == [later]  # else its network would be one without a fingerprint
    assert len(recorder.ring) == 2
