"""What one call of a module returned in a traced pass."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

Key = tuple[str, int]  # a module's name, and which of its calls


@dataclass(eq=False)
class TrialCall:
    """What one call of a module returned for one picture."""

    key: Key
    module: nn.Module
    value: Tensor
    node: Any = None
    #: Ids of the tensors that it was given.
    inputs: tuple[int, ...] = ()
    #: The shape of the first of these.
    input_shape: tuple[int, ...] = ()
    #: The node of the graph that made it, and which of the node's results it is.
    input_node: Any = None
    input_result: int = 0
    #: Whether the module returned complex numbers; ``value`` holds their absolute values.
    is_complex: bool = False

    @property
    def result(self) -> int:
        """Return which of its node's results the value is, as the second part of a split."""
        return int(self.value.output_nr) if self.value.grad_fn is self.node else 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the value, for one picture."""
        return tuple(self.value.shape)
