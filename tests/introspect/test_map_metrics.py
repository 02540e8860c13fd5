"""Which examples the field and the figures are taken of, told by examples that lie elsewhere."""

from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.introspect import fit as fitting
from dnnvis.introspect import mlp
from dnnvis.introspect.attack import AttackTrajectories
from dnnvis.introspect.fit import FitConfig
from dnnvis.introspect.map import MapExamples
from dnnvis.introspect.map_metrics import FigureInputs, compute_figures
from dnnvis.introspect.pca import fit_basis
from dnnvis.introspect.unit_ordering import ClassMeans
from helpers.synthetic_maps import columns, job, records

K, D = 3, 10


def chance(score: Any, wrong: Any) -> float:
    """That a wrong one has the greater score than a right one, by counting pairs."""
    pairs = [(a > b) + 0.5 * (a == b) for a in score[wrong] for b in score[~wrong]]
    return float(sum(pairs) / len(pairs))


def test_empty_is_where_no_training_example_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp, "HIDDEN", (24, 24, 24))
    held = records(300)
    test = np.arange(300) >= 200
    held["h"][test] *= 3  # far from where the others are
    made = fitting.fit(
        job(held, columns=columns(), test=test, config=FitConfig(vae_steps=100, error_steps=5))
    )
    side = made.empty.shape[0]
    x = made.extent[0] + (made.extent[1] - made.extent[0]) * np.arange(side) / (side - 1)
    y = made.extent[2] + (made.extent[3] - made.extent[2]) * np.arange(side) / (side - 1)

    def neighbours(z: Any) -> Any:
        """How many lie within 1, which is the reach of so thin a map; and whether one lies so
        near that distance that rounding decides."""
        away = np.hypot(x[None, :, None] - z[:, 0], y[:, None, None] - z[:, 1])
        return (away <= 1).sum(2), (np.abs(away - 1) < 1e-5).any(2)

    train, edge = neighbours(made.z[~test].astype(float))
    others, _ = neighbours(made.z[test].astype(float))
    sure = ~edge
    assert (made.empty == (train < 10))[sure].all()
    # the test's examples would fill some of that, and leave other places empty
    assert ((train < 10) & (others >= 10) & sure).sum() > 100
    assert ((train >= 10) & (others < 10) & sure).sum() > 100


def fitted(**more: Any) -> FigureInputs:
    """2000 training examples of N(0, I), 1500 of the test around (3.5, 0), many of which are
    outside of the frame; estimates and doubt that have nothing to do with each other."""
    dice = np.random.default_rng(1)
    many, train = 3500, 2000
    test = np.arange(many) >= train
    z = dice.normal(size=(many, 2))
    z[test] += (3.5, 0)
    labels = dice.integers(0, K, many)
    wrong = dice.random(many) < 0.05
    h = dice.normal(size=(many, D)).astype(np.float32)
    axes = fit_basis(h, 4, subset=~test)
    ex = MapExamples(
        z.astype(np.float32),
        labels,
        np.where(wrong, (labels + 1) % K, labels),
        dice.normal(size=many).astype(np.float32),
        (dice.random(many) * (0.5 + wrong)).astype(np.float32),
        np.arange(many),
        np.zeros(many, int),
        test,
        {kind: dice.normal(size=many).astype(np.float32) for kind in ("2d", "rich")},
    )
    direct, decoded, one, two = dice.normal(size=(4, K, D)).astype(np.float32)
    means = ClassMeans(
        direct,
        np.stack([one, two]),
        dice.normal(size=(K, 2)).astype(np.float32),
        np.bincount(labels[~test]),
    )
    weights = dice.normal(size=(2, D)).astype(np.float32)
    given: dict[str, Any] = {
        "axes": axes,
        "module": nn.Linear(2, 4),
        "examples": ex,
        "means": means,
        "decoded": decoded,
        "decoder": lambda places: places @ weights,
        "classes": ("a", "b", "c"),
        "h": lambda rows: h[rows],
        "scores": torch.zeros(many, 4),
    }
    return FigureInputs(**(given | more))


