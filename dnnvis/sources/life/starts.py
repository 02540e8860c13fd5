"""How boards begin: the distributions that numbers are measured on."""

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.rule import Board, after

STARTS = ("half", "mix", "chain")
TOLD = {
    "half": "fresh boards, each cell alive with probability .5",
    "mix": "density of each board uniform in [.2, .6], every other one aged by 1 to 8 steps",
    "chain": (
        "the published code's: with probability .1 a fresh board (.5), else the successor of "
        "the start before"
    ),
}
AGES = 8  # the oldest board of ``mix``
FRESH = 0.1  # how often ``chain`` begins anew


def starts(
    kind: str, number: int, size: tuple[int, int], dice: np.random.Generator, border: str = "dead"
) -> Board:
    """``number`` boards, uint8 (number, H, W), of the distribution ``kind`` (see TOLD).

    ``chain`` is what Wichers et al. 2022's footnote 1 speaks of, as their published code has
    it: a sequence, so that neighbours are related, with ages that are geometric (mean 9).
    Raises BadInput for another kind.
    """
    if kind not in STARTS:
        raise BadInput(f"Boards begin as {', '.join(STARTS)}, not as '{kind}'.")
    if kind == "half":
        return random_boards(number, size, dice)
    if kind == "chain":
        return _chain(number, size, dice, border)
    density = dice.uniform(0.2, 0.6, number)
    boards = random_boards(number, size, dice, density)
    ages = np.where(np.arange(number) % 2 == 0, 0, dice.integers(1, AGES + 1, number))
    return after(boards, ages, border)


def random_boards(
    number: int,
    size: tuple[int, int],
    dice: np.random.Generator,
    density: "float | np.ndarray[tuple[int], np.dtype[np.float64]]" = 0.5,
) -> Board:
    """Boards (number, H, W) whose cells live with probability ``density``, one for all or one
    a board."""
    limit = np.asarray(density, np.float32).reshape(-1, 1, 1)
    return (dice.random((number, *size), np.float32) < limit).astype(np.uint8)


def _chain(number: int, size: tuple[int, int], dice: np.random.Generator, border: str) -> Board:
    begins = dice.random(number) < FRESH
    begins[:1] = True
    run = np.cumsum(begins) - 1  # which fresh board each one comes from
    ages = np.arange(number) - np.flatnonzero(begins)[run]
    fresh = random_boards(int(begins.sum()), size, dice)
    return after(fresh[run], ages, border)
