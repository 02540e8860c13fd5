"""Find which unit each input of a matrix comes from, by gradients that carry its number.

Between the layer before and the matrix values are moved: pooled, flattened, joined, shuffled. We
do not trust the names of these operations. The gradient of the inputs whose number has bit b,
divided by the gradient of all inputs, is that bit at every place that leads to one input alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.network.backward_rules import stop_signals
from dnnvis.network.connections.capture import CapturedPass
from dnnvis.network.connections.walk import Row
from dnnvis.network.values import to_float32

BIT_TOLERANCE = 0.1  # how far a bit may be from 0 or 1: what mixes inputs is far from both


@dataclass(frozen=True, eq=False)
class Routing:
    """Where the inputs of a matrix come from."""

    #: The layers.
    rows: tuple[Row, ...]
    #: Number of the layer among ``rows`` that each input comes from, int64 (inputs,); -1: nothing
    #: of it was active on the picture, so that it is not known.
    source: NDArray[np.int64]
    #: The channel of that layer, int64 (inputs,); -1: not known.
    channel: NDArray[np.int64]
    #: Where in its map each input of a vector lies, (y * width + x), int64 (inputs,); -1: the
    #: input is a map of its own, or is pooled from several places.
    position_index: NDArray[np.int64]

    @property
    def is_complete(self) -> bool:
        """Return whether the origin of each input is known."""
        return bool((self.source >= 0).all())

    def inputs_of(self, row: Row, channel: int) -> NDArray[np.int64]:
        """Return the inputs that a unit is given to."""
        if row not in self.rows:
            return np.zeros(0, np.int64)
        is_own = (self.source == self.rows.index(row)) & (self.channel == channel)
        return np.flatnonzero(is_own)


def route_inputs(
    capture: CapturedPass, given: Tensor, rows: Sequence[Row], axis: int
) -> Routing | None:
    """Find which channel of which layer each input of a matrix is.

    Args:
        capture: A pass with gradients.
        given: What the matrix was given.
        rows: The layers before it.
        axis: The axis of the inputs in ``given``.

    Returns:
        The routing; None where an input depends on more than one unit, so that there is no single
        matrix.
    """
    count = given.shape[axis]
    edges = {row: capture.edge(row) for row in rows}
    live = [row for row in rows if edges[row] is not None]
    if given.grad_fn is None or not live:
        return None
    shape = [1] * given.dim()
    shape[axis] = count
    numbers = torch.arange(count, device=given.device).reshape(shape)
    signals = _send_back(capture, given, torch.ones_like(given), live)
    totals = [None if s is None else s.double() for s in signals]
    inputs = [None if t is None else torch.zeros_like(t, dtype=torch.int64) for t in totals]
    for bit in range(max(count - 1, 1).bit_length()):
        carried = ((numbers >> bit) & 1).to(given.dtype).expand_as(given).contiguous()
        parts = _send_back(capture, given, carried, live)
        for k, (part, total) in enumerate(zip(parts, totals, strict=True)):
            if total is None:
                continue
            bits = _divide(part, total)
            if bits is None:
                return None
            inputs[k] = inputs[k] + (bits << bit)  # type: ignore[operator]
    return _collect(tuple(live), totals, inputs, count)


def _divide(part: Tensor | None, total: Tensor) -> Tensor | None:
    """Return 0 or 1 for each place; None where some place is neither."""
    reached = total != 0
    ratio = torch.zeros_like(total)
    if part is not None:
        ratio[reached] = part.double()[reached] / total[reached]
    rounded = ratio.round()
    error = float((ratio - rounded).abs().max()) if ratio.numel() else 0.0
    is_bit = bool(((rounded == 0) | (rounded == 1)).all())
    return rounded.long() if is_bit and error < BIT_TOLERANCE else None


def _collect(
    rows: tuple[Row, ...], totals: Sequence[Tensor | None], inputs: Sequence[Any], count: int
) -> Routing | None:
    """Turn the number of the input at each place of each layer around; None in a conflict."""
    source, channel, position_index = (np.full(count, -1, np.int64) for _ in range(3))
    for k, (total, numbers) in enumerate(zip(totals, inputs, strict=True)):
        if total is None:
            continue
        channels = total.shape[1]
        reached = (total[0] != 0).cpu().numpy().reshape(channels, -1)
        number = numbers[0].cpu().numpy().reshape(channels, -1)
        own_channel, spot = np.nonzero(reached)
        target = number[own_channel, spot]
        pairs = np.unique(np.stack([target, own_channel]), axis=1)
        unique_targets, counts = np.unique(pairs[0], return_counts=True)
        if (counts > 1).any() or (source[unique_targets] >= 0).any():
            return None  # one input from two units
        source[pairs[0]], channel[pairs[0]] = k, pairs[1]
        lengths = np.bincount(target, minlength=count)
        single = lengths[target] == 1
        position_index[target[single]] = spot[single]
        _fill_pattern(source, channel, k, channels)
    return Routing(rows, source, channel, position_index)


def _fill_pattern(
    source: NDArray[np.int64], channel: NDArray[np.int64], row: int, channels: int
) -> None:
    """Fill in units that were not active where all others follow: input = channel + offset."""
    own = np.flatnonzero(source == row)
    if not len(own) or len(own) == channels:
        return
    offsets = np.unique(own - channel[own])
    if len(offsets) != 1:
        return
    expected = np.arange(channels) + offsets[0]
    fits = (expected >= 0) & (expected < len(source))
    if fits.all() and (np.isin(source[expected], (-1, row))).all():
        source[expected], channel[expected] = row, np.arange(channels)


def _send_back(
    capture: CapturedPass, target: Tensor, start: Tensor, rows: Sequence[Row]
) -> list[Tensor | None]:
    """Return the gradients that arrive at layers on paths through none of the others."""
    return send_back_to(capture, target, start, rows)


def send_back_to(
    capture: CapturedPass,
    target: Tensor,
    start: Tensor,
    rows: Sequence[Row],
    *,
    cut: bool = True,
) -> list[Tensor | None]:
    """Return the gradients (1, C, H, W) that arrive at layers.

    Args:
        capture: A pass with gradients.
        target: Where the gradient starts, a value of that pass.
        start: The gradient there.
        rows: The layers; each has an edge.
        cut: Whether to count only the paths through none of the other layers.

    Returns:
        A gradient for each layer; None where none arrives.
    """
    edges: list[Any] = [capture.edge(row) for row in rows]
    nodes = [edge.node for edge in edges if not isinstance(edge, Tensor)] if cut else []
    with stop_signals(nodes):
        signals = torch.autograd.grad(
            target, edges, start, retain_graph=True, allow_unused=True, materialize_grads=False
        )
    return [
        None if signal is None else capture.arrange(row, signal)
        for row, signal in zip(rows, signals, strict=True)
    ]


def read_channels(value: Tensor) -> NDArray[np.float32]:
    """Return a value (1, C, H, W) as float32 (C, H, W)."""
    return to_float32(value.detach()[0])
