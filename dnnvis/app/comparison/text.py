"""The texts of the Compare panel, and what its bars are of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import Live, NetworkInfo, SecondLive
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.answers import normalize_scores

NO_SECOND = (
    "Choose a second network: Compare with, here or in the menu Network. It runs on the same "
    "frames as the first."
)
NO_NETWORK = "No network runs."
WAITING = "Running the second network ..."
FEW_FRAMES = "Units are matched, and layers compared, once there are a few frames more."
NO_MAPS = "The layer on show has no counterpart that ran on this frame."
OTHER_SIZES = "There is no difference of maps: their sizes differ."
NO_DISAGREEMENT = "Frames on which they disagree are collected here; a click holds one."
NO_PAIRS = "The answers are not paired, class by class; the last line says why."
NOT_COLLECTED = "Frames on which they disagree are collected where their answers can be compared."
MATRIX_HINT = "CKA of each layer with each, over recent frames; 1: the same up to rotation"
MAX_BARS = 6  # classes
LOW_CORRELATION = 0.5  # below it a unit counts as one without a partner


@dataclass(frozen=True)
class PairedScore:
    """A class and what both networks give it."""

    name: str
    #: Score of each in [0, 1]; None where the network has no such class.
    first: float | None
    second: float | None
    #: Whether it is the answer of each.
    is_first: bool
    is_second: bool


def pair_scores(
    live: Live, info: NetworkInfo, second: SecondLive, limit: int = MAX_BARS
) -> tuple[PairedScore, ...]:
    """Return the classes with the greatest scores of two networks, by name.

    Args:
        live: The frame.
        info: The first network.
        second: What the second network did with the frame.
        limit: Classes at most.

    Returns:
        Rows, the greatest first; () where one of them has no classes, or they cannot be compared.
    """
    if info.binary or second.differs is None or min(len(second.output), live.output.size) < 2:
        return ()
    scores = (
        _name_scores(normalize_scores(live.output, info.meaning.kind), info.labels),
        _name_scores(normalize_scores(second.output, second.meaning.kind), second.labels),
    )
    if not all((info.labels, second.labels)):  # compared by number: the names of either serve
        names = info.labels or second.labels
        scores = (
            _name_scores(normalize_scores(live.output, info.meaning.kind), names),
            _name_scores(normalize_scores(second.output, second.meaning.kind), names),
        )
    best = [max(each, key=lambda name: each[name]) for each in scores]
    order = sorted(
        {*scores[0], *scores[1]},
        key=lambda name: -max(scores[0].get(name, 0.0), scores[1].get(name, 0.0)),
    )
    return tuple(
        PairedScore(
            name, scores[0].get(name), scores[1].get(name), name == best[0], name == best[1]
        )
        for name in order[:limit]
    )


def _name_scores(scores: NDArray[np.float32], labels: Sequence[str]) -> dict[str, float]:
    values = np.clip(np.nan_to_num(scores, nan=0.0), 0.0, 1.0)
    return {
        labels[k] if k < len(labels) else tr("class {number}", number=k): float(values[k])
        for k in reversed(range(len(values)))
    }


def describe_networks(
    info: NetworkInfo | None,
    second: SecondLive | None,
    edits: Sequence[str] = (),
    checkpoints: tuple[str | None, str | None] = (None, None),
) -> str:
    """Return the names of both networks in a line, and the edits of the second, as text.

    Where they are called alike, the files of their weights tell them apart.
    """
    if info is None or second is None or not second.name:
        return ""
    shown = [info.name, second.name]
    if info.name == second.name and checkpoints[0] != checkpoints[1]:
        shown = [
            f"{name} ({Path(file).name})" if file else name
            for name, file in zip(shown, checkpoints, strict=True)
        ]
    names = tr("{first} beside {second}", first=shown[0], second=shown[1])
    return f"{names}: {'; '.join(edits)}" if edits else names


def describe_answers(second: SecondLive) -> str:
    """Return what both answer, and whether they disagree; "" where that is not known."""
    if second.differs is None:
        return ""
    first, other = second.answers
    if second.differs:
        return tr("They disagree: {first} / {second}", first=first, second=other)
    return tr("They agree: {first}", first=first)


def explain_no_bars(second: SecondLive) -> str:
    """Return what stands in the place of the bars where classes are not paired."""
    return describe_answers(second) or (tr(NO_PAIRS) if second.notes else "")


def describe_units(second: SecondLive, count: int) -> str:
    """Return how the units of the layers on show were matched.

    Args:
        second: What the second network did.
        count: Number of units of the first network's layer.
    """
    layer, partner = second.layers
    head = tr(
        "{layer} beside {partner} ({reason})", layer=layer, partner=partner, reason=second.reason
    )
    if second.pairs is None:
        return f"{head}. {tr(FEW_FRAMES)}"
    good = int((np.nan_to_num(second.pairs[2], nan=-1.0) >= LOW_CORRELATION).sum())
    shown: dict[str, Any] = {
        "head": head,
        "good": good,
        "count": count,
        "low": LOW_CORRELATION,
        "frames": second.pair_frames,
    }
    if not np.isfinite(second.pair_chance):
        return tr(
            "{head}; {good} of {count} units have a partner (correlation from {low} on, {frames} "
            "frames)",
            **shown,
        )
    return tr(
        "{head}; {good} of {count} units have a partner (correlation from {low} on, by chance "
        "{chance:.2f}, {frames} frames)",
        chance=second.pair_chance,
        **shown,
    )


def describe_pair(second: SecondLive, channel: int, is_first: bool) -> str:
    """Return a unit and its partner; "" where units are not matched yet.

    Args:
        second: What the second network did.
        channel: The unit.
        is_first: Whether it is one of the first network's.
    """
    if second.pairs is None:
        return ""
    a, b, correlation = second.pairs
    rows = np.flatnonzero((a if is_first else b) == channel)
    if not len(rows):
        return tr("unit {number} has no partner", number=channel)
    row = int(rows[0])
    return tr(
        "{first} and {second}: correlation {value} over {frames} frames",
        first=f"{second.layers[0]}[{int(a[row])}]",
        second=f"{second.layers[1]}[{int(b[row])}]",
        value=f"{correlation[row]:.2f}",
        frames=second.pair_frames,
    )


def describe_cell(second: SecondLive, y: float, x: float) -> str:
    """Return the layers and the value of a cell of the matrix; "" outside of it."""
    if second.cka is None:
        return ""
    row, column = int(y), int(x)
    if not (0 <= row < second.cka.shape[0] and 0 <= column < second.cka.shape[1]):
        return ""
    if not np.isfinite(second.cka[row, column]):
        return tr(
            "{first} with {second}: no CKA, for one of them does not vary over {frames} frames",
            first=second.rows[0][row],
            second=second.rows[1][column],
            frames=second.frames,
        )
    return tr(
        "{first} with {second}: CKA {value} over {frames} frames",
        first=second.rows[0][row],
        second=second.rows[1][column],
        value=f"{second.cka[row, column]:.2f}",
        frames=second.frames,
    )
