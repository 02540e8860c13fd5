"""Give the layers of a Keras file to those of a torch network: names, orders of axes, kinds.

Keras' kernels end in (in, out), torch's begin with (out, in). A dense layer behind a flattened map
numbers its inputs by (row, column, channel) there, by (channel, row, column) here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dnnvis.core.errors import Mismatch

KERAS_EPSILON = 1e-3  # of its normalizations, where nobody says another
MAX_LISTED = 6


@dataclass(frozen=True)
class KerasLayer:
    """One layer with weights."""

    #: As the file calls it.
    name: str
    #: convolution, depthwise, transposed, norm, layer norm, dense, embedding.
    kind: str
    #: Its weights' names in torch -> their names in the checkpoint.
    keys: dict[str, str]
    #: What is added to the variance; None where nobody says.
    epsilon: float | None = None
    #: Where it stands among those of its kind; None where the file does not tell.
    position: tuple[int, ...] | None = None
    #: Channels of the map whose flattened pixels it takes; 0: it takes none.
    flattened_channels: int = 0
    #: Whether the file says that it takes a flattened map, or not.
    is_flattening_known: bool = False


def assign_layers(
    module: nn.Module, state: Mapping[str, Tensor], layers: Sequence[KerasLayer]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the weights of a Keras file under a network's names, and notes on how they got there.

    Layers of the same names are each other's; else those of each kind are, in their order.

    Raises:
        Mismatch: The numbers or the shapes of the layers of a kind differ, or their order in the
            file is not known.
    """
    parts = {name: part for name, part in module.named_modules() if _kind_of(part)}
    flattened, notes = _as_torch_flattens(state, layers, parts)
    named = {layer.name: layer for layer in layers}
    if named.keys() == parts.keys():
        pairs = [(named[name], name) for name in parts]
        notes += ("Keras' layers have the names of the network's.",)
    else:
        pairs = _pair_in_order(layers, parts, flattened)
        listed = ", ".join(f"{layer.name} -> {name}" for layer, name in pairs[:MAX_LISTED])
        more = f" and {len(pairs) - MAX_LISTED} more" if len(pairs) > MAX_LISTED else ""
        notes += (
            "Keras' layers were given to the network's of the same kind in their order: "
            f"{listed}{more}. Compare one answer with Keras'.",
        )
    result: dict[str, Tensor] = {}
    for layer, name in pairs:
        result |= {f"{name}.{end}": flattened[key] for end, key in layer.keys.items()}
    return result, (*notes, *_epsilon_notes(pairs, parts))


def _kind_of(part: nn.Module) -> str:
    if isinstance(part, nn.modules.conv._ConvTransposeNd):
        return "transposed"
    if isinstance(part, nn.modules.conv._ConvNd):
        depthwise = part.groups > 1 and part.groups == part.in_channels
        return "depthwise" if depthwise else "convolution"
    kinds: dict[str, type | tuple[type, ...]] = {
        "norm": nn.modules.batchnorm._BatchNorm,
        "layer norm": (nn.LayerNorm, nn.GroupNorm),
        "dense": nn.Linear,
        "embedding": nn.Embedding,
    }
    return next((kind for kind, classes in kinds.items() if isinstance(part, classes)), "")


def _pair_in_order(
    layers: Sequence[KerasLayer], parts: Mapping[str, nn.Module], state: Mapping[str, Tensor]
) -> list[tuple[KerasLayer, str]]:
    theirs: dict[str, list[KerasLayer]] = defaultdict(list)
    for layer in layers:
        theirs[layer.kind].append(layer)
    ours: dict[str, list[str]] = defaultdict(list)
    for name, part in parts.items():
        ours[_kind_of(part)].append(name)
    other = [
        f"{len(theirs[kind])} of kind {kind} there, {len(ours[kind])} here"
        for kind in sorted(theirs.keys() | ours.keys())
        if len(theirs[kind]) != len(ours[kind])
    ]
    if other:
        raise Mismatch(f"Keras' layers do not fit the network's: {'; '.join(other)}.")
    pairs: list[tuple[KerasLayer, str]] = []
    for kind, group in theirs.items():
        if len(group) > 1 and any(layer.position is None for layer in group):
            names = ", ".join(sorted(layer.name for layer in group)[:MAX_LISTED])
            raise Mismatch(
                f"The order of Keras' layers of kind {kind} ({names}) is not in the file; give "
                "the network's layers the same names, or open the .keras file."
            )
        pairs += zip(sorted(group, key=lambda layer: layer.position or ()), ours[kind], strict=True)
    _check_shapes(pairs, parts, state)
    return pairs


def _check_shapes(
    pairs: Sequence[tuple[KerasLayer, str]],
    parts: Mapping[str, nn.Module],
    state: Mapping[str, Tensor],
) -> None:
    wrong = []
    for layer, name in pairs:
        own = parts[name].state_dict()
        for end, key in layer.keys.items():
            here = tuple(own[end].shape) if end in own else "nothing"
            if here != tuple(state[key].shape):
                wrong.append(f"{key} {tuple(state[key].shape)} there, {name}.{end} {here} here")
    if wrong:
        listed = "; ".join(wrong[:MAX_LISTED])
        raise Mismatch(
            f"Keras' layers, given to the network's in their order, do not fit: {listed}."
        )


def _as_torch_flattens(
    state: Mapping[str, Tensor], layers: Sequence[KerasLayer], parts: Mapping[str, nn.Module]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return weights with the inputs of dense layers behind flattened maps in torch's order."""
    result = dict(state)
    notes: tuple[str, ...] = ()
    for layer in layers:
        channels = layer.flattened_channels
        if layer.kind != "dense" or not channels:
            continue
        weight = state[layer.keys["weight"]]  # (out, pixels * channels)
        pixels = weight.reshape(len(weight), -1, channels)
        turned = pixels.transpose(1, 2).flatten(1).contiguous()
        result[layer.keys["weight"]] = turned
        origin = "" if layer.is_flattening_known else ", which is taken from its shape"
        notes += (
            f"{layer.name} takes the flattened pixels of {channels} channels{origin}; its weights "
            "were put in torch's order, channels first.",
        )
    return result, notes


def _epsilon_notes(
    pairs: Sequence[tuple[KerasLayer, str]], parts: Mapping[str, nn.Module]
) -> tuple[str, ...]:
    """Say where a network divides by another deviation than Keras did."""
    for layer, name in pairs:
        own = getattr(parts[name], "eps", None)
        theirs = KERAS_EPSILON if layer.epsilon is None else layer.epsilon
        if own is None or abs(own - theirs) <= 1e-9:
            continue
        origin = "Keras' default" if layer.epsilon is None else "Keras"
        return (
            f"{name} adds {own:g} to the variance, {origin} {theirs:g}: build the network with "
            f"eps={theirs:g} for the same answers.",
        )
    return ()


def as_torch_kernel(kernel: Tensor, kind: str) -> Tensor:
    """Return a kernel of Keras' with its axes in torch's order.

    Args:
        kernel: (*size, in, out); depthwise (*size, channels, multiplier); transposed (*size, out,
            in); dense (in, out); embeddings as they are.
        kind: That of the layer.
    """
    if kind == "embedding":
        return kernel
    if kind == "dense":
        return kernel.t().contiguous()
    sides = tuple(range(kernel.dim() - 2))
    if kind == "depthwise":
        moved = kernel.permute(-2, -1, *sides)  # (channels, multiplier, *size)
        return moved.reshape(-1, 1, *moved.shape[2:]).contiguous()
    return torch.permute(kernel, (kernel.dim() - 1, kernel.dim() - 2, *sides)).contiguous()
