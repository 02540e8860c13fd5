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


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer of a batch: what ``Reduced`` tells, (B, C) each."""

    most: Tensor
    mean: Tensor
    least: Tensor
    places: Tensor


@dataclass(frozen=True, eq=False)
class _Line:
    """What a batch norm with fixed numbers does, float32 (C,) each, and in which channels,
    int64, it turns the order round."""

    scale: Tensor
    shift: Tensor
    turned: Tensor


class Reducer:
    """Told what passes through a network (``Network.summaries``), batch after batch."""

    def __init__(self, columns: dict[str, Columns]) -> None:
        self.columns = columns
        self._lines: dict[str, _Line] = {}
        self._made: dict[int, _Layer] = {}
        self._looks: dict[int, Tensor] = {}
        self._where: dict[tuple[int, int], Tensor] = {}

    def start(self, numbers: Tensor) -> None:
        """A batch begins: ``numbers`` int64 (B,), which pictures of the data these are."""
        self.numbers = numbers
        self.batch = len(numbers)
        self._rows = torch.arange(self.batch, device=numbers.device)[:, None]
        self._made, self._looks, self._where = {}, {}, {}

    def end(self) -> Reduced:
        """What was found in the batch."""
        layers = [self._made[start] for start in sorted(self._made)]
        most, mean, least, places = (
            torch.cat([getattr(layer, name) for layer in layers], 1)
            for name in ("most", "mean", "least", "places")
        )
        return Reduced(most, mean, least, places.to(torch.int32), self._looks)

    def __call__(self, passing: Passing) -> None:
        """Take in one layer. Raises BadInput where it does other than on a gray picture."""
        part = self.columns[passing.layer]
        before = self.columns.get(passing.source)
        if passing.same and part == before:
            return
        value = real(passing.value)
        if tuple(value.shape) != (self.batch, *part.shape) or part.start in self._made:
            raise BadInput(
                f"{passing.layer} gives {tuple(value.shape)} on these pictures, other than on a "
                f"gray one, {(self.batch, *part.shape)}; leave it out (--layers)."
            )
        if part.places == 1:
            flat = value.reshape(self.batch, -1).clone()
            self._made[part.start] = _Layer(flat, flat, flat, torch.zeros_like(flat).long())
            self._looks[part.start] = flat[:, None]
            return
        known = self._made[before.start] if before and before.shape == part.shape else None
        layer = None if known is None else self._derived(passing, known, value)
        self._made[part.start] = layer or over_maps(value)
        self._looks[part.start] = lines(value)[self._rows, self._look_at(part)]  # (B, looked, C)

    def _derived(self, passing: Passing, known: _Layer, value: Tensor) -> _Layer | None:
        """From the numbers of the layer before, where these are enough."""
        module = passing.module
        if passing.same:
            return known
        if type(module) in NORMS and normalises(module):
            return normalised(self._line(passing), known, value)
        if not rises(module):
            return None
        # the function rises: the largest stays the largest, where it was
        most, least = (module.forward(old.clone()) for old in (known.most, known.least))
        return _Layer(most, value.mean((2, 3)), least, known.places)

    def _line(self, passing: Passing) -> _Line:
        if passing.layer not in self._lines:
            self._lines[passing.layer] = line_of(passing.module)
        return self._lines[passing.layer]

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


def over_maps(value: Tensor) -> _Layer:
    """From maps (B, C, H, W) themselves."""
    most, places = most_of(value)
    return _Layer(most, value.mean((2, 3)), least_of(value), places)


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


def line_of(module: Any) -> _Line:
    """What a batch norm with fixed numbers does to a value."""
    scale = (module.running_var.float() + module.eps).rsqrt()
    if module.weight is not None:
        scale = scale * module.weight.float()
    shift = -scale * module.running_mean.float()
    if module.bias is not None:
        shift = shift + module.bias.float()
    return _Line(scale, shift, (scale <= 0).nonzero()[:, 0])


def normalised(line: _Line, known: _Layer, value: Tensor) -> _Layer:
    """What a batch norm, which has made ``value``, makes of the numbers of its input."""
    most, mean, least = (
        torch.addcmul(line.shift, old, line.scale) for old in (known.most, known.mean, known.least)
    )
    places = known.places
    if len(line.turned):
        turned = line.turned
        most[:, turned], least[:, turned] = least[:, turned], most[:, turned]
        places = places.clone()
        places[:, turned] = most_of(value[:, turned])[1]
    return _Layer(most, mean, least, places)
