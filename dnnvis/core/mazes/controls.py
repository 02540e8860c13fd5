"""What the steps of a maze network are held against: chance, and a linear probe."""

from dataclasses import dataclass

FOLLOW_MARGIN = 0.1  # a candidate that is not ahead of chance by so much is not followed


@dataclass(frozen=True)
class FollowControl:
    """What was measured over many mazes of one candidate of truth; see ``sources.mazes.truths``."""

    #: Correlation of what is decoded with the same mazes, start and goal drawn again.
    chance: float
    #: Correlation of what a linear probe reads in the hidden states.
    probe: float
    #: How many mazes it was.
    mazes: int


def is_followed(score: float, chance: float) -> bool:
    """Return whether a correlation is far enough above that with other ends."""
    return score >= chance + FOLLOW_MARGIN
