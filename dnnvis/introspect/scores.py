"""Score a map by numbers on examples that it was not fitted on."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.introspect.infovae import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
NEIGHBORS = 15  # of the nearest-neighbor accuracy
FRAME_MAX_ABS = 4.0  # the map's frame is [-4, 4]^2 (Pardo et al. 2019, section 2.8)
FALSE_ALARM_RATE = 0.05  # fraction of right examples that lie above the line


def knn_accuracy(train: Floats, train_labels: Ints, test: Floats, labels: Ints) -> float:
    """Return the accuracy of the 15 nearest neighbors on the map.

    Majority vote (Cover & Hart 1967; ties to the lower class).

    Args:
        train: Points of the training examples (N, 2).
        train_labels: Their classes int64 (N,), -1 = none.
        test: Points of the test examples (n, 2).
        labels: Their classes int64 (n,), -1 = none.

    Returns:
        Fraction of test points with the right class; NaN without any.
    """
    from sklearn.neighbors import KNeighborsClassifier  # lazy: takes a second to load

    known, labeled = train_labels >= 0, labels >= 0
    if known.sum() < NEIGHBORS or not labeled.any():
        return float("nan")
    classifier = KNeighborsClassifier(NEIGHBORS).fit(train[known], train_labels[known])
    return float((classifier.predict(test[labeled]) == labels[labeled]).mean())


def auroc(score: Floats, wrong: NDArray[np.bool_]) -> float:
    """Return the chance that a wrong example has the greater score than a right one.

    Fawcett 2006; ties count half; NaN where there are no wrong or no right ones.
    """
    from sklearn.metrics import roc_auc_score  # lazy: takes a second to load

    if wrong.all() or not wrong.any():
        return float("nan")
    return float(roc_auc_score(wrong, score))


def median_gap(score: Floats, wrong: NDArray[np.bool_]) -> float:
    """Return the median over wrong examples minus the median over right ones.

    NaN without either.
    """
    if wrong.all() or not wrong.any():
        return float("nan")
    return float(np.median(score[wrong]) - np.median(score[~wrong]))


def false_alarm_line(
    score: Floats, wrong: NDArray[np.bool_], rate: float = FALSE_ALARM_RATE
) -> float:
    """Return the value above which a fraction of the right examples lies.

    Args:
        score: Scores (N,).
        wrong: Which examples are wrong, bool (N,).
        rate: That fraction.

    Returns:
        The value; NaN without any right example.
    """
    right = score[~wrong]
    return float(np.quantile(right, 1 - rate)) if len(right) else float("nan")


def fraction_in_frame(z: Floats) -> float:
    """Return the fraction of points in [-4, 4]^2."""
    return float((np.abs(z) <= FRAME_MAX_ABS).all(1).mean()) if len(z) else float("nan")


def mmd_to_prior(z: Floats, seed: int = 0, limit: int = 4000) -> float:
    """Return the squared MMD to as many draws of N(0, I).

    Unbiased, kernel of width 1 (Gretton et al. 2012, equation 3).

    Args:
        z: Points (N, 2).
        seed: Seed of the draws.
        limit: Maximum of points.

    Returns:
        A number; NaN of fewer than 2 points.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(z), generator=generator)[:limit]
    points = torch.from_numpy(np.asarray(z, np.float32))[rows]
    n = len(points)
    if n < 2:
        return float("nan")
    prior = torch.randn(n, z.shape[1], generator=generator)
    own = (kernel(points, points).sum() - n) / (n * (n - 1))
    theirs = (kernel(prior, prior).sum() - n) / (n * (n - 1))
    return float(own + theirs - 2 * kernel(points, prior).mean())


def explained_variance(
    portions: Iterator[tuple[Floats, Floats]],
) -> float:
    """Return R^2 = 1 - sum |s - s^|^2 / sum |s|^2 of standardized activations s (n, D).

    ``portions`` are pairs of them and their reconstructions; the mean that a trivial map would give
    is 0.
    """
    residual = total = 0.0
    for s, reconstruction in portions:
        residual += float(np.square(s - reconstruction, dtype=np.float64).sum())
        total += float(np.square(s, dtype=np.float64).sum())
    return 1 - residual / total if total else float("nan")


def class_quantiles(
    score: Floats, labels: Ints, wrong: NDArray[np.bool_], classes: int
) -> list[dict[str, Any]]:
    """Return quantiles of the estimated log10 error per class (section 3.6).

    Args:
        score: Estimates (N,).
        labels: Classes int64 (N,).
        wrong: Which examples are wrong, bool (N,).
        classes: Number of classes.

    Returns:
        For each class the 5, 25, 50, 75 and 95 % quantiles of right and of wrong examples, and
        how many there are.
    """

    def quantiles_of(values: Floats) -> dict[str, Any]:
        if not len(values):
            return {"count": 0, "quantiles": []}
        marks = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
        return {"count": len(values), "quantiles": [round(float(m), 3) for m in marks]}

    return [
        {
            "right": quantiles_of(score[(labels == k) & ~wrong]),
            "wrong": quantiles_of(score[(labels == k) & wrong]),
        }
        for k in range(classes)
    ]


def score_estimates(
    kinds: dict[str, Floats], doubt: Floats, wrong: NDArray[np.bool_]
) -> dict[str, float]:
    """Score each kind of estimate, and the free baseline 1 - max.

    Args:
        kinds: Kind -> estimates (N,).
        doubt: 1 - max probability (N,).
        wrong: Which examples are wrong, bool (N,).

    Returns:
        AUROC, gap and false-alarm line of each.
    """
    figures: dict[str, float] = {}
    scorers: dict[str, Callable[..., float]] = {
        "auroc": auroc,
        "gap": median_gap,
        "line": false_alarm_line,
    }
    for kind, values in {**kinds, "1-max": doubt}.items():
        for name, scorer in scorers.items():
            figures[f"{name} {kind}"] = scorer(values, wrong)
    return figures
