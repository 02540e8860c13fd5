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
from dnnvis.library.scan.reductions import least_of, looked_at, most_of, real
from dnnvis.network.network import Network
from dnnvis.network.streaming import Passing

LOOKED = 4  # places of each map that the histogram, the deviation and the active share look at
RISING = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.SELU)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
MEAN = 1  # of the maximum, the mean and the minimum


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
    """One layer of a batch: ``numbers`` float32 (3, B, C), the maximum, the mean and the
    minimum of each map, ``places`` int64 (B, C) of the maxima."""

    numbers: Tensor
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
        self._steps: dict[int, _Step] = {}  # by the start of a layer's columns
        self._lines: dict[str, _Line] = {}
        self._where: dict[tuple[int, int], Tensor] = {}

    def run(self, net: Network, x: Tensor, numbers: Tensor) -> "Steps":
        """One pass over pixels ``x`` (B, C, H, W) in [0, 1], of the pictures ``numbers`` int64
        (B,) of the data. Raises BadInput, Cancelled."""
        self.start(numbers)
        net.summaries(x, list(self.columns), self)
        return Steps(self._steps)

    def start(self, numbers: Tensor) -> None:
        """A batch begins: ``numbers`` int64 (B,), which pictures of the data these are."""
        self.numbers = numbers
        self.batch = len(numbers)
        self._steps, self._where = {}, {}

    def __call__(self, passing: Passing) -> None:
        """Take in one layer. Raises BadInput where it does other than on a gray picture."""
        part = self.columns[passing.layer]
        before = self.columns.get(passing.source)
        if passing.same and part == before:
            return
        if tuple(passing.value.shape) != (self.batch, *part.shape) or part.start in self._steps:
            raise BadInput(
                f"{passing.layer} gives {tuple(passing.value.shape)} on these pictures, other "
                f"than on a gray one, {(self.batch, *part.shape)}; leave it out (--layers)."
            )
        known = before is not None and before.shape == part.shape
        source = self._steps[before.start] if before is not None and known else None
        self._steps[part.start] = step = self._step(passing, part, source)
        step.read(real(passing.value))

    def _step(self, passing: Passing, part: Columns, source: "_Step | None") -> "_Step":
        """How to take in a layer: from the one before, as far as its numbers are enough."""
        where = self._look_at(part)
        if part.places == 1:
            return _Point(where, None)
        if source is not None:
            module = passing.module
            if passing.same:
                return _Same(where, source)
            if type(module) in NORMS and normalises(module):
                return _Normalised(where, source, self._line(passing))
            if rises(module):
                return _Risen(where, source, module)
        return _Step(where, None)

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


class _Step:
    """One layer of a batch: ``read`` from its maps what only they tell, then ``layer`` gives
    the rest. ``where`` int64 (B, looked); ``source`` the layer whose value this one got."""

    def __init__(self, where: Tensor, source: "_Step | None") -> None:
        self.where, self.source = where, source
        self._made: _Layer | None = None

    def read(self, value: Tensor) -> None:
        """From maps (B, C, H, W)."""
        self.looks = looked_at(value, self.where)  # (B, looked, C)
        self._read(value)

    def layer(self) -> _Layer:
        """What is known of the layer."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def _known(self) -> _Layer:
        assert self.source is not None
        return self.source.layer()

    def _read(self, value: Tensor) -> None:
        most, self._places = most_of(value)
        self._numbers = torch.stack([most, value.mean((2, 3)), least_of(value)])

    def _make(self) -> _Layer:
        return _Layer(self._numbers, self._places)


class _Point(_Step):
    """Maps of one place."""

    def _read(self, value: Tensor) -> None:
        flat = value.reshape(value.shape[:2])
        self._numbers = torch.stack([flat, flat, flat])
        self._places = torch.zeros_like(flat, dtype=torch.int64)


class _Same(_Step):
    """The same maps."""

    def _read(self, value: Tensor) -> None: ...

    def _make(self) -> _Layer:
        return self._known()


class _Normalised(_Step):
    """What a batch norm with fixed numbers makes of the numbers of its input."""

    def __init__(self, where: Tensor, source: _Step, line: _Line) -> None:
        super().__init__(where, source)
        self._line = line

    def _read(self, value: Tensor) -> None:
        if len(self._line.turned):
            self._places = most_of(value[:, self._line.turned])[1]

    def _make(self) -> _Layer:
        known, line = self._known(), self._line
        numbers = torch.addcmul(line.shift, known.numbers, line.scale)
        places = known.places
        if len(line.turned):
            numbers[:, :, line.turned] = numbers[:, :, line.turned].flip(0)
            places = places.clone()
            places[:, line.turned] = self._places
        return _Layer(numbers, places)


class _Risen(_Step):
    """What a function that never falls makes of them: the largest stays the largest, where it
    was."""

    def __init__(self, where: Tensor, source: _Step, module: Any) -> None:
        super().__init__(where, source)
        self._module = module

    def _read(self, value: Tensor) -> None:
        self._mean = value.mean((2, 3))

    def _make(self) -> _Layer:
        known = self._known()
        numbers = self._module.forward(known.numbers.clone())
        numbers[MEAN] = self._mean
        return _Layer(numbers, known.places)


class Steps:
    """A batch that was read."""

    def __init__(self, steps: dict[int, _Step]) -> None:
        self._steps = steps

    def reduced(self) -> Reduced:
        """What was found in the batch; by any thread, beside the next pass."""
        steps = dict(sorted(self._steps.items()))
        layers = [step.layer() for step in steps.values()]
        most, mean, least = torch.cat([layer.numbers for layer in layers], 2)
        places = torch.cat([layer.places for layer in layers], 1).to(torch.int32)
        return Reduced(most, mean, least, places, {key: step.looks for key, step in steps.items()})


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
