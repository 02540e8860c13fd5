"""Measure how strongly each layer fires now and then, within the pass of a frame."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.network.hooks import observe_modules
from dnnvis.network.layer_table import RESULT
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.values import as_shown, to_float32

INTERVAL_SECONDS = 0.25  # between two measurements while frames stream, ...
INTERVAL_PASSES = 10  # ... of a slow network fewer: a measured pass costs up to a sixth more
FUSED_INTERVAL_SECONDS = 1.0  # where other passes are fused: a measured one is exact ...
FUSED_INTERVAL_PASSES = 20  # ... and as slow as two of them
MAX_VALUES = 2048  # of a layer that are read, about
IDLE_SECONDS = 0.1  # after that long without a pass, frames do not stream


class ActivityMeter:
    """Measures passes, at most four times a second and one in ten while frames stream.

    The first frame after a pause is always measured, so that of single pictures the last one is.
    Nothing is stored but two numbers a layer, computed when it returns.
    """

    def __init__(self) -> None:
        self._network: Network | None = None
        self._measured = self._passed = 0.0  # times of the latest measurement and pass

    def is_due(self, network: Network, interval: float = INTERVAL_SECONDS) -> bool:
        """Return whether the next pass is to be measured."""
        now = time.perf_counter()
        is_idle = now - self._passed >= IDLE_SECONDS
        return network is not self._network or is_idle or now - self._measured >= interval

    @contextmanager
    def measure(
        self, network: Network, *, wanted: bool, interval: float = INTERVAL_SECONDS
    ) -> Iterator["LayerActivity | None"]:
        """Yield what the pass within the context fills; None where it is not measured.

        ``interval``: seconds between two measurements while frames stream.
        """
        if not (wanted and self.is_due(network, interval)):
            yield None
        else:
            activity = LayerActivity(network)
            modules = set(network.table.modules.values()) - {RESULT}
            with observe_modules(network.module, activity.on_output, modules):
                yield activity
            self._network, self._measured = network, time.perf_counter()
        self._passed = time.perf_counter()


class LayerActivity:
    """The share of values above zero, and the mean, of each layer at its last call.

    Of large maps every second, third ... row and column counts, of large lists of tokens every
    n-th value, so that all channels have as many. What a hook costs delays the frame, so it copies
    these places only; all is computed at once when it is read.
    """

    def __init__(self, network: Network) -> None:
        self._rows = network.table.rows_by_module()
        self._samples: dict[str, Tensor] = {}  # row -> values of any shape

    def on_output(self, name: str, module: Any, inputs: Any, output: Any) -> None:
        """Take in what a module has just returned; a forward hook."""
        value, row = first_tensor(output), self._rows.get(name)
        if row is None or value is None or not value.is_floating_point() or not value.numel():
            return
        with torch.no_grad():
            self._samples[row] = _sample(value.detach()).clone()

    def read(self) -> dict[str, tuple[float, float]]:
        """Return layer -> (share of values above 0, mean)."""
        if not self._samples:
            return {}
        samples = [as_shown(sample).reshape(-1) for sample in self._samples.values()]
        values = to_float32(torch.cat(samples))  # of all layers, one after the other
        sizes = np.array([len(sample) for sample in samples])
        starts = np.cumsum(sizes) - sizes
        active = np.add.reduceat(values > 0, starts, dtype=np.int64) / sizes
        means = np.add.reduceat(values, starts, dtype=np.float64) / sizes
        pairs = zip(active.tolist(), means.tolist(), strict=True)
        return dict(zip(self._samples, pairs, strict=True))


def _sample(values: Tensor) -> Tensor:
    """Return a view of about MAX_VALUES values at evenly spread places.

    Of maps (B, C, H, W) it is every n-th row and column, its channels last: so they lie in memory
    in the faster of the two formats. Of anything else, such as tokens (B, N, C), it is every n-th
    value in memory, where n and the last axis have no common divisor: else some channels would not
    count at all.
    """
    count = values.numel()
    if values.dim() == 4:
        step = math.isqrt(count // MAX_VALUES)
        return values if step <= 1 else values.permute(0, 2, 3, 1)[:, ::step, ::step]
    step = count // MAX_VALUES
    if step <= 1 or not values.is_contiguous():
        return values
    while math.gcd(step, values.shape[-1]) > 1:
        step += 1
    return values.view(-1)[::step]
