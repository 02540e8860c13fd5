"""A strip as one sheet: every row that there is, and walls of a maze dimly."""

import numpy as np

from dnnvis.cli.strip_sheet import STEP_TILE_PIXELS, WALL_COLOR, strip_sheet
from dnnvis.core.lens_results import Strip

STEPS = (("encoder", 0), ("cell", 0))


def strip(walls: np.ndarray | None, *others: str) -> Strip:
    row = np.zeros((2, 4, 4, 1), np.float32)
    rows = {"truth": row + 1, "imagination": row, **{name: row for name in others}}
    return Strip(rows, steps=STEPS, marks=("50 %", "100 %"), walls=walls)


def test_each_row_is_drawn_and_walls_in_their_color() -> None:
    walls = np.zeros((4, 4), np.float32)
    walls[0] = 1
    plain = strip_sheet(strip(None))
    with_walls = strip_sheet(strip(walls, "both waves", "dead ends filled"))
    assert with_walls.shape[1] == plain.shape[1] >= 2 * STEP_TILE_PIXELS
    assert with_walls.shape[0] > 1.7 * plain.shape[0]
    is_wall = (with_walls == WALL_COLOR).all(2)
    assert 0.1 < is_wall.mean() < 0.3
    assert not (plain == WALL_COLOR).all(2).any()
