"""The output as a ranking of classes, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app import say
from dnnvis.core.mail import Live, NetworkInfo


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
    they came, or ``logits`` after a softmax."""
    clean = np.nan_to_num(np.asarray(output, np.float64).reshape(-1))
    if clean.size and clean.min() >= 0 and clean.max() <= 1:
        sums = abs(clean.sum() - 1) < 1e-3
        return clean.astype(np.float32), "probabilities" if sums else "scores"
    powers = np.exp(clean - clean.max(initial=0))
    return (powers / max(powers.sum(), 1e-30)).astype(np.float32), "logits"


def rows_of(live: Live, info: NetworkInfo | None, most: int) -> tuple[tuple[Row, ...], str]:
    """At most ``most`` rows and the kind of numbers.

    Where all classes fit they keep their order, so that bars move and names do not; else
    the greatest come first.
    """
    shares, kind = scored(live.output)
    order = np.arange(len(shares))
    if len(shares) > most:
        order = np.argsort(-shares, kind="stable")[:most]
    best = int(shares.argmax()) if len(shares) else -1
    rows = []
    for k in map(int, order):
        name = say.class_name(info, k) if info else f"class {k}"
        true = live.frame.label is not None and live.frame.label in (name, str(k))
        rows.append(Row(k, name, float(shares[k]), f"{shares[k]:.3f}", k == best, true))
    return tuple(rows), kind
