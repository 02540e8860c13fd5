"""Trace what goes from layer to layer in one pass, by hooks and the autograd graph.

A layer takes its values from what was the latest to return the tensors it was given. Where these
were computed by operations that are no layer, the autograd graph leads back to the layers behind.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import GraphBlock, GraphNode, NetworkGraph
from dnnvis.network.dataflow.operations import name_operation
from dnnvis.network.hooks import (
    ModuleCall,
    autograd_mode,
    observe_modules,
    track_modules,
    without_cudnn,
)
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE, OUTPUT, run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import iter_tensors
from dnnvis.network.trial.position_groups import shape_of_node

INPUT = "input"
MAX_CALLS = 6000  # of modules in a pass of which a graph is made
DIRECT_ONLY = (
    "The network runs only without gradients: shown are the values that one layer takes from "
    "another as they are, not those that were computed with in between."
)


def trace_dataflow(network: Network, x: Tensor) -> NetworkGraph:
    """Run one picture and return the graph of all calls of modules.

    Args:
        network: The network.
        x: Pixels (1, C, H, W) in [0, 1].

    Returns:
        The graph; without what lies between layers where the network runs without gradients only.

    Raises:
        BadInput: The network fails, or calls too many modules.
    """
    gradients = NO_GRADIENTS_NOTE not in network.table.notes
    x = x.detach().clone().requires_grad_(gradients)
    tracer = _Tracer(network.table.rows_by_module(), x)
    recurrent = network.table.recurrent if gradients else ()
    module = network.module
    with (
        autograd_mode(gradients),
        without_cudnn(module, recurrent),
        observe_modules(module, tracer.on_return),
        track_modules(module, None, tracer.on_enter, tracer.on_leave),
    ):
        result = run_user_code(network.forward, x)
    graph = tracer.finish(result)
    return NetworkGraph(
        tuple(graph.nodes),
        tuple(graph.blocks),
        tuple(graph.edges),
        "" if gradients else DIRECT_ONLY,
        {"lens": "graph"},
        network.name,
    )


@dataclass
class _Running:
    """A call of a module that has not returned yet."""

    key: str
    name: str
    number: int
    inputs: list[str] = field(default_factory=list)
    calls_others: bool = False


class _Tracer:
    """Builds the graph while the network runs."""

    def __init__(self, rows: dict[str, str], x: Tensor) -> None:
        self.nodes = [GraphNode(INPUT, INPUT, shape=tuple(x.shape[1:]))]
        self.blocks: list[GraphBlock] = []
        self.edges: dict[tuple[str, str], None] = {}
        self._rows = rows
        self._counts: Counter[str] = Counter()
        self._running: list[_Running] = []
        self._producers: dict[Any, str] = {id(x): INPUT}  # of each value, what returned it last
        self._operations: dict[Any, str] = {}  # autograd node -> key; "": nothing of the picture
        self._tensors: list[Tensor] = [x]  # as long as they live, no other has their id

    def on_enter(self, call: ModuleCall, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Note what a module is given."""
        number = self._counts[call.name]
        if self._counts.total() >= MAX_CALLS:
            raise BadInput(f"A pass calls more than {MAX_CALLS:,} modules; no graph is drawn.")
        self._counts[call.name] += 1
        running = _Running(_number_key(call.name, number), call.name, number)
        if self._running:
            self._running[-1].calls_others = True
        running.inputs = self._find_sources((args, kwargs), self._block)
        self._running.append(running)

    def on_return(self, name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        """Add a module that called no other as a node, any other as a block."""
        running = self._running[-1]
        if running.calls_others:
            sources = self._find_sources(output, running.key)
            self._add_block(running, module, output, sources)
            return
        tensors = [tensor for _, tensor in iter_tensors(output)]
        if not tensors:
            return
        parent = self._running[-2].key if len(self._running) > 1 else ""
        layer, kind = self._rows.get(name, ""), type(module).__name__
        shape = _shape_of(tensors[0])
        node = GraphNode(running.key, kind, layer, running.number, shape, parent)
        self._add_node(node, running.inputs)
        for tensor in tensors:
            self._producers[self._edge_of(tensor)] = running.key

    def on_leave(self, call: ModuleCall) -> None:
        """Forget a call that has returned."""
        if self._running and self._running[-1].name == call.name:
            self._running.pop()

    def finish(self, result: Any) -> "_Tracer":
        """Add what the network returned as the last node."""
        sources = self._find_sources(result, "")
        first = next((tensor for _, tensor in iter_tensors(result)), None)
        shape = () if first is None else _shape_of(first)
        self._add_node(GraphNode(OUTPUT, OUTPUT, OUTPUT, 0, shape), sources)
        return self

    @property
    def _block(self) -> str:
        return self._running[-1].key if self._running else ""

    def _add_node(self, node: GraphNode, sources: list[str]) -> None:
        self.nodes.append(node)
        self.edges.update(dict.fromkeys((source, node.key) for source in sources))

    def _add_block(
        self, running: _Running, module: nn.Module, output: Any, sources: list[str]
    ) -> None:
        first = next((tensor for _, tensor in iter_tensors(output)), None)
        parent = self._running[-2].key if len(self._running) > 1 else ""
        block = GraphBlock(
            running.key,
            type(module).__name__,
            self._rows.get(running.name, ""),
            running.number,
            () if first is None else _shape_of(first),
            parent,
            sources[0] if len(sources) == 1 else "",
        )
        self.blocks.append(block)

    def _find_sources(self, values: Any, block: str) -> list[str]:
        """Return the nodes that computed the tensors in ``values``.

        Operations on the way become nodes of ``block``, in which they must have run.
        """
        tensors = [tensor for _, tensor in iter_tensors(values)]
        return list(dict.fromkeys(key for t in tensors if (key := self._find_source(t, block))))

    def _find_source(self, tensor: Tensor, block: str) -> str:
        edge = self._edge_of(tensor)
        if edge in self._producers:
            return self._producers[edge]
        return "" if tensor.grad_fn is None else self._resolve(edge, block)

    def _edge_of(self, tensor: Tensor) -> Any:
        """Return what a value is known by: where in the autograd graph it was computed."""
        if tensor.grad_fn is not None:
            return tensor.grad_fn, tensor.output_nr
        self._tensors.append(tensor)
        return id(tensor)

    def _resolve(self, edge: tuple[Any, int], block: str) -> str:
        """Return the node that an autograd edge comes from; "" where nothing of the picture does.

        Walks back without recursion: a network of functions alone is one long chain.
        """
        stack = [edge]
        while stack:
            node = stack[-1][0]
            if self._known(stack[-1]) is not None:
                stack.pop()
                continue
            waiting = [e for e in _iter_inputs(node) if self._known(e) is None]
            if waiting:
                stack.extend(waiting)
                continue
            self._operations[node] = self._add_operation(node, block)
            stack.pop()
        return self._known(edge) or ""

    def _known(self, edge: tuple[Any, int]) -> str | None:
        if edge in self._producers:
            return self._producers[edge]
        node = edge[0]
        leaf = getattr(node, "variable", None)  # of an AccumulateGrad
        if leaf is not None:
            return INPUT if leaf is self._tensors[0] else ""
        return self._operations.get(node)

    def _add_operation(self, node: Any, block: str) -> str:
        """Return the key of an operation, or of the one value that it passes on."""
        known = (self._known(edge) for edge in _iter_inputs(node))
        sources = list(dict.fromkeys(key for key in known if key))
        name = name_operation(node, len(sources)) if sources else ""
        if not name:
            return sources[0] if sources else ""
        key = f"{block} {name}".strip()
        number = self._counts[key]
        self._counts[key] += 1
        shape = shape_of_node(node) or ()
        operation = GraphNode(
            _number_key(key, number), name, shape=shape[1:], block=block, is_operation=True
        )
        self._add_node(operation, sources)
        return operation.key


def _iter_inputs(node: Any) -> Iterator[tuple[Any, int]]:
    return ((following, n) for following, n in node.next_functions if following is not None)


def _number_key(name: str, number: int) -> str:
    return f"{name}#{number}" if number else name


def _shape_of(tensor: Tensor) -> tuple[int, ...]:
    """Return the shape of a value for one picture: without an axis of pictures in front."""
    shape = tuple(tensor.shape)
    return shape[1:] if shape[:1] == (1,) else shape
