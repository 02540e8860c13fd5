"""The long jobs that run beside the window, one of a name at a time, without any Qt."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class JobState(Protocol):
    """What the window reads of ``jobs.child.JobState``."""

    name: str
    words: str
    done: int
    total: int
    seconds_left: float | None
    latest: dict[str, Any]
    paused: bool
    stopped: bool
    finished: bool
    failed: str


class Job(Protocol):
    """What the window needs of ``jobs.child.Job``."""

    @property
    def state(self) -> Any: ...
    @property
    def can_pause(self) -> bool: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> Any: ...


MakeJob = Callable[[str, Sequence[str]], Job]


class Jobs:
    """``make`` builds a job that is not started; its states come as mail ``job NAME``."""

    def __init__(self, make: MakeJob) -> None:
        self._make = make
        self._running: dict[str, Job] = {}

    def begin(self, name: str, args: Sequence[str]) -> bool:
        """Start a job, unless one of that name still runs."""
        if self.runs(name):
            return False
        job = self._running[name] = self._make(name, args)
        job.start()
        return True

    def runs(self, name: str) -> bool:
        return name in self._running and not self._running[name].state.finished

    def can_pause(self, name: str) -> bool:
        return name in self._running and self._running[name].can_pause

    def pause(self, name: str) -> None:
        """Hold the job, or let a held one go on."""
        job = self._running.get(name)
        if job is not None and job.state.paused:
            job.go_on()
        elif job is not None:
            job.pause()

    def stop(self, name: str) -> None:
        if name in self._running:
            self._running[name].stop()

    def close(self) -> None:
        """End every job that still runs."""
        for job in self._running.values():
            job.stop()
        for job in self._running.values():
            job.close()


def words_of(state: JobState) -> str:
    """How far a job is, in one line."""
    if state.failed:
        return state.failed
    parts = [state.words]
    if state.total:
        parts.append(f"{state.done} of {state.total}")
    if state.paused:
        parts.append("paused")
    elif state.seconds_left is not None and not state.finished:
        parts.append(f"{time_words(state.seconds_left)} left")
    return " · ".join(part for part in parts if part)


def time_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
