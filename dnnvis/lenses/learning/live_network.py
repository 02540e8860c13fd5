"""Show a network with the newest weights of its training, replaced between two frames."""

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.learning.live_weights import LatestWeights, LiveWeights
from dnnvis.network.network import Network
from dnnvis.network.snapshots import copy_for_learning, replace_weights


class LearningNetwork:
    """A copy of the live view's network that takes the newest weights; used by one thread.

    The network itself stays as it was opened, and is on show again as soon as no weights come.
    """

    def __init__(self, latest: LatestWeights) -> None:
        self._latest = latest
        self._of: Network | None = None
        self._copy: Network | None = None
        self._taken: LiveWeights | None = None
        self._fits = False

    def is_copy(self, network: Network) -> bool:
        """Return whether that is the copy, whose weights are of the moment."""
        return network is self._copy

    def follow(self, network: Network) -> Network:
        """Return the copy with the newest weights; ``network`` where there are none of it."""
        latest = self._latest.get()
        if network is not self._of:
            self._of, self._copy, self._taken = network, None, None
        if latest is None:
            self._taken = None
            return network
        if latest is not self._taken:
            self._taken = latest
            self._fits = self._take(network, latest)
        return self._copy if self._fits and self._copy is not None else network

    def _take(self, network: Network, latest: LiveWeights) -> bool:
        """Load weights into the copy; return whether they are this network's."""
        if self._copy is None:
            self._copy = copy_for_learning(network)
        try:
            replace_weights(self._copy, latest)
        except (BadInput, Mismatch):
            return False  # of the network before, or a file that is being written
        return True
