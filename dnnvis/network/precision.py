"""Compute gradients of half-precision networks in float32.

float16 holds nothing below 6e-8, so that what is sent back through a dozen layers is exactly 0;
bfloat16 keeps three digits. Where the network runs in float32 as well, a copy of it does; where it
does not, signals are scaled up on their way (Micikevicius et al. 2018, "Mixed Precision Training",
section 3.2).
"""

import copy
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from dnnvis.core.errors import Cancelled
from dnnvis.network.cache import NetworkCache
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.recording import Recording

FULL_BYTES = 4  # of a float32
SCALES = (2.0**14, 2.0**9, 2.0**4, 1.0)  # of signals, the first that stays finite counts

_TYPES = NetworkCache[str, tuple[str, ...]]()
_COPIES = NetworkCache[str, Network | None]()
_RECORDINGS: "WeakKeyDictionary[Recording, Recording]" = WeakKeyDictionary()


def half_types(network: Network) -> tuple[str, ...]:
    """Return the names of the types of less than 32 bits that the network computes in."""

    def find() -> tuple[str, ...]:
        tensors = (*network.module.parameters(), *network.module.buffers())
        floats = (t.dtype for t in tensors if _is_half(t))
        return tuple(dict.fromkeys(str(kind).removeprefix("torch.") for kind in floats))

    return _TYPES.get_or_compute(network, "types", find)


def in_float32(network: Network) -> Network | None:
    """Return a float32 copy of a half-precision network, cached with it.

    Returns:
        The network itself where it computes in float32 or better; None where it does not run in
        float32.
    """
    if not half_types(network):
        return network
    float32_copy = _COPIES.get_or_compute(network, "float32", lambda: _copy_in_float32(network))
    if float32_copy is not None:  # a network that takes any size has another table at another size
        float32_copy.card = network.card
        float32_copy.reuse_table(network)
    return float32_copy


def needs_scaling(network: Network) -> bool:
    """Return whether gradients must go through a half-precision network itself."""
    return in_float32(network) is None


def record_in_float32(network: Network, recording: Recording) -> Recording:
    """Return a recording of the same picture and layers by the network's float32 copy.

    It has gradients, and is made once for all lenses.

    Args:
        network: The network.
        recording: What it did on the picture.

    Returns:
        ``recording`` itself where there is no such copy, or no need of one.
    """
    float32_copy = in_float32(network)
    if float32_copy is None or float32_copy is network:
        return recording
    if recording not in _RECORDINGS:
        _RECORDINGS[recording] = float32_copy.run(recording.x, tuple(recording), gradients=True)
    return _RECORDINGS[recording]


def describe_precision(network: Network) -> str:
    """Return how gradients of the network are computed, in a few words; "" where in its own way."""
    types = half_types(network)
    if not types:
        return ""
    if in_float32(network) is not None:
        return f"computed on a float32 copy, since {' and '.join(types)} would lose small gradients"
    return f"signals scaled up on the way back, since {' and '.join(types)} loses small ones"


def explain_no_gradient(layer: str) -> str:
    """Return why nothing can be sent back from a layer where torch says that there is no path."""
    return (
        f"There is no gradient from {layer} back to the picture: a part between them, quantized "
        "or of code that torch cannot differentiate, passes none; choose a layer before that part."
    )


def send_back(
    total: Tensor, sources: Sequence[Any], *, scaled: bool = False, keep: bool = False
) -> Sequence[Tensor | None]:
    """Return the gradients of ``total`` at ``sources``, None where none arrives.

    Args:
        total: A number with a graph.
        sources: Leaves or edges of the graph.
        scaled: Whether to scale it up on its way through a half-precision network: as far as all
            gradients stay finite.
        keep: Whether to retain the graph for another time.

    Returns:
        The gradients, where they were scaled as float32.
    """
    if not scaled:
        return torch.autograd.grad(total, sources, retain_graph=keep, allow_unused=True)
    for scale in SCALES:
        gradients = torch.autograd.grad(
            total * scale, sources, retain_graph=True, allow_unused=True
        )
        if all(g is None or bool(torch.isfinite(g).all()) for g in gradients):
            break
    return tuple(None if g is None else g.to(_result_type(g)) / scale for g in gradients)


def _is_half(value: Tensor) -> bool:
    return value.is_floating_point() and value.dtype.itemsize < FULL_BYTES


def _result_type(gradient: Tensor) -> torch.dtype:
    return torch.promote_types(gradient.dtype, torch.float32)


def _copy_in_float32(network: Network) -> Network | None:
    """Return the copy; None where the network cannot be copied, or fails in float32."""
    try:
        with torch.inference_mode(False), torch.no_grad():
            float32_copy = network.copy_with(_widen(copy.deepcopy(network.module)))
        float32_copy.dtype = torch.float32
        float32_copy.__dict__["weights_fingerprint"] = (
            network.weights_fingerprint
        )  # it stands for the same weights
        float32_copy.caches = {}  # what was computed of the network is not of the copy
        with autograd_mode(False):
            x = network.probe()
            own = first_tensor(run_user_code(network.forward, x))
            float32_result = first_tensor(run_user_code(float32_copy.forward, x))
    except Cancelled:
        raise
    except Exception:  # a network's own code may raise anything
        return None
    return (
        float32_copy
        if own is not None and float32_result is not None and own.shape == float32_result.shape
        else None
    )


def _widen(module: nn.Module) -> nn.Module:
    """Change every floating-point weight of less than 32 bits to float32, in place."""

    def widen(value: Tensor) -> Tensor:
        return value.float() if _is_half(value) else value

    module._apply(widen)  # type: ignore[no-untyped-call]
    return module
