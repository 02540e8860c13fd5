"""Turn counts into scores: intersection over union, and areas under ROC curves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.library.dissection.concept_pass import RangesByScore
from dnnvis.library.dissection.counting import RangeTotals
from dnnvis.library.dissection.points import PointPlan
from dnnvis.library.dissection.roc import COLUMNS_AT_ONCE, MIN_CLASS_PICTURES, compute_auroc
from dnnvis.library.dissection.thresholds import weigh_candidates
from dnnvis.sources.concepts.concept_set import LabeledConcepts, list_some

Array = NDArray[np.float64]
NO_POSITIONS_NOTE = "The layer has no positions: units are scored by AUROC, not by IoU."
NO_MASKS_NOTE = "The concepts have no masks: units are scored by AUROC, not by IoU."


@dataclass(frozen=True, eq=False)
class KnownCounts:
    """All that was counted, over all pictures; ranges of units are named by their first."""

    #: Candidates of each range, float32 (C, m).
    edges: dict[int, Tensor]
    totals: dict[int, RangeTotals]
    #: Which pictures have which concept, bool (N, K).
    present: NDArray[np.bool_]
    #: Reads the largest values float32 (N, n) of n columns; None where there are none.
    read_maxima: Callable[[Sequence[int]], NDArray[np.float32]] | None


def conclude(
    network: str, data: LabeledConcepts, ranges: RangesByScore, known: KnownCounts, plan: PointPlan
) -> tuple[DissectedLayer, ...]:
    """Return every layer's scores, in the order of the table.

    Args:
        network: Its name.
        data: The concepts.
        ranges: The layers.
        known: What was counted.
        plan: How points were chosen.
    """
    areas = dict(_score_roc(ranges, known))
    layers = []
    for layer, own in ranges.every.items():
        if layer in ranges.iou:
            layers.append(_conclude_iou(network, layer, data, known, own.start, plan.side))
        else:
            layers.append(_conclude_roc(network, layer, data, known, areas[own.start]))
    return tuple(layers)


def _conclude_iou(
    network: str, layer: str, data: LabeledConcepts, known: KnownCounts, start: int, side: int
) -> DissectedLayer:
    totals = known.totals[start]
    scores, thresholds, active = score_iou(known.edges[start].numpy(), totals)
    absent = [name for k, name in enumerate(data.names) if not int(totals.present[k])]
    notes = (f"In no picture there are: {list_some(absent)}.",) if absent else ()
    return DissectedLayer(
        network,
        layer,
        data.address,
        data.names,
        "iou",
        scores,
        thresholds,
        active,
        len(known.present),
        side,
        notes=notes,
    )


def score_iou(
    edges: NDArray[np.float32], totals: RangeTotals
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Compute the IoU of each unit and concept at the unit's threshold.

    Bau et al. 2017, equation 1: points where the unit is active and the concept is, over those
    where either holds, both summed over all pictures.

    Args:
        edges: Candidates (C, m).
        totals: What was counted.

    Returns:
        IoU float32 (C, K), NaN for units that never fire; thresholds float32 (C,); the fraction
        of the values above them, float32 (C,).
    """
    values, points, joint = (
        _from_each_on(counts.numpy().astype(np.float64))
        for counts in (totals.values, totals.points, totals.joint)
    )
    weights, active = weigh_candidates(values / max(totals.total, 1))
    area = (weights * points).sum(1)  # (C,)
    both = np.einsum("cm,cmk->ck", weights, joint)
    union = area[:, None] + totals.present.numpy()[None, :] - both
    scores = both / np.maximum(union, 1)
    thresholds = (weights * edges.astype(np.float64)).sum(1)
    silent = points[:, 0] == 0
    scores[silent] = np.nan
    thresholds[silent] = np.nan
    return scores.astype(np.float32), thresholds.astype(np.float32), active.astype(np.float32)


def _from_each_on(counts: Array) -> Array:
    """Return the sums over the second axis from each entry to the last."""
    return np.asarray(np.flip(np.flip(counts, 1).cumsum(1), 1))


def _score_roc(
    ranges: RangesByScore, known: KnownCounts
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the areas (C, K) of each range that is scored by AUROC."""
    for start, columns in ranges.columns.items():
        assert known.read_maxima is not None  # there are columns
        parts = []
        for first in range(columns.start, columns.stop, COLUMNS_AT_ONCE):
            units = range(first, min(first + COLUMNS_AT_ONCE, columns.stop))
            parts.append(compute_auroc(known.read_maxima(units), known.present))
        yield start, np.concatenate(parts)


def _conclude_roc(
    network: str, layer: str, data: LabeledConcepts, known: KnownCounts, scores: NDArray[np.float32]
) -> DissectedLayer:
    counts = known.present.sum(0)
    few = np.minimum(counts, len(known.present) - counts) < MIN_CLASS_PICTURES
    rare = [name for name, is_rare in zip(data.names, few, strict=True) if is_rare]
    notes = [NO_POSITIONS_NOTE if data.has_masks else NO_MASKS_NOTE]
    if rare:
        notes.append(
            f"Left out, for fewer than {MIN_CLASS_PICTURES} pictures have or lack them: "
            f"{list_some(rare)}."
        )
    unknown = np.full(len(scores), np.nan, np.float32)
    return DissectedLayer(
        network,
        layer,
        data.address,
        data.names,
        "auroc",
        scores,
        unknown,
        unknown,
        len(known.present),
        notes=tuple(notes),
    )
