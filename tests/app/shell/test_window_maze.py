"""The bundled maze-9 in the window: it finds the way, and thinks again when a wall is drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.app.steps import text
from dnnvis.core.lens_results import Strip
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.maze import read_mazes
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice
from dnnvis.sources.mazes.truths import CANDIDATES, MazeTruths
from helpers.application_window import Stage

#: A wall across the upper way, and one that makes the lower way a dead end.
UPPER_WALL, LOWER_WALL = (0, 4), (8, 3)
ONE_WAY = (
    "S......../.#######./.#######./.#######./.#######./.#######./.#######./.#######./...#....G"
)


class Story:
    """A window on the bundled network, and a hand that draws on its maze."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.window = stage, stage.window
        self.tools, self.view = self.window.input.maze, self.window.input.view
        stage.until(lambda: self.tools.brush.is_active)

    @property
    def strip(self) -> Strip | None:
        return self.window.steps.current_strip

    def draw(self, square: tuple[int, int]) -> None:
        viewport, place = self.tools.brush.viewport, self.view.image_rect()
        scale = place.width() / viewport.image_size[1]
        y, x = viewport.corner(square)
        half = viewport.cell_size[0] / 2
        there = QPointF(place.x() + (x + half) * scale, place.y() + (y + half) * scale).toPoint()
        self._click(there)

    def _click(self, point: QPoint) -> None:
        self.stage.bot.mouseClick(self.view, Qt.MouseButton.LeftButton, pos=point)

    def sees(self, maze: str) -> None:
        """The strip is of the frame with that maze."""

        def is_there() -> bool:
            live, strip = self.window.input.live, self.strip
            is_shown = live is not None and read_mazes(live.frame.pixels[None]).text() == maze
            return is_shown and strip is not None and strip.frame == live.frame.number

        self.stage.until(is_there)


@pytest.fixture
def story(qtbot: Any, tmp_path: Path) -> Story:
    maze = SourceChoice(kind="maze", maze=MazeChoice(text=ONE_WAY))
    return Story(Stage(qtbot, tmp_path, NetworkChoice(net="maze-9"), maze))


def marked(strip: Strip, step: int) -> np.ndarray:
    return strip.rows["imagination"][step, ..., 0] >= 0.5


def with_squares(maze: str, *squares: tuple[int, int]) -> str:
    """The maze with some squares changed from wall to floor or back."""
    rows = [list(row) for row in maze.split("/")]
    for y, x in squares:
        rows[y][x] = "." if rows[y][x] == "#" else "#"
    return "/".join("".join(row) for row in rows)


def test_a_wall_is_drawn_and_it_thinks_again(story: Story) -> None:
    story.sees(ONE_WAY)
    strip = story.strip
    assert np.array_equal(marked(strip, 30), strip.rows["truth"][30, ..., 0] > 0)
    assert "The path of 16 steps is exact from state" in strip.message
    assert set(strip.scores) == set(CANDIDATES)
    story.draw(UPPER_WALL)
    story.sees(with_squares(ONE_WAY, UPPER_WALL))
    assert "No way leads from start to goal" in story.strip.message
    assert not story.strip.rows["truth"].any()
    assert "no way leads to the goal" in story.tools.way.text()
    story.draw(LOWER_WALL)
    story.sees(with_squares(ONE_WAY, UPPER_WALL, LOWER_WALL))
    strip = story.strip
    assert np.array_equal(marked(strip, 30), strip.rows["truth"][30, ..., 0] > 0)
    assert marked(strip, 30)[8].all()
    assert not marked(strip, 30)[0, 1:].any()


def test_the_strip_is_drawn_with_its_walls_and_its_scores_in_words(story: Story) -> None:
    story.sees(ONE_WAY)
    panel = story.window.steps
    names = [row.name for row in panel.strip.rows]
    assert names == ["truth", "imagination", "both waves", "dead ends filled"]
    walls = story.strip.walls > 0
    for row in panel.strip.rows:
        pixels = row.pixels.reshape(row.count, 9, 9, 3)
        assert (pixels[:, walls] == (64, 72, 92)).all()
    assert list(panel.scores.scores) == list(CANDIDATES)
    best = max(story.strip.scores, key=lambda name: story.strip.scores[name])
    assert text.MAZE_SCORE_HELP[best][0] in text.describe_main_score(
        story.strip.scores, 31, story.strip.message
    )


def test_the_titles_of_scores_are_of_all_candidates() -> None:
    assert list(text.MAZE_SCORE_HELP) == list(CANDIDATES)
    scores = dict.fromkeys(CANDIDATES, 0.5)
    assert "Matthews correlation" in text.describe_score("both waves", scores, "")
    assert text.score_help({}) is text.SCORE_HELP


def test_a_larger_maze_goes_in_as_it_is(story: Story) -> None:
    story.tools.side.setValue(13)
    story.stage.until(lambda: story.window.backend.info.size == (13, 13))
    story.stage.until(
        lambda: story.strip is not None and story.strip.rows["truth"].shape[1:3] == (13, 13)
    )
    maze = read_mazes(story.window.input.live.frame.pixels[None])
    assert np.array_equal(story.strip.rows["truth"][0, ..., 0] > 0, MazeTruths(maze).path[0])
