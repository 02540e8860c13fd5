"""Macrocells against the boards from which a plain writer made them."""

from itertools import product

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.life import macrocell
from dnnvis.sources.life.macrocell import read_macrocell


def write_macrocell(board: np.ndarray, head: str = "#R B3/S23\n") -> str:
    """Write a square board of 2**k cells a side, equal squares once."""
    lines: list[str] = []
    numbers: dict[str, int] = {}

    def add(part: np.ndarray) -> int:
        if not part.any():
            return 0
        side = len(part)
        if side == 8:
            line = "".join("".join(".*"[cell] for cell in row) + "$" for row in part)
        else:
            half = side // 2
            quarters = (part[y : y + half, x : x + half] for y, x in product((0, half), (0, half)))
            line = f"{side.bit_length() - 1} " + " ".join(str(add(part)) for part in quarters)
        if line not in numbers:
            lines.append(line)
            numbers[line] = len(lines)
        return numbers[line]

    add(board)
    return f"[M2] (golly 4.2)\n{head}" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("side", [8, 16, 64])
@pytest.mark.parametrize("density", [0.01, 0.4])
def test_a_tree_is_drawn_as_its_board(side: int, density: float) -> None:
    board = (np.random.default_rng(side).random((side, side)) < density).astype(np.uint8)
    board[1, 2] = 1
    board[side // 2 :, : side // 2] = board[: side // 2, : side // 2]  # a square that comes twice
    alive = np.argwhere(board)
    (top, left), (bottom, right) = alive.min(0), alive.max(0)
    record = read_macrocell(write_macrocell(board))
    assert np.array_equal(record.cells, board[top : bottom + 1, left : right + 1])


def test_rule_generation_and_comments_are_read() -> None:
    board = np.eye(8, dtype=np.uint8)
    record = read_macrocell(write_macrocell(board, "#C a line\n#R B36/S23\n#G 120\n"))
    assert (record.rule, record.generation, record.comments) == ("B36/S23", 120, ("a line",))
    assert record.notes == ()
    assert "names no rule" in read_macrocell(write_macrocell(board, "")).notes[0]


def test_on_a_bounded_grid_the_pattern_lies_where_golly_has_it() -> None:
    """bgolly 3.3 writes this of ``3o!`` on B3/S23:P8,5: columns -1 to 1 of row 0."""
    text = "[M2] (golly 3.3)\n#R B3/S23:P8,5\n$$$$$$$.......*$\n$$$$$$$**$\n4 1 2 0 0\n"
    record = read_macrocell(text)
    assert (record.border, record.cells.shape) == ("dead", (5, 8))
    assert np.argwhere(record.cells).tolist() == [[2, 3], [2, 4], [2, 5]]


def test_squares_of_single_states_are_read_for_rules_with_a_history() -> None:
    lines = "1 1 2 3 0\n2 1 0 0 0\n3 2 0 0 0\n"
    record = read_macrocell(f"[M2]\n#R LifeHistory\n{lines}")
    assert record.cells.tolist() == [[1], [1]]
    assert "left out" in record.notes[0]
    with pytest.raises(BadInput, match="cell in state 3"):
        read_macrocell(f"[M2]\n#R B3/S23\n{lines}")


def test_a_huge_universe_is_measured_and_not_drawn() -> None:
    chain = "".join(f"{level} {level - 3} 0 0 0\n" for level in range(4, 200))
    assert read_macrocell(f"[M2]\n#R B3/S23\n*$\n{chain}").cells.tolist() == [[1]]
    spread = chain + f"200 {199 - 2} 0 0 {199 - 2}\n"
    with pytest.raises(BadInput, match=r"10\^59 x 10\^59 cells; the most is"):
        read_macrocell(f"[M2]\n#R B3/S23\n*$\n{spread}")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no squares"),
        (".........*$", "no square of 8 x 8"),
        ("*x$", "no square of 8 x 8"),
        ("*$\n4 1 2 0 0", "square 2 that does not come earlier"),
        ("*$\n5 1 0 0 0", "square of level 3 where 4 is due"),
        ("*$\n4 1 0 0", "no square"),
        ("*$\n4 1 0 0 -1", "no square"),
        ("*$\n999 1 0 0 0", "level 999; the most is 256"),
        ("hello", "no square"),
    ],
)
def test_damaged_trees_are_refused_in_words(body: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_macrocell(f"[M2]\n#R B3/S23\n{body}")


def test_there_is_a_limit_of_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macrocell, "MAX_SQUARES", 10)
    with pytest.raises(BadInput, match="more than 10 squares"):
        read_macrocell("[M2]\n#R B3/S23\n" + "*$\n" * 12)
