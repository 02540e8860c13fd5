"""Prove where pictures, channels and places lie in what a network's modules return.

Rules propose (``layout_rules``), three probes decide. Several pictures instead of one tell the axis
of the batch. One bright patch tells the axes of the places and their order: where the picture
changes, the map must change most. Raising one channel of the layers before tells the axis of the
channels. Where probes and rule disagree, the layer is a list of values whose places are not known.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.network.layout import ChannelLayout, LayoutKind
from dnnvis.network.trial.index_replay import IndexReplay, NumbersCache, constant_axes
from dnnvis.network.trial.layout_rules import (
    channel_axis_of,
    default_channel_axis,
    find_lead,
    input_channel_axis_of,
    is_plausible,
    is_spatial,
    is_spatial_3d,
    iter_grids,
    iter_orders,
    iter_padded_windows,
    lead_of,
    probed_channels,
    with_positions,
)
from dnnvis.network.trial.patches import PATCHES, Judgment, is_usable, judge_positions, stands_out
from dnnvis.network.trial.position_groups import group_positions
from dnnvis.network.trial.samples import is_same, sample_values
from dnnvis.network.trial.trial_call import Key, TrialCall
from dnnvis.network.values import as_shown

CHANNEL_PROBES = 4
MIN_GAIN = 1.5  # by which another order must be better than rows and columns that may stand
MIN_SUPPORT = 3.0  # by which another axis of the channels must be better than one that is refuted
EXTRA_COST = 0.05  # by which each token that is no place makes an order less likely
RAISE = 3.0  # by so many root mean squares a channel is raised


@dataclass(eq=False)
class Evidence:
    """What the probes told of one call."""

    #: How the batch lies in it; None where the batch has no axis there.
    lead: str | None = None
    #: Whether a picture in a batch has the values that it has alone.
    same_in_batch: bool = True
    #: Channel axis -> how much each place changes with each patch, (patches, *places).
    positions: dict[int, Tensor] = field(default_factory=dict)
    #: Axis -> how much each slice changes with each raised channel, (channels, slices).
    channels: dict[int, Tensor] = field(default_factory=dict)


class LayoutProver:
    """Layouts of every call of a network, from one traced pass and what the probes add to it."""

    def __init__(
        self,
        calls: Iterable[TrialCall],
        size: tuple[int, int],
        has_field: Callable[[TrialCall], bool] = lambda call: False,
    ) -> None:
        self.has_field = has_field
        self.calls = {call.key: call for call in calls}
        self.evidence: dict[Key, Evidence] = defaultdict(Evidence)
        #: Names of layers that ran on some of the trial pictures only.
        self.rare: set[str] = set()
        #: Calls whose axis of the channels was taken as a rule has it, when last decided.
        self.taken_on_trust: set[Key] = set()
        #: Calls whose positions neither the graph nor the patches prove, when last decided.
        self.without_proof: set[Key] = set()
        self._size = size
        self._orders: dict[Any, list[tuple[dict[str, Any], Tensor]]] = {}
        self._raised_counts: set[int] = set()
        self._numbers: NumbersCache = {}
        self._begin()
        self._consumers = _consumers(self.calls.values())

    # --- evidence -----------------------------------------------------------------------------

    def take_batch(
        self, key: Key, value: Tensor, alone: tuple[Tensor | None, ...], batch: int
    ) -> None:
        """Take in what a call returned for a batch: the picture, another one, the patched ones.

        Args:
            key: The call.
            value: What it returned.
            alone: Samples of what it returned for the first picture alone, and for the second
                where that ran; None where it was not called.
            batch: Number of pictures: these two, and the patched ones where they are needed.
        """
        call = self.calls.get(key)
        if call is None:
            return
        evidence = self.evidence[key]
        evidence.lead = find_lead(call.shape, tuple(value.shape), batch)
        if evidence.lead is None:
            evidence.same_in_batch = False
            return
        pictures = _split(value, call, evidence, batch, alone)
        if pictures is None:
            evidence.same_in_batch = False
            return
        if batch > 2:
            self._measure_positions(call, evidence, pictures[2:], pictures[:1])

    def different_in_batch(self) -> list[str]:
        """Return the calls in which a picture has other values in a batch than alone."""
        return [
            (name or "its answer") if number < 0 else name
            for (name, number), evidence in self.evidence.items()
            if not evidence.same_in_batch
        ]

    def take_patched(self, key: Key, value: Tensor, base_value: Tensor, number: int) -> None:
        """Take in what a call returned for one patched picture alone.

        Args:
            key: The call.
            value: What it returned.
            base_value: What it returned for the picture without a patch.
            number: Which of PATCHES.
        """
        call = self.calls.get(key)
        if call is None or tuple(value.shape) != call.shape or value.shape != base_value.shape:
            return
        evidence = self.evidence[key]
        lead: Any = evidence.lead or lead_of(call.shape)
        layout = ChannelLayout("list", lead=lead, shape=call.shape)
        base, patched_value = (
            layout.with_batch(as_shown(v.detach()).float()) for v in (base_value, value)
        )
        single = Evidence(lead=lead)
        self._measure_positions(call, single, patched_value, base)
        for axis, energy in single.positions.items():
            if axis not in evidence.positions:
                evidence.positions[axis] = torch.zeros(
                    len(PATCHES), *energy.shape[1:], dtype=torch.float64
                )
            evidence.positions[axis][number] = energy[0]

    def take_raised(self, key: Key, value: Tensor) -> None:
        """Take in what a call returned for the picture and copies with raised channels."""
        call, evidence = self.calls.get(key), self.evidence[key]
        if call is None or evidence.lead in (None, "none") or self._is_certain(call):
            return
        layout = ChannelLayout("list", lead=evidence.lead, shape=call.shape)  # type: ignore[arg-type]
        pictures = layout.with_batch(as_shown(value.detach()).float(), 1 + CHANNEL_PROBES)
        if pictures.shape[0] != 1 + CHANNEL_PROBES:
            return
        change = (pictures[1:] - pictures[:1]).abs()
        for axis in range(1, change.dim()):
            others = [k for k in range(1, change.dim()) if k != axis]
            energy = change.mean(others) if others else change
            evidence.channels[axis] = energy.double().cpu()

    def raise_channels(self, key: Key, value: Tensor) -> Tensor | None:
        """Return ``value`` with one channel raised in each copy of the picture but the first.

        None where the channels of the call are not certain.
        """
        call, evidence = self.calls.get(key), self.evidence[key]
        if call is None or evidence.lead in (None, "none") or not value.is_floating_point():
            return None
        raw_axis = channel_axis_of(call.module, call.shape)
        if raw_axis is None:
            return None
        layout = ChannelLayout("list", lead=evidence.lead, shape=call.shape)  # type: ignore[arg-type]
        changed = value.detach().clone(memory_format=torch.contiguous_format)
        pictures = layout.with_batch(changed, 1 + CHANNEL_PROBES)
        if pictures.shape[0] != 1 + CHANNEL_PROBES:
            return None
        axis = _view_axis(raw_axis, evidence.lead, call.shape)
        if axis is None or axis >= pictures.dim():
            return None
        count = pictures.shape[axis]
        self._raised_counts.add(count)
        rms = float(pictures[0].float().square().mean().sqrt())
        for row, channel in enumerate(probed_channels(count, CHANNEL_PROBES), 1):
            pictures[row].select(axis - 1, channel).add_(RAISE * rms + 1e-6)
        return changed

    def _measure_positions(
        self, call: TrialCall, evidence: Evidence, changed: Tensor, base: Tensor
    ) -> None:
        """Add how much each place changed, for every axis that may hold the channels."""
        if changed.dim() < 3:
            return
        change = (changed - base).abs()
        axis = self._certain_axis(call, evidence.lead or lead_of(call.shape))
        axes = range(1, change.dim()) if axis is None else (axis,)
        for each in axes:
            if each < change.dim():
                evidence.positions[each] = change.mean(each).double().cpu()

    def _is_certain(self, call: TrialCall) -> bool:
        return channel_axis_of(call.module, call.shape) is not None

    def _certain_axis(self, call: TrialCall, lead: str | None) -> int | None:
        raw = channel_axis_of(call.module, call.shape)
        return None if raw is None else _view_axis(raw, lead, call.shape)

    # --- decision -----------------------------------------------------------------------------

    def _begin(self) -> None:
        """Forget what was decided, for another decision on more evidence."""
        self._seen_grids: list[tuple[int, int]] = []
        self._by_id: dict[int, ChannelLayout] = {}
        self._by_shape: dict[tuple[int, ...], ChannelLayout] = {}
        self._proved: dict[tuple[tuple[int, ...], int], ChannelLayout] = {}
        self._groups: dict[Key, int] = {}  # key -> number of the group that shares its positions
        self._proved_in_group: dict[int, ChannelLayout] = {}
        self._replay = IndexReplay(self._numbers)
        self.taken_on_trust.clear()
        self.without_proof.clear()

    def decide(self) -> dict[Key, ChannelLayout]:
        """Return the layout of every call, from the evidence so far."""
        self._begin()
        layouts: dict[Key, ChannelLayout] = {}
        groups = group_positions(self.calls.values())
        self._groups = {key: number for number, group in enumerate(groups) for key in group}
        for key, call in self.calls.items():
            layout = self._by_id.get(id(call.value))
            if layout is None or layout.shape != call.shape:
                layout = self._layout(call)
            layouts[key] = self._by_id[id(call.value)] = layout
            self._replay.learn(call, layout)
            self._by_shape[call.shape] = layout
            if layout.kind in ("maps", "last") and layout.grid is None:
                maps = layout.arrange(call.value.detach())
                self._seen_grids.append((maps.shape[2], maps.shape[3]))
        for key, layout in layouts.items():
            proved = self._proved_in_group.get(self._groups.get(key, -1))
            if proved is not None and layout.kind != "vector" and not layout.steps:
                layouts[key] = self._with_order_of(proved, layout, key)
        return layouts

    def _note_proof(self, call: TrialCall, layout: ChannelLayout | None) -> None:
        group = self._groups.get(call.key)
        if group is not None and layout is not None:
            self._proved_in_group.setdefault(group, layout)

    def _with_order_of(
        self, proved: ChannelLayout, layout: ChannelLayout, key: Key
    ) -> ChannelLayout:
        """Return ``layout`` with the positions of ``proved``, where they hold as many."""
        call = self.calls[key]
        axis = layout.view_channel_axis(len(_one_shape(call, layout.lead)) + 1)
        one = _one_shape(call, layout.lead)
        rest = tuple(size for k, size in enumerate(one, 1) if k != axis)
        if proved.grid is None:
            natural = len(rest) == 2 and proved.kind in ("maps", "last")
            return replace(layout, kind=_kind(one, axis)) if natural else layout
        count = proved.positions or math.prod(proved.grid) + proved.prefix
        if math.prod(rest) != count:
            return layout
        names = ("grid", "prefix", "order", "extras", "positions")
        return replace(layout, **{name: getattr(proved, name) for name in names})

    @property
    def seen_grids(self) -> list[tuple[int, int]]:
        """Return the sizes of the maps decided so far."""
        return self._seen_grids

    def _layout(self, call: TrialCall) -> ChannelLayout:
        lead: Any = self.evidence[call.key].lead or lead_of(call.shape)
        one = _one_shape(call, lead)
        base = ChannelLayout("vector", lead=lead, shape=call.shape)
        if len(one) < 2:
            return base
        positions = self._positions_by_graph(call, lead)
        axis = self._channel_axis(call, one, lead, positions)
        layout = replace(base, kind=_kind(one, axis), channel_axis=_explicit_axis(one, axis))
        by_graph = None if positions is None else with_positions(layout, axis, *positions)
        if by_graph is not None:
            self._note_proof(call, by_graph)
            if by_graph.order:  # what works on such a map has rows for columns, say
                self.without_proof.add(call.key)
            return by_graph
        if self._is_fed_by_part(call):
            return replace(layout, kind="list", channel_axis=axis)
        return self._add_positions(call, layout, one, axis, is_repeated=positions is not None)

    def _is_fed_by_part(self, call: TrialCall) -> bool:
        """Return whether a spatial module works on a window that its map fills in part only."""
        if len(call.shape) != 4 or not is_spatial(call.module):
            return False
        given = self._replay.input_positions(call)
        if given is None:
            return False
        maps = with_positions(ChannelLayout("maps", shape=call.input_shape), 1, *given)
        return maps is not None and maps.kind == "list"

    def _positions_by_graph(
        self, call: TrialCall, lead: str
    ) -> tuple[Tensor, tuple[int, int]] | None:
        """Return the position (B, ...) that each number holds, and the map's size, by the graph."""
        followed = self._replay.positions_of(call)
        if followed is None:
            return None
        layout = ChannelLayout("list", lead=lead, shape=call.shape)  # type: ignore[arg-type]
        return layout.with_batch(followed[0]), followed[1]

    def _channel_axis(
        self,
        call: TrialCall,
        one: tuple[int, ...],
        lead: str,
        positions: tuple[Tensor, tuple[int, int]] | None,
    ) -> int:
        """Return the axis of the channels in (B, ...)."""
        certain = self._certain_axis(call, lead)
        if certain is not None:
            return certain
        axes = [] if positions is None else constant_axes(positions[0])
        if len(axes) == 1:
            return axes[0]
        proved = [
            axis
            for axis, energy in self.evidence[call.key].channels.items()
            if energy.shape[1] in self._raised_counts and stands_out(energy)
        ]
        if len(proved) == 1:
            return proved[0]
        proposals = list(dict.fromkeys(self._propose_axes(call, one, lead)))
        if proved:
            return next((axis for axis in proposals if axis in proved), proved[0])
        others = (axis for axis in range(1, len(one) + 1) if axis not in proposals)
        fitting = (axis for axis in (*proposals, *others) if self._has_positions(call, one, axis))
        axis = next(fitting, None)
        if axis is None:
            self.taken_on_trust.add(call.key)
            return self._best_supported_axis(call, proposals[0])
        return axis

    def _best_supported_axis(self, call: TrialCall, proposed: int) -> int:
        """Return the proposed axis, or where patches refute it one that suits them far better."""
        energies = self.evidence[call.key].positions
        judgments = {axis: judge_positions(e) for axis, e in energies.items() if e.dim() == 3}
        own = judgments.get(proposed)
        if own is None or own.verdict != "refuted":
            return proposed
        better = [
            axis
            for axis, judgment in judgments.items()
            if judgment.verdict != "refuted" and judgment.focus > MIN_SUPPORT * own.focus
        ]
        return max(better, key=lambda axis: judgments[axis].focus, default=proposed)

    def _has_positions(self, call: TrialCall, one: tuple[int, ...], axis: int) -> bool:
        """Return whether the patches prove the places, were this the axis of the channels."""
        energy = self.evidence[call.key].positions.get(axis)
        rest = tuple(size for k, size in enumerate(one, 1) if k != axis)
        if len(rest) == 2 and judge_positions(energy).verdict == "proved":
            return True
        return self._find_order(energy, rest, math.prod(rest))[1] is not None

    def _propose_axes(self, call: TrialCall, one: tuple[int, ...], lead: str) -> Iterator[int]:
        for consumer in self._consumers[id(call.value)]:
            raw = input_channel_axis_of(consumer, call.shape)
            axis = None if raw is None else _view_axis(raw, lead, call.shape)
            if axis is not None:
                yield axis
        known = self._by_shape.get(call.shape)
        if known is not None and known.kind != "vector":
            yield known.view_channel_axis(len(one) + 1)
        yield default_channel_axis((1, *one))

    def _add_positions(
        self,
        call: TrialCall,
        layout: ChannelLayout,
        one: tuple[int, ...],
        axis: int,
        is_repeated: bool,
    ) -> ChannelLayout:
        """Return ``layout`` with its places as a map where that is proved, else as a list.

        ``is_repeated``: the graph says which position each place holds, but some more than once, as
        the heads of attention do.
        """
        rest = tuple(size for k, size in enumerate(one, 1) if k != axis)
        count = math.prod(rest)
        if count == 1:
            return layout
        energy = self.evidence[call.key].positions.get(axis)
        known = self._proved_in_group.get(self._groups.get(call.key, -1))
        if known is not None:
            return self._with_order_of(known, layout, call.key)
        if energy is None and not (len(rest) == 2 and self.has_field(call)):
            self.without_proof.add(call.key)
        natural = judge_positions(energy)
        if self._needs_no_search(call, rest, natural):
            self._note_proof(call, layout)
            return layout
        focus, order_fields = self._find_order(energy, rest, count)
        is_merged = layout.lead in ("rows", "last_rows") and layout.kind != "maps"
        needs_proof = is_merged or is_repeated
        if (
            self._may_stand(call, rest, natural, needs_proof)
            and focus < MIN_GAIN * natural.focus + 1
        ):
            self._note_proof(call, layout if natural.verdict == "proved" else None)
            return layout
        if axis != 1 and _focus_of_steps(energy, rest, self._size) > (
            # windows are cut of a map that was there before
            focus if order_fields and order_fields["grid"] in self._seen_grids else 0.98 * focus
        ):
            return replace(layout, kind="list", channel_axis=axis, steps=True)
        if order_fields is None:
            return self._take_over(layout, one, axis, energy)
        self._proved[one, axis] = layout = replace(layout, **order_fields)
        self._note_proof(call, layout)
        return layout

    def _needs_no_search(self, call: TrialCall, rest: tuple[int, ...], natural: Judgment) -> bool:
        """Return whether rows and columns are proved, and nothing else is likely."""
        if len(rest) == 3 and is_spatial_3d(call.module):
            return True
        known = self.has_field(call) or rest in self._seen_grids
        return natural.verdict == "proved" and known

    def _take_over(
        self, layout: ChannelLayout, one: tuple[int, ...], axis: int, energy: Tensor | None
    ) -> ChannelLayout:
        """Return the order proved before for such a value, where most patches fit; else a list."""
        known = self._proved.get((one, axis))
        if known is not None and self._leans_to(known, energy):
            return replace(known, lead=layout.lead, shape=layout.shape, kind=layout.kind)
        if layout.kind in ("tokens", "line"):
            return layout
        return replace(layout, kind="list", channel_axis=axis)

    def _may_stand(
        self, call: TrialCall, rest: tuple[int, ...], natural: Judgment, needs_proof: bool
    ) -> bool:
        """Return whether two axes of places that nothing proves are rows and columns all the same.

        They are where the graph says which pixels each place sees, or a module works on rows and
        columns, or the proportions fit and no patch shows clearly elsewhere.
        """
        if len(rest) != 2:
            return False
        if needs_proof and natural.verdict != "proved":  # windows or heads by positions, say
            return False
        if natural.verdict == "proved" or call.is_complex:  # rows of a spectrum
            return True
        if self.has_field(call) or is_spatial(call.module):
            return True
        plausible = rest in self._seen_grids or is_plausible(rest, self._size)
        return plausible and natural.verdict != "refuted"

    def _find_order(
        self, energy: Tensor | None, rest: tuple[int, ...], count: int
    ) -> tuple[float, dict[str, Any] | None]:
        """Return the fields of the layout whose places the patches prove best, and its focus.

        0.0 and None where they prove none.
        """
        best: dict[str, Any] | None = None
        best_focus = 0.0
        if energy is None or not is_usable(energy):
            return best_focus, best
        flat = energy.flatten(1)  # (patches, N)
        best_focus = judge_positions(
            flat.unsqueeze(2)
        ).focus  # rows of the picture, say: a list is right
        for fields, index in self._candidates(rest, count):
            judgment = judge_positions(flat[:, index].reshape(-1, *fields["grid"]))
            focus = judgment.focus * (1 - EXTRA_COST * fields["prefix"])
            if judgment.verdict == "proved" and focus > 1.02 * best_focus:
                best_focus, best = focus, fields
        return best_focus if best else 0.0, best

    def _candidates(self, rest: tuple[int, ...], count: int) -> list[tuple[dict[str, Any], Tensor]]:
        """Return the orders to try, as fields of a layout and as the position of each cell."""
        key = (rest, tuple(dict.fromkeys(self._seen_grids)))
        if key not in self._orders:
            self._orders[key] = [
                (fields, torch.tensor(fields["order"] or range(fields["prefix"], count)))
                for fields in self._iter_candidates(rest, count)
            ]
        return self._orders[key]

    def _iter_candidates(self, rest: tuple[int, ...], count: int) -> Iterator[dict[str, Any]]:
        for grid, extra in iter_grids(count, self._size, self._seen_grids):
            for name, order, extras in iter_orders(grid, extra, rest):
                natural = name == "rows"
                yield {
                    "grid": grid,
                    "prefix": extra,
                    "order": () if natural else order,
                    "extras": () if natural else extras,
                    "positions": count,
                }
        for grid, _, order in iter_padded_windows(count, rest, self._seen_grids):
            yield {"grid": grid, "prefix": 0, "order": order, "extras": (), "positions": count}

    def _leans_to(self, layout: ChannelLayout, energy: Tensor | None) -> bool:
        """Return whether most patches stand out where a layout that was proved before has them."""
        if energy is None or layout.grid is None or not is_usable(energy):
            return False
        flat = energy.flatten(1)
        order = layout.order or tuple(range(layout.prefix, flat.shape[1]))
        if len(order) != math.prod(layout.grid) or max(order) >= flat.shape[1]:
            return False
        return judge_positions(flat[:, list(order)].reshape(-1, *layout.grid)).columns >= 3


