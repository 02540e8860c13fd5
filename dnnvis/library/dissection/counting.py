"""Count, while a pass runs, where units are active and which concepts are there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.receptive_field import per_axis
from dnnvis.library.dissection.points import LayerPoints, PointPlan, take_positions
from dnnvis.library.dissection.thresholds import LADDER
from dnnvis.library.scan.channel_summary import (
    BATCH_NORMS,
    UnitRange,
    batch_norm_affine,
    is_fixed_batch_norm,
)
from dnnvis.library.scan.map_reader import MapReader
from dnnvis.library.scan.reductions import spatial_max, to_real
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput

LARGE_MAP = 2  # maps of more than so many positions a point are read at the points alone


class LayerCounts(NamedTuple):
    """Counts of one layer, int64; candidates are those of ``thresholds``."""

    #: (C, m): values that lie from a candidate on, below the next.
    values: Tensor
    #: (C, m): points at which the interpolated map lies so.
    points: Tensor
    #: (C, m, K): those of them at which a concept is.
    joint: Tensor
    #: Values of each unit that were looked at.
    total: int

    def select(self, channels: Tensor) -> "LayerCounts":
        """Return the counts of some units, int64 (n,)."""
        at = channels.to(self.values.device)
        return LayerCounts(self.values[at], self.points[at], self.joint[at], self.total)


def count_layer(
    value: Tensor, edges: Tensor, where: LayerPoints, planes: Tensor, concepts: int
) -> LayerCounts:
    """Count one layer of a batch.

    Args:
        value: Maps float32 (B, C, H, W).
        edges: Candidates (C, m), not falling along the second axis.
        where: Where the layer is compared with masks.
        planes: Concepts at those points, int64 (D, B, points), see ``ConceptBatch``.
        concepts: K.
    """
    batch, channels, height, width = value.shape
    floor, steps = edges[:, 0], edges.shape[1]
    if where.interpolation is None:
        active = natives = _find_active(take_positions(value, where.positions), floor, edges)
        total = batch * where.count
    elif height * width > LARGE_MAP * where.count:
        at_points, values = where.interpolation.read_corners(value)  # (B, points, C)
        active = _find_active(at_points, floor, edges)
        natives = _find_active(values, floor, edges)
        total = batch * where.count
    else:
        largest = spatial_max(value)[0]
        picture, channel = (largest >= floor).nonzero(as_tuple=True)
        maps = value[picture, channel]  # (n, H, W)
        own_floor = floor[channel]
        natives = _find_in_rows(maps.flatten(1), own_floor, channel, picture, edges)
        interpolated = where.interpolation.read_whole(maps)
        active = _find_in_rows(interpolated, own_floor, channel, picture, edges)
        total = batch * height * width
    slots = channels * steps
    joint = torch.zeros(slots * (concepts + 1), dtype=torch.int64, device=value.device)
    for plane in planes.to(value.device):
        key = active.slot * (concepts + 1) + plane.flatten()[active.point]
        joint += torch.bincount(key, minlength=len(joint))
    return LayerCounts(
        torch.bincount(natives.slot, minlength=slots).view(channels, steps),
        torch.bincount(active.slot, minlength=slots).view(channels, steps),
        joint.view(channels, steps, concepts + 1)[:, :, :concepts],
        total,
    )


class _Active(NamedTuple):
    """Values from the lowest candidate on."""

    #: int64 (n,), channel * m + the highest candidate that a value reaches.
    slot: Tensor
    #: int64 (n,), picture * points + point.
    point: Tensor


def _find_active(lines: Tensor, floor: Tensor, edges: Tensor) -> _Active:
    """Find them in values (pictures, points, C)."""
    channels = lines.shape[2]
    lines = lines.contiguous()
    flat = _flat_nonzero(lines >= floor)
    channel = flat % channels
    return _Active(_find_slots(lines.view(-1)[flat], channel, edges), flat // channels)


def _find_in_rows(
    rows: Tensor, floor: Tensor, channel: Tensor, picture: Tensor, edges: Tensor
) -> _Active:
    """Find them in values (n, points) of maps, of which ``channel`` and ``picture`` are known."""
    points = rows.shape[1]
    rows = rows.contiguous()
    flat = _flat_nonzero(rows >= floor[:, None])
    row = flat // points
    slots = _find_slots(rows.view(-1)[flat], channel[row], edges)
    return _Active(slots, picture[row] * points + flat % points)


def _flat_nonzero(mask: Tensor) -> Tensor:
    """Return the flat positions int64 (n,) where a mask is true; few are."""
    if mask.device.type != "cpu":
        return mask.view(-1).nonzero()[:, 0]
    return torch.from_numpy(np.flatnonzero(mask.numpy()))  # far faster than torch's


def _find_slots(values: Tensor, channel: Tensor, edges: Tensor) -> Tensor:
    steps = edges.shape[1]
    reached = (values[:, None] >= edges[channel]).sum(1)  # 1 to m
    return channel * steps + reached - 1


class LayerObserver:
    """Hands each layer's maps to a reader of its own, on a second thread where there is one."""

    def __init__(
        self,
        ranges: dict[str, UnitRange],
        reader: MapReader | None = None,
        overwritten: Collection[str] = (),
    ) -> None:
        """Observe with or without a second thread.

        Args:
            ranges: Layer -> its range of units.
            reader: Reads the maps beside the pass; None: each layer is read when it returns.
            overwritten: Layers that are read when they return in any case.
        """
        self.ranges = ranges
        self._reader, self._overwritten = reader, set(overwritten)

    def run(
        self,
        net: Network,
        x: Tensor,
        create_reader: Callable[[LayerOutput], Callable[[Tensor], None] | None],
    ) -> None:
        """Run one pass.

        Args:
            net: The network.
            x: Pixels (B, C, H, W) in [0, 1].
            create_reader: Returns what reads a layer's maps, None where nothing does; it is called
                again, and what an earlier reader has noted is void, where maps were changed while
                they were read.

        Raises:
            BadInput: A layer behaves differently than on a gray picture.
            Cancelled: The pass was cancelled.
        """
        seen: set[int] = set()

        def observe(output: LayerOutput) -> None:
            unit_range = self.ranges[output.layer]
            source = self.ranges.get(output.source)
            if output.same and unit_range == source:
                return
            expected = (len(x), *unit_range.shape)
            if tuple(output.value.shape) != expected or unit_range.start in seen:
                raise BadInput(
                    f"{output.layer} gives {tuple(output.value.shape)} on these pictures, other "
                    f"than on a gray one, {expected}; leave it out (--layer)."
                )
            seen.add(unit_range.start)
            read, value = create_reader(output), to_real(output.value)
            if read is None:
                return
            lasts = output.layer not in self._overwritten and not value.is_inference()
            if self._reader is not None and lasts:
                self._reader.submit(output.layer, read, value)
            else:
                read(value)

        if self._reader is None:
            net.stream_layers(x, list(self.ranges), observe)
            return
        try:
            net.stream_layers(x, list(self.ranges), observe)
            changed = self._reader.join()
        finally:
            self._reader.discard()
        if changed:  # unlike on a gray picture
            self._overwritten |= changed
            self.run(net, x, create_reader)


