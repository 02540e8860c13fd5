"""Run long jobs beside the window, one of a name at a time, without any Qt."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from dnnvis.core.formatting import format_duration
from dnnvis.core.job_state import JobState
from dnnvis.core.translation.catalog import tr


class JobLike(Protocol):
    """The part of ``jobs.child_process.Job`` that the window needs."""

    @property
    def state(self) -> JobState: ...
    @property
    def can_pause(self) -> bool: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> Any: ...


JobFactory = Callable[[str, Sequence[str]], JobLike]


class Jobs:
    """The jobs by name.

    ``create`` builds a job that is not started; its states arrive as mail ``job NAME``.
    """

    def __init__(self, create: JobFactory) -> None:
        self._create = create
        self._running: dict[str, JobLike] = {}

    def begin(self, name: str, args: Sequence[str]) -> bool:
        """Start a job, unless one of that name still runs."""
        if self.runs(name):
            return False
        job = self._running[name] = self._create(name, args)
        job.start()
        return True

    def runs(self, name: str) -> bool:
        return name in self._running and not self._running[name].state.finished

    def can_pause(self, name: str) -> bool:
        return name in self._running and self._running[name].can_pause

    def pause(self, name: str) -> None:
        """Pause the job, or continue a paused one."""
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


def describe_progress(state: JobState) -> str:
    """Describe a job's progress in one line."""
    if state.failed:
        return state.failed
    parts = [tr(state.message)]
    if state.total:
        parts.append(tr("{done} of {total}", done=state.done, total=state.total))
    if state.paused:
        parts.append(tr("paused"))
    elif state.seconds_left is not None and not state.finished:
        parts.append(tr("{duration} left", duration=format_duration(state.seconds_left)))
    return " · ".join(part for part in parts if part)