def _focus_of_steps(energy: Tensor | None, rest: tuple[int, ...], size: tuple[int, int]) -> float:
    """Return how well places (T, H, W) are time steps, each a map of the picture; 0.0: not."""
    if energy is None or len(rest) != 3 or not is_plausible(rest[1:], size):
        return 0.0
    judgment = judge_positions(energy.mean(1))
    return judgment.focus if judgment.verdict == "proved" else 0.0


def _consumers(calls: Iterable[TrialCall]) -> dict[int, list[nn.Module]]:
    """Return, of each tensor by its id, the modules that were given it first."""
    consumers: dict[int, list[nn.Module]] = defaultdict(list)
    for call in calls:
        for tensor in call.inputs[:1]:
            consumers[tensor].append(call.module)
    return consumers


def _one_shape(call: TrialCall, lead: str | None = None) -> tuple[int, ...]:
    """Return the shape of one picture's part of a value."""
    layout = ChannelLayout("list", lead=lead or lead_of(call.shape), shape=call.shape)  # type: ignore[arg-type]
    return tuple(layout.with_batch(call.value.detach()).shape[1:])


def _view_axis(raw: int, lead: str | None, shape: tuple[int, ...]) -> int | None:
    """Return where an axis of the value lies in (B, ...); None for that of the batch itself."""
    if lead == "batch":
        return raw or None
    if lead == "time":
        return {0: 1, 1: None}.get(raw, raw)
    return raw + 1


