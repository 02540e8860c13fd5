"""Fold the blocks of a network's graph into single nodes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dnnvis.core.lens_results import GraphBlock, GraphNode, NetworkGraph

MAX_FIRST_NODES = 26  # that are on show before anybody unfolds a block


@dataclass(frozen=True)
class ShownNode:
    """A node on show: a layer, an operation, or a block that is folded."""

    key: str
    kind: str
    layer: str
    call: int
    shape: tuple[int, ...]
    #: Keys of the unfolded blocks around it, the outermost first.
    blocks: tuple[str, ...]
    is_operation: bool = False
    #: Number of layers inside, 0 for what is no block.
    inside: int = 0


@dataclass(frozen=True)
class FoldedGraph:
    """What is on show of a graph."""

    #: Nodes in the order in which they ran.
    nodes: tuple[ShownNode, ...]
    #: (source, target) by number of the node, each pair once.
    edges: tuple[tuple[int, int], ...]

    def index(self, key: str) -> int | None:
        """Return the number of a node; None where it is not on show."""
        return next((k for k, node in enumerate(self.nodes) if node.key == key), None)


class BlockTree:
    """The blocks of a graph, each with what is around it and inside."""

    def __init__(self, graph: NetworkGraph) -> None:
        self.graph = graph
        self.blocks = {block.key: block for block in graph.blocks}
        self.sizes: Counter[str] = Counter()  # of each block, the layers inside
        self.members: Counter[str] = Counter()  # of each block, what lies inside directly
        for block in graph.blocks:
            self.members[block.block] += 1
        for node in graph.nodes:
            self.members[node.block] += 1
            for key in self.around(node):
                self.sizes[key] += not node.is_operation

    def around(self, item: GraphNode | GraphBlock) -> tuple[str, ...]:
        """Return the keys of the blocks around a node or block, the outermost first."""
        keys: list[str] = []
        key = item.block
        while key in self.blocks:
            keys.append(key)
            key = self.blocks[key].block
        return tuple(reversed(keys))

    def is_trivial(self, key: str) -> bool:
        """Return whether a block holds a single thing, which stands for it."""
        return self.members[key] == 1

    def fold(self, unfolded: Iterable[str]) -> FoldedGraph:
        """Return the graph with all blocks folded but those in ``unfolded``."""
        is_open = set(unfolded)
        shown: dict[str, ShownNode] = {}
        numbers: dict[str, int] = {}
        keys = list[str]()
        for node in self.graph.nodes:
            around = self.around(node)
            outer = next((key for key in around if not self._is_open(key, is_open)), None)
            key = node.key if outer is None else outer
            if key not in shown:
                shown[key] = self._show(node if outer is None else self.blocks[outer])
                numbers[key] = len(numbers)
            keys.append(key)
        stands_for = dict(zip((node.key for node in self.graph.nodes), keys, strict=True))
        pairs = ((stands_for[source], stands_for[target]) for source, target in self.graph.edges)
        edges = dict.fromkeys((numbers[s], numbers[t]) for s, t in pairs if s != t)
        return FoldedGraph(tuple(shown.values()), tuple(edges))

    def choose_unfolded(self, limit: int = MAX_FIRST_NODES) -> frozenset[str]:
        """Return the blocks to unfold at first: whole levels of them, up to ``limit`` nodes."""
        unfolded: frozenset[str] = frozenset()
        while True:
            nodes = self.fold(unfolded).nodes
            more = unfolded | {node.key for node in nodes if node.inside}
            if more == unfolded or len(self.fold(more).nodes) > limit:
                return unfolded
            unfolded = more

    def find_layer(self, layer: str, call: int = -1) -> GraphNode | GraphBlock | None:
        """Return the node or block of a layer at one of its calls; None where it has none."""
        items: list[GraphNode | GraphBlock] = [*self.graph.nodes, *self.graph.blocks]
        calls = {item.call: item for item in items if item.layer == layer}
        if not calls:
            return None
        return calls.get(call, calls[max(calls)])

    def _is_open(self, key: str, unfolded: set[str]) -> bool:
        return key in unfolded or self.is_trivial(key)

    def _show(self, item: GraphNode | GraphBlock) -> ShownNode:
        around = tuple(key for key in self.around(item) if not self.is_trivial(key))
        is_block = isinstance(item, GraphBlock)
        is_operation = isinstance(item, GraphNode) and item.is_operation
        inside = max(self.sizes[item.key], 1) if is_block else 0
        return ShownNode(
            item.key, item.kind, item.layer, item.call, item.shape, around, is_operation, inside
        )
