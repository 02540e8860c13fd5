"""Compare what somebody marks on a maze, step by step, with what can be computed of it."""

from dataclasses import dataclass
from itertools import chain
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.mazes.controls import FollowControl
from dnnvis.sources.mazes.truths import CANDIDATES, SPEEDS, MazeTruths

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Follow:
    """How closely the steps of a network follow a candidate of truth."""

    candidate: str
    #: Squares a step.
    speed: float
    #: Mean over the steps of the Matthews correlation over floor squares.
    mcc: float
    #: The correlation at each of the steps.
    each: tuple[float, ...]


def matthews(predicted: Flags, true: Flags) -> float:
    """Return the Matthews correlation of two sets of answers, 0 where one of them never varies."""
    counts = len(predicted.ravel())
    both = np.count_nonzero(predicted & true) / counts if counts else 0.0
    first, second = (float(flags.mean()) if counts else 0.0 for flags in (predicted, true))
    spread = first * (1 - first) * second * (1 - second)
    return float((both - first * second) / spread**0.5) if spread > 0 else 0.0


def follow(marked: Flags, truths: MazeTruths, candidate: str, speed: float, steps: range) -> Follow:
    """Return how closely a network follows a candidate.

    Args:
        marked: The squares that it marks at each step, (T, B, H, W), from step 0.
        truths: Truths of the B mazes.
        candidate: A key of CANDIDATES.
        speed: Squares a step.
        steps: The steps that count.

    Returns:
        The correlations, each over all floor squares of all mazes.
    """
    floor = truths.mazes.floor
    each = tuple(
        matthews(marked[step][floor], truths.at(candidate, step, speed)[floor]) for step in steps
    )
    return Follow(candidate, speed, float(np.mean(each)), each)


def choose_speeds(marked: Flags, truths: MazeTruths, steps: range) -> dict[str, float]:
    """Return for each candidate the speed at which a network follows it best."""
    return {
        candidate: max(
            SPEEDS, key=lambda speed: follow(marked, truths, candidate, speed, steps).mcc
        )
        for candidate in CANDIDATES
    }


def read_speeds(scores: Any) -> dict[str, float]:
    """Return the speeds in the scores of a card, 1 for candidates that it does not have."""
    stored = scores.get("speeds") if isinstance(scores, dict) else None
    stored = stored if isinstance(stored, dict) else {}
    return {name: float(stored[name]) if stored.get(name) in SPEEDS else 1.0 for name in CANDIDATES}


def read_controls(scores: Any) -> dict[str, FollowControl]:
    """Return the chance and the probe in the scores of a card, by candidate.

    A card that has not both as finite numbers for every candidate, and ``follow_mazes``, gives {}.
    """
    scores = scores if isinstance(scores, dict) else {}
    mazes = scores.get("follow_mazes")
    if not isinstance(mazes, int) or mazes < 1:
        return {}
    try:
        controls = {
            name: FollowControl(float(values["chance"]), float(values["probe"]), mazes)
            for name in CANDIDATES
            for values in [scores["follows"][name]]
        }
    except (KeyError, TypeError, ValueError):  # another program's card may hold anything
        return {}
    pairs = [(control.chance, control.probe) for control in controls.values()]
    return controls if all(map(isfinite, chain(*pairs))) else {}
