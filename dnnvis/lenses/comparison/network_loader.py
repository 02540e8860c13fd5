"""Open a second network beside the live view, which goes on meanwhile."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dnnvis.network.network import Network

if TYPE_CHECKING:
    from dnnvis.engine.plan import NetworkChoice


class NetworkLoader:
    """Opens the network of a choice on a thread of its own, one at a time; the latest choice wins.

    Nobody else knows the network before it is given away, so that a network still belongs to one
    thread. ``request``, ``take`` and ``forget`` are the engine's.
    """

    def __init__(
        self, open_network: "Callable[[NetworkChoice], Network]", wake: Callable[[], object]
    ) -> None:
        """Do nothing yet.

        Args:
            open_network: Creates the network of a choice; it may raise anything.
            wake: Is called on the loader's thread once there is something to take.
        """
        self._open_network, self._wake = open_network, wake
        self._changed = threading.Lock()
        self._choice: NetworkChoice | None = None  # that is requested
        self._result: Network | Exception | None = None
        self._is_running = False

    def request(self, choice: "NetworkChoice") -> None:
        """Begin to open a network; one that is being opened for another choice is dropped then."""
        with self._changed:
            self._choice, self._result = choice, None
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._run, name="dnnvis-second-network", daemon=True).start()

    def take(self) -> Network | None:
        """Return the network once it is open, else None; raise what its opening raised."""
        with self._changed:
            result, self._result = self._result, None
        if isinstance(result, Exception):
            raise result
        return result

    def forget(self) -> None:
        """Drop what is requested."""
        with self._changed:
            self._choice = self._result = None

    def _run(self) -> None:
        while True:
            with self._changed:
                choice = self._choice
                if choice is None:
                    self._is_running = False
                    return
            result: Network | Exception
            try:
                result = self._open_network(choice)
            except Exception as error:  # a network's own code may raise anything
                result = error
            with self._changed:
                is_wanted = choice == self._choice
                if is_wanted:
                    self._choice, self._result = None, result
                    self._is_running = False
            del result  # two of them at once need not fit into memory
            if is_wanted:
                self._wake()
                return
