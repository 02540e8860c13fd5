"""Which cell lies under which point: told by what the network itself makes of a board."""

import itertools

import numpy as np
import pytest

from dnnvis.app.input.board_tools import describe_border_mismatch, describe_rule_mismatch
from dnnvis.app.input.board_viewport import cells_on_line, fit_viewport
from dnnvis.core.messages import NetworkInfo
from dnnvis.network.card import Card
from dnnvis.network.preprocess import fit_to_card

SIZES = [(40, 40), (40, 60), (60, 40), (33, 90), (32, 32), (16, 100), (9, 5)]


@pytest.mark.parametrize("fit", ["crop", "stretch"])
@pytest.mark.parametrize("board", SIZES)
@pytest.mark.parametrize("seen", [(32, 32), (24, 48)])
def test_the_cell_under_a_point_is_the_one_that_the_network_sees_there(
    board: tuple[int, int], seen: tuple[int, int], fit: str
) -> None:
    card = Card("any", seen, channels=1, fit=fit)
    shown = fit_viewport(board, seen, stretched=fit == "stretch")
    for y, x in (
        (0.5, 0.5),
        (seen[0] / 2, seen[1] / 2),
        (seen[0] - 0.5, 3.5),
        (7.5, seen[1] - 1.5),
    ):
        row, column = shown.cell_at(y, x)
        cells = np.zeros((1, *board, 1), np.uint8)
        cells[0, row, column] = 255
        bright = fit_to_card(cells, card)[0, 0].numpy()
        height, width = shown.cell_size
        where = np.argwhere(bright == bright.max()).mean(0) + 0.5
        top, left = shown.corner((row, column))
        assert top - 0.01 <= y <= top + height + 0.01
        assert left - 0.01 <= x <= left + width + 0.01
        assert abs(where[0] - (top + height / 2)) <= max(height / 2, 0.5) + 0.51
        assert abs(where[1] - (left + width / 2)) <= max(width / 2, 0.5) + 0.51


def test_where_a_network_takes_any_size_every_pixel_is_a_cell() -> None:
    shown = fit_viewport((20, 30), (20, 30), stretched=False)
    cells = [shown.cell_at(y + 0.5, x + 0.5) for y in range(20) for x in range(30)]
    assert cells == [(y, x) for y in range(20) for x in range(30)]


def test_outside_of_the_picture_is_no_cell() -> None:
    shown = fit_viewport((40, 40), (32, 32), stretched=False)
    assert shown.cell_at(-0.1, 5) is shown.cell_at(5, 32) is shown.cell_at(32.0, 5) is None
    assert shown.cell_at(31.99, 0) == (39, 0)


@pytest.mark.parametrize("end", [(5, 5), (9, 6), (5, -3), (-1, 7), (6, 6), (20, 0)])
def test_a_stroke_has_no_gap(end: tuple[int, int]) -> None:
    start = (5, 5)
    line = [start, *cells_on_line(start, end)]
    assert line[-1] == end
    assert len(line) == 1 + max(abs(end[0] - 5), abs(end[1] - 5))
    for (a, b), (c, d) in itertools.pairwise(line):
        assert max(abs(a - c), abs(b - d)) == 1


def test_a_board_with_another_border_than_the_networks_is_told() -> None:
    life = NetworkInfo("life-3", (), (), (20, 20), 1, border="dead", game_steps=3)
    assert describe_border_mismatch(life, "dead") == ""
    assert describe_border_mismatch(life, "periodic") == (
        "life-3 learned a dead border: what it imagines is of that"
    )
    assert describe_rule_mismatch(life, "B3/S23") == describe_rule_mismatch(life, "") == ""
    assert describe_rule_mismatch(life, "B36/S23") == (
        "life-3 learned B3/S23, not this: truth in Steps is HighLife (B36/S23)"
    )
    assert describe_border_mismatch(NetworkInfo("net1", (), (), (28, 28), 1), "periodic") == ""