def _kind(one: tuple[int, ...], axis: int) -> LayoutKind:
    if len(one) == 2:
        return "line" if axis == 1 else "tokens"
    if axis == 1 and len(one) == 3:
        return "maps"
    if axis == len(one) and len(one) == 3:
        return "last"
    return "maps" if axis == 1 else "list"


def _explicit_axis(one: tuple[int, ...], axis: int) -> int | None:
    return axis if _kind(one, axis) == "list" else None


def _split(
    value: Tensor,
    call: TrialCall,
    evidence: Evidence,
    batch: int,
    alone: tuple[Tensor | None, ...],
) -> Tensor | None:
    """Return (B, ...) where the pictures in it are those that were alone; None where not."""
    real = as_shown(value.detach()).float()
    leads = ("rows", "last_rows") if evidence.lead == "rows" else (evidence.lead,)
    for lead in leads:
        layout = ChannelLayout("list", lead=lead, shape=call.shape)  # type: ignore[arg-type]
        pictures = layout.with_batch(real, batch)
        if pictures.shape[0] != batch:
            continue
        if all(
            expected is not None and is_same(expected, _sample_picture(pictures[row], expected))
            for row, expected in enumerate(alone)
        ):
            evidence.lead = lead
            return pictures
    return None


def _sample_picture(picture: Tensor, like: Tensor) -> Tensor:
    sampled = sample_values(picture)
    return sampled if sampled.shape == like.shape else sampled.reshape(-1)
