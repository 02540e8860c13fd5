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

    def order(self) -> NDArray[np.int64]:
        """Return the channels, those whose loss hurts most first, of equal ones the lower."""
        order: NDArray[np.int64] = np.argsort(
            np.nan_to_num(self.effects, nan=np.inf), kind="stable"
        )
        return order


@dataclass
class _Totals:
    """Sums over the pictures so far."""

    baseline: float = 0.0
    pictures: int = 0
    changes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    fired: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    passes: int = 0
    skipped: int = 0
    is_whole: bool = False


def sweep_units(
    network: Network,
    layer: str,
    batches: Iterable[Batch],
    *,
    unit: Unit | None = None,
    channels: Sequence[int] | None = None,
    clamped_to: ClampedTo = "zero",
    on_batch: Callable[[Sweep], None] = lambda sweep: None,
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

    Returns:
        The sweep over all pictures.

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
    totals = _Totals(changes=np.zeros(row.shape[0]), fired=np.zeros(row.shape[0]))
    measure = "accuracy" if unit is None else str(unit)
    last: Sweep | None = None
    for x, labels in batches:
        if unit is None and labels is None:
            measure = "agreement"
        _sweep_batch(network, row.name, edits, x, labels, unit, totals)
        last = _conclude(row.name, measure, chosen, totals)
        on_batch(last)
    if last is None:
        raise BadInput("There are no pictures to switch units off on.")
    return last


def _sweep_batch(
    network: Network,
    layer: str,
    edits: Sequence[Edit],
    x: Tensor,
    labels: NDArray[np.int64] | None,
    unit: Unit | None,
    totals: _Totals,
) -> None:
    """Add what the edits change on one batch to the totals."""
    resumed = ResumedPass(network, x, layer)
    layers = (OUTPUT,) if unit is None else (unit.layer,)
    baseline = network.run(x, tuple(dict.fromkeys((*layers, layer))))
    target = _read_target(baseline, labels, unit)
    previous = _score(baseline, target, unit)
    is_firing = _find_firing(baseline, layer)  # (B, C)
    totals.baseline += float(previous.sum())
    totals.pictures += len(x)
    totals.is_whole = totals.is_whole or resumed.is_whole
    for edit in edits:
        k = edit.channels[0]
        totals.fired[k] += float(is_firing[:, k].sum())
        if edit.is_off and not is_firing[:, k].any():
            totals.skipped += 1
            continue
        totals.passes += 1
        with network.edits.apply((edit,)):
            scores = _score(resumed.run(layers), target, unit)
        totals.changes[k] += float((scores - previous).sum())


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


def _conclude(layer: str, measure: str, chosen: Sequence[int], totals: _Totals) -> Sweep:
    effects = np.full(len(totals.changes), np.nan)
    effects[list(chosen)] = totals.changes[list(chosen)] / totals.pictures
    return Sweep(
        layer,
        measure,
        totals.baseline / totals.pictures,
        effects,
        totals.fired / totals.pictures,
        totals.pictures,
        totals.is_whole,
        totals.passes,
        totals.skipped,
    )
