"""Rank the classes of the output, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.messages import Live, NetworkInfo


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


def normalize_scores(output: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
    """Normalize the output to numbers in [0, 1].

    Values that are not finite have no part in it, and stay what they are.

    Returns:
        The numbers, and what they are: ``probabilities`` or ``scores`` as the network returned
        them, or ``logits`` after a softmax; "" where there is no other value.
    """
    values = np.asarray(output, np.float64).reshape(-1)
    good = np.isfinite(values)
    scores, finite = values.copy(), values[good]
    if not finite.size:
        return scores.astype(np.float32), "" if values.size else "logits"
    if finite.min() >= 0 and finite.max() <= 1:
        sums_to_one = good.all() and abs(finite.sum() - 1) < 1e-3
        return scores.astype(np.float32), "probabilities" if sums_to_one else "scores"
    exponentials = np.exp(finite - finite.max())
    scores[good] = exponentials / exponentials.sum()
    return scores.astype(np.float32), "logits"


def rank_output(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the classes from the greatest value on, infinity first.

    Of equal ones the lower number comes first; those that are NaN come last.
    """
    order: NDArray[np.int64] = np.argsort(-values, kind="stable")  # which has NaN last
    return order


def rank_classes(
    live: Live, info: NetworkInfo | None, limit: int
) -> tuple[tuple[ClassScore, ...], str]:
    """Return the rows of classes and the kind of numbers.

    Where all classes fit they keep their order, so that bars move and names do not; else the
    greatest come first. A value that is not finite is written as what it is; NaN has no bar and is
    never the best.

    Args:
        live: The frame with the network's output.
        info: The network that runs, with its class names.
        limit: Number of rows at most.

    Returns:
        At most ``limit`` rows, and what the numbers are.
    """
    scores, kind = normalize_scores(live.output)
    order = rank_output(scores)
    best = int(order[0]) if len(order) and not np.isnan(scores[order[0]]) else -1
    order = order[:limit] if len(scores) > limit else np.arange(len(scores))
    rows = []
    for k in map(int, order):
        name = messages.get_class_name(info, k) if info else f"class {k}"
        is_true_label = live.frame.label is not None and live.frame.label in (name, str(k))
        fraction = float(np.clip(np.nan_to_num(scores[k], nan=0.0), 0, 1))
        rows.append(
            ClassScore(
                k,
                name,
                fraction,
                messages.format_fraction(float(scores[k])),
                k == best,
                is_true_label,
            )
        )
    return tuple(rows), kind
