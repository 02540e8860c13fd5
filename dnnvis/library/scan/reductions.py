"""Reduce maps (B, C, H, W), quickly in either memory format."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

FAST_ROW_LENGTH = 128  # rows of so many values are reduced fast over the other axes
MIN_ROW_CHANNELS = 32  # from so many on the channels of one position are such a row

Reduction = Callable[[Tensor, int], Tensor]


def to_real(value: Tensor) -> Tensor:
    """Return float32 numbers; of complex ones the absolute values."""
    if value.is_complex():
        value = value.abs()
    return value if value.dtype == torch.float32 else value.float()


def flatten_channels_last(value: Tensor) -> Tensor | None:
    """Return (B, H * W, C) of maps whose channels lie side by side in memory; else None."""
    last = value.permute(0, 2, 3, 1)  # (B, H, W, C)
    if value.is_contiguous() or not last.is_contiguous():
        return None
    return last.flatten(1, 2)


def spatial_max(value: Tensor) -> tuple[Tensor, Tensor]:
    """Return the maximum (B, C) of each map, and its position, the first of equals."""
    # far faster on channels_last than max(dim), and it gives the position, too
    maximum, index = F.adaptive_max_pool2d(value, 1, return_indices=True)
    return maximum[:, :, 0, 0], index[:, :, 0, 0]


def spatial_min(value: Tensor) -> Tensor:
    """Return the minimum (B, C) of each map."""
    flattened = flatten_channels_last(value)
    return value.flatten(2).amin(2) if flattened is None else _reduce_rows(flattened, torch.amin)


def _reduce_rows(lines: Tensor, reduce: Reduction) -> Tensor:
    """Return ``reduce`` over the middle axis of a contiguous (n, L, C)."""
    count, length, channels = lines.shape
    if channels < MIN_ROW_CHANNELS:  # several positions are treated as one with more channels
        for group in range(FAST_ROW_LENGTH // channels, 1, -1):
            if length % group == 0:
                partial = reduce(lines.view(count, length // group, group * channels), 1)
                return reduce(partial.view(count, group, channels), 1)
    return reduce(lines, 1)


def gather_positions(value: Tensor, positions: Tensor) -> Tensor:
    """Return the values (B, n, C) of every channel at ``positions`` int64 (B, n)."""
    batch, count = positions.shape
    first = torch.arange(batch, device=positions.device)[:, None]
    flattened = flatten_channels_last(value)
    if flattened is None:
        return value.flatten(2).transpose(1, 2)[first, positions]
    flat = (first * flattened.shape[1] + positions).flatten()
    return flattened.flatten(0, 1).index_select(0, flat).view(batch, count, -1)
