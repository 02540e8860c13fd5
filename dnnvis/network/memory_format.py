"""Choose the memory format in which a network's convolutions are fastest."""

import logging
import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dnnvis.core.errors import Cancelled
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.outputs import first_tensor

if TYPE_CHECKING:
    from dnnvis.network.network import Network

FORMATS = (torch.contiguous_format, torch.channels_last)
TOLERANCE = 1e-3  # of the largest value: what convolutions of another order of sums may differ


def choose_memory_format(network: "Network") -> None:
    """Take the faster of the two memory formats for convolutions, by trying both.

    One in which the network fails or answers differently is never taken.
    """
    previous = network.memory_format
    other = next(format_ for format_ in FORMATS if format_ != previous)
    if not network.try_format(other):
        return
    faster = False
    try:
        x = network.probe()
        seconds = _measure(network, x)
        network.set_memory_format(previous)
        faster = seconds < _measure(network, x)
    finally:
        network.set_memory_format(other if faster else previous)


def try_format(network: "Network", memory_format: torch.memory_format, pictures: int) -> bool:
    """Change to ``memory_format`` if the network gives the same answer in it; return whether.

    Weights and inputs have it from then on; the same means to rounding. Where the network fails in
    it (``view`` after a convolution, weights of five axes), where it answers differently, and
    whatever is raised meanwhile, the previous format is restored.

    Args:
        network: The network.
        memory_format: The format.
        pictures: Pictures of noise that it is tried on.

    Raises:
        Cancelled: The pass was stopped.
    """
    previous = network.memory_format
    if memory_format == previous:
        return True
    same = False
    try:
        x = network.probe(pictures)
        expected = _answer(network, x)
        network.set_memory_format(memory_format)
        same = _is_close(expected, _answer(network, x))
    except Cancelled:
        raise
    except Exception as error:  # a network's own code may raise anything
        logging.getLogger(__name__).info(
            "%s cannot run in %s: %s", network.name, memory_format, error
        )
    finally:
        if not same:
            network.set_memory_format(previous)
    return same


def _measure(network: "Network", x: Tensor) -> float:
    """Return the seconds of the fastest of four passes over ``x``."""
    return min(_time(network, x) for _ in range(4))


def _time(network: "Network", x: Tensor) -> float:
    start = time.perf_counter()
    _answer(network, x)
    return time.perf_counter() - start


def _answer(network: "Network", x: Tensor) -> Tensor | None:
    """Return what the network gives for pixels; None where there is no tensor in it."""
    with autograd_mode(False):
        return first_tensor(run_user_code(network.forward, x))


def _is_close(expected: Tensor | None, actual: Tensor | None) -> bool:
    """Return whether two answers are the same but for rounding."""
    if expected is None or actual is None or expected.shape != actual.shape:
        return False
    kind = expected.dtype
    rounding = torch.finfo(kind).eps if kind.is_floating_point or kind.is_complex else 0.0
    tolerance = max(TOLERANCE, 50 * rounding)
    width = torch.complex128 if kind.is_complex else torch.float64
    a, b = (value.detach().cpu().to(width) for value in (expected, actual))
    scale = float(a.abs().nan_to_num(0.0, 0.0, 0.0).amax()) if a.numel() else 0.0
    return torch.allclose(b, a, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
