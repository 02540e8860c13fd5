"""The output as a ranking of classes, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.messages import Live, NetworkInfo


@dataclass(frozen=True)
class Row:
    """One class: ``share`` in [0, 1] is the length of its bar, ``text`` the value in words."""

    channel: int
    name: str
    share: float
    text: str
    best: bool
    true: bool


def scored(output: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
    """The output as numbers in [0, 1], and what they are: ``probabilities`` or ``scores`` as
    they came, or ``logits`` after a softmax.

    Values that are not finite have no part in it, and stay what they are; the kind is "" where
    there is no other.
    """
    values = np.asarray(output, np.float64).reshape(-1)
    good = np.isfinite(values)
    shares, finite = values.copy(), values[good]
    if not finite.size:
        return shares.astype(np.float32), "" if values.size else "logits"
    if finite.min() >= 0 and finite.max() <= 1:
        sums = good.all() and abs(finite.sum() - 1) < 1e-3
        return shares.astype(np.float32), "probabilities" if sums else "scores"
    powers = np.exp(finite - finite.max())
    shares[good] = powers / powers.sum()
    return shares.astype(np.float32), "logits"


def ranked(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The classes from the greatest value on, infinity first, the lower number first of equal
    ones; those that are NaN come last."""
    order: NDArray[np.int64] = np.argsort(-values, kind="stable")  # which has NaN last
    return order


def rows_of(live: Live, info: NetworkInfo | None, most: int) -> tuple[tuple[Row, ...], str]:
    """At most ``most`` rows and the kind of numbers.

    Where all classes fit they keep their order, so that bars move and names do not; else
    the greatest come first. A value that is not finite is written as what it is; NaN has no bar
    and is never the best.
    """
    shares, kind = scored(live.output)
    order = ranked(shares)
    best = int(order[0]) if len(order) and not np.isnan(shares[order[0]]) else -1
    order = order[:most] if len(shares) > most else np.arange(len(shares))
    rows = []
    for k in map(int, order):
        name = messages.class_name(info, k) if info else f"class {k}"
        true = live.frame.label is not None and live.frame.label in (name, str(k))
        share = float(np.clip(np.nan_to_num(shares[k], nan=0.0), 0, 1))
        rows.append(Row(k, name, share, messages.share(float(shares[k])), k == best, true))
    return tuple(rows), kind
