"""Define the building blocks of a layer on one picture, and their votes for a class."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.unit import Unit

Array = NDArray[np.float32]
MAX_GROUPS = 16  # of one picture


@dataclass(frozen=True, eq=False)
class BuildingBlocks:
    """The map of a layer factored into groups of channels that are active together."""

    #: The layer.
    layer: str
    #: The layer of directions whose units the groups are, ``conv4~``.
    name: str = ""
    #: Coefficients float32 (k, H, W), at least 0: how much of each group is at each position, in
    #: the layer's own units. Of large maps every ``step``-th row and column.
    groups: Array = field(default_factory=lambda: np.zeros((0, 1, 1), np.float32))
    #: Directions float32 (k, C) of length 1, at least 0.
    directions: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    #: Fraction of the map's energy (sum of squares) that each group holds, float64 (k,); they add
    #: up to ``explained``.
    shares: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: Fraction of the energy of the whole map that lies in negative values, which are left out.
    negative: float = 0.0
    #: Distance of two positions that were factored, in positions of the map; 1: all of them were.
    step: int = 1
    #: Whether the directions are held; else they were fitted to this picture.
    is_held: bool = False
    #: Digest of the directions.
    digest: str = ""
    #: Why there are no groups, or what is missing.
    message: str = ""
    #: One line about them.
    caption: str = ""
    #: JSON-able settings that are enough to compute them again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Number of the frame it belongs to.
    frame: int = -1
    #: Name of the network.
    network: str = ""
    #: Finished fraction in [0, 1].
    progress: float = 1.0

    @property
    def count(self) -> int:
        """Return the number of groups, k."""
        return len(self.groups)

    @property
    def explained(self) -> float:
        """Return the fraction of the energy of the map's positive part that all groups hold."""
        return float(self.shares.sum())

    @property
    def error(self) -> float:
        """Return |x - w H|^2 / |x|^2 over all positions, x being the map's positive part."""
        return 1.0 - self.explained

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the unit of each group, such as ``conv4~[2]``."""
        return tuple(Unit(self.name, number) for number in range(self.count))


@dataclass(frozen=True, eq=False)
class BlockVotes:
    """What positions and groups of a layer add to a class, by linear approximation."""

    #: The layer.
    layer: str
    #: Text of the unit that is explained: a class by its logit.
    target: str = ""
    #: Position (y, x) -> gradient x activation, float32 (H, W).
    positions: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: The same of each group, float64 (k,).
    groups: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: The true change of the target when a group is taken out, float64 (k,): its value with the
    #: group less that without; NaN where it was not measured.
    drops: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: What the groups leave unexplained: the sum over positions less that over groups.
    rest: float = 0.0
    #: Value of the target on this picture.
    value: float = 0.0
    #: Its value with the layer set to zero.
    baseline: float = 0.0
    #: Why there are none.
    message: str = ""
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    frame: int = -1
    network: str = ""
    progress: float = 1.0

    @property
    def total(self) -> float:
        """Return the sum over all positions: the change that the approximation expects."""
        return float(self.positions.sum(dtype=np.float64))

    @property
    def change(self) -> float:
        """Return the true change: the target's value less that with the layer set to zero."""
        return self.value - self.baseline

    @property
    def error(self) -> float:
        """Return |expected - true| / |true|; infinite where nothing truly changes."""
        if self.change == 0:
            return 0.0 if self.total == 0 else float("inf")
        return abs(self.total - self.change) / abs(self.change)


@dataclass(frozen=True, eq=False)
class BlockPictures:
    """Pictures that were grown for directions of a layer."""

    #: The layer.
    layer: str
    #: float32 (n, h, w, C) in [0, 1].
    pictures: Array = field(default_factory=lambda: np.zeros((0, 1, 1, 3), np.float32))
    #: The directions that they were grown for, float32 (n, channels).
    directions: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    #: Rows and columns of the positions, where each picture is of a position; (0, 0) for groups.
    grid: tuple[int, int] = (0, 0)
    #: Length of the activation vector of each position, float32 (rows, columns); empty for groups.
    norms: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Positions of the map that were averaged to one, along each axis.
    pooled: int = 1
    message: str = ""
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    #: The frame, where the pictures are of positions.
    frame: int = -1
    network: str = ""
    progress: float = 1.0
