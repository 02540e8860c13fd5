"""The patterns are told from each other by what they do."""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import Pattern
from dnnvis.sources.life.board import resize_board
from dnnvis.sources.life.patterns import pattern, pattern_board, patterns
from dnnvis.sources.life.rule import Board, step


def ran(board: Board, steps: int, border: str = "dead") -> Board:
    for _ in range(steps):
        board = step(board, border)
    return board


def on(name: str, size: tuple[int, int]) -> Board:
    return resize_board(pattern_board(pattern(name)), size)


@pytest.mark.parametrize(
    ("name", "period", "cells"),
    [
        ("block", 1, 4),
        ("beehive", 1, 6),
        ("blinker", 2, 3),
        ("toad", 2, 6),
        ("beacon", 2, 8),
        ("pulsar", 3, 48),
        ("pentadecathlon", 15, 12),
    ],
)
def test_still_lifes_and_oscillators_have_their_period(name: str, period: int, cells: int) -> None:
    board = on(name, (30, 30))
    assert board.sum() == cells
    returns = [k for k in range(1, 31) if np.array_equal(ran(board, k), board)]
    assert returns[0] == period


@pytest.mark.parametrize(
    ("name", "way"),
    [("glider", (1, 1)), ("lwss", (0, 2)), ("mwss", (0, 2)), ("hwss", (0, 2))],
)
def test_spaceships_are_somewhere_else_after_four_steps(name: str, way: tuple[int, int]) -> None:
    board = on(name, (24, 24))
    ends = ran(board, 4, "periodic")
    shifts = [
        (y, x)
        for y in range(-3, 4)
        for x in range(-3, 4)
        if np.array_equal(ends, np.roll(board, (y, x), (0, 1)))
    ]
    (shift,) = shifts
    assert (abs(shift[0]), abs(shift[1])) == way
    assert np.array_equal(ran(board, 4 * 24, "periodic"), board)  # round the torus


def test_a_gosper_gun_emits_a_glider_every_thirty_steps() -> None:
    gun = pattern("gosper-gun")
    board = np.zeros((110, 140), np.uint8)
    board[:9, :36] = pattern_board(gun)
    board = np.pad(board, ((5, 0), (5, 0)))
    period = ran(board, 30)
    gliders = []
    for _ in range(4):
        period = ran(period, 30)
        body, rest = period[:14, :41], period.copy()
        rest[:14, :41] = 0
        parts, found = ndimage.label(rest, np.ones((3, 3)))
        sizes = ndimage.sum_labels(rest, parts, range(1, found + 1))
        assert set(sizes) <= {5.0}, "beyond the gun there are only gliders"
        gliders.append(found)
        assert np.array_equal(ran(period, 30)[:14, :41][:, :36], body[:, :36])
    assert [b - a for a, b in itertools.pairwise(gliders)] == [1, 1, 1]


def populations(name: str, steps: int) -> list[int]:
    """Cells alive at generation 0 to ``steps`` on a board without a border: it grows along."""
    board, counts = np.pad(pattern_board(pattern(name)), 8), []
    for k in range(steps + 1):
        counts.append(int(board.sum()))
        if k % 8 == 0:  # nothing goes faster than a cell a step
            rows, columns = board.any(1).nonzero()[0], board.any(0).nonzero()[0]
            board = np.pad(board[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 9)
        board = step(board)
    return counts


def test_an_r_pentomino_settles_after_1103_steps_with_116_cells() -> None:
    counts = populations("r-pentomino", 1125)
    assert set(counts[1103:]) == {116}
    assert counts[1102] != 116
    assert max(counts) == 319


def test_a_diehard_is_gone_after_130_steps() -> None:
    board = on("diehard", (120, 120))
    assert ran(board, 129).any()
    assert not ran(board, 130).any()


def sparse_populations(name: str, steps: int) -> list[int]:
    """The same from a list of living cells, as numbers: much faster where space is empty."""
    wide = 1 << 20
    around = np.array([dy * wide + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx])
    alive = np.array([y * wide + x for y, x in pattern(name).at((wide // 2, wide // 2))])
    counts = [len(alive)]
    for _ in range(steps):
        cells, living = np.unique(alive[:, None] + around, return_counts=True)
        alive = cells[(living == 3) | ((living == 2) & np.isin(cells, alive))]
        counts.append(len(alive))
    return counts


def test_an_acorn_settles_after_5206_steps_with_633_cells() -> None:
    assert sparse_populations("r-pentomino", 300) == populations("r-pentomino", 300)
    counts = sparse_populations("acorn", 5300)
    assert counts[5206] == 633
    # what stays repeats every two steps, and the gliders keep their five cells
    assert all(counts[k] == counts[k + 2] for k in range(5206, 5299))
    assert any(counts[k] != counts[k + 2] for k in range(5190, 5206))


def test_every_pattern_fills_its_box_and_says_what_it_is() -> None:
    names = [one.name for one in patterns()]
    assert len(set(names)) == len(names) >= 12
    for one in patterns():
        board = pattern_board(one)
        assert board.sum() == len(one.cells) == len(set(one.cells))
        assert one.description
        assert board[0].any()
        assert board[-1].any()
        assert board[:, 0].any()
        assert board[:, -1].any()


def test_a_pattern_can_be_turned_and_put_somewhere() -> None:
    gun = pattern("gosper-gun")
    for quarters in range(-1, 6):
        wanted = np.rot90(pattern_board(gun), -quarters)  # numpy turns the other way
        assert np.array_equal(pattern_board(gun.rotate(quarters)), wanted)
    small = Pattern("ell", "", (2, 3), ((0, 0), (1, 2)))
    assert small.at((10, 20)) == ((9, 19), (10, 21))


def test_an_unknown_pattern_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BadInput, match=r"no pattern 'glidr'; there are block, .*glider.*"):
        pattern("glidr")
