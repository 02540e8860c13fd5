"""Walk through the graph of a network from a unit to the layers that feed it, and on.

A unit's value is followed through what changes each value alone, or only moves values: batch norm,
rectifiers, dropout, pooling, flattening, depthwise convolutions, concatenation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from dnnvis.core.lens_results import GraphNode, NetworkGraph
from dnnvis.core.messages import LayerInfo
from dnnvis.network.convolution.kernels import ELEMENTWISE
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.network import Network

#: Layers whose weights are one matrix between units.
MATRICES = (nn.Conv2d, nn.Linear)
#: Layers that only move values or join those of one channel; a unit stays what it was.
MOVING = (
    nn.modules.dropout._DropoutNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._MaxPoolNd,
    nn.Flatten,
    nn.Identity,
    nn.Unflatten,
    nn.Upsample,
    nn.ZeroPad2d,
)
#: Operations without a layer that do the same, by their names in the graph.
MOVING_OPERATIONS = frozenset({"average pool", "max pool", "mean", "upsample"})
ELEMENTWISE_OPERATIONS = frozenset(
    (
        *("batch norm", "clamp", "ELU", "GELU", "hard sigmoid", "hard swish", "leaky ReLU"),
        *("ReLU", "sigmoid", "SiLU", "softplus", "tanh"),
    )
)
#: What a class's value goes through last; the sum is then that before it.
SQUASHING = (nn.Softmax, nn.LogSoftmax)
SQUASHING_OPERATIONS = frozenset({"softmax", "log softmax"})
CONCAT, SUM = "concat", "+"


@dataclass(frozen=True)
class Row:
    """One call of a layer of the table."""

    layer: str
    call: int = 0


@dataclass(frozen=True)
class SumOrigin:
    """Where a unit's value is computed as a sum."""

    #: The node that computes it.
    node: GraphNode
    #: The nodes between that and the unit's own, from the sum on.
    after: tuple[GraphNode, ...] = ()


