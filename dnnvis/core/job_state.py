"""Define how far a long job beside the window is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class JobState:
    """The state of a job (a scan, render, training ...) at one time."""

    #: The job's name, of which one runs at a time.
    name: str
    #: What it does now.
    message: str = ""
    #: Items done.
    done: int = 0
    #: Items in all; 0 where that is not known.
    total: int = 0
    #: An estimate of the seconds to its end, None without one.
    seconds_left: float | None = None
    #: JSON objects that it printed.
    lines: int = 0
    #: Printed lines that were no objects and left out.
    malformed: int = 0
    #: The newest object that it printed; not to be changed.
    latest: dict[str, Any] = field(default_factory=dict)
    #: Whether it is suspended.
    paused: bool = False
    #: Whether it was requested to end.
    stopped: bool = False
    #: Whether it has ended.
    finished: bool = False
    #: The sentence it ended with, "" where it ended well or was ``stopped``.
    failed: str = ""
