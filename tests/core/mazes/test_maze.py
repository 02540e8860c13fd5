"""Mazes as arrays, pictures and text, and how they are painted on."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.maze import Mazes, open_floor, parse_maze, read_mazes, validate_maze_size

TEXT = "S.#/#.#/..G"


@pytest.fixture
def maze() -> Mazes:
    return parse_maze(TEXT)


def test_a_text_is_read_square_by_square(maze: Mazes) -> None:
    assert maze.floor[0].tolist() == [[True, True, False], [False, True, False], [True] * 3]
    assert (maze.start.tolist(), maze.goal.tolist()) == ([[0, 0]], [[2, 2]])
    assert maze.text() == TEXT


def test_a_picture_has_the_colors_that_are_promised_and_is_read_back(maze: Mazes) -> None:
    picture = maze.pictures()
    assert picture.shape == (1, 3, 3, 3)
    assert picture[0, 0].tolist() == [[0, 255, 0], [255, 255, 255], [0, 0, 0]]
    assert picture[0, 2, 2].tolist() == [255, 0, 0]
    assert read_mazes(picture).text() == TEXT


def test_several_mazes_are_read_in_their_order(maze: Mazes) -> None:
    other = maze.move_end("start", (1, 1))
    both = read_mazes(np.concatenate([other.pictures(), maze.pictures()]))
    assert [both[k : k + 1].text() for k in range(2)] == [other.text(), TEXT]
    assert len(both) == 2


def test_walls_are_built_and_taken_away_but_never_on_the_ends(maze: Mazes) -> None:
    built = maze.paint(((0, 1), (0, 0), (2, 2), (9, 9), (-1, 0)), wall=True)
    assert built.text() == "S##/#.#/..G"
    assert built.paint(((0, 1), (0, 2)), wall=False).text() == "S../#.#/..G"
    assert maze.text() == TEXT  # what was read before stays


def test_start_and_goal_move_and_make_floor_where_they_go(maze: Mazes) -> None:
    assert maze.move_end("start", (1, 0)).text() == "..#/S.#/..G"
    assert maze.move_end("goal", (0, 2)).text() == "S.G/#.#/..."
    assert maze.move_end("goal", (0, 0)).text() == TEXT  # not on the start
    assert maze.move_end("start", (5, 0)).text() == TEXT  # not outside


def test_all_walls_are_gone(maze: Mazes) -> None:
    assert open_floor(maze).text() == "S../.../..G"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("S.G/##", "of one length"),
        ("", "A maze is rows"),
        ("..G/...", r"one start \(S\), not 0"),
        ("SGG/...", r"one goal \(G\), not 2"),
        ("SxG", "rows of #"),
    ],
)
def test_a_text_that_is_no_maze_is_told_so(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_maze(text)


def test_a_picture_without_ends_is_told_so(maze: Mazes) -> None:
    white = np.full((1, 3, 3, 3), 255, np.uint8)
    with pytest.raises(BadInput, match="0 green squares where one start"):
        read_mazes(white)
    white[0, 0, 0] = (0, 255, 0)
    white[0, 1:, 0] = (255, 0, 0)
    with pytest.raises(BadInput, match="2 red squares where one goal"):
        read_mazes(white)
    with pytest.raises(BadInput, match="colored picture"):
        read_mazes(white[..., :1])


@pytest.mark.parametrize("size", [(8, 9), (9, 8), (1, 9), (203, 9), (0, 0)])
def test_no_maze_has_such_a_size(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="odd number of rows and columns"):
        validate_maze_size(size)