class GraphWalk:
    """A network's graph, to be walked from node to node."""

    def __init__(self, network: Network, graph: NetworkGraph) -> None:
        self.graph = graph
        self.nodes = {node.key: node for node in graph.nodes}
        self._modules = dict(network.module.named_modules())
        self._names = network.table.modules
        self._shapes = {row.name: row.shape for row in network.table.layers}
        self._sources: dict[str, list[str]] = {}
        self._targets: dict[str, list[str]] = {}
        for source, target in graph.edges:
            self._sources.setdefault(target, []).append(source)
            self._targets.setdefault(source, []).append(target)

    @cached_property
    def _block_rows(self) -> dict[str, Row]:
        """Return, of nodes that are the result of a block, its row: the innermost block's."""
        rows: dict[str, Row] = {}
        for block in self.graph.blocks:
            if block.result and block.layer and block.result not in rows:
                rows[block.result] = Row(block.layer, block.call)
        return rows

    def module(self, node: GraphNode) -> nn.Module | None:
        """Return the module that a node is a call of; None for an operation."""
        name = self._names.get(node.layer, "") if node.layer else ""
        return self._modules.get(name) if name else None

    def row(self, node: GraphNode) -> Row | None:
        """Return the row of the layer table that shows a node's value; None where none does."""
        if node.layer and node.layer in self._shapes:
            return Row(node.layer, node.call)
        return self._block_rows.get(node.key)

    def sources(self, node: GraphNode) -> list[GraphNode]:
        """Return the nodes whose values a node takes."""
        return [self.nodes[key] for key in self._sources.get(node.key, [])]

    def targets(self, node: GraphNode) -> list[GraphNode]:
        """Return the nodes that take a node's value."""
        return [self.nodes[key] for key in self._targets.get(node.key, [])]

    def find(self, layer: LayerInfo, call: int) -> GraphNode | None:
        """Return the node whose value a layer returns at one of its calls; None: not known."""
        call %= max(layer.calls, 1)
        for node in self.nodes.values():
            if node.layer == layer.name and node.call == call:
                return node
        for block in self.graph.blocks:
            if block.layer == layer.name and block.call == call:
                return self.nodes.get(block.result)
        return None

    def is_moving(self, node: GraphNode) -> bool:
        """Return whether a node only moves the values of channels."""
        if node.is_operation:
            return node.kind in MOVING_OPERATIONS
        return isinstance(self.module(node), MOVING)

    def is_elementwise(self, node: GraphNode) -> bool:
        """Return whether a node changes each value alone."""
        if node.is_operation:
            return node.kind in ELEMENTWISE_OPERATIONS
        return isinstance(self.module(node), ELEMENTWISE)

    def is_squashing(self, node: GraphNode) -> bool:
        """Return whether a node makes probabilities."""
        if node.is_operation:
            return node.kind in SQUASHING_OPERATIONS
        return isinstance(self.module(node), SQUASHING)

    def is_depthwise(self, node: GraphNode) -> bool:
        """Return whether a node is a convolution in which each unit sees one channel alone."""
        module = self.module(node)
        return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1

    def is_matrix(self, node: GraphNode) -> bool:
        """Return whether a node's weights are one matrix between units."""
        return isinstance(self.module(node), MATRICES)

    def find_origin(self, node: GraphNode) -> SumOrigin:
        """Return the node that computes a unit's value as a sum, upstream of the unit's own."""
        after: list[GraphNode] = []
        while True:
            sources = self.sources(node)
            passes = self.is_elementwise(node) or self.is_moving(node) or self.is_squashing(node)
            is_end = node.kind == "output" and not after
            if not ((passes or is_end) and len(sources) == 1):
                return SumOrigin(node, tuple(reversed(after)))
            if not is_end or passes:
                after.append(node)
            node = sources[0]

    def find_feeding(self, node: GraphNode) -> tuple[list[GraphNode], tuple[str, ...]]:
        """Return the nodes whose units a matrix takes, and the kinds of what was passed by.

        These are the first before it that rows show: values are followed through pooling, through
        functions without a layer, through depthwise convolutions and into what a concatenation
        joins. ``input`` stands for the picture.
        """
        stack, feeding, kinds = self.sources(node), [], dict[str, None]()
        visited = set[str]()
        while stack:
            source = stack.pop(0)
            if source.key in visited:
                continue
            visited.add(source.key)
            following = self._list_followed(source)
            if following is None:
                feeding.append(source)
                continue
            kinds.setdefault(_describe(self, source))
            stack = following + stack
        return feeding, tuple(kinds)

    def _list_followed(self, node: GraphNode) -> list[GraphNode] | None:
        """Return the nodes behind one that is no end of a connection; None where it is one."""
        sources = self.sources(node)
        if node.key == INPUT or not sources:
            return None
        if node.is_operation and node.kind == CONCAT:
            return sources
        if self.is_moving(node):
            return sources
        if self.row(node) is None:
            return sources
        depthwise = self.find_origin(node).node
        if self.is_depthwise(depthwise):
            return self.sources(depthwise)
        return None

    def iter_rows_behind(self, node: GraphNode) -> Iterator[GraphNode]:
        """Yield the nearest nodes upstream that have rows (``input`` among them)."""
        stack, visited = self.sources(node), set[str]()
        while stack:
            source = stack.pop(0)
            if source.key in visited:
                continue
            visited.add(source.key)
            if source.key == INPUT or self.row(source) is not None:
                yield source
            else:
                stack = self.sources(source) + stack

    def same_units(self, node: GraphNode) -> set[str]:
        """Return the keys of nodes downstream whose units are those of a node, itself included."""
        keys, stack = {node.key}, [node]
        while stack:
            for target in self.targets(stack.pop()):
                if target.key not in keys and (
                    self.is_elementwise(target) or self.is_moving(target)
                ):
                    keys.add(target.key)
                    stack.append(target)
        return keys

    def last_of_unit(self, node: GraphNode) -> GraphNode:
        """Return the node that a reader takes for the unit of a sum: after norm and rectifier.

        Of one that computes the network's answer it is the answer.
        """
        answer = self.nodes.get("output")
        if answer is not None and self.find_origin(answer).node is node:
            return answer
        best = node
        while True:
            targets = self.targets(node)
            if len(targets) != 1 or not self.is_elementwise(targets[0]):
                return best
            node = targets[0]
            if self.row(node) is not None:
                best = node


def _describe(walk: GraphWalk, node: GraphNode) -> str:
    if walk.is_depthwise(walk.find_origin(node).node) and not walk.is_moving(node):
        return "a depthwise convolution"
    return {CONCAT: "concatenation"}.get(node.kind, node.kind)
