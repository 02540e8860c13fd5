"""From maps to a few numbers per channel, while the pass goes on.

All layers lie side by side on one axis of units (U of them), so that what comes after the pass
is a handful of operations for the whole network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network
from dnnvis.network.passing import Passing

LOOKED = 4  # places of each map that the histogram, the deviation and the active share look at
WIDE = 64  # the inner axis from which a reduction over the others is fast
RISING = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.SELU)
REDUCTIONS: tuple[Any, ...] = (torch.amax, torch.mean, torch.amin)
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
    """Every layer's part of the axis of units, one after another; their shapes are those of
    the last call, told by a pass over a gray picture. Raises UnknownUnit, BadInput."""
    found: dict[str, Columns] = {}
    start = 0

    def add(passing: Passing) -> None:
        nonlocal start
        _, channels, height, width = passing.value.shape
        found[passing.layer] = Columns(start, start + channels, (channels, height, width))
        start += channels

    gray = torch.full((1, net.card.channels, *net.card.size), 0.5, device=net.device)
    net.summaries(gray, layers, add)
    return found


@dataclass(frozen=True, eq=False)
class Bounds:
    """What a value must pass to be of interest: ``above`` and ``below`` float32 (2, 1, U), for
    the maximum and the mean; ``ties``: reaching it is enough."""

    above: Tensor
    below: Tensor
    ties: bool = False


@dataclass(frozen=True, eq=False)
class Reduced:
    """A batch in few numbers: ``most``, ``mean``, ``least`` float32 (B, U) over each map;
    ``places`` int32 (B, U), where a map's maximum lies (row by row from 0), at least where the
    bounds were passed, else maybe -1; ``looks`` layer -> float32 (B, places, C), the values
    looked at."""

    most: Tensor
    mean: Tensor
    least: Tensor
    places: Tensor
    looks: dict[str, Tensor]


class Reducer:
    """Told what passes through a network (``Network.summaries``), it fills ``result``."""

    def __init__(self, columns: dict[str, Columns], numbers: Tensor, bounds: Bounds) -> None:
        """``numbers`` int64 (B,): which pictures of the data these are."""
        units = max(part.stop for part in columns.values())
        device = bounds.above.device
        self.columns = columns
        self.numbers = numbers.to(device)
        self.bounds = bounds
        self.batch = len(numbers)
        self._rows = torch.arange(self.batch, device=device)[:, None]
        self._stats = torch.empty((3, self.batch, units), device=device)  # most, mean, least
        self._places = torch.full((self.batch, units), -1, dtype=torch.int32, device=device)
        self._looks: dict[str, Tensor] = {}
        self._where: dict[tuple[int, int], Tensor] = {}

    @property
    def result(self) -> Reduced:
        most, mean, least = self._stats
        return Reduced(most, mean, least, self._places, self._looks)

    def __call__(self, passing: Passing) -> None:
        """Take in one layer. Raises BadInput where its shape is not the layer table's."""
        part = self.columns[passing.layer]
        value = real(passing.value)
        if tuple(value.shape) != (self.batch, *part.shape):
            raise BadInput(
                f"{passing.layer} gives {tuple(value.shape)} on these pictures, not "
                f"{(self.batch, *part.shape)}; leave it out (--layers)."
            )
        stats = self._stats[:, :, part.start : part.stop]  # (3, B, C)
        if part.places == 1:
            stats[:] = value.reshape(self.batch, -1)
            self._places[:, part.start : part.stop] = 0
            self._looks[passing.layer] = stats[0][:, None]
            return
        lined = lines(value)
        self._reduce(passing, part, value, stats)
        self._looks[passing.layer] = lined[self._rows, self._look_at(part)]  # (B, looked, C)
        self._find_places(part, lined, stats)

    def _reduce(self, passing: Passing, part: Columns, value: Tensor, stats: Tensor) -> None:
        """Maximum, mean and minimum, from those of the layer before where that is enough."""
        before = self.columns.get(passing.source)
        if before is None or before.shape != part.shape:
            over_maps(value, stats, (True, True, True))
            return
        known = self._stats[:, :, before.start : before.stop]
        places = self._places[:, part.start : part.stop]
        places[:] = self._places[:, before.start : before.stop]  # of a maximum that stays one
        if passing.same:
            stats[:] = known
        elif type(passing.module) in NORMS and normalises(passing.module):
            places[:, normalised(passing.module, known, stats)] = -1
        elif rises(passing.module):
            for k in (0, 2):  # the function rises: the largest stays the largest
                stats[k] = passing.module.forward(known[k].clone())
            over_maps(value, stats, (False, True, False))
        else:
            places[:] = -1
            over_maps(value, stats, (True, True, True))

    def _look_at(self, part: Columns) -> Tensor:
        """int64 (B, looked): places evenly apart, from a start that differs by picture."""
        key = (part.places, part.looked)
        if key not in self._where:
            steps = torch.arange(part.looked, device=self.numbers.device)
            apart = steps * part.places // part.looked
            first = self.numbers * 2654435761 % 2147483647  # spread as by chance (Knuth)
            self._where[key] = (first[:, None] + apart) % part.places
        return self._where[key]

    def _find_places(self, part: Columns, lined: Tensor, stats: Tensor) -> None:
        """Where the maxima are, of the maps that may enter a list."""
        span = slice(part.start, part.stop)
        above, below = self.bounds.above[:, :, span], self.bounds.below[:, :, span]
        both = stats[:2]
        if self.bounds.ties:
            hits = ((both >= above) | (both <= below)).any(0)
        else:
            hits = ((both > above) | (both < below)).any(0)
        hits &= self._places[:, span] < 0
        pictures, channels = hits.nonzero(as_tuple=True)
        if len(pictures):
            where = lined[pictures, :, channels].argmax(1).to(torch.int32)
            self._places[pictures, channels + part.start] = where


