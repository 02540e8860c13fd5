"""What the engine thread does with a network: the only code it runs that knows of any.

``engine`` knows of networks and lenses through this protocol alone; ``lenses/live.py`` is
the one that torch stands behind.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.notes import Marks, SavedNotes
from dnnvis.engine.plan import NetworkChoice, Plan, Request


class Work(Protocol):
    """Used by one thread only. ``choice`` is the network that is open, None before."""

    network: Any
    choice: NetworkChoice | None

    def open(self, choice: NetworkChoice) -> NetworkInfo: ...

    def live(self, plan: Plan, frame: Frame) -> tuple[Live, dict[str, Any], dict[str, Failure]]: ...

    def look(self, request: Request, scene: Any) -> Iterator[Any]: ...

    def keep(self, key: str, value: Any, which: int = -1) -> Any:
        """Write a lens's latest value into the library, of several pictures number ``which``
        (-1: the best); what it gives is posted as ``kept``."""
        ...

    def mark(self, marks: Marks) -> SavedNotes:
        """Write down those of ``marks`` that are of the open network; all that is noted of it."""
        ...
