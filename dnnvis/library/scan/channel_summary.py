"""Reduce maps to a few numbers per channel, while the pass runs.

All layers lie side by side on one axis of units (U of them), so that what comes after the pass is a
handful of operations for the whole network.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.library.scan.map_reader import MapReader
from dnnvis.library.scan.reductions import gather_positions, spatial_max, spatial_min, to_real
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput

SAMPLES_PER_MAP = 4  # positions of each map sampled for histogram, deviation and active fraction
MONOTONIC_MODULES = (
    nn.ReLU,
    nn.ReLU6,
    nn.Hardtanh,
    nn.ELU,
    nn.Sigmoid,
    nn.Tanh,
    nn.Softplus,
    nn.SELU,
)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
MEAN_ROW = 1  # of the rows maximum, mean, minimum


@dataclass(frozen=True)
class UnitRange:
    """The units of a layer on the axis of all units."""

    #: First unit.
    start: int
    #: Unit after the last.
    stop: int
    #: (C, H, W) of the layer.
    shape: tuple[int, int, int]

    @property
    def positions(self) -> int:
        """Return the number of positions of a map."""
        return self.shape[1] * self.shape[2]

    @property
    def sample_count(self) -> int:
        """Return how many positions of a map are sampled: 4, or the only one."""
        return SAMPLES_PER_MAP if self.positions >= SAMPLES_PER_MAP else 1


def assign_unit_ranges(net: Network, layers: Sequence[str]) -> dict[str, UnitRange]:
    """Return every layer's range on the axis of units, one after another.

    A layer that only passes on another's output has the same range. The shapes are those of the
    last call, in a pass over a gray picture. Raises UnknownUnit, BadInput.
    """
    ranges: dict[str, UnitRange] = {}
    start = 0

    def add(layer_output: LayerOutput) -> None:
        nonlocal start
        _, channels, height, width = layer_output.value.shape
        source_range = ranges.get(layer_output.source)
        if (
            layer_output.same
            and source_range is not None
            and source_range.shape == (channels, height, width)
        ):
            ranges[layer_output.layer] = source_range
            return
        ranges[layer_output.layer] = UnitRange(start, start + channels, (channels, height, width))
        start += channels

    gray = torch.full((1, net.card.channels, *net.card.size), 0.5, device=net.device)
    net.stream_layers(gray, layers, add)
    return ranges


@dataclass(frozen=True, eq=False)
class BatchSummary:
    """A batch reduced to a few numbers per unit."""

    #: float32 (B, U), over each map.
    maximum: Tensor
    #: float32 (B, U), over each map.
    mean: Tensor
    #: float32 (B, U), over each map.
    minimum: Tensor
    #: int32 (B, U), position of a map's maximum (row by row from 0; the first of equals).
    positions: Tensor
    #: Start of a layer's range -> float32 (B, positions, C), the sampled values.
    samples: dict[int, Tensor]


@dataclass(frozen=True, eq=False)
class _LayerSummary:
    """One layer of a batch."""

    #: float32 (3, B, C), maximum, mean and minimum of each map.
    numbers: Tensor
    #: int64 (B, C), positions of the maxima.
    positions: Tensor


@dataclass(frozen=True, eq=False)
class _Affine:
    """What a batch norm with fixed statistics does."""

    #: float32 (C,).
    scale: Tensor
    #: float32 (C,).
    shift: Tensor
    #: int64, channels whose order it reverses.
    flipped: Tensor


class Reducer:
    """Reduces what passes through a network (``Network.stream_layers``), batch after batch."""

    def __init__(
        self,
        unit_ranges: dict[str, UnitRange],
        reader: MapReader | None = None,
        overwritten: Collection[str] = (),
    ) -> None:
        """Reduce with or without a second thread.

        Args:
            unit_ranges: Layer -> its range of units.
            reader: Reads the maps beside the pass; None: each layer is read when it returns.
            overwritten: Layers that are read when they return in any case, because their values do
                not last (see ``list_overwritten_layers``).
        """
        self.unit_ranges = unit_ranges
        self._reader, self._overwritten = reader, set(overwritten)
        self._reductions: dict[int, _LayerReduction] = {}  # by start of the range
        self._affines: dict[str, _Affine] = {}
        self._sample_positions: dict[tuple[int, int], Tensor] = {}

    def run(self, net: Network, x: Tensor, numbers: Tensor) -> "BatchReductions":
        """Run one pass, and return its reductions.

        Args:
            net: The network.
            x: Pixels (B, C, H, W) in [0, 1].
            numbers: int64 (B,), numbers of the pictures in the data set.

        Raises:
            BadInput: A layer behaves differently than on a gray picture.
            Cancelled: The pass was cancelled.
        """
        self.start(numbers)
        if self._reader is None:
            net.stream_layers(x, list(self.unit_ranges), self)
            return BatchReductions(self._reductions)
        try:
            net.stream_layers(x, list(self.unit_ranges), self)
            changed = self._reader.join()
        finally:
            self._reader.discard()
        if changed:  # unlike on a gray picture
            self._overwritten |= changed
            return self.run(net, x, numbers)
        return BatchReductions(self._reductions)

    def start(self, numbers: Tensor) -> None:
        """Begin a batch: ``numbers`` int64 (B,) are those of its pictures in the data set."""
        self.numbers = numbers
        self.batch = len(numbers)
        self._reductions, self._sample_positions = {}, {}

    def __call__(self, layer_output: LayerOutput) -> None:
        """Take in one layer; raise BadInput where its shape differs from that on a gray picture."""
        unit_range = self.unit_ranges[layer_output.layer]
        source_range = self.unit_ranges.get(layer_output.source)
        if layer_output.same and unit_range == source_range:
            return
        if (
            tuple(layer_output.value.shape) != (self.batch, *unit_range.shape)
            or unit_range.start in self._reductions
        ):
            raise BadInput(
                f"{layer_output.layer} gives {tuple(layer_output.value.shape)} on these pictures, "
                f"other than on a gray one, {(self.batch, *unit_range.shape)}; leave it out "
                "(--layers)."
            )
        same_shape = source_range is not None and source_range.shape == unit_range.shape
        source = (
            self._reductions[source_range.start]
            if source_range is not None and same_shape
            else None
        )
        self._reductions[unit_range.start] = reduction = self._create_reduction(
            layer_output, unit_range, source
        )
        value = to_real(layer_output.value)
        lasts = layer_output.layer not in self._overwritten and not value.is_inference()
        if self._reader is not None and lasts:
            self._reader.submit(layer_output.layer, reduction.read, value)
        else:
            reduction.read(value)

    def _create_reduction(
        self, layer_output: LayerOutput, unit_range: UnitRange, source: "_LayerReduction | None"
    ) -> "_LayerReduction":
        """Return how to reduce a layer: from its source's numbers, as far as they are enough."""
        sample_positions = self._choose_samples(unit_range)
        if unit_range.positions == 1:
            return _SinglePosition(sample_positions, None)
        if source is not None:
            module = layer_output.module
            if layer_output.same:
                return _Identity(sample_positions, source)
            if type(module) in BATCH_NORMS and is_fixed_batch_norm(module):
                return _BatchNorm(sample_positions, source, self._affine(layer_output))
            if is_monotonic(module):
                return _Monotonic(sample_positions, source, module)
        return _LayerReduction(sample_positions, None)

    def _affine(self, layer_output: LayerOutput) -> _Affine:
        if layer_output.layer not in self._affines:
            self._affines[layer_output.layer] = batch_norm_affine(layer_output.module)
        return self._affines[layer_output.layer]

    def _choose_samples(self, unit_range: UnitRange) -> Tensor:
        """Return the positions to sample, int64 (B, samples).

        At even distances, from a start that varies by picture.
        """
        key = (unit_range.positions, unit_range.sample_count)
        if key not in self._sample_positions:
            steps = torch.arange(unit_range.sample_count, device=self.numbers.device)
            offsets = steps * unit_range.positions // unit_range.sample_count
            first = self.numbers * 2654435761 % 2147483647  # pseudo-random (Knuth's hash)
            self._sample_positions[key] = (first[:, None] + offsets) % unit_range.positions
        return self._sample_positions[key]


