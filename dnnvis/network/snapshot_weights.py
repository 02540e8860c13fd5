"""Hold the weights that a network had at steps of its training."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Snapshots:
    """A network's weights at steps of its training; ``restore_snapshot`` builds networks of it."""

    #: Batches that had been learned at each snapshot, rising.
    steps: tuple[int, ...]
    #: The weights by name, each stacked (snapshots, ...).
    weights: dict[str, Tensor]
    #: What the training measured there, float32 (snapshots, columns); NaN: nothing.
    accuracy: Tensor
