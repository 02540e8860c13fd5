"""Numbers read from maps (B, C, H, W), quickly in either memory format."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

LINE = 128  # values in a row that a reduction over the others goes through quickly
NARROW = 32  # channels from which on those of one place are such a row
BROAD = 32  # width from which on a maximum is first sought in each row of a map

Over = Callable[[Tensor, int], Tensor]


def real(value: Tensor) -> Tensor:
    """float32 numbers; of complex ones the absolute values."""
    if value.is_complex():
        value = value.abs()
    return value if value.dtype == torch.float32 else value.float()


def places_of(value: Tensor) -> Tensor | None:
    """(B, H * W, C) of maps whose channels lie side by side in memory; else None."""
    last = value.permute(0, 2, 3, 1)  # (B, H, W, C)
    if value.is_contiguous() or not last.is_contiguous():
        return None
    return last.flatten(1, 2)


def most_of(value: Tensor) -> tuple[Tensor, Tensor]:
    """The maximum (B, C) of each map, and its place, the first of equals."""
    _, _, height, width = value.shape
    places = places_of(value) if min(height, width) >= BROAD else None
    if places is None:
        return _pooled(value)
    batch, _, channels = places.shape
    rows = _over(places.view(batch * height, width, channels), torch.amax)
    most, y = _pooled(rows.view(batch, height, 1, channels).permute(0, 3, 1, 2))
    where = y[:, None, None].expand(batch, 1, width, channels)
    row = places.view(batch, height, width, channels).gather(1, where)
    return most, y * width + _pooled(row.permute(0, 3, 1, 2))[1]


def _pooled(value: Tensor) -> tuple[Tensor, Tensor]:
    # far faster on channels_last than max(dim), and it tells the place by the way
    most, where = F.adaptive_max_pool2d(value, 1, return_indices=True)
    return most[:, :, 0, 0], where[:, :, 0, 0]


def least_of(value: Tensor) -> Tensor:
    """The minimum (B, C) of each map."""
    places = places_of(value)
    return value.flatten(2).amin(2) if places is None else _over(places, torch.amin)


def _over(lines: Tensor, reduce: Over) -> Tensor:
    """``reduce`` over the middle axis of a contiguous (n, L, C)."""
    many, length, channels = lines.shape
    if channels < NARROW:  # several places are taken for one with more channels
        for few in range(LINE // channels, 1, -1):
            if length % few == 0:
                wide = reduce(lines.view(many, length // few, few * channels), 1)
                return reduce(wide.view(many, few, channels), 1)
    return reduce(lines, 1)


def looked_at(value: Tensor, where: Tensor) -> Tensor:
    """(B, n, C), the values of every channel at the places ``where`` int64 (B, n)."""
    batch, many = where.shape
    first = torch.arange(batch, device=where.device)[:, None]
    places = places_of(value)
    if places is None:
        return value.flatten(2).transpose(1, 2)[first, where]
    flat = (first * places.shape[1] + where).flatten()
    return places.flatten(0, 1).index_select(0, flat).view(batch, many, -1)
