"""How good is a map? Numbers of examples that it was not fitted on."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.introspect.infovae import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
NEIGHBOURS = 15  # of the nearest-neighbour accuracy
REACH = 4.0  # the map's frame is [-4, 4]^2 (Pardo et al. 2019, section 2.8)
FALSE_ALARMS = 0.05  # share of right examples that lie above the line


def knn_accuracy(train: Floats, its: Ints, test: Floats, labels: Ints) -> float:
    """Share of test places (n, 2) whose 15 nearest train places say their class by majority
    (Cover & Hart 1967; ties to the lower class); NaN without any."""
    from sklearn.neighbors import KNeighborsClassifier  # lazy: takes a second to load

    known, asked = its >= 0, labels >= 0
    if known.sum() < NEIGHBOURS or not asked.any():
        return float("nan")
    rule = KNeighborsClassifier(NEIGHBOURS).fit(train[known], its[known])
    return float((rule.predict(test[asked]) == labels[asked]).mean())


def auroc(score: Floats, wrong: NDArray[np.bool_]) -> float:
    """The chance that a wrong example has the greater score than a right one (Fawcett 2006;
    ties count half); NaN where there are no wrong or no right ones."""
    from sklearn.metrics import roc_auc_score  # lazy: takes a second to load

    if wrong.all() or not wrong.any():
        return float("nan")
    return float(roc_auc_score(wrong, score))


def gap(score: Floats, wrong: NDArray[np.bool_]) -> float:
    """Median over wrong examples minus median over right ones; NaN without either."""
    if wrong.all() or not wrong.any():
        return float("nan")
    return float(np.median(score[wrong]) - np.median(score[~wrong]))


def line(score: Floats, wrong: NDArray[np.bool_], alarms: float = FALSE_ALARMS) -> float:
    """The value above which ``alarms`` of the right examples lie; NaN without any."""
    right = score[~wrong]
    return float(np.quantile(right, 1 - alarms)) if len(right) else float("nan")


def inside(z: Floats) -> float:
    """Share of places in [-4, 4]^2."""
    return float((np.abs(z) <= REACH).all(1).mean()) if len(z) else float("nan")


def discrepancy(z: Floats, seed: int = 0, most: int = 4000) -> float:
    """Squared MMD to as many draws of N(0, I), unbiased, kernel of width 1 (Gretton et al.
    2012, equation 3), over at most ``most`` places."""
    dice = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(z), generator=dice)[:most]
    places = torch.from_numpy(np.asarray(z, np.float32))[rows]
    n = len(places)
    if n < 2:
        return float("nan")
    prior = torch.randn(n, z.shape[1], generator=dice)
    own = (kernel(places, places).sum() - n) / (n * (n - 1))
    theirs = (kernel(prior, prior).sum() - n) / (n * (n - 1))
    return float(own + theirs - 2 * kernel(places, prior).mean())


def explained(
    portions: Iterator[tuple[Floats, Floats]],
) -> float:
    """R^2 = 1 - sum |s - s^|^2 / sum |s|^2 of standardised activations s (n, D) and their
    reconstructions, in portions; the mean that a trivial map would give is 0."""
    apart = whole = 0.0
    for s, found in portions:
        apart += float(np.square(s - found, dtype=np.float64).sum())
        whole += float(np.square(s, dtype=np.float64).sum())
    return 1 - apart / whole if whole else float("nan")


def violins(
    score: Floats, labels: Ints, wrong: NDArray[np.bool_], classes: int
) -> list[dict[str, Any]]:
    """Section 3.6: per class, quantiles (5, 25, 50, 75, 95 %) of the estimated log10 error of
    right and of wrong examples, and how many there are."""

    def of(values: Floats) -> dict[str, Any]:
        if not len(values):
            return {"count": 0, "quantiles": []}
        marks = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
        return {"count": len(values), "quantiles": [round(float(m), 3) for m in marks]}

    return [
        {"right": of(score[(labels == k) & ~wrong]), "wrong": of(score[(labels == k) & wrong])}
        for k in range(classes)
    ]


def estimates(
    kinds: dict[str, Floats], doubt: Floats, wrong: NDArray[np.bool_]
) -> dict[str, float]:
    """AUROC, gap and false-alarm line of each kind of estimate, and the free baseline
    1 - max."""
    found: dict[str, float] = {}
    scorers: dict[str, Callable[..., float]] = {"auroc": auroc, "gap": gap, "line": line}
    for kind, values in {**kinds, "1-max": doubt}.items():
        for name, scorer in scorers.items():
            found[f"{name} {kind}"] = scorer(values, wrong)
    return found
