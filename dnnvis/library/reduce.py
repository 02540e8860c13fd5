"""From maps to a few numbers per channel, while the pass goes on.

All layers lie side by side on one axis of units (U of them), so that what comes after the pass
is a handful of operations for the whole network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network
from dnnvis.network.passing import Passing

LOOKED = 4  # places of each map that the histogram, the deviation and the active share look at
WIDE = 64  # the inner axis from which a reduction over the others is fast
RISING = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.SELU)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Columns:
    """Which units are a layer's: ``start`` to ``stop`` of the axis, (C, H, W) its shape."""

    start: int
    stop: int
    shape: tuple[int, int, int]

    @property
    def places(self) -> int:
        return self.shape[1] * self.shape[2]

    @property
    def looked(self) -> int:
        """How many places of a map are looked at: 4, or the only one."""
        return LOOKED if self.places >= LOOKED else 1


def columns_of(net: Network, layers: Sequence[str]) -> dict[str, Columns]:
    """Every layer's part of the axis of units, one after another; a layer that only hands on
    what another gave has the same part. The shapes are those of the last call, told by a pass
    over a gray picture. Raises UnknownUnit, BadInput."""
    found: dict[str, Columns] = {}
    start = 0

    def add(passing: Passing) -> None:
        nonlocal start
        _, channels, height, width = passing.value.shape
        before = found.get(passing.source)
        if passing.same and before is not None and before.shape == (channels, height, width):
            found[passing.layer] = before
            return
        found[passing.layer] = Columns(start, start + channels, (channels, height, width))
        start += channels

    gray = torch.full((1, net.card.channels, *net.card.size), 0.5, device=net.device)
    net.summaries(gray, layers, add)
    return found


@dataclass(frozen=True, eq=False)
class Reduced:
    """A batch in few numbers: ``most``, ``mean``, ``least`` float32 (B, U) over each map;
    ``places`` int32 (B, U), where a map's maximum lies (row by row from 0; the first of
    equals); ``looks`` start of a layer's columns -> float32 (B, places, C), the values looked
    at."""

    most: Tensor
    mean: Tensor
    least: Tensor
    places: Tensor
    looks: dict[int, Tensor]


class Reducer:
    """Told what passes through a network (``Network.summaries``), it fills ``result``."""

    def __init__(self, columns: dict[str, Columns], numbers: Tensor) -> None:
        """``numbers`` int64 (B,): which pictures of the data these are."""
        units = max(part.stop for part in columns.values())
        device = numbers.device
        self.columns = columns
        self.numbers = numbers
        self.batch = len(numbers)
        self._rows = torch.arange(self.batch, device=device)[:, None]
        self._stats = torch.empty((3, self.batch, units), device=device)  # most, mean, least
        self._places = torch.zeros((self.batch, units), dtype=torch.int32, device=device)
        self._looks: dict[int, Tensor] = {}
        self._where: dict[tuple[int, int], Tensor] = {}

    @property
    def result(self) -> Reduced:
        most, mean, least = self._stats
        return Reduced(most, mean, least, self._places, self._looks)

    def __call__(self, passing: Passing) -> None:
        """Take in one layer. Raises BadInput where it does other than on a gray picture."""
        part = self.columns[passing.layer]
        before = self.columns.get(passing.source)
        if passing.same and part == before:
            return
        value = real(passing.value)
        if tuple(value.shape) != (self.batch, *part.shape) or part.start in self._looks:
            raise BadInput(
                f"{passing.layer} gives {tuple(value.shape)} on these pictures, other than on a "
                f"gray one, {(self.batch, *part.shape)}; leave it out (--layers)."
            )
        stats = self._stats[:, :, part.start : part.stop]  # (3, B, C)
        if part.places == 1:
            stats[:] = value.reshape(self.batch, -1)
            self._looks[part.start] = stats[0][:, None]
            return
        if before is None or before.shape != part.shape or not self._derive(
            passing, part, before, value
        ):  # fmt: skip
            over_maps(value, stats, self._places[:, part.start : part.stop])
        self._looks[part.start] = lines(value)[self._rows, self._look_at(part)]  # (B, looked, C)

    def _derive(self, passing: Passing, part: Columns, before: Columns, value: Tensor) -> bool:
        """From the numbers of the layer before, where these are enough; whether they were."""
        module, span = passing.module, slice(part.start, part.stop)
        norm = type(module) in NORMS and normalises(module)
        if not (passing.same or norm or rises(module)):
            return False
        known = self._stats[:, :, before.start : before.stop]
        stats, places = self._stats[:, :, span], self._places[:, span]
        places[:] = self._places[:, before.start : before.stop]  # where it was most, it still is
        if passing.same:
            stats[:] = known
        elif norm:
            turned = normalised(module, known, stats)
            if len(turned):
                places[:, turned] = most_of(value[:, turned])[1].to(torch.int32)
        else:
            for k in (0, 2):  # the function rises: the largest stays the largest
                stats[k] = module.forward(known[k].clone())
            stats[1] = value.mean((2, 3))
        return True

    def _look_at(self, part: Columns) -> Tensor:
        """int64 (B, looked): places evenly apart, from a start that differs by picture."""
        key = (part.places, part.looked)
        if key not in self._where:
            steps = torch.arange(part.looked, device=self.numbers.device)
            apart = steps * part.places // part.looked
            first = self.numbers * 2654435761 % 2147483647  # spread as by chance (Knuth)
            self._where[key] = (first[:, None] + apart) % part.places
        return self._where[key]