class SharedCounts(NamedTuple):
    """How the counts of a batch norm with fixed statistics follow from those of its input.

    It maps a unit's values by a line, and with them the interpolated map and the threshold, so the
    counts are the same; but of units whose order it reverses.
    """

    #: First unit of its input's range.
    source: int
    #: float32 (C,), slope and offset of each unit's line.
    scale: Tensor
    shift: Tensor
    #: int64, units that are counted themselves.
    flipped: Tensor

    def move_edges(self, own: Tensor, source: Tensor) -> Tensor:
        """Return its candidates (C, m), from those of its input and its own."""
        moved = torch.addcmul(self.shift.cpu()[:, None], source, self.scale.cpu()[:, None])
        moved[self.flipped] = own[self.flipped]
        return moved

    def merge(self, source: LayerCounts, flipped: LayerCounts) -> LayerCounts:
        """Return its counts, from those of its input and of its flipped units."""

        def put(own: Tensor, others: Tensor) -> Tensor:
            return others.index_copy(0, self.flipped.to(others.device), own)

        return LayerCounts(
            put(flipped.values, source.values),
            put(flipped.points, source.points),
            put(flipped.joint, source.joint),
            source.total,
        )


def find_shared(output: LayerOutput, ranges: Mapping[str, UnitRange]) -> SharedCounts | None:
    """Return how the counts of a layer follow from those of another; None where they do not."""
    own, source = ranges[output.layer], ranges.get(output.source)
    module = output.module
    is_norm = type(module) in BATCH_NORMS and is_fixed_batch_norm(module)
    if source is None or not is_norm or source.shape != own.shape or source == own:
        return None
    affine = batch_norm_affine(module)
    return SharedCounts(source.start, affine.scale, affine.shift, affine.flipped.cpu())


@dataclass
class RangeTotals:
    """Counts of one range of units over all pictures so far, int64 as in ``LayerCounts``."""

    values: Tensor
    points: Tensor
    joint: Tensor
    #: (K,): points at which a concept is.
    present: Tensor
    total: int = 0

    @classmethod
    def create(cls, channels: int, concepts: int) -> "RangeTotals":
        """Return zeros."""
        steps = len(LADDER)
        return cls(
            torch.zeros((channels, steps), dtype=torch.int64),
            torch.zeros((channels, steps), dtype=torch.int64),
            torch.zeros((channels, steps, concepts), dtype=torch.int64),
            torch.zeros(concepts, dtype=torch.int64),
        )

    def add(self, counts: LayerCounts, present: Tensor) -> None:
        """Add the counts of a batch, and at how many of its points each concept is, (K,)."""
        self.values += counts.values.cpu()
        self.points += counts.points.cpu()
        self.joint += counts.joint.cpu()
        self.present += present
        self.total += counts.total

    def merge(self, other: "RangeTotals") -> None:
        """Add the counts of another process."""
        self.add(LayerCounts(other.values, other.points, other.joint, other.total), other.present)


def count_concepts(planes: Tensor, concepts: int) -> Tensor:
    """Return at how many points each concept is, int64 (K,)."""
    return torch.bincount(planes.flatten(), minlength=concepts + 1)[:concepts]


def plan_points(
    net: Network, ranges: dict[str, UnitRange], side: int, *, upsamples: bool
) -> PointPlan:
    """Return what chooses the points at which layers with positions are compared with masks.

    Args:
        net: The network.
        ranges: Layer -> its range of units.
        side: Points a side at most.
        upsamples: Whether maps are brought to pixels, see ``points``.
    """
    layers = {}
    for layer, unit_range in ranges.items():
        if unit_range.positions > 1:
            field = net.layer(layer).receptive_field
            axes = None if field is None else per_axis(field)
            layers[layer] = (unit_range.shape[1:], axes)
    return PointPlan(layers, net.card.size, side, upsamples)
