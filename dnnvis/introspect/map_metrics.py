"""Compute the figures of a map, by name, as the report and the window show them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.introspect import scores as scored
from dnnvis.introspect.map import MapExamples
from dnnvis.introspect.pca import CHUNK_ROWS, Basis
from dnnvis.introspect.unit_ordering import ClassMeans, agreement

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FigureInputs:
    """The parts of a map that its figures are computed from."""

    #: Principal components of h.
    axes: Basis
    #: The decoder of scores.
    module: nn.Module
    #: The examples.
    examples: MapExamples
    #: Means of each class.
    means: ClassMeans
    #: E[h|H_k] through the decoder, float32 (K, D).
    decoded: Floats
    #: The folded decoder.
    decoder: Callable[[Floats], Floats]
    #: Class names.
    classes: tuple[str, ...]
    #: Gives hidden vectors by row.
    h: Callable[[Ints], Floats]
    #: Scores of all examples, float32 (N, k).
    scores: Tensor


def compute_figures(inputs: FigureInputs) -> dict[str, Any]:
    """Compute the figures of the test examples where there are some, else of all of them."""
    examples = inputs.examples
    test = examples.test if examples.test.any() else np.ones(len(examples.z), bool)
    train = ~examples.test
    figures: dict[str, Any] = {
        "examples": int(train.sum()),
        "tested on": int(examples.test.sum()),
        "R2 train": _explained_variance(inputs, np.flatnonzero(train)[:10_000]),
        "R2": _explained_variance(inputs, np.flatnonzero(test)),
        "in frame": scored.fraction_in_frame(examples.z[test]),
        "mmd train": scored.mmd_to_prior(examples.z[train]),
        "mmd": scored.mmd_to_prior(examples.z[test]),
        "spread": [round(float(s), 4) for s in examples.z[train].std(0)],
        "variance of 2, 10, 50": [
            round(float(inputs.axes.share[:k].sum()), 4) for k in (2, 10, 50)
        ],
    }
    if len(inputs.classes):
        figures |= _class_figures(inputs, train, test)
    if examples.expected:
        figures |= _error_figures(examples, test, len(inputs.classes))
    return {name: _round_value(value) for name, value in figures.items()}


def _class_figures(
    inputs: FigureInputs, train: NDArray[np.bool_], test: NDArray[np.bool_]
) -> dict[str, Any]:
    examples, means = inputs.examples, inputs.means
    first = inputs.scores[:, :2].numpy()
    labels = examples.labels
    at_mean = inputs.decoder(np.nan_to_num(means.z))
    present = means.counts > 0
    at_mean[~present] = np.nan
    active = ~inputs.axes.left_out & (inputs.axes.spread > 0.05)
    figures: dict[str, Any] = {
        "kNN15": scored.knn_accuracy(
            examples.z[train], labels[train], examples.z[test], labels[test]
        ),
        "kNN15 pca": scored.knn_accuracy(first[train], labels[train], first[test], labels[test]),
        "agreement E[dec z]": agreement(inputs.decoded, means.direct),
        "agreement dec E[z]": agreement(at_mean, means.direct),
        "agreement E[dec z], active units": agreement(inputs.decoded, means.direct, active),
        "agreement of halves": agreement(means.halves[0], means.halves[1]),
    }
    if (examples.predicted >= 0).any():
        evaluated = test & (labels >= 0)
        right = examples.predicted[evaluated] == labels[evaluated]
        figures["accuracy"] = float(right.mean()) if evaluated.any() else float("nan")
    return figures


def _error_figures(examples: MapExamples, test: NDArray[np.bool_], classes: int) -> dict[str, Any]:
    evaluated = test & np.isfinite(examples.log_e)
    kinds = {kind: values[evaluated] for kind, values in examples.expected.items()}
    wrong = examples.wrong[evaluated]
    figures: dict[str, Any] = scored.score_estimates(kinds, examples.doubt[evaluated], wrong)
    figures["wrong"] = int(wrong.sum())
    for kind, values in kinds.items():
        with np.errstate(invalid="ignore"):
            true = examples.log_e[evaluated]
            same = float(np.corrcoef(values, true)[0, 1]) if np.ptp(true) else float("nan")
        figures[f"correlation {kind}"] = same
        if classes:
            figures[f"violins {kind}"] = scored.class_quantiles(
                values, examples.labels[evaluated], wrong, classes
            )
    return figures


def _explained_variance(inputs: FigureInputs, rows: Ints) -> float:
    """Return R^2 of all standardized units, not only of the components that were trained on."""

    def portions() -> Iterator[tuple[Floats, Floats]]:
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[start : start + CHUNK_ROWS]
            z = inputs.examples.z[chunk]
            with torch.no_grad():
                c = inputs.module(torch.from_numpy(z)).numpy() * np.float32(inputs.axes.unit)
            yield inputs.axes.standard(inputs.h(chunk)), c @ inputs.axes.axes.T

    return scored.explained_variance(portions())


def _round_value(value: Any) -> Any:
    """Round to numbers that JSON has: NaN becomes None."""
    if isinstance(value, float):
        return round(value, 5) if np.isfinite(value) else None
    return value
