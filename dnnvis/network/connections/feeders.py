"""Measure what each unit of the layer before adds to a unit, and what a unit adds to others.

Sources: Olah et al. 2020, "Zoom In" (circuits: the units that feed a unit, and their weights); Voss
et al. 2021, "Visualizing Weights" (expanded weights: the derivative of a unit by another, where no
single matrix lies between). We fold batch norms right behind a matrix into it, and give weight x
activation on the present frame besides, which adds up to the unit's value before its rectifier.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import GraphNode, NetworkGraph
from dnnvis.core.unit import Unit
from dnnvis.network.backward_rules import override_rectifiers
from dnnvis.network.cache import NetworkCache
from dnnvis.network.connections.capture import CapturedPass, capture_pass
from dnnvis.network.connections.products import (
    Connections,
    Doubles,
    contains_position,
    expand_weights,
    find_peak,
    find_strongest,
    group_by_unit,
    multiply_patch,
    multiply_row,
    read_batch_norm,
    spread_maps,
    spread_vector,
)
from dnnvis.network.connections.routing import Routing, route_inputs, send_back_to
from dnnvis.network.connections.walk import CONCAT, SUM, GraphWalk, Row, SumOrigin
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network
from dnnvis.network.values import to_float32

EXACT_TOLERANCE = 1e-3  # of the largest part of a sum: what rounding may change
MAX_CONSUMERS = 16  # matrices that one unit feeds

_ROUTINGS: NetworkCache[tuple[str, tuple[int, int]], Routing | None] = NetworkCache()
#: (text of the unit without its place, size) -> its channel where the sum is computed.
_CHANNELS: NetworkCache[tuple[str, tuple[int, int]], int] = NetworkCache()


@dataclass(frozen=True, eq=False)
class FeedSums:
    """What feeds a unit, and what it feeds; fields as in ``core.weights.feeds.Feeds``."""

    feeders: Connections
    capture: CapturedPass
    fed: Connections = field(default_factory=Connections)
    matrix: str = ""
    after: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    position: tuple[int, int] | None = None
    total: float = float("nan")
    bias: float = 0.0
    computed: float = float("nan")
    exact: bool = True
    message: str = ""
    fed_message: str = ""


def measure_feeds(
    network: Network,
    graph: NetworkGraph,
    unit: Unit,
    x: Tensor,
    *,
    to: str = "",
    linear: bool = False,
) -> FeedSums:
    """Measure the connections of a unit on a picture.

    Args:
        network: The network.
        graph: What goes where in it, see ``trace_dataflow``.
        unit: The unit. Without a place the values are those where it is strongest.
        x: Pixels (1, C, H, W) in [0, 1].
        to: An earlier layer whose units are taken for those that feed it, by expanded weights; "":
            the layer right before.
        linear: Whether expanded weights go through rectifiers as if they were the identity,
            instead of as they are on this frame.

    Returns:
        The sums.

    Raises:
        LensMissing: The unit has no such connections, in a sentence that says what there is.
        BadInput: The network fails on the picture.
    """
    return _Measurement(network, graph, unit, x).measure(to, linear)


class _Measurement:
    """One unit on one picture."""

    def __init__(self, network: Network, graph: NetworkGraph, unit: Unit, x: Tensor) -> None:
        self.network, self.unit, self.x = network, unit, x
        self.walk = GraphWalk(network, graph)
        self.layer = network.check(unit)
        node = self.walk.find(self.layer, unit.call)
        if node is None:
            raise LensMissing(
                f"Where {self.layer.label} takes its values from is not known: no module or "
                "operation that was recorded returns them. Choose a layer inside of it."
            )
        self.node = node
        self.row = Row(self.layer.name, unit.call % max(self.layer.calls, 1))
        self.size = network.card.size
        self.has_gradients = NO_GRADIENTS_NOTE not in network.table.notes

    def measure(self, to: str, linear: bool) -> FeedSums:
        origin = self.walk.find_origin(self.node)
        feeding, passed = self.walk.find_feeding(origin.node)
        is_matrix = self.walk.is_matrix(origin.node) and not to
        self.own_keys = self.walk.same_units(self.node)
        self.keys = set(self.own_keys)
        if self._stands_for_others(origin):
            self.keys |= {node.key for node in feeding}
        consumers, sums, others = self._find_consumers()
        matrices = [*consumers, *([origin.node] if is_matrix else [])]
        behind = self._rows_to(to) if to else self._rows_of(self.walk.iter_rows_behind(origin.node))
        rows = self._rows_of(node for each in matrices for node in self._feeding(each))
        tokens = self._token_rows(rows)
        wanted = dict.fromkeys([self.row, *rows, *tokens, *behind, *(row for row, _ in sums)])
        needs_routing = any(self._routing_key(node) not in self._routings for node in matrices)
        capture = self._run(matrices, origin, tuple(wanted), needs_routing or not is_matrix)
        self._route(matrices, capture)
        with autograd_mode(self.has_gradients):
            result: FeedSums | None = None
            if is_matrix:
                result = self._matrix_feeders(origin, capture, passed)
                if result is None and not capture.value(self.row).requires_grad:
                    capture = self._run(matrices, origin, tuple(wanted), True)
            if result is None:
                result = self._expanded_feeders(origin, behind, capture, linear, bool(to))
            own = self._own_units(origin, result.feeders)
            fed, message = self._measure_fed(own, consumers, sums, others, capture)
        return replace(result, fed=fed, fed_message=message)

    # ---- the pass

    @property
    def _routings(self) -> dict[tuple[str, tuple[int, int]], Routing | None]:
        return _ROUTINGS.of(self.network)

    def _routing_key(self, node: GraphNode) -> tuple[str, tuple[int, int]]:
        return node.key, self.size

    def _module_key(self, node: GraphNode) -> tuple[str, int]:
        return self.network.table.modules.get(node.layer, ""), node.call

    def _rows_of(self, nodes: Iterable[GraphNode]) -> list[Row]:
        rows: list[Row] = []
        for node in nodes:
            row = Row(INPUT) if node.key == INPUT else self.walk.row(node)
            if row is not None and row not in rows:
                rows.append(row)
        return rows

    def _rows_to(self, name: str) -> list[Row]:
        """Return the row of a layer that the user named; raise UnknownUnit or LensMissing."""
        if name == INPUT and self.network.table.find(name) is None:
            return [Row(INPUT)]
        layer = self.network.layer(name)
        return [Row(layer.name, max(layer.calls, 1) - 1)]

    def _feeding(self, node: GraphNode) -> list[GraphNode]:
        return self.walk.find_feeding(node)[0]

    def _run(
        self, matrices: list[GraphNode], origin: SumOrigin, rows: tuple[Row, ...], gradients: bool
    ) -> CapturedPass:
        # the node right behind the origin is given the sum, whoever computes it
        nodes = [*matrices, *([origin.node] if origin.node.layer else []), *origin.after[:1]]
        names = {self._module_key(node)[0] for node in nodes} - {""}
        needs = gradients or self._needs_position(origin) or self._channel_key not in self._channels
        return capture_pass(
            self.network, self.x, names, rows, gradients=needs and self.has_gradients
        )

    def _route(self, matrices: list[GraphNode], capture: CapturedPass) -> None:
        """Find where the inputs of matrices come from, once for each network and picture size."""
        for node in matrices:
            key = self._routing_key(node)
            known = self._routings.get(key)
            if key in self._routings and (known is None or known.is_complete):
                continue
            given = capture.given.get(self._module_key(node))
            if given is None or not given.requires_grad:
                if key not in self._routings:
                    self._routings[key] = None
                continue
            axis = 1 if isinstance(self.walk.module(node), nn.Conv2d) else given.dim() - 1
            rows = self._rows_of(self._feeding(node))
            with autograd_mode(True):
                routing = route_inputs(capture, given, rows, axis)
                tokens = self._token_rows(rows)
                if tokens and routing is not None and not (routing.source >= 0).any():
                    routing = route_inputs(capture, given, tokens, axis)
                self._routings[key] = routing

    def _token_rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows of the tokens that are no places (class token) of some layers."""
        calls = {row.layer: row.call for row in rows}
        tokens = self.network.table.tokens.items()
        return [Row(name, calls[owner]) for name, (owner, _) in tokens if owner in calls]

    # ---- the unit where its sum is

    @property
    def _channels(self) -> dict[tuple[str, tuple[int, int]], int]:
        return _CHANNELS.of(self.network)

    @property
    def _channel_key(self) -> tuple[str, tuple[int, int]]:
        return str(self.unit.whole()), self.size

    def _needs_position(self, origin: SumOrigin) -> bool:
        """Return whether the place of the sum is another than that of the unit."""
        return self.unit.position is not None and any(map(self.walk.is_moving, origin.after))

    def _locate(
        self, origin: SumOrigin, returned: Tensor, capture: CapturedPass
    ) -> tuple[int, tuple[int, int] | None]:
        """Return the unit's channel in what a matrix returned, and its place there.

        The gradient of the unit says both; where it has none (a closed rectifier), they are taken
        to be as the unit names them.
        """
        channel = self._channels.get(self._channel_key)
        position = None if self._needs_position(origin) else self.unit.position
        edge = capture.edges.get(self._module_key(origin.node))
        is_squashed = any(map(self.walk.is_squashing, origin.after))
        if (channel is None or self._needs_position(origin)) and edge is not None and origin.after:
            value = capture.value(self.row)
            start = torch.zeros_like(value)
            y, x = self.unit.position or (slice(None), slice(None))
            start[0, self.unit.channel, y, x] = 1
            (signal,) = torch.autograd.grad(
                value, [edge], start, retain_graph=True, allow_unused=True
            )
            if signal is not None and not is_squashed and bool(signal.any()):
                shown = self._arrange_map(origin, signal)
                channel, position = find_peak(shown, self._arrange_map(origin, returned))
        if channel is None:
            channel = self.unit.channel
        self._channels[self._channel_key] = channel
        return channel, position if self.unit.position is not None else None

    def _arrange_map(self, origin: SumOrigin, returned: Tensor) -> Tensor:
        """Return what a matrix returned as (1, C, H, W)."""
        row = self.walk.row(origin.node)
        if row is None or (
            returned.dim() == 4 and isinstance(self.walk.module(origin.node), nn.Conv2d)
        ):
            return returned
        layouts = self.network.table.layouts[self.network.table.owner(row.layer)]
        return layouts[min(row.call, len(layouts) - 1)].arrange(returned, 1)

    # ---- what feeds it

    def _matrix_feeders(
        self, origin: SumOrigin, capture: CapturedPass, passed: tuple[str, ...]
    ) -> FeedSums | None:
        """Return what each input of the matrix adds; None where inputs are not single units."""
        routing = self._routings.get(self._routing_key(origin.node))
        if routing is None:
            return None
        module = self.walk.module(origin.node)
        given, returned = capture.take(*self._module_key(origin.node))
        shown = self._arrange_map(origin, returned).detach()
        channel, position = self._locate(origin, returned, capture)
        if channel >= shown.shape[1] or shown.shape[0] != 1:
            return None
        scale, shift, folded = self._fold(origin, channel)
        pre = to_float32(shown[0, channel]).astype(np.float64) * scale + shift
        if position is None:
            position = find_strongest(pre)
        if isinstance(module, nn.Conv2d):
            weights, products, inputs = multiply_patch(module, given, channel, position)
        else:
            assert isinstance(module, nn.Linear)
            row = self._token_of(origin, returned, position)
            weights, products, inputs = multiply_row(module, given, channel, row)
        feeders = group_by_unit(routing, inputs, weights * scale, products * scale)
        own = None if module.bias is None else module.bias.detach()[channel]
        bias = (0.0 if own is None else float(own)) * scale + shift
        return FeedSums(
            feeders,
            capture,
            matrix=origin.node.layer,
            after=tuple(node.kind for node in origin.after),
            folded=folded,
            passed=passed,
            position=position if pre.size > 1 else None,
            total=float(products.sum()) * scale,
            bias=bias,
            computed=float(pre[position]),
        )

    def _token_of(self, origin: SumOrigin, returned: Tensor, position: tuple[int, int]) -> int:
        """Return which row of a matrix product a place is: 0 for a vector."""
        rows = returned[..., 0].numel()
        if rows == 1:
            return 0
        numbers = torch.arange(rows, dtype=torch.float32).reshape(returned.shape[:-1])
        shown = self._arrange_map(origin, numbers[..., None].expand(returned.shape).contiguous())
        return int(shown[0, 0, position[0], position[1]])

    def _fold(self, origin: SumOrigin, channel: int) -> tuple[float, float, tuple[str, ...]]:
        """Return scale and shift of the batch norms right behind a matrix, and their names."""
        scale, shift, names = 1.0, 0.0, []
        for node in origin.after:
            module = self.walk.module(node)
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                pair = read_batch_norm(module, channel)
                if pair is None:
                    break
                scale, shift = scale * pair[0], shift * pair[0] + pair[1]
                names.append(node.layer)
            elif not isinstance(module, nn.Identity | nn.modules.dropout._DropoutNd):
                break
        return scale, shift, tuple(names)

    def _expanded_feeders(
        self,
        origin: SumOrigin,
        rows: list[Row],
        capture: CapturedPass,
        linear: bool,
        is_far: bool,
    ) -> FeedSums:
        """Return what each unit of some layers adds by the derivative at the frame."""
        if not self.has_gradients:
            raise LensMissing(
                "The network runs only without gradients, so what feeds the unit through "
                f"{_name(origin.node)}, which is no single matrix, cannot be computed."
            )
        if self.row in rows or not rows:
            raise LensMissing(f"Nothing lies before {self.layer.label} in this network.")
        target, edge = self._target(origin, capture)
        channel, position = self._target_channel(target, edge, origin, capture)
        values = to_float32(target.detach()[0, channel]).astype(np.float64)
        if position is None or not contains_position(values, position):
            position = find_strongest(values)
        start = torch.zeros_like(target)
        start[0, channel, position[0], position[1]] = 1
        live = [row for row in rows if capture.edge(row) is not None]
        if target.grad_fn is None or not live:
            raise LensMissing(f"{self.layer.label} has no gradient: nothing leads back from it.")
        with override_rectifiers(target, "linear" if linear else "gradient"):
            signals = send_back_to(capture, target, start, live, cut=not is_far)
        arrived = [(row, s) for row, s in zip(live, signals, strict=True) if s is not None]
        if not arrived:
            names = ", ".join(row.layer for row in rows)
            raise LensMissing(
                f"{names} does not lie before {self.layer.label}: nothing of it arrives there."
            )
        feeders = expand_weights(arrived, capture)
        computed = float(values[position])
        total = float(feeders.value.sum())
        largest = max(float(np.abs(feeders.value).max(initial=0.0)), abs(computed))
        return FeedSums(
            feeders,
            capture,
            after=tuple(node.kind for node in origin.after),
            passed=() if is_far else (_name(origin.node),),
            position=position if values.size > 1 else None,
            total=total,
            computed=computed,
            exact=abs(total - computed) <= EXACT_TOLERANCE * max(largest, 1e-12),
        )

    def _target(
        self, origin: SumOrigin, capture: CapturedPass
    ) -> tuple[Tensor, GradientEdge | None]:
        """Return the value (1, C, H, W) of the unit's layer before its rectifier, and its edge.

        The edge is None where that is the unit's own layer.
        """
        key = self._module_key(origin.node)
        if origin.node.layer not in ("", self.layer.name) and key in capture.returned:
            return self._arrange_map(origin, capture.returned[key]), capture.edges[key]
        if origin.after:
            key = self._module_key(origin.after[0])
            given = capture.given.get(key)
            if given is not None and given.dim() == 4:
                return given, capture.given_edges[key]
        return capture.value(self.row), None

    def _target_channel(
        self, target: Tensor, edge: GradientEdge | None, origin: SumOrigin, capture: CapturedPass
    ) -> tuple[int, tuple[int, int] | None]:
        """Return the unit's channel and place in ``_target``."""
        value = capture.value(self.row)
        if edge is None:
            return self.unit.channel, self.unit.position
        start = torch.zeros_like(value)
        y, x = self.unit.position or (slice(None), slice(None))
        start[0, self.unit.channel, y, x] = 1
        (signal,) = torch.autograd.grad(value, [edge], start, retain_graph=True, allow_unused=True)
        if signal is not None and bool(signal.any()):
            shown = signal if signal.shape == target.shape else self._arrange_map(origin, signal)
            channel, position = find_peak(shown, target)
            return channel, position if self.unit.position is not None else None
        same = self.unit.position if target.shape == value.shape else None
        return min(self.unit.channel, target.shape[1] - 1), same

    # ---- what it feeds

    def _find_consumers(self) -> tuple[list[GraphNode], list[tuple[Row, GraphNode]], list[str]]:
        """Return matrices, sums (with rows) and names of other layers that take the unit."""
        matrices: list[GraphNode] = []
        sums: list[tuple[Row, GraphNode]] = []
        others: list[str] = []
        for node in self.walk.nodes.values():
            if self.walk.is_matrix(node):
                if {each.key for each in self._feeding(node)} & self.keys:
                    matrices.append(node)
            elif node.key not in self.keys and node.kind not in (CONCAT, "output"):
                self._note_other(node, sums, others)
        mixing = [node for node in matrices if not self.walk.is_depthwise(node)]
        return (mixing or matrices)[:MAX_CONSUMERS], sums, others

    def _note_other(
        self, node: GraphNode, sums: list[tuple[Row, GraphNode]], others: list[str]
    ) -> None:
        """Add a node that takes the unit to the sums, or its name to the others."""
        if not {each.key for each in self.walk.iter_rows_behind(node)} & self.own_keys:
            return
        row = self.walk.row(self.walk.last_of_unit(node)) or self.walk.row(node)
        if node.kind == SUM and node.is_operation and row is not None:
            sums.append((row, node))
        elif not (node.is_operation or self.walk.is_moving(node)):
            others.append(f"{node.layer or node.key} ({node.kind})")

    def _stands_for_others(self, origin: SumOrigin) -> bool:
        """Return whether matrices further on count the unit as one of a layer before.

        So it is with a joined map, which is a branch's, and behind a depthwise convolution.
        """
        node = origin.node
        return (node.kind == CONCAT and node.is_operation) or self.walk.is_depthwise(node)

    def _own_units(self, origin: SumOrigin, feeders: Connections) -> list[tuple[Row, int]]:
        """Return the layers and channels that hold the unit's value: of a joined map its part."""
        if self._stands_for_others(origin):
            pairs = zip(feeders.source, feeders.channel, strict=True)
            return [
                (feeders.rows[number], int(channel)) for number, channel in pairs if number >= 0
            ]
        nodes = (self.walk.nodes[key] for key in self.keys)
        return [(row, self.unit.channel) for row in self._rows_of(nodes)]

    def _measure_fed(
        self,
        own: list[tuple[Row, int]],
        consumers: list[GraphNode],
        sums: list[tuple[Row, GraphNode]],
        others: list[str],
        capture: CapturedPass,
    ) -> tuple[Connections, str]:
        rows: list[Row] = []
        parts: list[tuple[int, NDArray[np.int64], Doubles, Doubles]] = []
        for node in consumers:
            row = self.walk.row(self.walk.last_of_unit(node))
            routing = self._routings.get(self._routing_key(node))
            if row is None or routing is None:
                others.append(f"{node.layer} ({node.kind})")
                continue
            inputs = np.concatenate(
                [np.zeros(0, np.int64), *(routing.inputs_of(*each) for each in own)]
            )
            if not len(inputs):
                continue
            channels, weights, values = self._multiply_out(node, inputs, capture)
            parts.append((len(rows), channels, weights, values))
            rows.append(row)
        for row, _ in sums:
            value = to_float32(capture.value(self.row).detach()[0, self.unit.channel])
            strongest = float(value[find_strongest(value.astype(np.float64))])
            channel = np.array([self.unit.channel])
            parts.append((len(rows), channel, np.ones(1), np.array([strongest])))
            rows.append(row)
        if not parts:
            return Connections(), _describe_no_consumer(self.layer.label, others)
        return (
            Connections(
                tuple(rows),
                np.concatenate([np.full(len(each[1]), each[0], np.int64) for each in parts]),
                np.concatenate([each[1] for each in parts]),
                np.concatenate([each[2] for each in parts]),
                np.concatenate([each[3] for each in parts]),
            ),
            "",
        )

    def _multiply_out(
        self, node: GraphNode, inputs: NDArray[np.int64], capture: CapturedPass
    ) -> tuple[NDArray[np.int64], Doubles, Doubles]:
        """Return units of a matrix, the weights to them and what some inputs add to each.

        What is added is that at the strongest place of each unit.
        """
        module = self.walk.module(node)
        given, returned = capture.take(*self._module_key(node))
        scales = self._fold_all(node)
        if isinstance(module, nn.Conv2d):
            channels, weights, values = spread_maps(module, given, returned, inputs, scales)
        else:
            assert isinstance(module, nn.Linear)
            channels, weights, values = spread_vector(module, given, returned, inputs, scales)
        return channels, weights * scales[channels], values * scales[channels]

    def _fold_all(self, node: GraphNode) -> Doubles:
        """Return the scale of each unit of a matrix by the batch norms right behind it."""
        module = self.walk.module(node)
        units = module.out_channels if isinstance(module, nn.Conv2d) else module.out_features  # type: ignore[union-attr]
        scales = np.ones(int(units))  # type: ignore[arg-type]
        while len(self.walk.targets(node)) == 1:
            node = self.walk.targets(node)[0]
            norm = self.walk.module(node)
            if isinstance(norm, nn.modules.batchnorm._BatchNorm):
                pairs = [read_batch_norm(norm, k) for k in range(len(scales))]
                if any(pair is None for pair in pairs):
                    break
                scales = scales * np.array([pair[0] for pair in pairs if pair is not None])
            elif not isinstance(norm, nn.Identity | nn.modules.dropout._DropoutNd):
                break
        return scales


def _describe_no_consumer(layer: str, others: list[str]) -> str:
    if not others:
        return f"No layer with weights takes what {layer} returns."
    listed = ", ".join(dict.fromkeys(others[:3]))
    return (
        f"What {layer} feeds goes through {listed}, which is no single matrix; choose a unit "
        "there to see what feeds it."
    )


def _name(node: GraphNode) -> str:
    return f"{node.layer} ({node.kind})" if node.layer else f"'{node.kind}'"
