"""Store lenses that take many steps while others are on show, to go on when they come back."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dnnvis.engine.plan import Request

MAX_PARKED = 8
MAX_UNFINISHED = 3  # of them: these hold tensors


@dataclass
class Running:
    """A running lens that takes more than one step."""

    #: What was requested.
    request: Request
    #: Its steps; closing them cancels it.
    steps: Iterator[Any]


@dataclass(frozen=True)
class Parked:
    """A lens as it was left."""

    #: Its further steps; None where it ran to its end.
    running: Running | None
    #: What it gave last.
    latest: Any


class Parking:
    """The lenses that were left last, by panel and request.

    A request whose counter ``run`` rose is one to begin again: what is stored of it goes.
    """

    def __init__(self) -> None:
        self._parked: OrderedDict[tuple[str, Request], Parked] = OrderedDict()
        self._runs: dict[str, int] = {}  # the counter of each panel's last request

    def put(self, key: str, request: Request, parked: Parked) -> None:
        """Store a lens; the oldest go where they are too many."""
        self._runs[key] = request.run
        self._drop((key, replace(request, run=0)))
        self._parked[key, replace(request, run=0)] = parked
        unfinished = [name for name, lens in self._parked.items() if lens.running is not None]
        for name in unfinished[:-MAX_UNFINISHED]:
            self._drop(name)
        while len(self._parked) > MAX_PARKED:
            self._drop(next(iter(self._parked)))

    def take(self, key: str, request: Request) -> Parked | None:
        """Return the lens of a request to go on with; None where it begins."""
        is_restart = request.run != self._runs.get(key, request.run)
        self._runs[key] = request.run
        name = key, replace(request, run=0)
        if is_restart:
            self._drop(name)
        return self._parked.pop(name, None)

    def close(self) -> None:
        """Drop all of them."""
        for name in list(self._parked):
            self._drop(name)

    def _drop(self, name: tuple[str, Request]) -> None:
        parked = self._parked.pop(name, None)
        if parked is not None and parked.running is not None:
            parked.running.steps.close()  # type: ignore[attr-defined]
