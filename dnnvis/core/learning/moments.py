"""Keep the moments of a training, dense where much changes: at its beginning."""

import bisect
from dataclasses import dataclass, field

import numpy as np

from dnnvis.core.learning.live_weights import LiveWeights

MAX_MOMENTS = 160  # that are kept of one training
EARLY_STEPS = 10.0  # among which moments lie evenly; later by the ratio of their steps


@dataclass(frozen=True)
class Moment:
    """A step of a training: its weights, and how well they did."""

    #: The weights.
    live: LiveWeights
    #: Loss on the training data.
    train: float
    #: Loss on the test data.
    test: float

    @property
    def step(self) -> int:
        """Return the number of steps taken."""
        return self.live.step


@dataclass
class Moments:
    """The kept moments of one training, in the order of their steps.

    Where there are too many the one goes whose neighbors lie closest together, measured in
    logarithms of their steps: the first and the last stay.
    """

    #: How many are kept at most.
    limit: int = MAX_MOMENTS
    #: Those that are kept.
    kept: list[Moment] = field(default_factory=list)

    def add(self, moment: Moment) -> None:
        """Add a moment; one of a step before the last begins the training anew from there."""
        if self.kept and moment.step <= self.kept[-1].step:
            self.kept = [each for each in self.kept if each.step < moment.step]
        self.kept.append(moment)
        if len(self.kept) > self.limit:
            del self.kept[self._find_closest()]

    def at(self, step: int) -> int:
        """Return the index of the moment nearest to a step; -1 where there are none."""
        steps = [each.step for each in self.kept]
        if not steps:
            return -1
        k = bisect.bisect_left(steps, step)
        neighbors = [i for i in (k - 1, k) if 0 <= i < len(steps)]
        return min(neighbors, key=lambda i: abs(steps[i] - step))

    def _find_closest(self) -> int:
        """Return the index of the moment that is missed least."""
        positions = np.log(np.array([each.step for each in self.kept]) + EARLY_STEPS)
        return int(np.argmin(positions[2:] - positions[:-2])) + 1