class _LayerReduction:
    """Reduction of one layer of a batch: ``read`` its maps, then ``layer`` returns the rest.

    ``sample_positions`` int64 (B, samples); ``source`` reduces the layer whose value this one got.
    """

    def __init__(self, sample_positions: Tensor, source: "_LayerReduction | None") -> None:
        self.sample_positions, self.source = sample_positions, source
        self._summary: _LayerSummary | None = None

    def read(self, value: Tensor) -> None:
        """Take in maps (B, C, H, W)."""
        self.samples = gather_positions(value, self.sample_positions)  # (B, looked, C)
        self._read(value)

    def layer(self) -> _LayerSummary:
        """Return the layer's numbers."""
        if self._summary is None:
            self._summary = self._summarize()
        return self._summary

    def _source_summary(self) -> _LayerSummary:
        assert self.source is not None
        return self.source.layer()

    def _read(self, value: Tensor) -> None:
        maximum, self._positions = spatial_max(value)
        self._numbers = torch.stack([maximum, value.mean((2, 3)), spatial_min(value)])

    def _summarize(self) -> _LayerSummary:
        return _LayerSummary(self._numbers, self._positions)


class _SinglePosition(_LayerReduction):
    """Maps of one position."""

    def _read(self, value: Tensor) -> None:
        flat = value.reshape(value.shape[:2])
        self._numbers = torch.stack([flat, flat, flat])
        self._positions = torch.zeros_like(flat, dtype=torch.int64)


