"""Find layers whose positions are the same by what was computed: sums, and what works by position.

Attention mixes all positions, so that no patch stands out in what it returns. But that is added to
the tokens it came from, element by element, so its positions are theirs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from torch import nn

from dnnvis.network.trial.trial_call import Key, TrialCall

#: Autograd nodes whose result has, at each index, a function of what lies there.
ELEMENTWISE = (
    *("Add", "Sub", "Mul", "Div", "Neg", "Pow", "Exp", "Abs", "Sqrt", "Clone", "Alias", "ToCopy"),
    *("Relu", "Threshold", "Hardtanh", "LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu"),
    *("Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "Softplus", "Clamp", "NativeDropout"),
    *("NativeLayerNorm", "FusedRmsNorm", "Contiguous"),
)
BY_POSITION = (nn.Linear, nn.LayerNorm, nn.RMSNorm)
MAX_NODES = 64  # looked at on the way back from one value


def group_positions(calls: Iterable[TrialCall]) -> list[list[Key]]:
    """Return groups of calls that have the same positions, in the same order."""
    return _Grouping(calls).groups()


class _Grouping:
    """Joins calls into groups (by union and find)."""

    def __init__(self, calls: Iterable[TrialCall]) -> None:
        self._calls = list(calls)
        self._parents: dict[Key, Key] = {call.key: call.key for call in self._calls}
        #: (node, which of its results) -> the calls that returned it.
        self._by_node: dict[tuple[Any, int], list[TrialCall]] = defaultdict(list)
        self._by_id: dict[int, list[TrialCall]] = defaultdict(list)
        for call in self._calls:
            self._by_id[id(call.value)].append(call)
            if call.node is not None:
                self._by_node[call.node, call.result].append(call)

    def groups(self) -> list[list[Key]]:
        """Return the groups of more than one call."""
        for call in self._calls:
            same = list(self._by_id[id(call.value)])
            if call.node is not None:
                same += self._iter_summed(call.node, call.result, call.shape)
            self._join(call, (other for other in same if other.shape == call.shape))
            given = self._find_inputs(call) if works_by_position(call) else []
            self._join(call, (other for other in given if other.shape[:-1] == call.shape[:-1]))
        groups: dict[Key, list[Key]] = defaultdict(list)
        for call in self._calls:
            groups[self._root(call.key)].append(call.key)
        return [group for group in groups.values() if len(group) > 1]

    def _find_inputs(self, call: TrialCall) -> list[TrialCall]:
        """Return the calls whose values are, or went element by element into, a call's input."""
        given = list(self._by_id[call.inputs[0]])
        if call.input_node is not None:
            given += self._by_node.get((call.input_node, call.input_result), [])
            given += self._iter_summed(call.input_node, call.input_result, call.input_shape)
        return given

    def _iter_summed(self, node: Any, result: int, shape: tuple[int, ...]) -> Iterator[TrialCall]:
        """Yield the calls whose values of this shape went, element by element, into a result."""
        start = (node, result)
        stack, visited = [start], set[Any]()
        while stack and len(visited) < MAX_NODES:
            current = stack.pop()
            if current[0] is None or current in visited:
                continue
            visited.add(current)
            if current != start and current in self._by_node:
                yield from (call for call in self._by_node[current] if call.shape == shape)
            elif current[0].name().startswith(ELEMENTWISE):
                following = (edge for edge in current[0].next_functions if edge[0] is not None)
                stack.extend(edge for edge in following if shape_of_node(*edge) in (None, shape))

    def _join(self, call: TrialCall, others: Iterable[TrialCall]) -> None:
        for other in others:
            self._parents[self._root(call.key)] = self._root(other.key)

    def _root(self, key: Key) -> Key:
        while self._parents[key] != key:
            self._parents[key] = self._parents[self._parents[key]]
            key = self._parents[key]
        return key


def works_by_position(call: TrialCall) -> bool:
    """Return whether a call gives, at each position, a function of what lies there."""
    if not call.inputs or call.input_shape[:-1] != call.shape[:-1]:
        return False
    module = call.module
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        return type(module).forward in (nn.LayerNorm.forward, nn.RMSNorm.forward)
    return isinstance(module, nn.Linear | nn.MultiheadAttention)  # whose rows are its queries


def works_on_grid(call: TrialCall) -> bool:
    """Return whether a call gives maps (B, C, H, W) of the size of those that it was given."""
    shape, given = call.shape, call.input_shape
    if len(shape) != 4 or (shape[0], *shape[2:]) != (given[:1] + given[2:] if given else ()):
        return False
    pools = nn.modules.pooling._MaxPoolNd | nn.modules.pooling._AvgPoolNd
    return isinstance(call.module, nn.Conv2d | nn.BatchNorm2d | nn.GroupNorm | pools)


def shape_of_node(node: Any, result: int = 0) -> tuple[int, ...] | None:
    """Return the shape of a result of an autograd node; None where it is not known."""
    metadata = getattr(node, "_input_metadata", None)
    return tuple(metadata[result].shape) if metadata and result < len(metadata) else None
