"""What the state has of a board: its text, and with another one."""

import json
from dataclasses import replace

from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.session.boards.source_board import (
    board_text,
    has_board,
    has_class_labels,
    strip_board,
    with_board,
)
from dnnvis.session.choices import find_changes
from dnnvis.session.state import SourceChoice, State, from_json, to_json

LIFE = SourceChoice(kind="life", board="bo$o!", rate=3.0)
MAZE = SourceChoice(kind="maze", maze=MazeChoice(rows=13, text="S.G"))
PICTURES = SourceChoice(kind="pictures", path="folder")


def test_a_board_is_read_and_replaced_where_there_is_one() -> None:
    assert [board_text(each) for each in (LIFE, MAZE, PICTURES)] == ["bo$o!", "S.G", ""]
    assert with_board(LIFE, "o!") == replace(LIFE, board="o!")
    assert with_board(MAZE, "SG").maze == MazeChoice(rows=13, text="SG")
    assert with_board(MAZE, "SG").board == ""
    assert with_board(PICTURES, "o!") == PICTURES
    assert [has_board(each) for each in (LIFE, MAZE, PICTURES)] == [True, True, False]
    chess = SourceChoice(kind="chess")
    assert [has_class_labels(each) for each in (LIFE, MAZE, chess, PICTURES)] == [
        *(False, False, False),
        True,
    ]


def test_what_a_board_that_runs_changes_is_no_choice() -> None:
    assert strip_board(LIFE) == strip_board(replace(LIFE, board="", rate=9.0, density=0.9))
    assert strip_board(MAZE) == strip_board(with_board(MAZE, ""))
    assert strip_board(MAZE) != strip_board(replace(MAZE, maze=MazeChoice(rows=9)))
    before = State(source=MAZE)
    assert find_changes(before, State(source=with_board(MAZE, ""))) == {}
    larger = State(source=replace(MAZE, maze=MazeChoice(rows=21)))
    assert find_changes(before, larger) == {"source": MAZE}


def test_a_maze_is_kept_in_the_file_of_the_state() -> None:
    data = json.loads(json.dumps(to_json(State(source=MAZE))))
    assert from_json(data).source == MAZE
    data["source"]["maze"] = {"rows": "many", "seed": 7, "other": 1}
    assert from_json(data).source.maze == MazeChoice(seed=7)
    data["source"]["maze"] = "broken"
    assert from_json(data).source.maze == MazeChoice()
