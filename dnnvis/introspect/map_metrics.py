"""The figures of a map, by name, as the report and the window show them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.introspect import scores as scored
from dnnvis.introspect.map import Examples
from dnnvis.introspect.pca import CHUNK, Basis
from dnnvis.introspect.unit_ordering import ClassMeans, agreement

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """The parts of a map that its figures are taken of; ``module`` is the decoder of scores,
    ``decoder`` the folded one, ``h`` gives hidden vectors by row."""

    axes: Basis
    module: nn.Module
    examples: Examples
    means: ClassMeans
    decoded: Floats
    decoder: Callable[[Floats], Floats]
    classes: tuple[str, ...]
    h: Callable[[Ints], Floats]
    scores: Tensor


def figures_of(made: Fitted) -> dict[str, Any]:
    """Of the test examples where there are some, else of all of them (said)."""
    ex = made.examples
    test = ex.test if ex.test.any() else np.ones(len(ex.z), bool)
    train = ~ex.test
    found: dict[str, Any] = {
        "examples": int(train.sum()),
        "tested on": int(ex.test.sum()),
        "R2 train": _explained(made, np.flatnonzero(train)[:10_000]),
        "R2": _explained(made, np.flatnonzero(test)),
        "in frame": scored.inside(ex.z[test]),
        "mmd train": scored.discrepancy(ex.z[train]),
        "mmd": scored.discrepancy(ex.z[test]),
        "spread": [round(float(s), 4) for s in ex.z[train].std(0)],
        "variance of 2, 10, 50": [round(float(made.axes.share[:k].sum()), 4) for k in (2, 10, 50)],
    }
    if len(made.classes):
        found |= _of_classes(made, train, test)
    if ex.expected:
        found |= _of_errors(ex, test, len(made.classes))
    return {name: _rounded(value) for name, value in found.items()}


def _of_classes(made: Fitted, train: NDArray[np.bool_], test: NDArray[np.bool_]) -> dict[str, Any]:
    ex, means = made.examples, made.means
    first = made.scores[:, :2].numpy()
    labels = ex.labels
    at_mean = made.decoder(np.nan_to_num(means.z))
    present = means.counts > 0
    at_mean[~present] = np.nan
    active = ~made.axes.left_out & (made.axes.spread > 0.05)
    said: dict[str, Any] = {
        "kNN15": scored.knn_accuracy(ex.z[train], labels[train], ex.z[test], labels[test]),
        "kNN15 pca": scored.knn_accuracy(first[train], labels[train], first[test], labels[test]),
        "agreement E[dec z]": agreement(made.decoded, means.direct),
        "agreement dec E[z]": agreement(at_mean, means.direct),
        "agreement E[dec z], active units": agreement(made.decoded, means.direct, active),
        "agreement of halves": agreement(means.halves[0], means.halves[1]),
    }
    if (ex.predicted >= 0).any():
        asked = test & (labels >= 0)
        right = ex.predicted[asked] == labels[asked]
        said["accuracy"] = float(right.mean()) if asked.any() else float("nan")
    return said


def _of_errors(ex: Examples, test: NDArray[np.bool_], classes: int) -> dict[str, Any]:
    asked = test & np.isfinite(ex.log_e)
    kinds = {kind: values[asked] for kind, values in ex.expected.items()}
    wrong = ex.wrong[asked]
    said: dict[str, Any] = scored.estimates(kinds, ex.doubt[asked], wrong)
    said["wrong"] = int(wrong.sum())
    for kind, values in kinds.items():
        with np.errstate(invalid="ignore"):
            true = ex.log_e[asked]
            same = float(np.corrcoef(values, true)[0, 1]) if np.ptp(true) else float("nan")
        said[f"correlation {kind}"] = same
        if classes:
            said[f"violins {kind}"] = scored.violins(values, ex.labels[asked], wrong, classes)
    return said


def _explained(made: Fitted, rows: Ints) -> float:
    """R^2 of all standardised units, not only of the components that were trained on."""

    def portions() -> Iterator[tuple[Floats, Floats]]:
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            z = made.examples.z[some]
            with torch.no_grad():
                c = made.module(torch.from_numpy(z)).numpy() * np.float32(made.axes.unit)
            yield made.axes.standard(made.h(some)), c @ made.axes.axes.T

    return scored.explained(portions())


def _rounded(value: Any) -> Any:
    """Numbers that JSON has: NaN becomes None."""
    if isinstance(value, float):
        return round(value, 5) if np.isfinite(value) else None
    return value