class _Identity(_LayerReduction):
    """The source's maps, unchanged."""

    def _read(self, value: Tensor) -> None: ...

    def _summarize(self) -> _LayerSummary:
        return self._source_summary()


class _BatchNorm(_LayerReduction):
    """A batch norm with fixed statistics, computed from the numbers of its input."""

    def __init__(self, sample_positions: Tensor, source: _LayerReduction, affine: _Affine) -> None:
        super().__init__(sample_positions, source)
        self._affine = affine

    def _read(self, value: Tensor) -> None:
        if len(self._affine.flipped):
            self._positions = spatial_max(value[:, self._affine.flipped])[1]

    def _summarize(self) -> _LayerSummary:
        source, affine = self._source_summary(), self._affine
        numbers = torch.addcmul(affine.shift, source.numbers, affine.scale)
        positions = source.positions
        if len(affine.flipped):
            numbers[:, :, affine.flipped] = numbers[:, :, affine.flipped].flip(0)
            positions = positions.clone()
            positions[:, affine.flipped] = self._positions
        return _LayerSummary(numbers, positions)


class _Monotonic(_LayerReduction):
    """A function that never falls: the source's largest value stays the largest, in place."""

    def __init__(self, sample_positions: Tensor, source: _LayerReduction, module: Any) -> None:
        super().__init__(sample_positions, source)
        self._module = module

    def _read(self, value: Tensor) -> None:
        self._mean = value.mean((2, 3))

    def _summarize(self) -> _LayerSummary:
        source = self._source_summary()
        numbers = self._module.forward(source.numbers.clone())
        numbers[MEAN_ROW] = self._mean
        return _LayerSummary(numbers, source.positions)


class BatchReductions:
    """The reductions of a batch."""

    def __init__(self, reductions: dict[int, _LayerReduction]) -> None:
        self._reductions = reductions

    def summarize(self) -> BatchSummary:
        """Return the numbers of the batch; by any thread, beside the next pass."""
        reductions = dict(sorted(self._reductions.items()))
        summaries = [reduction.layer() for reduction in reductions.values()]
        maximum, mean, minimum = torch.cat([layer.numbers for layer in summaries], 2)
        positions = torch.cat([layer.positions for layer in summaries], 1).to(torch.int32)
        return BatchSummary(
            maximum,
            mean,
            minimum,
            positions,
            {key: reduction.samples for key, reduction in reductions.items()},
        )


def is_fixed_batch_norm(module: nn.Module) -> bool:
    """Return whether a module is a batch norm with fixed statistics, channel by channel."""
    return not module.training and getattr(module, "running_var", None) is not None


def is_monotonic(module: nn.Module) -> bool:
    """Return whether a module is a function of one number that never falls."""
    return type(module) in MONOTONIC_MODULES and getattr(module, "alpha", 1.0) > 0


def batch_norm_affine(module: Any) -> _Affine:
    """Return what a batch norm with fixed statistics does to a value."""
    scale = (module.running_var.float() + module.eps).rsqrt()
    if module.weight is not None:
        scale = scale * module.weight.float()
    shift = -scale * module.running_mean.float()
    if module.bias is not None:
        shift = shift + module.bias.float()
    return _Affine(scale, shift, (scale <= 0).nonzero()[:, 0])
