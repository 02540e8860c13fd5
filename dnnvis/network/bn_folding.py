"""A network's twin for long work: batch norms folded into the layers before them.

In eval mode a batch norm is one multiplication and one addition a channel, which the
convolution before it can do as well (Jacob et al. 2018, "Quantization and Training of Neural
Networks", section 3.2, equation 14); a rectifier right behind can then work in place.
"""

import copy
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.hooks import first_tensor, watched
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.network import Network

LINEAR = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
RECTIFIERS = (nn.ReLU, nn.ReLU6)
FAILURES = (BadInput, RuntimeError, TypeError, ValueError)  # also of what cannot be copied
CLOSE = 1e-3  # of the largest value: how far the twin's result may differ


@dataclass(frozen=True)
class Pairs:
    """``norms``: batch norm -> the layer before it; ``rectifiers`` that follow such a layer
    or a folded batch norm and nothing else; all by module name."""

    norms: dict[str, str]
    rectifiers: tuple[str, ...]


def folded(network: Network, spare: Collection[str] = ()) -> Network:
    """A network with the same layers (but those before a folded batch norm), which gives the
    same values to rounding with less work; the network itself where nothing can be folded,
    or where the twin's result is not the same. ``spare``: layers whose own value is wanted.

    The twin shares all weights that are not folded, and is kept with the network; one serves
    all layers that lose nothing by it."""
    pairs = _pairs(network)
    own = frozenset(spare) & frozenset(pairs.norms.values())
    key = (own, network.memory_format)
    if key not in network.twins:
        network.twins[key] = _folded(network, _pairs(network, own) if own else pairs)
    twin: Network = network.twins[key]
    return twin


def _pairs(network: Network, spare: Collection[str] = ()) -> Pairs:
    """``found_pairs``, kept with the network; none where the network fails."""
    key = ("pairs", frozenset(spare))
    if key not in network.twins:
        try:
            with torch.inference_mode(False), torch.no_grad():
                network.twins[key] = found_pairs(network, spare)
        except FAILURES:
            network.twins[key] = Pairs({}, ())
    found: Pairs = network.twins[key]
    return found


def _folded(network: Network, pairs: Pairs) -> Network:
    if not pairs.norms:
        return network
    try:
        with torch.inference_mode(False), torch.no_grad():
            twin = copy.copy(network)
            twin.module = _twin_of(network.module, pairs)
            x = network.probe()
            same = _close(_result(network, x), _result(twin, x))
    except FAILURES:
        return network
    return twin if same else network


def found_pairs(network: Network, spare: Collection[str]) -> Pairs:
    """What can be folded, told from one pass: which module was given what another had just
    returned."""
    makers: dict[int, tuple[str, Tensor]] = {}
    calls: Counter[str] = Counter()
    norms: dict[str, str] = {}
    behind: dict[str, str] = {}
    modules = dict(network.module.named_modules())

    def after(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        given = inputs[0] if isinstance(inputs, tuple) and len(inputs) == 1 else None
        maker, tensor = makers.get(id(given), ("", None))
        calls[name] += 1
        if tensor is given and maker:
            if isinstance(module, NORMS) and _foldable(modules[maker], module):
                norms[name] = maker
            elif type(module) in RECTIFIERS:
                behind[name] = maker
        made = first_tensor(output)
        if made is not None and made is not given and _plain(module):
            makers[id(made)] = name, made

    with watched(network.module, after):
        run_user_code(network.forward, network.probe())
    once = {name for name, count in calls.items() if count == 1}
    good = {n: c for n, c in norms.items() if {n, c} <= once and c not in spare}
    rectifiers = tuple(
        name for name, maker in behind.items()
        if name in once and (maker in good or isinstance(modules[maker], LINEAR))
    )  # fmt: skip
    return Pairs(good, rectifiers)


def _plain(module: nn.Module) -> bool:
    return isinstance(module, LINEAR + NORMS)


def _foldable(layer: nn.Module, norm: nn.Module) -> bool:
    """Whether the two are as torch makes them, with weights of their own and fixed numbers."""
    own = isinstance(layer, LINEAR) and set(layer._parameters) == {"weight", "bias"}
    fixed = not norm.training and getattr(norm, "running_var", None) is not None
    return own and fixed and layer.weight.is_floating_point()  # type: ignore[operator]


def _twin_of(module: nn.Module, pairs: Pairs) -> nn.Module:
    """A copy that shares every tensor but those of folded layers."""
    changed = {id(t) for name in pairs.norms.values() for t in _tensors(module, name)}
    every = (*module.parameters(), *module.buffers())
    twin = copy.deepcopy(module, {id(t): t for t in every if id(t) not in changed})
    for norm, layer in pairs.norms.items():
        _fold(twin.get_submodule(layer), twin.get_submodule(norm))
        parent, _, name = norm.rpartition(".")
        setattr(twin.get_submodule(parent), name, nn.Identity())
    for name in pairs.rectifiers:
        twin.get_submodule(name).inplace = True  # type: ignore[assignment]
    return twin


def _tensors(module: nn.Module, name: str) -> list[Tensor]:
    return list(module.get_submodule(name).parameters(recurse=False))


def _fold(layer: Any, norm: Any) -> None:
    """Give ``layer`` what ``norm`` does after it."""
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight.double()
    shift = -norm.running_mean.double() * scale
    if norm.bias is not None:
        shift = shift + norm.bias.double()
    if layer.bias is not None:
        shift = shift + layer.bias.double() * scale
    weight = layer.weight.double() * scale.view(-1, *(1,) * (layer.weight.dim() - 1))
    layout = torch.preserve_format
    layer.weight = nn.Parameter(
        torch.empty_like(layer.weight, memory_format=layout).copy_(weight), requires_grad=False
    )
    layer.bias = nn.Parameter(shift.to(layer.weight), requires_grad=False)


def _result(network: Network, x: Tensor) -> Tensor | None:
    return first_tensor(run_user_code(network.forward, x))


def _close(wanted: Tensor | None, found: Tensor | None) -> bool:
    if wanted is None or found is None or wanted.shape != found.shape:
        return False
    apart = (wanted - found).abs().max()
    return bool(apart <= CLOSE * wanted.abs().max())
