"""Fold batch norms into the layers before them, for work that takes long.

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
from dnnvis.network.cache import NetworkCache
from dnnvis.network.fusion.fused_convolution import fold_weights
from dnnvis.network.hooks import observe_modules
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor

LINEAR_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
NORM_LAYERS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
RECTIFIER_LAYERS = (nn.ReLU, nn.ReLU6)
MODULE_ERRORS = (BadInput, RuntimeError, TypeError, ValueError)  # also of what cannot be copied
MAX_RELATIVE_ERROR = 1e-3  # of the largest value: how far the folded result may differ


@dataclass(frozen=True)
class FoldablePairs:
    """What can be folded; all by module name."""

    #: Batch norm -> the layer before it.
    norms: dict[str, str]
    #: Rectifiers that follow such a layer or a folded batch norm and nothing else.
    rectifiers: tuple[str, ...]


#: By the layers whose own value is needed; the folded networks also by the memory format.
_PAIRS = NetworkCache[frozenset[str], FoldablePairs]()
_FOLDED = NetworkCache[tuple[frozenset[str], torch.memory_format], Network]()


def fold_batch_norms(network: Network, unfolded_layers: Collection[str] = ()) -> Network:
    """Return a network that gives the same values, to rounding, with less work.

    It has the same layers, but for those before a folded batch norm. It is the network itself
    where nothing can be folded, where the result is not the same, and while edits are on.
    ``unfolded_layers``: layers whose own value is needed.

    The folded network shares all weights that are not folded, and is cached with the network; one
    serves all layers that lose nothing by it.
    """
    if network.edits:  # they act on layers that would be gone
        return network
    pairs = _cached_pairs(network)
    unfolded = frozenset(unfolded_layers) & frozenset(pairs.norms.values())
    return _FOLDED.get_or_compute(
        network,
        (unfolded, network.memory_format),
        lambda: _fold_network(network, _cached_pairs(network, unfolded) if unfolded else pairs),
    )


def _cached_pairs(network: Network, unfolded_layers: Collection[str] = ()) -> FoldablePairs:
    """Return ``find_foldable_pairs``, cached with the network; none where the network fails."""

    def find() -> FoldablePairs:
        try:
            with torch.inference_mode(False), torch.no_grad():
                return find_foldable_pairs(network, unfolded_layers)
        except MODULE_ERRORS:
            return FoldablePairs({}, ())

    return _PAIRS.get_or_compute(network, frozenset(unfolded_layers), find)


def _fold_network(network: Network, pairs: FoldablePairs) -> Network:
    if not pairs.norms:
        return network
    try:
        with torch.inference_mode(False), torch.no_grad():
            folded_network = network.copy_with(_fold_module(network.module, pairs))
            x = network.probe()
            is_same = _is_close(_result(network, x), _result(folded_network, x))
    except MODULE_ERRORS:
        return network
    return folded_network if is_same else network


def find_foldable_pairs(network: Network, unfolded_layers: Collection[str]) -> FoldablePairs:
    """Return what can be folded, by one pass.

    The pass shows which module was given what another had just returned.
    """
    producers: dict[int, tuple[str, Tensor]] = {}
    calls: Counter[str] = Counter()
    norms: dict[str, str] = {}
    rectified: dict[str, str] = {}
    modules = dict(network.module.named_modules())

    def on_return(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        argument = inputs[0] if isinstance(inputs, tuple) and len(inputs) == 1 else None
        producer, tensor = producers.get(id(argument), ("", None))
        calls[name] += 1
        if tensor is argument and producer:
            if isinstance(module, NORM_LAYERS) and _is_foldable(modules[producer], module):
                norms[name] = producer
            elif type(module) in RECTIFIER_LAYERS:
                rectified[name] = producer
        result = first_tensor(output)
        if result is not None and result is not argument and _is_linear_or_norm(module):
            producers[id(result)] = name, result

    with observe_modules(network.module, on_return):
        run_user_code(network.forward, network.probe())
    called_once = {name for name, count in calls.items() if count == 1}
    foldable = {
        n: c for n, c in norms.items() if {n, c} <= called_once and c not in unfolded_layers
    }
    rectifiers = tuple(
        name
        for name, producer in rectified.items()
        if name in called_once
        and (producer in foldable or isinstance(modules[producer], LINEAR_LAYERS))
    )
    return FoldablePairs(foldable, rectifiers)


def _is_linear_or_norm(module: nn.Module) -> bool:
    return isinstance(module, LINEAR_LAYERS + NORM_LAYERS)


def _is_foldable(layer: nn.Module, norm: nn.Module) -> bool:
    """Return whether the two are torch's own, with weights of their own and fixed statistics."""
    own = isinstance(layer, LINEAR_LAYERS) and set(layer._parameters) == {"weight", "bias"}
    fixed = not norm.training and getattr(norm, "running_var", None) is not None
    return own and fixed and layer.weight.is_floating_point()  # type: ignore[operator]


def _fold_module(module: nn.Module, pairs: FoldablePairs) -> nn.Module:
    """Return a copy that shares every tensor but those of folded layers."""
    changed = {id(t) for name in pairs.norms.values() for t in _own_parameters(module, name)}
    tensors = (*module.parameters(), *module.buffers())
    folded_module = copy.deepcopy(module, {id(t): t for t in tensors if id(t) not in changed})
    for norm, layer in pairs.norms.items():
        _fold(folded_module.get_submodule(layer), folded_module.get_submodule(norm))
        parent, _, name = norm.rpartition(".")
        setattr(folded_module.get_submodule(parent), name, nn.Identity())
    for name in pairs.rectifiers:
        folded_module.get_submodule(name).inplace = True  # type: ignore[assignment]
    return folded_module


def _own_parameters(module: nn.Module, name: str) -> list[Tensor]:
    return list(module.get_submodule(name).parameters(recurse=False))


def _fold(layer: Any, norm: Any) -> None:
    """Make ``layer`` do what ``norm`` does after it."""
    weight, shift = fold_weights(layer, norm)
    assert shift is not None  # there is a norm
    same_format = torch.empty_like(layer.weight, memory_format=torch.preserve_format)
    layer.weight = nn.Parameter(same_format.copy_(weight), requires_grad=False)
    layer.bias = nn.Parameter(shift, requires_grad=False)


def _result(network: Network, x: Tensor) -> Tensor | None:
    return first_tensor(run_user_code(network.forward, x))


def _is_close(expected: Tensor | None, actual: Tensor | None) -> bool:
    if expected is None or actual is None or expected.shape != actual.shape:
        return False
    deviation = (expected - actual).abs().max()
    return bool(deviation <= MAX_RELATIVE_ERROR * expected.abs().max())