def real(value: Tensor) -> Tensor:
    """float32 numbers; of complex ones the absolute values."""
    if value.is_complex():
        value = value.abs()
    return value if value.dtype == torch.float32 else value.float()


def lines(value: Tensor) -> Tensor:
    """(B, C, H, W) as (B, H * W, C), without a copy where the memory allows."""
    return value.flatten(2).transpose(1, 2)


def over_maps(value: Tensor, stats: Tensor, places: Tensor) -> None:
    """Write maximum, mean, minimum of (B, C, H, W) into ``stats`` (3, B, C), and where the
    maximum lies into ``places`` (B, C)."""
    stats[0], places[:] = most_of(value)
    stats[1] = value.mean((2, 3))
    stats[2] = least_of(value)


def most_of(value: Tensor) -> tuple[Tensor, Tensor]:
    """The maximum (B, C) of each map, and its place, the first of equals."""
    # far faster on channels_last than max(dim), and it tells the place by the way
    most, where = F.adaptive_max_pool2d(value, 1, return_indices=True)
    return most[:, :, 0, 0], where[:, :, 0, 0]


def least_of(value: Tensor) -> Tensor:
    """The minimum (B, C) of each map."""
    batch, channels, height, width = value.shape
    last = value.permute(0, 2, 3, 1)  # (B, H, W, C)
    if not last.is_contiguous() or value.is_contiguous():
        return value.flatten(2).amin(2)
    if channels >= WIDE or width == 1:
        return last.flatten(1, 2).amin(1)
    rows = last.view(batch, height, width * channels)  # long lines go faster
    return rows.amin(1).view(batch, width, channels).amin(1)


def normalises(module: nn.Module) -> bool:
    """Whether a batch norm works with fixed numbers, channel by channel."""
    return not module.training and getattr(module, "running_var", None) is not None


def rises(module: nn.Module) -> bool:
    """Whether a module is a function of one number that never falls."""
    return type(module) in RISING and getattr(module, "alpha", 1.0) > 0


def normalised(module: Any, known: Tensor, stats: Tensor) -> Tensor:
    """Write what a batch norm makes of (3, B, C) maxima, means and minima into ``stats``; in
    which channels, int64, it turns the order round."""
    scale = (module.running_var.float() + module.eps).rsqrt()
    if module.weight is not None:
        scale = scale * module.weight.float()
    shift = -scale * module.running_mean.float()
    if module.bias is not None:
        shift = shift + module.bias.float()
    torch.mul(known, scale, out=stats).add_(shift)
    turned: Tensor = (scale <= 0).nonzero()[:, 0]
    if len(turned):
        stats[0, :, turned], stats[2, :, turned] = stats[2, :, turned], stats[0, :, turned]
    return turned