def real(value: Tensor) -> Tensor:
    """float32 numbers; of complex ones the absolute values."""
    if value.is_complex():
        value = value.abs()
    return value if value.dtype == torch.float32 else value.float()


def lines(value: Tensor) -> Tensor:
    """(B, C, H, W) as (B, H * W, C), without a copy where the memory allows."""
    return value.flatten(2).transpose(1, 2)


def over_maps(value: Tensor, stats: Tensor, wanted: tuple[bool, bool, bool]) -> None:
    """Write ``wanted`` of maximum, mean, minimum of (B, C, H, W) into ``stats`` (3, B, C)."""
    batch, channels, height, width = value.shape
    last = value.permute(0, 2, 3, 1)  # (B, H, W, C)
    folded = last.is_contiguous() and not value.is_contiguous()
    if folded and channels < WIDE and width > 1:
        rows = last.view(batch, height, width * channels)  # long lines add up faster
        for k, reduce in enumerate(REDUCTIONS):
            if wanted[k]:
                half = reduce(rows, 1).view(batch, width, channels)
                reduce(half, 1, out=stats[k])
        return
    flat, axis = (last.flatten(1, 2), 1) if folded else (value.flatten(2), 2)
    for k, reduce in enumerate(REDUCTIONS):
        if wanted[k]:
            reduce(flat, axis, out=stats[k])


def normalises(module: nn.Module) -> bool:
    """Whether a batch norm works with fixed numbers, channel by channel."""
    return not module.training and getattr(module, "running_var", None) is not None


def rises(module: nn.Module) -> bool:
    """Whether a module is a function of one number that never falls."""
    return type(module) in RISING and getattr(module, "alpha", 1.0) > 0


def normalised(module: Any, known: Tensor, stats: Tensor) -> Tensor:
    """Write what a batch norm makes of (3, B, C) maxima, means and minima into ``stats``; in
    which channels, bool (C,), it turns the order round."""
    scale = (module.running_var.float() + module.eps).rsqrt()
    if module.weight is not None:
        scale = scale * module.weight.float()
    shift = -scale * module.running_mean.float()
    if module.bias is not None:
        shift = shift + module.bias.float()
    torch.mul(known, scale, out=stats).add_(shift)
    turned: Tensor = scale <= 0
    if bool(turned.any()):
        most, least = stats[0].clone(), stats[2].clone()
        torch.maximum(most, least, out=stats[0])
        torch.minimum(most, least, out=stats[2])
    return turned
