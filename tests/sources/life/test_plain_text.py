"""Boards drawn in characters: .cells, Life 1.05, Life 1.06."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.plain_text import read_life_105, read_life_106, read_plain_text

ACORN = np.array([[c == "O" for c in row] for row in (".O.....", "...O...", "OO..OOO")], np.uint8)


def test_cells_are_drawn_with_dots_and_letters() -> None:
    record = read_plain_text("!Name: Acorn\n!\n!Found 1971\n.O\n...O\nOO..OOO\n\n")
    assert np.array_equal(record.cells, ACORN)
    assert (record.name, record.comments, record.rule) == ("Acorn", ("Found 1971",), "B3/S23")
    assert "names no rule" in record.notes[0]


def test_an_empty_line_is_a_dead_row() -> None:
    assert read_plain_text("!x\r\nO\r\n\r\n.O\r\n").cells.tolist() == [[1, 0], [0, 0], [0, 1]]


def test_a_rule_in_the_comments_counts() -> None:
    assert read_plain_text("!Rule: B36/S23\nOOO").rule == "B36/S23"
    with pytest.raises(BadInput, match="WireWorld"):
        read_plain_text("!Rule: WireWorld\nOOO")


def test_blocks_of_life_105_lie_where_they_say() -> None:
    text = "#Life 1.05\n#D two blocks\n#R 23/36\n#P -2 -1\n**\n.*\n#P 1 1\n*\n#P\n*\n"
    record = read_life_105(text)
    wanted = {(-2, -1), (-1, -1), (-1, 0), (1, 1), (0, 0)}  # x, y
    assert {(x - 2, y - 1) for y, x in np.argwhere(record.cells).tolist()} == wanted
    assert record.cells.shape == (3, 4)
    assert (record.rule, record.comments) == ("B36/S23", ("two blocks",))
    assert record.notes == ()
    assert read_life_105("#Life 1.05\n#N\n***").notes == ()


def test_life_106_lists_the_living_cells() -> None:
    points = [(0, -1), (1, 0), (-1, 1), (0, 1), (1, 1)]
    record = read_life_106("#Life 1.06\n" + "".join(f"{x} {y}\n" for x, y in points))
    assert sorted((x - 1, y - 1) for y, x in np.argwhere(record.cells).tolist()) == sorted(points)
    assert read_life_106("#Life 1.06\n").cells.tolist() == [[0]]


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (read_plain_text, "!only a comment", "no rows of cells"),
        (read_plain_text, ".O?", r"'\?' stands among"),
        (read_plain_text, "." * 2001 + "\n" * 2001 + "O", "2001 x 2002 cells; the most is"),
        (read_life_105, "#Life 1.05\n#P 1\n*", "no position of a block"),
        (read_life_105, "#Life 1.05\n#P 9999 9999\n*\n#P 0 0\n*", "10000 x 10000 cells"),
        (read_life_105, "#Life 1.05\n#R 345/2/4\n*", "Generations"),
        (read_life_106, "#Life 1.06\n0 0\n999999999 999999999", "1000000000 x 1000000000 cells"),
        (read_life_105, "#Life 1.05\n" + "*\n" * 1_000_001, "more than 1,000,000 lines"),
        (read_life_106, "#Life 1.06\n1 2 3", "'1 2 3' is no cell"),
        (read_life_106, "#Life 1.06\n" + "9" * 30 + " 1", "is no cell"),
    ],
)
def test_bad_texts_are_refused_in_words(read, text: str, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=reason):
        read(text)
