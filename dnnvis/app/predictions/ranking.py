"""Rank the classes of the output, without any Qt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.frame import find_class
from dnnvis.core.messages import Live, NetworkInfo, OutputKind
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.answers import count_classes, normalize_scores


@dataclass(frozen=True)
class ClassScore:
    """One class and its bar."""

    #: Index of the class in the output.
    channel: int
    #: The class's name.
    name: str
    #: Length of its bar, in [0, 1].
    fraction: float
    #: The value as text.
    text: str
    #: Whether it has the greatest value.
    is_best: bool
    #: Whether the source labels the picture with it.
    is_true_label: bool
    #: The same fraction without the edits that are on; None without any.
    unedited: float | None = None
    #: What the edits changed, as text; "" without any.
    change: str = ""


def rank_shares(
    classes: NDArray[np.int64], info: NetworkInfo, limit: int
) -> tuple[ClassScore, ...]:
    """Return the classes of a map (h, w) by their share of it, the greatest first."""
    output = info.layer("output")
    count = max(int(classes.max(initial=0)) + 1, output.shape[0] if output is not None else 0)
    shares = count_classes(classes, count)
    order = [int(k) for k in rank_output(shares) if shares[k] > 0][:limit]
    return tuple(
        ClassScore(
            k,
            messages.get_class_name(info, k),
            float(shares[k]),
            messages.format_fraction(float(shares[k])),
            k == order[0],
            False,
        )
        for k in order
    )


def rank_output(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the classes from the greatest value on, infinity first.

    Of equal ones the lower number comes first; those that are NaN come last.
    """
    order: NDArray[np.int64] = np.argsort(-values, kind="stable")  # which has NaN last
    return order


def rank_classes(
    live: Live,
    info: NetworkInfo | None,
    limit: int,
    kind: OutputKind,
    query: str = "",
    held: Sequence[int] = (),
) -> tuple[ClassScore, ...]:
    """Return the rows of classes.

    Where all classes fit they keep their order, so that bars move and names do not; else the
    greatest come first. A value that is not finite is written as what it is; NaN has no bar and is
    never the best.

    Args:
        live: The frame with the network's output.
        info: The network that runs, with its class names.
        limit: Number of rows at most.
        kind: What the output is: logits, probabilities or sigmoids.
        query: Text that the classes' names hold; "" for all classes.
        held: Classes that stay where they are: those in the rows under the mouse.

    Returns:
        At most ``limit`` rows.
    """
    scores = normalize_scores(live.output, kind)
    order = rank_output(scores)
    best = int(order[0]) if len(order) and not np.isnan(scores[order[0]]) else -1
    if len(held) == limit and max(held) < len(scores):
        order = np.array(held, np.int64)
    elif query.strip():
        order = np.array(match_classes(order, info, query), np.int64)[:limit]
    else:
        order = order[:limit] if len(scores) > limit else np.arange(len(scores))
    rows = []
    true_class = find_class(live.frame.label, info.labels if info else (), len(scores))
    for k in map(int, order):
        name = messages.get_class_name(info, k) if info else tr("class {number}", number=k)
        is_true_label = k == true_class
        score = float(scores[k])
        fraction = 0.0 if math.isnan(score) else min(max(score, 0.0), 1.0)
        rows.append(
            ClassScore(
                k,
                name,
                fraction,
                messages.format_fraction(score),
                k == best,
                is_true_label,
            )
        )
    return tuple(rows)


def add_changes(
    rows: Sequence[ClassScore],
    unedited: NDArray[np.float32],
    edited: NDArray[np.float32],
    kind: OutputKind,
) -> tuple[ClassScore, ...]:
    """Return rows with what edits changed in each.

    Args:
        rows: The rows.
        unedited: What the network returned for a frame as it is, float32 (K,).
        edited: What it returned for the same frame with the edits, float32 (K,).
        kind: What the output is.
    """
    previous, scores = normalize_scores(unedited, kind), normalize_scores(edited, kind)
    if len(previous) != len(scores):
        return tuple(rows)
    return tuple(
        replace(
            row,
            unedited=float(np.clip(np.nan_to_num(previous[row.channel], nan=0.0), 0, 1)),
            change=_format_change(float(scores[row.channel] - previous[row.channel])),
        )
        if row.channel < len(scores)
        else row
        for row in rows
    )


def _format_change(change: float) -> str:
    """Return a change with its sign, as ``−.31``; "±0" where it rounds to none."""
    if not np.isfinite(change):
        return "?"
    text = f"{abs(change):.2f}"
    return "±0" if text == "0.00" else ("+" if change > 0 else "−") + text.removeprefix("0")


def match_classes(order: NDArray[np.int64], info: NetworkInfo | None, query: str) -> list[int]:
    """Return the classes whose names hold a text: whole names, beginnings, beginnings of words.

    Args:
        order: The classes, those with the greatest values first, which they are otherwise in.
        info: The network that runs, with its class names.
        query: The text; case does not matter.

    Returns:
        Their numbers.
    """
    text = " ".join(query.lower().split())
    ranks: list[tuple[int, int]] = []
    for k in map(int, order):
        name = (
            messages.get_class_name(info, k) if info else tr("class {number}", number=k)
        ).lower()
        if text in name:
            is_word = any(part.startswith(text) for part in name.split())
            rank = 0 if name == text else 1 if name.startswith(text) else 2 if is_word else 3
            ranks.append((rank, k))
    return [k for _, k in sorted(ranks, key=lambda pair: pair[0])]
