"""Put the nodes of a graph into layers, and lines that pass a layer between them.

After Sugiyama, Tagawa & Toda 1981, section 3. One difference: all lines that leave one node carry
the same value, so they run as one as long as they can, and leave it where their targets are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

Edge = tuple[int, int]


@dataclass
class LayeredGraph:
    """Nodes and lines in layers.

    Numbers below ``count`` are the nodes; those from there on are bends: where a line passes a
    layer. Every segment leads from a layer to the next one.
    """

    #: Number of nodes.
    count: int
    #: Numbers of the nodes and bends of each layer, from left to right.
    layers: list[list[int]]
    #: Layer of each node and bend.
    depth: list[int]
    #: Of each node and bend, what it leads to in the next layer.
    below: list[list[int]]
    #: Of each node and bend, what leads to it from the layer above.
    above: list[list[int]]
    #: Edge -> the nodes and bends along it, from source to target; upwards ones are turned around.
    routes: dict[Edge, list[int]] = field(default_factory=dict)


def build_layers(count: int, edges: Sequence[Edge]) -> LayeredGraph:
    """Arrange a graph in layers.

    Args:
        count: Number of nodes; an edge to a lower number leads upwards.
        edges: (source, target) of each edge.

    Returns:
        The graph, every layer in the order of the numbers.
    """
    downward = {(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]}
    depth = assign_depths(count, downward)
    graph = LayeredGraph(
        count,
        [[] for _ in range(max(depth, default=0) + 1)],
        depth,
        [[] for _ in range(count)],
        [[] for _ in range(count)],
    )
    for node in range(count):
        graph.layers[depth[node]].append(node)
    targets: dict[int, list[int]] = {}
    for source, target in sorted(downward):
        targets.setdefault(source, []).append(target)
    for source, ends in targets.items():
        _add_line(graph, source, ends)
    return graph


def assign_depths(count: int, edges: set[Edge]) -> list[int]:
    """Return the layer of each node: one below the deepest that leads to it.

    What nothing leads to lies right above the first that needs it. All edges lead to higher
    numbers.
    """
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    depth = [0] * count
    for node in range(count):
        depth[node] = max((depth[source] + 1 for source in above[node]), default=0)
    for node in reversed(range(count)):
        if not above[node] and below[node]:
            depth[node] = min(depth[target] for target in below[node]) - 1
    first = min(depth, default=0)
    return [each - first for each in depth]


def _add_line(graph: LayeredGraph, source: int, targets: list[int]) -> None:
    """Add the one line that leaves a node, with a bend in each layer that it passes."""
    by_depth = sorted(targets, key=lambda target: graph.depth[target])
    way = [source]
    for target in by_depth:
        while graph.depth[way[-1]] < graph.depth[target] - 1:
            way.append(_add_bend(graph, way[-1]))
        graph.below[way[-1]].append(target)
        graph.above[target].append(way[-1])
        graph.routes[source, target] = [*way, target]


def _add_bend(graph: LayeredGraph, previous: int) -> int:
    bend, depth = len(graph.depth), graph.depth[previous] + 1
    graph.depth.append(depth)
    graph.layers[depth].append(bend)
    graph.below[previous].append(bend)
    graph.below.append([])
    graph.above.append([previous])
    return bend
