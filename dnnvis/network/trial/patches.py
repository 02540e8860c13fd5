"""Bright patches: what changes where the picture does."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from dnnvis.network.trial.layout_rules import probed_channels

PATCHES = ((0, 2), (1, 0), (2, 3), (3, 1))  # row and column among quarters: no two share any
MIN_CONTRAST = 1.1  # of a patch's own cells to the others', from which on positions are proved
MIN_SELECTIVITY = 1.15  # below it a layer's cells hardly tell one patch from another
MIN_CHANNEL_CONTRAST = 1.2
MIN_CELLS = 16  # of a map that patches can refute: those of smaller ones share cells

Verdict = Literal["proved", "refuted", "undecided", "silent"]


class Judgment(NamedTuple):
    """Whether patches show where a layout has them."""

    verdict: Verdict
    focus: float  # how much denser the change is in the patches' own cells than all over
    columns: int  # of the patches, how many stand out in their own cells


def make_patched(picture: Tensor) -> Tensor:
    """Return (patches, C, H, W): a picture (1, C, H, W) in [0, 1], each with one patch inverted."""
    height, width = picture.shape[2:]
    copies = picture.repeat(len(PATCHES), 1, 1, 1)
    for copy, (row, column) in zip(copies, PATCHES, strict=True):
        ys = slice(row * height // 4, max((row + 1) * height // 4, row * height // 4 + 1))
        xs = slice(column * width // 4, max((column + 1) * width // 4, column * width // 4 + 1))
        part = copy[:, ys, xs]
        copy[:, ys, xs] = torch.where(part < 0.5, 1.0, 0.0)
    return copies


def is_usable(energy: Tensor) -> bool:
    """Return whether changes are finite, and any."""
    return energy.numel() > 0 and bool(energy.isfinite().all()) and float(energy.max()) > 0


def judge_positions(energy: Tensor | None) -> Judgment:
    """Judge whether (patches, h, w) changes most in each patch's own rows, columns and cells."""
    if energy is None or energy.dim() != 3 or not is_usable(energy):
        return Judgment("silent", 0.0, 0)
    weights, spans = _patch_weights(int(energy.shape[1]), int(energy.shape[2]))
    flat = energy.flatten(1)
    means = flat @ weights  # (patches, cells, rows and columns of each patch)
    inside, rows, columns = torch.split(means, len(PATCHES), 1)
    count, *others = (
        _count_own(one, own) for one, own in zip((inside, rows, columns), spans, strict=True)
    )
    own = inside.diagonal()
    focus = float((own / flat.mean(1).clamp_min(1e-300)).mean())
    contrast = float((own / inside.mean(0).clamp_min(1e-300)).mean())
    if min(count, *others) == len(PATCHES) and contrast >= MIN_CONTRAST:
        return Judgment("proved", focus, count)
    mean = flat.mean(0)
    alive = mean > 1e-9 * float(mean.max())
    selectivity = float((flat.amax(0)[alive] / mean[alive]).mean())
    clearly_elsewhere = selectivity >= MIN_SELECTIVITY and count <= 1
    clearly_elsewhere = clearly_elsewhere and flat.shape[1] >= MIN_CELLS
    return Judgment("refuted" if clearly_elsewhere else "undecided", focus, count)


def _count_own(inside: Tensor, spans: Sequence[Any]) -> int:
    """Count the spans that change most with their own patch; (patches, spans) says how much."""
    winners = (inside / inside.mean(0).clamp_min(1e-300)).argmax(0).tolist()
    return sum(spans[winner] == spans[k] for k, winner in enumerate(winners))


@lru_cache(maxsize=512)
def _patch_weights(height: int, width: int) -> tuple[Tensor, tuple[list[Any], ...]]:
    """Return weights (h * w, 3 patches) that average each patch's cells, rows and columns.

    And the cells, rows and columns of each: small maps have patches that share them.
    """
    spans = [_block((height, width), row, column) for row, column in PATCHES]
    weights = torch.zeros(3 * len(PATCHES), height, width, dtype=torch.float64)
    for number, (ys, xs) in enumerate(spans):
        weights[number, ys, xs] = 1
        weights[len(PATCHES) + number, ys] = 1
        weights[2 * len(PATCHES) + number, :, xs] = 1
    weights /= weights.sum((1, 2), keepdim=True)
    return weights.flatten(1).T.contiguous(), (
        spans,
        [ys for ys, _ in spans],
        [xs for _, xs in spans],
    )


def _block(size: tuple[int, ...], row: int, column: int) -> tuple[slice, slice]:
    """Return the cells of a map whose centers lie in a quarter of the rows and of the columns."""
    return _cells(int(size[0]), row), _cells(int(size[1]), column)


def _cells(count: int, quarter: int) -> slice:
    inside = [k for k in range(count) if quarter <= 4 * (k + 0.5) / count < quarter + 1]
    if not inside:
        inside = [min(int((quarter + 0.5) / 4 * count), count - 1)]
    return slice(inside[0], inside[-1] + 1)


def stands_out(energy: Tensor) -> bool:
    """Judge whether (channels, slices) changes most in each raised channel's own slice."""
    count = energy.shape[1]
    if count < 2 or not is_usable(energy):
        return False
    channels = probed_channels(count, len(energy))
    share = energy / energy.mean(1, keepdim=True).clamp_min(1e-300)
    inside = share[:, list(channels)]  # (raised, slices of these)
    inside = inside / inside.mean(0, keepdim=True).clamp_min(1e-300)
    right = all(channels[int(inside[:, k].argmax())] == channels[k] for k in range(len(channels)))
    return right and float(inside.diagonal().mean()) >= MIN_CHANNEL_CONTRAST