@pytest.fixture(scope="module")
def made() -> FigureInputs:
    return fitted()


@pytest.fixture(scope="module")
def said(made: FigureInputs) -> dict[str, Any]:
    return compute_figures(made)


def test_each_score_has_the_auroc_of_its_own_pairs(
    made: FigureInputs, said: dict[str, Any]
) -> None:
    ex = made.examples
    values = {**ex.expected, "1-max": ex.doubt}
    wanted = {kind: chance(score[ex.test], ex.wrong[ex.test]) for kind, score in values.items()}
    for kind, score in wanted.items():
        assert said[f"auroc {kind}"] == pytest.approx(score, abs=1e-4)
    assert len({round(score, 2) for score in wanted.values()}) == 3
    for kind, score in values.items():
        right = np.sort(score[ex.test & ~ex.wrong])
        share = np.mean(right > said[f"line {kind}"])
        assert share == pytest.approx(0.05, abs=1 / len(right))


def test_the_frame_and_the_discrepancy_are_those_of_the_test(
    made: FigureInputs, said: dict[str, Any]
) -> None:
    ex = made.examples
    own = [abs(x) <= 4 and abs(y) <= 4 for x, y in ex.z[ex.test]]
    assert said["in frame"] == pytest.approx(sum(own) / len(own), abs=1e-5)
    assert said["in frame"] < 0.9

    def product(away: float) -> float:
        """E k(a, b) of two normal clouds of spread 1 so far apart, kernel of width 1."""
        return exp(-(away**2) / 6) / 3

    assert said["mmd"] == pytest.approx(2 * product(0) - 2 * product(3.5), abs=0.03)
    assert said["mmd train"] == pytest.approx(0, abs=0.01)
    assert said["mmd"] > 0.3
    assert (said["examples"], said["tested on"]) == (2000, 1500)


def test_agreements_are_counted_between_the_tables_that_they_name(
    made: FigureInputs, said: dict[str, Any]
) -> None:
    means = made.means
    at_mean = [made.decoder(place) for place in means.z]
    active = [u for u in range(D) if made.axes.spread[u] > 0.05]

    def share(a: Any, b: Any) -> float:
        best = [max(range(K), key=lambda k, u=u: a[k][u]) for u in active]
        other = [max(range(K), key=lambda k, u=u: b[k][u]) for u in active]
        return sum(p == q for p, q in zip(best, other, strict=True)) / D

    wanted = {
        "agreement of halves": share(means.halves[0], means.halves[1]),
        "agreement dec E[z]": share(at_mean, means.direct),
        "agreement E[dec z]": share(made.decoded, means.direct),
    }
    for name, value in wanted.items():
        assert said[name] == pytest.approx(value, abs=1e-5)
        assert 0 < value < 1
    swapped = replace(made, means=replace(means, halves=np.stack([means.direct, means.direct])))
    assert compute_figures(swapped)["agreement of halves"] == 1


def test_a_path_crosses_the_line_itself() -> None:
    """Estimates just below and just above it, and others farther."""
    line = 0.1
    seen = np.array(
        [
            [line - 0.01, line - 0.01, line - 0.2, line + 0.01],
            [line + 0.01, line - 0.02, line - 0.2, line - 1],
            [line + 0.50, line - 0.01, line + 0.2, line + 1],
            [line - 1.00, line - 0.03, line + 0.9, line + 1],
        ],
        np.float32,
    )
    whole = np.zeros((4, 4), np.int64)
    nothing = torch.zeros(4, 1, 1, 1)
    walk = AttackTrajectories(
        whole[0], np.zeros((4, 4, 2), np.float32), {"2d": seen}, whole, whole[0], nothing, nothing
    )
    assert walk.find_crossings("2d", {"2d": line}).tolist() == [1, -1, 2, 0]
    assert (
        walk.find_crossings("2d", {}).tolist() == walk.find_crossings("rich", {"2d": line}).tolist()
    )
