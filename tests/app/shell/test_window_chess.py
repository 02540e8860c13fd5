"""The bundled chess-krk in the window: optimal play above its imagination, and no illegal board."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.lens_results import Strip
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage

POSITION = "8/8/8/3k4/8/8/8/R3K3"
SQUARES = [(7, 4), (7, 0), (3, 3)]  # row and column of white king, rook, black king
SIDE_BY_SIDE = "8/8/8/8/8/8/3k4/R3K3"


def list_squares(board: np.ndarray) -> list[tuple[int, ...]]:
    """Row and column of the one cell in each plane of a board (8, 8, 3)."""
    assert (board.sum((0, 1)) == 1).all()
    return [tuple(map(int, np.argwhere(board[..., k])[0])) for k in range(3)]


def test_a_position_has_its_optimal_play_and_an_illegal_one_is_refused(
    qtbot: Any, tmp_path: Path
) -> None:
    stage = Stage(
        qtbot, tmp_path, NetworkChoice(net="chess-krk"), SourceChoice(kind="chess", path=POSITION)
    )
    panel = stage.window.steps
    stage.until(lambda: panel.current_strip is not None and "truth" in panel.current_strip.rows)
    strip = panel.current_strip
    assert isinstance(strip, Strip)
    assert [row.name for row in panel.strip.rows][:2] == ["truth", "imagination"]
    play = [list_squares(board) for board in strip.rows["truth"]]
    assert play[0] == SQUARES
    assert len(play) == 5
    for ply, (before, after) in enumerate(pairwise(play)):
        moved = [k for k in range(3) if before[k] != after[k]]
        assert moved == [2] if ply % 2 else moved in ([0], [1])
    assert all("of 3 pieces" in mark for mark in strip.marks)
    assert "positions in between" in panel.score.text()
    stage.session.update(source=SourceChoice(kind="chess", path=SIDE_BY_SIDE))
    stage.until(lambda: any("the kings stand side by side" in words for words in stage.problems()))
    assert panel.current_strip.rows.keys() == strip.rows.keys()
