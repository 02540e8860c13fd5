"""Switch each unit of a layer off in turn and measure what that does (ablation).

The measure is the network's accuracy, or the mean of one unit. Lesion studies of networks are as
old as LeCun et al. 1990 (Optimal Brain Damage, section 1: saliency as the change of the objective
when a parameter is deleted); single units of image networks: Morcos et al. 2018, section 2.3. As
there, a unit is clamped to zero; ``value="mean"`` clamps it to its mean instead.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.network.editing.edits import check_edit
from dnnvis.network.editing.resume import ResumedPass
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording
from dnnvis.network.values import as_shown

ClampedTo = Literal["zero", "mean"]
Batch = tuple[Tensor, NDArray[np.int64] | None]
MAX_BATCH = 32  # pictures at once: what lies before the layer is stored for so many


@dataclass(frozen=True, eq=False)
class Sweep:
    """What each unit of a layer does to a measure."""

    layer: str
    #: The measure: ``accuracy``, ``agreement`` (with the network's own answers), or a unit.
    measure: str
    #: Its value with all units on.
    baseline: float
    #: Its change when each unit is off, float64 (C,): negative where the unit helps. NaN where it
    #: has not been switched off yet.
    effects: NDArray[np.float64]
    #: Fraction of the pictures on which each unit was off without being 0 anyway, (C,).
    fired: NDArray[np.float64]
    #: Number of pictures.
    pictures: int
    #: Whether each pass ran the whole network, for the part before the layer could not be stored.
    is_whole: bool = False
    #: Passes that were made, and those that were not needed, for the unit was 0 on all pictures.
    passes: int = 0
    skipped: int = 0
    #: What a unit that is off was set to: zero, or its mean on the first batch.
    clamped_to: ClampedTo = "zero"

    def order(self) -> NDArray[np.int64]:
        """Return the channels, those whose loss hurts most first, of equal ones the lower."""
        order: NDArray[np.int64] = np.argsort(
            np.nan_to_num(self.effects, nan=np.inf), kind="stable"
        )
        return order


@dataclass
class SweepTotals:
    """Sums over the pictures so far, from which a sweep goes on."""

    #: Sum of the measure with all units on.
    baseline: float = 0.0
    #: Number of pictures.
    pictures: int = 0
    #: Sum of its change when each unit is off, float64 (C,).
    changes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: Number of pictures on which each unit fires, float64 (C,).
    fired: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: What each unit is set to by ``mean``, float64 (C,); empty before the first batch.
    means: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    #: As in ``Sweep``.
    measure: str = ""
    passes: int = 0
    skipped: int = 0
    is_whole: bool = False
    #: Batches that are in the sums.
    batches: int = 0

    def conclude(self, layer: str, channels: Sequence[int]) -> Sweep:
        """Return the sweep over the pictures so far.

        Args:
            layer: The layer.
            channels: The units that were switched off.
        """
        effects = np.full(len(self.changes), np.nan)
        count = max(self.pictures, 1)
        effects[list(channels)] = self.changes[list(channels)] / count
        return Sweep(
            layer,
            self.measure,
            self.baseline / count,
            effects,
            self.fired / count,
            self.pictures,
            self.is_whole,
            self.passes,
            self.skipped,
            "mean" if len(self.means) else "zero",
        )


def sweep_units(
    network: Network,
    layer: str,
    batches: Iterable[Batch],
    *,
    unit: Unit | None = None,
    channels: Sequence[int] | None = None,
    clamped_to: ClampedTo = "zero",
    on_batch: Callable[[Sweep], None] = lambda sweep: None,
    on_unit: Callable[[int, int], None] = lambda done, total: None,
    totals: SweepTotals | None = None,
    skips_silent: bool = True,
) -> Sweep:
    """Switch each unit of a layer off in turn, on all pictures.

    The part of the network before the layer runs once a batch. A unit that is 0 on a whole batch
    anyway is not run again: its effect there is 0.

    Args:
        network: The network.
        layer: The layer.
        batches: Pixels (B, C, H, W) in [0, 1] with class indices int (B,), or with None: then
            what is measured is the agreement with the network's own answers.
        unit: Measure the mean of this unit instead (of its whole map, or its position).
        channels: Units to switch off; None: all of the layer.
        clamped_to: What an off unit is set to: zero, or its mean on the first batch.
        on_batch: Receives the sweep so far after each batch.
        on_unit: Receives (units done, units in all) of the batch under way. What it raises ends
            the sweep; the batch under way is then in no sum.
        totals: The sums that the sweep adds to, of an earlier part of it, with its means; they
            are changed after each batch.
        skips_silent: Whether units that are 0 anyway are not run.

    Returns:
        The sweep over all pictures, those in ``totals`` before among them.

    Raises:
        UnknownUnit: There is no such layer or unit.
        BadInput: There are no pictures, or labels that are none of the classes.
    """
    row = network.layer(layer)
    if unit is not None:
        network.check(unit)
    chosen = list(range(row.shape[0])) if channels is None else list(channels)
    action: Literal["set", "mean"] = "set" if clamped_to == "zero" else "mean"
    edits = [check_edit(network, Edit(row.name, (k,), action=action)) for k in chosen]
    totals = SweepTotals() if totals is None else totals
    if not totals.batches:
        totals.changes, totals.fired = np.zeros(row.shape[0]), np.zeros(row.shape[0])
        totals.measure = "accuracy" if unit is None else str(unit)
    batch = _SweptBatch(network, row.name, edits, unit, on_unit, skips_silent)
    try:
        for x, labels in batches:
            if unit is None and labels is None:
                totals.measure = "agreement"
            if action == "mean":
                _set_means(network, edits, x, totals)
            batch.run(x, labels, totals)
            on_batch(totals.conclude(row.name, chosen))
    finally:
        for edit in edits:
            network.edits.means.pop(edit, None)
    if not totals.pictures:
        raise BadInput("There are no pictures to switch units off on.")
    return totals.conclude(row.name, chosen)


def _set_means(network: Network, edits: Sequence[Edit], x: Tensor, totals: SweepTotals) -> None:
    """Set what ``mean`` sets the units to: their means on the first batch ``x``."""
    if not len(totals.means):
        measured = network.edits.measure_means(network, edits, [x])
        totals.means = np.full(len(totals.changes), np.nan)
        for edit, mean in measured.items():
            totals.means[edit.channels[0]] = float(mean)
    for edit in edits:
        value = totals.means[edit.channels[0]]
        if not np.isnan(value):
            network.edits.means[edit] = torch.tensor(value, dtype=torch.float64).reshape(1, 1, 1)


@dataclass(frozen=True)
class _SweptBatch:
    """Switches units off on one batch after another."""

    network: Network
    layer: str
    edits: Sequence[Edit]
    unit: Unit | None
    on_unit: Callable[[int, int], None]
    skips_silent: bool

    def run(self, x: Tensor, labels: NDArray[np.int64] | None, totals: SweepTotals) -> None:
        """Add what the edits change on one batch to the totals, once all of it is known."""
        network, unit = self.network, self.unit
        resumed = ResumedPass(network, x, self.layer)
        layers = (OUTPUT,) if unit is None else (unit.layer,)
        baseline = resumed.run(tuple(dict.fromkeys((*layers, self.layer))))
        target = _read_target(baseline, labels, unit)
        previous = _score(baseline, target, unit)
        is_firing = _find_firing(baseline, self.layer)  # (B, C)
        changes, passes = np.zeros(len(totals.changes)), 0
        for number, edit in enumerate(self.edits):
            self.on_unit(number, len(self.edits))
            k = edit.channels[0]
            if self.skips_silent and edit.is_off and not is_firing[:, k].any():
                continue
            passes += 1
            with network.edits.apply((edit,)):
                scores = _score(resumed.run(layers), target, unit)
            changes[k] = float((scores - previous).sum())
        swept = [edit.channels[0] for edit in self.edits]
        totals.fired[swept] += is_firing[:, swept].sum(0)
        totals.changes += changes
        totals.baseline += float(previous.sum())
        totals.pictures += len(x)
        totals.is_whole = totals.is_whole or resumed.is_whole
        totals.passes += passes
        totals.skipped += len(self.edits) - passes
        totals.batches += 1


def _read_target(
    baseline: Recording, labels: NDArray[np.int64] | None, unit: Unit | None
) -> Tensor | None:
    """Return the classes that are right, int (B,); the network's own without labels."""
    if unit is not None:
        return None
    answers = baseline.tensor(OUTPUT).flatten(1)
    if labels is None:
        return answers.argmax(1)
    if len(labels) != len(answers) or (labels < 0).any() or (labels >= answers.shape[1]).any():
        raise BadInput(
            f"The labels are no classes of the network (0 to {answers.shape[1] - 1}), one a "
            "picture; leave them out to measure the agreement with its own answers."
        )
    return torch.from_numpy(np.asarray(labels, np.int64)).to(answers.device)


def _score(recording: Recording, target: Tensor | None, unit: Unit | None) -> Tensor:
    """Return the measure of each picture, float64 (B,)."""
    if unit is None:
        assert target is not None
        answers = recording.tensor(OUTPUT).flatten(1)
        return (answers.argmax(1) == target).double()
    maps = recording.tensor(unit.layer, unit.call)[:, unit.channel].double()
    if unit.position is None:
        return maps.mean((1, 2))
    return maps[:, unit.position[0], unit.position[1]]


def _find_firing(recording: Recording, layer: str) -> NDArray[np.bool_]:
    """Return which unit is anything but 0 on which picture, bool (B, C), over all calls."""
    calls = range(recording.count(layer))
    firing = [as_shown(recording.tensor(layer, k)).flatten(2).ne(0).any(2) for k in calls]
    result: NDArray[np.bool_] = torch.stack(firing).any(0).cpu().numpy()
    return result
