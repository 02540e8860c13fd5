"""A job beside the window that only remembers what it was started with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dnnvis.core.job_state import JobState


@dataclass
class FakeJob:
    """Does nothing; ``args`` is the command line."""

    args: Sequence[str]
    state: JobState = field(default_factory=lambda: JobState("job"))
    can_pause: bool = False

    def start(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...
