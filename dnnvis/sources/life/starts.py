"""Draw the first boards: the distributions that numbers are measured on."""

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE
from dnnvis.sources.life.rule import Board, advance_each

STARTS = ("half", "mix", "chain")
START_DESCRIPTIONS = {
    "half": "fresh boards, each cell alive with probability .5",
    "mix": "density of each board uniform in [.2, .6], every other one aged by 1 to 8 steps",
    "chain": (
        "the published code's: with probability .1 a fresh board (.5), else the successor of "
        "the start before"
    ),
}
MAX_AGE_STEPS = 8  # the oldest board of ``mix``
NEW_BOARD_PROBABILITY = 0.1  # how often ``chain`` starts over


def draw_boards(
    kind: str,
    count: int,
    size: tuple[int, int],
    rng: np.random.Generator,
    border: str = "dead",
    rule: str = LIFE_RULE,
) -> Board:
    """Draw boards of a distribution.

    ``chain`` is what Wichers et al. 2022's footnote 1 describes, as their published code has
    it: a sequence, so that neighbors are related, with ages that are geometric (mean 9).

    Args:
        kind: Name of the distribution (see START_DESCRIPTIONS).
        count: Number of boards.
        size: Rows and columns.
        rng: Source of random numbers.
        border: dead | periodic.
        rule: The rule by which boards age.

    Returns:
        Boards uint8 (count, H, W).

    Raises:
        BadInput: Another kind.
    """
    if kind not in STARTS:
        raise BadInput(f"Boards begin as {', '.join(STARTS)}, not as '{kind}'.")
    if kind == "half":
        return random_boards(count, size, rng)
    if kind == "chain":
        return _draw_chain(count, size, rng, border, rule)
    density = rng.uniform(0.2, 0.6, count)
    boards = random_boards(count, size, rng, density)
    ages = np.where(np.arange(count) % 2 == 0, 0, rng.integers(1, MAX_AGE_STEPS + 1, count))
    return advance_each(boards, ages, border, rule)


def random_boards(
    count: int,
    size: tuple[int, int],
    rng: np.random.Generator,
    density: "float | np.ndarray[tuple[int], np.dtype[np.float64]]" = 0.5,
) -> Board:
    """Draw boards with independent cells.

    Args:
        count: Number of boards.
        size: Rows and columns.
        rng: Source of random numbers.
        density: Probability that a cell is alive, one for all or one a board.

    Returns:
        Boards uint8 (count, H, W).
    """
    threshold = np.asarray(density, np.float32).reshape(-1, 1, 1)
    return (rng.random((count, *size), np.float32) < threshold).astype(np.uint8)


def _draw_chain(
    count: int, size: tuple[int, int], rng: np.random.Generator, border: str, rule: str
) -> Board:
    is_new = rng.random(count) < NEW_BOARD_PROBABILITY
    is_new[:1] = True
    run = np.cumsum(is_new) - 1  # which new board each one comes from
    ages = np.arange(count) - np.flatnonzero(is_new)[run]
    new_boards = random_boards(int(is_new.sum()), size, rng)
    return advance_each(new_boards[run], ages, border, rule)
