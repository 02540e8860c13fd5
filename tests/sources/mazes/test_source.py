"""Mazes as a source: one after the other, painted on, and back."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import Fill, Paint, Put, Setup, describe_change
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.maze import MoveEnd, read_mazes
from dnnvis.sources.mazes.parse import parse_maze_choice
from dnnvis.sources.mazes.source import MazeSource
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.source import Editable, Movable

TEXT = "S.G/.#./..."


def test_new_mazes_follow_each_other_the_same_for_a_seed() -> None:
    with MazeSource(MazeChoice(seed=3)) as source, MazeSource(MazeChoice(seed=3)) as again:
        frames = [source.read().pixels for _ in range(3)]
        assert all(np.array_equal(frame, again.read().pixels) for frame in frames)
    assert len({frame.tobytes() for frame in frames}) == 3
    assert frames[0].shape == (9, 9, 3)
    with MazeSource(MazeChoice(seed=4)) as other:
        assert not np.array_equal(other.read().pixels, frames[0])


def test_one_goes_back_and_forth() -> None:
    with MazeSource(MazeChoice()) as source:
        assert isinstance(source, Movable)
        assert isinstance(source, Editable)
        first, second = source.read().pixels, source.read().pixels
        source.move(-1)
        assert np.array_equal(source.read().pixels, first)
        assert source.position == 0.0
        source.move(1)
        assert np.array_equal(source.read().pixels, second)
        source.move(0)
        assert np.array_equal(source.read().pixels, second)
        source.seek(0.0)
        assert np.array_equal(source.read().pixels, first)
        source.move(-7)  # not before the first
        assert np.array_equal(source.read().pixels, first)


def test_a_maze_that_is_painted_on_stays_until_another_is_requested() -> None:
    with MazeSource(MazeChoice(text=TEXT, rate=2.0)) as source:
        assert source.read().label == "the way has 2 steps"
        source.edit(Paint(((0, 1),), True))
        assert source.rate == 0.0
        assert source.read().label == "the way has 6 steps"
        source.edit(Paint(((2, 1),), True))
        frame = source.read()
        assert frame.label == "no way leads to the goal"
        assert source.saved_state() == read_mazes(frame.pixels[None]).text() == "S#G/.#./.#."
        source.edit(Fill("random"))
        assert source.rate == 2.0
        assert source.saved_state() == ""
        source.move(-1)
        assert np.array_equal(source.read().pixels, frame.pixels)


def test_a_stroke_is_one_step_back() -> None:
    with MazeSource(MazeChoice(text=TEXT)) as source:
        source.edit(Paint(((0, 1),), True))
        source.edit(Paint(((2, 0), (2, 1)), True, new_stroke=False))
        assert source.saved_state() == "S#G/.#./##."
        source.edit(MoveEnd("goal", (2, 2)))
        source.edit(MoveEnd("goal", (1, 2), new_stroke=False))
        assert source.saved_state() == "S#./.#G/##."
        for expected in ("S#G/.#./##.", TEXT):
            source.move(-1)
            source.read()
            assert source.saved_state() == expected


def test_what_was_there_is_put_back_and_walls_go() -> None:
    with MazeSource(MazeChoice()) as source:
        write = source.snapshot()
        before = source.read().pixels
        source.edit(Fill("empty"))
        assert (source.read().pixels > 0).any(2).all()
        source.edit(Put(write(), "dead"))
        assert np.array_equal(source.read().pixels, before)
        source.edit(Setup(size=(13, 7)))
        assert source.read().pixels.shape == (13, 7, 3)
        source.edit(Setup(rate=5.0))
        assert source.rate == 5.0


def test_what_cannot_be_done_leaves_all_as_it_was() -> None:
    with MazeSource(MazeChoice(text=TEXT)) as source:
        for change in (Put("x", "dead"), Setup(size=(8, 8)), Setup(rate=-1.0)):
            with pytest.raises(BadInput):
                source.edit(change)
        assert source.saved_state() == TEXT
    with pytest.raises(BadInput, match="closed"):
        source.read()
    assert source.snapshot() is None
    assert source.saved_state() == ""


def test_changes_are_told_in_the_menu_edit() -> None:
    assert describe_change(MoveEnd("start", (0, 0))) == "draw the start elsewhere"
    assert describe_change(MoveEnd("goal", (0, 0), new_stroke=False)) == ""


def test_texts_that_name_mazes() -> None:
    assert choice_from_text("maze")["maze"] == MazeChoice()
    choice = choice_from_text("maze:13x21,.5/s,seed 5")
    assert choice["kind"] == "maze"
    assert choice["maze"] == MazeChoice(13, 21, 0.5, 5)
    assert parse_maze_choice(f"maze:{TEXT}").text == TEXT


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("maze:8x8", "odd number"),
        ("maze:99/s", "mazes a second"),
        ("maze:nine", "'nine' says nothing about a maze"),
        ("maze:S.G/.", "of one length"),
    ],
)
def test_a_text_that_names_none_is_told_so(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        choice_from_text(text)
