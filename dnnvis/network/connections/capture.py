"""Run a picture and keep what some modules were given and returned, besides layers."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from dnnvis.core.errors import LensMissing
from dnnvis.network.connections.walk import Row
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.hooks import ModuleCall, edge_of, observe_modules, track_modules
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.recording import Recording


@dataclass(eq=False)
class CapturedPass:
    """One pass: what modules took and gave, and the recording of layers.

    Values are copies, so that no later change in place shows in them; they are part of the graph
    where the pass has gradients.
    """

    #: (module, call) -> the first tensor that it was given, and returned.
    given: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    returned: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    #: (module, call) -> where in the graph these were computed.
    given_edges: dict[tuple[str, int], GradientEdge | None] = field(default_factory=dict)
    edges: dict[tuple[str, int], GradientEdge | None] = field(default_factory=dict)
    recording: Recording | None = None

    def take(self, module: str, call: int) -> tuple[Tensor, Tensor]:
        """Return what a call was given and returned; raise LensMissing where it did not run."""
        key = (module, call)
        if key not in self.given or key not in self.returned:
            raise LensMissing(f"{module} was not called on this picture.")
        return self.given[key], self.returned[key]

    def value(self, row: Row) -> Tensor:
        """Return the value (1, C, H, W) of a layer, or the picture's pixels."""
        assert self.recording is not None
        if row.layer == INPUT:
            return self.recording.x
        return self.recording.tensor(row.layer, row.call)

    def edge(self, row: Row) -> GradientEdge | Tensor | None:
        """Return where in the graph a layer's value was computed; None where it has no gradient."""
        assert self.recording is not None
        if row.layer == INPUT:
            return self.recording.x if self.recording.x.requires_grad else None
        edges = self.recording.edges(row.layer)
        return edges[row.call] if row.call < len(edges) else None

    def arrange(self, row: Row, signal: Tensor) -> Tensor:
        """Return a gradient that arrived at ``edge`` as (1, C, H, W)."""
        assert self.recording is not None
        if row.layer == INPUT:
            return signal
        return self.recording.arrange_gradient(row.layer, signal, row.call)


def capture_pass(
    network: Network,
    x: Tensor,
    modules: Collection[str],
    rows: Sequence[Row],
    *,
    gradients: bool,
) -> CapturedPass:
    """Run one picture.

    Args:
        network: The network.
        x: Pixels (1, C, H, W) in [0, 1].
        modules: Names of modules whose calls are kept.
        rows: Layers that are recorded; ``input`` among them is the picture.
        gradients: Whether the values hang in one graph.

    Returns:
        The pass.

    Raises:
        BadInput: The network fails.
    """
    captured, begun, ended = CapturedPass(), Counter[str](), Counter[str]()

    def enter(running: ModuleCall, module: nn.Module, args: Any, kwargs: Any) -> None:
        tensor = first_tensor((args, kwargs))
        if tensor is not None:
            key = (running.name, begun[running.name])
            captured.given_edges[key], captured.given[key] = edge_of(tensor), tensor.clone()
        begun[running.name] += 1

    def leave(running: ModuleCall) -> None:
        pass

    def on_return(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        tensor = first_tensor(output)
        if tensor is not None:
            key = (name, ended[name])
            captured.edges[key], captured.returned[key] = edge_of(tensor), tensor.clone()
        ended[name] += 1

    names = set(modules)
    layers = dict.fromkeys(row.layer for row in rows if row.layer != INPUT)
    with (
        observe_modules(network.module, on_return, names),
        track_modules(network.module, names, enter, leave),
    ):
        captured.recording = network.run(x, tuple(layers), gradients=gradients)
    return captured
