"""List well-known patterns, each as the RLE text in which it is exchanged."""

from functools import cache

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import Pattern
from dnnvis.sources.life.rle import read_rle
from dnnvis.sources.life.rule import Board

# name|what is known of it|RLE without header
_PATTERN_TEXTS = """
block|still life|2o$2o!
beehive|still life|b2o$o2bo$b2o!
blinker|oscillator, period 2|3o!
toad|oscillator, period 2|b3o$3o!
beacon|oscillator, period 2|2o$2o$2b2o$2b2o!
pulsar|oscillator, period 3|2b3o3b3o2$o4bobo4bo$o4bobo4bo$o4bobo4bo$2b3o3b3o2$2b3o3b3o$\
o4bobo4bo$o4bobo4bo$o4bobo4bo2$2b3o3b3o!
pentadecathlon|oscillator, period 15|2bo4bo$2ob4ob2o$2bo4bo!
glider|spaceship, one cell diagonally in 4 steps|bo$2bo$3o!
lwss|lightweight spaceship, 2 cells in 4 steps|bo2bo$o$o3bo$4o!
mwss|middleweight spaceship, 2 cells in 4 steps|3bo$bo3bo$o$o4bo$5o!
hwss|heavyweight spaceship, 2 cells in 4 steps|3b2o$bo4bo$o$o5bo$6o!
r-pentomino|5 cells that take 1,103 steps to settle|b2o$2o$bo!
acorn|7 cells that take 5,206 steps to settle|bo$3bo$2o2b3o!
diehard|7 cells that are gone after 130 steps|6bo$2o$bo3b3o!
gosper-gun|emits a glider every 30 steps|24bo$22bobo$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo\
3b2o$2o8bo3bob2o4bobo$10bo5bo7bo$11bo3bo$12b2o!
"""


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return all of them, the quiet ones first."""
    return tuple(_parse_pattern(*line.split("|")) for line in _PATTERN_TEXTS.strip().splitlines())


def pattern(name: str) -> Pattern:
    """Return the pattern of that name; raise BadInput where there is none."""
    match = next((candidate for candidate in patterns() if candidate.name == name), None)
    if match is None:
        names = ", ".join(candidate.name for candidate in patterns())
        raise BadInput(f"There is no pattern '{name}'; there are {names}.")
    return match


def pattern_board(pattern: Pattern) -> Board:
    """Return the pattern as a board of its own size, uint8 (rows, columns) of 0 and 1."""
    board = np.zeros(pattern.size, np.uint8)
    rows, columns = zip(*pattern.cells, strict=True)
    board[list(rows), list(columns)] = 1
    return board


def _parse_pattern(name: str, description: str, text: str) -> Pattern:
    alive = np.argwhere(read_rle(f"x = 64, y = 64\n{text}").cells)
    rows, columns = (int(last) + 1 for last in alive.max(0))
    return Pattern(name, description, (rows, columns), tuple((int(y), int(x)) for y, x in alive))
