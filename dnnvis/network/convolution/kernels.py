"""Read the weights of the convolution that computes a layer's values."""

from dataclasses import dataclass

from torch import nn

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import GraphNode, NetworkGraph
from dnnvis.core.messages import LayerInfo
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.network import Network
from dnnvis.network.values import Array, to_float32

#: Layers that change each value alone, so that a unit's map stays that of its convolution.
ELEMENTWISE = (
    nn.modules.batchnorm._BatchNorm,
    nn.modules.dropout._DropoutNd,
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardtanh,
    nn.Identity,
    nn.LeakyReLU,
    nn.Mish,
    nn.PReLU,
    nn.ReLU,
    nn.SELU,
    nn.Sigmoid,
    nn.SiLU,
    nn.Softplus,
    nn.Tanh,
)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
OTHER_AXES = (nn.Conv1d, nn.Conv3d)


@dataclass(frozen=True)
class LayerConvolution:
    """The convolution that a layer's values come from."""

    #: Name of the layer that it is, and of its module.
    name: str
    module: nn.Conv2d
    #: Which call of the module.
    call: int
    #: Kinds of the layers after it, up to the layer that was asked for.
    after: tuple[str, ...]
    #: Whether it is given the picture itself.
    sees_picture: bool = False


def find_convolution(
    network: Network, graph: NetworkGraph, layer: LayerInfo, call: int = -1
) -> LayerConvolution:
    """Return the convolution that computes a layer's values: itself, or one shortly before it.

    Args:
        network: The network.
        graph: What goes where in it, see ``trace_dataflow``.
        layer: The layer.
        call: Which of its calls; -1: the last.

    Returns:
        The convolution, with the layers in between that change each value alone.

    Raises:
        LensMissing: There is none, in a sentence that says what there is.
    """
    nodes = {node.key: node for node in graph.nodes}
    node = _find_node(nodes, graph, layer, call)
    sources: dict[str, list[str]] = {}
    for source, target in graph.edges:
        sources.setdefault(target, []).append(source)
    after: list[str] = []
    while node is not None and node.layer:
        module = _module_of(network, node.layer)
        if isinstance(module, nn.Conv2d):
            is_first = sources.get(node.key) == [INPUT]
            return LayerConvolution(node.layer, module, node.call, tuple(reversed(after)), is_first)
        if not isinstance(module, ELEMENTWISE):
            raise LensMissing(_describe_missing(layer, node, module))
        after.append(node.kind)
        inputs = sources.get(node.key, [])
        node = nodes[inputs[0]] if len(inputs) == 1 else None
    raise LensMissing(_describe_missing(layer, node, None))


def _find_node(
    nodes: dict[str, GraphNode], graph: NetworkGraph, layer: LayerInfo, call: int
) -> GraphNode | None:
    """Return the node whose value a layer returns at one of its calls."""
    call %= max(layer.calls, 1)
    for node in nodes.values():
        if node.layer == layer.name and node.call == call:
            return node
    for block in graph.blocks:
        if block.layer == layer.name and block.call == call:
            return nodes.get(block.result)
    return None


def _module_of(network: Network, layer: str) -> nn.Module | None:
    name = network.table.modules.get(layer, "")
    return dict(network.module.named_modules()).get(name) if name else None


def _describe_missing(layer: LayerInfo, node: GraphNode | None, module: nn.Module | None) -> str:
    """Say why a layer has no kernels to show, and what to do."""
    title = layer.label
    where = title if node is None or node.layer == layer.name else f"{node.layer}, before {title},"
    if isinstance(module, TRANSPOSED):
        return (
            f"{where} is a transposed convolution: each of its inputs spreads a kernel over the "
            "output, so that no patch belongs to one place. Choose a convolution."
        )
    if isinstance(module, OTHER_AXES):
        axes = "one axis" if isinstance(module, nn.Conv1d) else "three axes"
        return f"{where} is a convolution over {axes}; kernels are shown of those over two."
    if node is not None and node.is_operation:
        return f"{title} joins several layers ({node.kind}); choose one of the convolutions in it."
    kind = layer.kind if node is None else node.kind
    return f"{where} ({kind}) has no kernels: choose a convolution, or a rectifier right after one."


def read_weights(convolution: nn.Conv2d) -> Array:
    """Return a convolution's weights, float32 (units, inputs of each unit, height, width)."""
    return to_float32(convolution.weight.detach())


def color_inputs(network: Network, convolution: LayerConvolution) -> tuple[int, ...]:
    """Return which inputs of a convolution are red, green and blue; () where none are."""
    module = convolution.module
    if not convolution.sees_picture or module.in_channels != 3 or module.groups != 1:
        return ()
    return (2, 1, 0) if network.card.channel_order == "BGR" else (0, 1, 2)


def input_scales(network: Network, convolution: LayerConvolution) -> tuple[float, ...]:
    """Return what each input of a convolution that sees the picture was divided by; () else.

    These are the card's standard deviations, in the order of the inputs.
    """
    module = convolution.module
    card = network.card
    if not convolution.sees_picture or module.in_channels != card.channels or module.groups != 1:
        return ()
    scales = tuple(card.std) if len(card.std) > 1 else tuple(card.std) * card.channels
    return scales[::-1] if card.channel_order == "BGR" else scales


def describe_geometry(convolution: nn.Conv2d) -> str:
    """Describe the kernel's size, and stride, padding, dilation and groups if they are unusual."""
    parts = [_pair(convolution.kernel_size)]
    if set(convolution.stride) != {1}:
        parts.append(f"stride {_number(convolution.stride)}")
    padding = convolution.padding
    if isinstance(padding, str):
        parts.append(f"padding '{padding}'")
    elif any(padding):
        mode = "" if convolution.padding_mode == "zeros" else f" ({convolution.padding_mode})"
        parts.append(f"padding {_number(padding)}{mode}")
    if set(convolution.dilation) != {1}:
        parts.append(f"dilation {_number(convolution.dilation)}")
    if convolution.groups > 1:
        parts.append(f"{convolution.groups} groups")
    return ", ".join(parts)


def _pair(values: tuple[int, ...]) -> str:
    return " x ".join(map(str, values))


def _number(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else _pair(values)
