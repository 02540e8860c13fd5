"""Measure the reference: what plain torch does with the same frames and the same threads."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.network.network import Network


def measure_rate(network: Network, frames: Sequence[Frame], seconds: float) -> float:
    """Measure the frames per second of encode + forward in inference_mode, nothing else.

    Args:
        network: The bare network.
        frames: Frames, taken round and round.
        seconds: Seconds to measure for, wall time.

    Returns:
        Frames per second of wall time.
    """
    count, start = 0, time.perf_counter()
    with torch.inference_mode():
        while time.perf_counter() - start < seconds:
            network.forward(network.encode(frames[count % len(frames)].pixels))
            count += 1
    return count / (time.perf_counter() - start)


def select_faster_format(network: Network, frames: Sequence[Frame], seconds: float = 1.0) -> str:
    """Put the network into the faster of NCHW and channels_last, and name it.

    Only formats in which the network gives the same answer are tried.

    Args:
        network: The network, whose memory format is set.
        frames: Frames to measure with, taken round and round.
        seconds: Seconds of wall time for each format, after 0.2 that warm up.

    Returns:
        A key of FORMATS, ``nchw`` or ``channels_last``.
    """
    rates = {}
    for name, memory_format in FORMATS.items():
        if not network.try_format(memory_format):
            continue
        measure_rate(network, frames, 0.2)
        rates[name] = measure_rate(network, frames, seconds)
    best = max(rates, key=lambda key: rates[key])
    network.set_memory_format(FORMATS[best])
    return best


FORMATS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}


def find_middle_convolution(network: Network) -> str:
    """Find the layer in the middle of the list of two-dimensional convolutions.

    In a network without any, the middle one of its dense layers. Raises BadInput where there are
    none either.
    """
    for kind in ("Conv2d", "Linear"):
        names = [layer.name for layer in network.layers if layer.kind == kind]
        if names:
            return names[len(names) // 2]
    raise BadInput(f"{network.name} has no convolution and no dense layer to go back from.")


def measure_backward_seconds(network: Network, frames: Sequence[Frame], seconds: float) -> float:
    """Measure 1 forward with gradients on and 3 plain backwards to the pixels.

    The backwards are those of one unit of the middle convolution.

    Args:
        network: The bare network.
        frames: Frames, taken round and round.
        seconds: Seconds of wall time to measure for; at least three times in any case.

    Returns:
        The median of the seconds of wall time.

    Raises:
        BadInput: The network has no convolution and no dense layer.
    """
    module = dict(network.module.named_modules())[find_middle_convolution(network)]
    outputs: list[Tensor] = []
    undo = _record_outputs(module, outputs)
    times: list[float] = []
    measurement_start = time.perf_counter()
    try:
        while time.perf_counter() - measurement_start < seconds or len(times) < 3:
            start = time.perf_counter()
            x = network.encode(frames[len(times) % len(frames)].pixels).requires_grad_()
            network.forward(x)
            target = outputs[-1]
            outputs.clear()
            initial_gradient = torch.zeros_like(target)
            initial_gradient[:, 0] = target[:, 0].detach()
            for _ in range(3):
                torch.autograd.grad(target, x, initial_gradient, retain_graph=True)
            times.append(time.perf_counter() - start)
    finally:
        undo()
    return median(times)


def _record_outputs(module: Any, outputs: list[Tensor]) -> Callable[[], None]:
    """Keep what ``module`` returns, without any hook; give the function that undoes it."""
    forward = module.forward

    def recording_forward(*args: Any) -> Any:
        outputs.append(forward(*args))
        return outputs[-1]

    module.forward = recording_forward
    return lambda: delattr(module, "forward")
