"""Define what the engine thread does with a network.

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
    """What the engine thread does; used by one thread only."""

    network: Any
    #: The network that is open; None before.
    choice: NetworkChoice | None

    def open(self, choice: NetworkChoice) -> NetworkInfo:
        """Open a network and describe it."""
        ...

    def live(self, plan: Plan, frame: Frame) -> tuple[Live, dict[str, Any], dict[str, Failure]]:
        """Run the network on a frame.

        Returns the result, a scene for each request that can run, and a Failure for each that
        cannot.
        """
        ...

    def look(self, request: Request, scene: Any) -> Iterator[Any]:
        """Yield the results of a lens on a scene, one a step, or SKIPPED.

        SKIPPED stands for one that the window would not show.
        """
        ...

    def keep(self, key: str, value: Any, which: int = -1) -> Any:
        """Write a lens's latest value into the library.

        Args:
            key: Key of the request.
            value: The latest value of the lens.
            which: Number of the picture to save, of several; -1: the best.

        Returns:
            What is posted as ``kept``.
        """
        ...

    def mark(self, marks: Marks) -> SavedNotes:
        """Write down those of ``marks`` for the open network; return all that is noted of it."""
        ...
