"""The rule against a slow one, and how boards begin."""

from collections import Counter

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import BORDERS as CORE_BORDERS
from dnnvis.core.life.board import STARTS as CORE_STARTS
from dnnvis.sources.life.rule import BORDERS, advance_each, as_boards, history, step
from dnnvis.sources.life.starts import (
    NEW_BOARD_PROBABILITY,
    START_DESCRIPTIONS,
    STARTS,
    draw_boards,
    random_boards,
)

SIZES = [(1, 1), (1, 2), (1, 7), (2, 2), (3, 1), (3, 3), (4, 9), (20, 20), (13, 40)]


def slow(
    board: np.ndarray,
    border: str,
    born: tuple[int, ...] = (3,),
    survive: tuple[int, ...] = (2, 3),
) -> np.ndarray:
    """The rule as it is told: cell by cell, neighbour by neighbour."""
    height, width = board.shape
    made = np.zeros_like(board)
    for y in range(height):
        for x in range(width):
            living = 0
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    if dy == dx == 0:
                        continue
                    if border == "periodic":
                        living += board[(y + dy) % height, (x + dx) % width]
                    elif 0 <= y + dy < height and 0 <= x + dx < width:
                        living += board[y + dy, x + dx]
            made[y, x] = living in (survive if board[y, x] else born)
    return made


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", SIZES)
def test_a_step_is_what_the_slow_rule_says(size: tuple[int, int], border: str) -> None:
    dice = np.random.default_rng(size[0] * 100 + size[1])
    boards = random_boards(11, size, dice, dice.uniform(0.1, 0.9, 11))
    wanted = np.stack([slow(board, border) for board in boards])
    assert (step(boards, border) == wanted).all()
    assert (step(boards[3], border) == wanted[3]).all()
    shaped = boards[:10].reshape(2, 5, *size)
    assert (step(shaped, border) == wanted[:10].reshape(2, 5, *size)).all()


RULES = {
    "B36/S23": ((3, 6), (2, 3)),
    "B3678/S34678": ((3, 6, 7, 8), (3, 4, 6, 7, 8)),
    "B2/S": ((2,), ()),
    "B3/S012345678": ((3,), tuple(range(9))),
    "B1357/S1357": ((1, 3, 5, 7), (1, 3, 5, 7)),
    "B0/S8": ((0,), (8,)),
    "23/3": ((3,), (2, 3)),
    "B/S": ((), ()),
}


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("rule", RULES)
def test_other_rules_step_as_a_count_of_neighbors_does(rule: str, border: str) -> None:
    rng = np.random.default_rng(len(rule))
    boards = random_boards(9, (7, 10), rng, rng.uniform(0.1, 0.9, 9))
    expected = np.stack([slow(board, border, *RULES[rule]) for board in boards])
    assert (step(boards, border, rule) == expected).all()
    twice = np.stack([slow(board, border, *RULES[rule]) for board in expected])
    assert (history(boards, 2, border, rule)[:, 2] == twice).all()
    ages = np.array([0, 1, 2] * 3)
    aged = advance_each(boards, ages, border, rule)
    assert (aged == np.stack([boards, expected, twice])[ages, np.arange(9)]).all()


def test_every_count_of_neighbors_decides_alone() -> None:
    blocks = np.arange(512)[:, None] >> np.arange(9) & 1
    boards = blocks.reshape(512, 3, 3).astype(np.uint8)
    around = boards.sum((1, 2)) - boards[:, 1, 1]
    for count in range(9):
        born, survive = (
            step(boards, "dead", f"{half}")[:, 1, 1] for half in (f"B{count}/S", f"B/S{count}")
        )
        assert (born == ((around == count) & (boards[:, 1, 1] == 0))).all()
        assert (survive == ((around == count) & (boards[:, 1, 1] == 1))).all()


def test_boards_age_by_their_rule() -> None:
    mixes = [
        draw_boards("mix", 40, (12, 12), np.random.default_rng(0), "periodic", rule)
        for rule in ("B3/S23", "B2/S")
    ]
    assert (mixes[0][::2] == mixes[1][::2]).all()  # those that have not run
    assert (mixes[0][1::2] != mixes[1][1::2]).any()


def test_every_neighbourhood_of_a_cell_has_its_right_end() -> None:
    blocks = np.arange(512)[:, None] >> np.arange(9) & 1
    boards = blocks.reshape(512, 3, 3).astype(np.uint8)
    for board, made in zip(boards, step(boards), strict=True):
        around = int(board.sum()) - board[1, 1]
        assert made[1, 1] == (around == 3 or (around == 2 and board[1, 1]))


@pytest.mark.parametrize("border", BORDERS)
def test_a_history_is_one_step_after_another(border: str) -> None:
    boards = random_boards(9, (6, 8), np.random.default_rng(1))
    states = history(boards, 4, border)
    assert states.shape == (9, 5, 6, 8)
    assert (states[:, 0] == boards).all()
    for k in range(4):
        assert (states[:, k + 1] == step(states[:, k], border)).all()
    ages = np.array([0, 1, 2, 3, 4, 4, 0, 2, 1])
    assert (advance_each(boards, ages, border) == states[np.arange(9), ages]).all()
    assert (history(boards, 0, border)[:, 0] == boards).all()


