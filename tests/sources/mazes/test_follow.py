"""How closely steps follow a candidate of truth, against counts of hits and misses."""

import math

import numpy as np
import pytest

from dnnvis.core.mazes.controls import FollowControl, is_followed
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.follow import (
    choose_speeds,
    follow,
    matthews,
    read_controls,
    read_speeds,
)
from dnnvis.sources.mazes.truths import CANDIDATES, MazeTruths


def counted(predicted: np.ndarray, true: np.ndarray) -> float:
    """Matthews 1975, from the four counts."""
    tp, tn = int((predicted & true).sum()), int((~predicted & ~true).sum())
    fp, fn = int((predicted & ~true).sum()), int((~predicted & true).sum())
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0


def test_the_correlation_is_that_of_the_four_counts() -> None:
    rng = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.9):
        true, predicted = rng.random(300) < share, rng.random(300) < 0.4
        predicted[:100] = true[:100]
        assert matthews(predicted, true) == pytest.approx(counted(predicted, true), abs=1e-9)
    assert matthews(true, true) == pytest.approx(1.0)
    assert matthews(~true, true) == pytest.approx(-1.0)
    assert matthews(np.ones(5, bool), true[:5]) == 0.0
    assert matthews(np.zeros(0, bool), np.zeros(0, bool)) == 0.0


@pytest.fixture(scope="module")
def truths() -> MazeTruths:
    return MazeTruths(draw_mazes(30, (9, 9), np.random.default_rng(2)))


@pytest.mark.parametrize("candidate", [name for name in CANDIDATES if name != "whole path"])
@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_what_does_just_that_follows_it_wholly_at_its_speed(
    truths: MazeTruths, candidate: str, speed: float
) -> None:
    steps = range(2, 12)  # before that nothing is filled at half a square a step
    marked = np.stack([truths.at(candidate, step, speed) for step in range(12)])
    found = follow(marked, truths, candidate, speed, steps)
    assert found.mcc == pytest.approx(1.0)
    assert len(found.each) == 10
    assert choose_speeds(marked, truths, steps)[candidate] == speed
    assert follow(marked, truths, candidate, 1.0, steps).mcc < 0.999


def test_only_floor_counts(truths: MazeTruths) -> None:
    marked = np.stack([truths.path | ~truths.mazes.floor] * 3)
    assert follow(marked, truths, "whole path", 1.0, range(3)).mcc == pytest.approx(1.0)


def test_speeds_of_a_card_and_of_one_without() -> None:
    assert read_speeds(None) == dict.fromkeys(CANDIDATES, 1.0)
    speeds = read_speeds({"speeds": {"both waves": 2.0, "whole path": 7, "other": 1.0}})
    assert speeds["both waves"] == 2.0
    assert speeds["whole path"] == 1.0
    assert read_speeds({"speeds": [2.0]})["both waves"] == 1.0


def test_controls_of_a_card_are_all_there_or_none() -> None:
    follows = {name: {"chance": 0.25, "probe": 0.8} for name in CANDIDATES}
    scores = {"follows": follows, "follow_mazes": 40}
    assert read_controls(scores) == dict.fromkeys(CANDIDATES, FollowControl(0.25, 0.8, 40))
    for broken in (
        None,
        {"speeds": {}},
        {"follows": follows},
        {**scores, "follow_mazes": 0},
        {**scores, "follows": {**follows, "both waves": {"chance": 0.1}}},
        {**scores, "follows": {**follows, "both waves": 3}},
        {**scores, "follows": {**follows, "both waves": {"chance": math.nan, "probe": 0.1}}},
    ):
        assert read_controls(broken) == {}


def test_a_candidate_is_followed_where_it_is_a_tenth_ahead_of_chance() -> None:
    assert is_followed(0.36, 0.25)
    assert not is_followed(0.34, 0.25)
