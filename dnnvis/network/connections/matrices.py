"""Read the weights behind a layer, whatever module holds them, chunk by chunk."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import NetworkGraph
from dnnvis.core.messages import LayerInfo
from dnnvis.network.connections.summary import MAX_WEIGHTS, sum_up_kernels
from dnnvis.network.connections.walk import GraphWalk
from dnnvis.network.convolution.kernels import TRANSPOSED
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.network import Network
from dnnvis.network.values import Array, to_float32

#: Names under which modules hold their matrix, the likeliest first.
PARAMETERS = ("weight", "in_proj_weight", "weight_ih_l0", "weight_ih")


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights behind a layer, as (units, inputs of each unit, ...)."""

    #: The layer that holds them, and the name of the parameter.
    owner: str
    parameter: str
    tensor: Tensor
    groups: int = 1
    #: Kinds of the layers between that one and the layer that was asked for.
    after: tuple[str, ...] = ()
    #: Sentences on what the numbers are.
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (units, inputs of each unit, ...)."""
        return tuple(self.tensor.shape)

    @property
    def is_large(self) -> bool:
        """Return whether no copy of all weights is made."""
        return self.tensor.numel() > MAX_WEIGHTS

    def __len__(self) -> int:
        return len(self.tensor)

    def __getitem__(self, rows: slice, /) -> Array:
        """Return the weights of some units, float32, a copy of theirs alone."""
        return to_float32(self.tensor[rows])


@dataclass(frozen=True, eq=False)
class CellRows:
    """The same as one number a kernel, float32 (units, inputs), read when it is asked for."""

    weights: LayerWeights

    @property
    def shape(self) -> tuple[int, int]:
        """Return (units, inputs)."""
        units, inputs = self.weights.shape[:2]
        return units, inputs

    def __getitem__(self, rows: slice, /) -> Array:
        """Return some rows."""
        return sum_up_kernels(self.weights[rows])


def find_weights(
    network: Network, graph: NetworkGraph, layer: LayerInfo, call: int = -1
) -> LayerWeights:
    """Find the matrix of a layer, or of the one that it follows value by value.

    Args:
        network: The network.
        graph: What goes where in it, see ``trace_dataflow``.
        layer: The layer.
        call: Which of its calls; -1: the last.

    Returns:
        The weights, not copied.

    Raises:
        LensMissing: There are none, in a sentence that says what there is.
    """
    name = network.table.hooked_module(layer.name)
    module = dict(network.module.named_modules()).get(name) if name else None
    own = None if module is None else _read_module(layer.name, module)
    if own is not None:
        return own
    walk = GraphWalk(network, graph)
    node = walk.find(layer, call)
    if node is not None:
        origin = walk.find_origin(node)
        behind = walk.module(origin.node)
        own = None if behind is None else _read_module(origin.node.layer, behind)
        if own is not None:
            after = tuple(each.kind for each in origin.after)
            return LayerWeights(own.owner, own.parameter, own.tensor, own.groups, after, own.notes)
        if origin.node.is_operation:
            raise LensMissing(
                f"{layer.label} has no weights of its own: it comes out of "
                f"'{origin.node.kind}'. Choose one of the layers that go into that."
            )
    raise LensMissing(
        f"{layer.label} ({layer.kind}) has no matrix of weights; choose a convolution or a dense "
        "layer, or what follows one."
    )


@dataclass(frozen=True)
class MatrixEnds:
    """What lies at the ends of a matrix, as far as it is sure."""

    #: The layer whose unit k is input k, ``input`` where channel k of the picture is; "" where
    #: that is not known.
    feeding: str = ""
    #: Which of its calls that is; -1: it is called once.
    call: int = -1
    #: Whether unit k is number k of the network's answer.
    is_output: bool = False


def find_ends(
    network: Network, graph: NetworkGraph, weights: LayerWeights, call: int = -1
) -> MatrixEnds:
    """Find whose units the inputs of a matrix are, and whether its units are the answers.

    Only a single layer of as many units as there are inputs is named, right before the matrix or
    before what moves values alone (pooling, dropout): other operations may join or permute them.
    """
    layer, walk = network.table.find(weights.owner), GraphWalk(network, graph)
    node = None if layer is None else walk.find(layer, call)
    if node is None:
        return MatrixEnds()
    answer, units = walk.nodes.get("output"), network.table.find("output")
    is_output = answer is not None and units is not None and units.shape[0] == len(weights)
    is_output = is_output and answer is not None and walk.find_origin(answer).node is node
    inputs = weights.shape[1] * weights.groups
    source = node
    while len(sources := walk.sources(source)) == 1:
        source = sources[0]
        row = walk.row(source)
        if source.key == INPUT:
            name = INPUT if inputs == network.card.channels else ""
            return MatrixEnds(name, is_output=is_output)
        if not walk.is_moving(source):
            own = None if row is None else network.table.find(row.layer)
            if own is None or row is None or own.shape[0] != inputs:
                break
            return MatrixEnds(own.name, row.call if own.calls > 1 else -1, is_output)
    return MatrixEnds(is_output=is_output)


def _read_module(layer: str, module: nn.Module) -> LayerWeights | None:
    """Return the matrix that a module holds itself; None where it holds none."""
    names = dict.fromkeys([*PARAMETERS, *(n for n, _ in module.named_parameters(recurse=False))])
    for name in names:
        value = getattr(module, name, None)
        tensor = _call(value) if callable(value) and not isinstance(value, Tensor) else value
        if isinstance(tensor, Tensor) and tensor.dim() >= 2 and not _is_lazy(tensor):
            return _arrange(layer, name, module, tensor.detach())
    return None


def _call(getter: Any) -> Any:
    """Return what a quantized module's ``weight()`` gives; None where it gives nothing."""
    try:
        return getter()
    except Exception:  # any class of the network's own may have a method of that name
        return None


def _is_lazy(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.UninitializedParameter | nn.UninitializedBuffer)


def _arrange(layer: str, name: str, module: nn.Module, tensor: Tensor) -> LayerWeights:
    """Return a parameter with the units first and the inputs second."""
    groups, notes = int(getattr(module, "groups", 1) or 1), []
    if tensor.is_quantized or not tensor.is_floating_point():
        notes.append("The weights are stored as whole numbers; shown is what they stand for.")
        tensor = tensor.dequantize() if tensor.is_quantized else tensor
    if tensor.is_complex():
        notes.append("The weights are complex numbers; shown is their absolute value.")
    if isinstance(module, TRANSPOSED):
        split = tensor.reshape(groups, -1, *tensor.shape[1:]).transpose(1, 2)
        tensor = split.reshape(-1, *split.shape[2:])
        notes.append("A transposed convolution: its kernels spread each input over the output.")
    elif isinstance(module, nn.Embedding | nn.EmbeddingBag):
        tensor = tensor.transpose(0, 1)
        notes.append("An embedding: each input is one entry of its table.")
    elif name in ("in_proj_weight", "weight_ih_l0", "weight_ih"):
        parts = "queries, keys and values" if name == "in_proj_weight" else "gates"
        notes.append(f"'{name}': the {parts} lie one below the other.")
    return LayerWeights(layer, name, tensor, groups, notes=tuple(notes))