def test_no_step_writes_into_what_it_was_given() -> None:
    boards = random_boards(3, (5, 5), np.random.default_rng(2))
    before = boards.copy()
    step(boards), history(boards, 2), advance_each(boards, np.array([1, 2, 3]))
    assert (boards == before).all()


def test_what_is_no_board_is_refused_in_words() -> None:
    good = np.zeros((2, 3, 3), np.uint8)
    for bad in (np.zeros(3, np.uint8), np.zeros((0, 3), np.uint8), good + 2, good.astype(float)):
        with pytest.raises(BadInput, match="board"):
            step(bad)
    with pytest.raises(BadInput, match="border is dead or periodic, not 'open'"):
        step(good, "open")
    with pytest.raises(BadInput, match="is no rule"):
        step(good, "dead", "WireWorld")
    with pytest.raises(BadInput, match="-1 steps"):
        history(good, -1)
    with pytest.raises(BadInput, match=r"boards \(B, H, W\)"):
        history(good[0], 1)
    assert as_boards(good == 0).dtype == np.uint8


def test_the_window_and_the_rule_know_the_same_borders_and_starts() -> None:
    assert CORE_BORDERS == BORDERS
    assert set(STARTS) - {"chain"} | {"random", "empty"} == set(CORE_STARTS)
    assert set(START_DESCRIPTIONS) == set(STARTS)


@pytest.mark.parametrize("kind", STARTS)
def test_boards_begin_the_same_from_the_same_dice(kind: str) -> None:
    one, same, other = (draw_boards(kind, 50, (9, 11), np.random.default_rng(s)) for s in (5, 5, 6))
    assert one.shape == (50, 9, 11)
    assert one.dtype == np.uint8
    assert set(np.unique(one)) == {0, 1}
    assert (one == same).all()
    assert (one != other).any()


def test_an_unknown_start_is_refused_in_words() -> None:
    with pytest.raises(BadInput, match="half, mix, chain, not as 'glider'"):
        draw_boards("glider", 1, (5, 5), np.random.default_rng(0))


def test_half_means_that_every_second_cell_lives() -> None:
    boards = draw_boards("half", 400, (20, 20), np.random.default_rng(3))
    cells = boards.size
    assert abs(boards.mean() - 0.5) < 4 * 0.5 / cells**0.5
    across = boards.mean(0)  # each cell by itself
    assert abs(across - 0.5).max() < 6 * 0.5 / 400**0.5


def test_of_a_mix_every_other_board_is_fresh_and_the_rest_are_older() -> None:
    boards = draw_boards("mix", 2000, (20, 20), np.random.default_rng(4))
    fresh, aged = boards[::2].mean((1, 2)), boards[1::2].mean((1, 2))
    assert 0.1 < fresh.min() < 0.25
    assert 0.55 < fresh.max() < 0.7
    assert abs(fresh.mean() - 0.4) < 4 * 0.12 / 1000**0.5  # uniform in [.2, .6]
    assert aged.mean() < fresh.mean() - 0.1  # boards thin out as they run


@pytest.mark.parametrize("border", BORDERS)
def test_in_a_chain_each_board_follows_from_the_one_before_unless_it_is_fresh(border: str) -> None:
    number = 3000
    boards = draw_boards("chain", number, (20, 20), np.random.default_rng(7), border)
    follows = (step(boards[:-1], border) == boards[1:]).all((1, 2))
    begins = np.flatnonzero(~follows) + 1
    deviation = (NEW_BOARD_PROBABILITY * (1 - NEW_BOARD_PROBABILITY) / number) ** 0.5
    assert abs(len(begins) / number - NEW_BOARD_PROBABILITY) < 4 * deviation
    density = boards[begins].mean((1, 2))
    assert abs(density.mean() - 0.5) < 4 * 0.5 / (400 * len(begins)) ** 0.5


def test_the_ages_in_a_chain_are_geometric_with_a_mean_of_nine() -> None:
    boards = draw_boards("chain", 30000, (6, 6), np.random.default_rng(8))
    # told by the density a fresh board has: lengths of runs in which each follows from the last
    follows = (step(boards[:-1]) == boards[1:]).all((1, 2))
    lengths = np.diff(np.flatnonzero(np.concatenate([[True], ~follows, [True]])))
    assert (
        abs(lengths.mean() - 1 / NEW_BOARD_PROBABILITY)
        < 4 * (1 - NEW_BOARD_PROBABILITY) ** 0.5 / NEW_BOARD_PROBABILITY / len(lengths) ** 0.5
    )
    ages = np.concatenate([np.arange(length) for length in lengths])
    assert abs(ages.mean() - (1 - NEW_BOARD_PROBABILITY) / NEW_BOARD_PROBABILITY) < 1.0
    counts = Counter(lengths.tolist())
    for length in range(1, 8):  # P(length) = (1 - p)^(length - 1) p
        wanted = (1 - NEW_BOARD_PROBABILITY) ** (length - 1) * NEW_BOARD_PROBABILITY
        deviation = (wanted * (1 - wanted) / len(lengths)) ** 0.5
        assert abs(counts[length] / len(lengths) - wanted) < 4 * deviation


def test_none_and_one_board_can_be_asked_for() -> None:
    for kind in STARTS:
        assert draw_boards(kind, 0, (4, 5), np.random.default_rng(0)).shape == (0, 4, 5)
        assert draw_boards(kind, 1, (4, 5), np.random.default_rng(0)).shape == (1, 4, 5)
