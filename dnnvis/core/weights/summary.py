"""Define the weights of a layer as one matrix, and what stands out in them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class WeightSummary:
    """What stands out in the weights of a layer."""

    #: Number of weights, and of those that are not finite.
    count: int = 0
    invalid: int = 0
    #: How many finite weights lie between ``edges``, int64 (bins,).
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Edges of the bins, float64 (bins + 1,), rising.
    edges: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    #: Norm of each unit's weights (root of the sum of squares), float64 (units,).
    norms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: Units whose norm is below DEAD_NORM of the layer's median norm.
    dead: tuple[int, ...] = ()
    #: Units that never were above 0 on the pictures that the library knows; () also where it
    #: knows none.
    silent: tuple[int, ...] = ()
    #: Number of these pictures.
    pictures: int = 0
    #: (unit, unit, cosine) of kernels that see the same inputs and point the same way.
    duplicates: tuple[tuple[int, int, float], ...] = ()
    #: Why there are no duplicates, or not all of them; "" where all are listed.
    limit: str = ""


@dataclass(frozen=True, eq=False)
class WeightMatrix:
    """The weights of a layer as a matrix: a row a unit, a column an input.

    A kernel of several weights is one cell: the root of the sum of its squares, with the sign of
    its sum. Where there are more rows or columns than MAX_CELLS, each cell stands for a block of
    them and has the value that is strongest by magnitude in it.
    """

    #: The layer that was looked at.
    layer: str
    #: The layer whose weights these are; "" where there are none.
    owner: str = ""
    #: Name of the parameter, as ``weight``.
    parameter: str = ""
    #: Shape of the whole matrix (units, inputs).
    shape: tuple[int, int] = (0, 0)
    #: Size of the kernel behind each cell, () where a cell is one weight.
    kernel: tuple[int, ...] = ()
    #: Cells float32 (rows, columns).
    values: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    #: Which unit and which input each cell's value is of, int32 (rows, columns).
    units: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    inputs: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    #: Groups of channels that do not see each other: the number of an input counts from the first
    #: that its unit sees.
    groups: int = 1
    #: Whether rows and columns are sorted by similarity.
    is_sorted: bool = False
    #: What stands out.
    summary: WeightSummary = field(default_factory=WeightSummary)
    #: Sentences on what was assumed or left out.
    notes: tuple[str, ...] = ()
    #: Why there is no matrix.
    message: str = ""
    #: JSON-able settings that are enough to compute it again.
    recipe: dict[str, Any] = field(default_factory=dict)
    #: Name of the network it belongs to.
    network: str = ""
    #: The layer whose unit k is input k, ``input`` where channel k of the picture is; "" where
    #: that is not known.
    feeding: str = ""
    #: Which of its calls that is; -1: it is called once.
    feeding_call: int = -1
    #: Which inputs are red, green and blue; () where none are.
    colors: tuple[int, ...] = ()
    #: Whether unit k is number k of the network's answer.
    is_output: bool = False

    @property
    def is_aggregated(self) -> bool:
        """Return whether a cell stands for several."""
        return self.values.shape != self.shape

    def input_of(self, row: int, column: int) -> int:
        """Return the input channel that a cell's value is of."""
        unit, column_input = int(self.units[row, column]), int(self.inputs[row, column])
        return unit * self.groups // max(self.shape[0], 1) * self.shape[1] + column_input
