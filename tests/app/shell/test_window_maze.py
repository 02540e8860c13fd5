"""The bundled maze-9 in the window: it finds the way, and thinks again when a wall is drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.app.steps import text
from dnnvis.core.lens_results import Strip
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.controls import FollowControl
from dnnvis.core.mazes.maze import parse_maze, read_mazes
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.imagination.maze_truth import SHOWN_CANDIDATES
from dnnvis.session.state import SourceChoice
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import CANDIDATES, MazeTruths
from helpers.application_window import Stage


def find_detour() -> tuple[str, tuple[int, int], tuple[int, int]]:
    """A maze, a door on its only way, and a wall whose removal leads there again.

    With the one shut and the other open it is a tree of rooms again, as the network learned on.
    """
    mazes = draw_mazes(1, (9, 9), np.random.default_rng(6))
    path = MazeTruths(mazes).path[0]
    doors = [tuple(map(int, each)) for each in np.argwhere(path) if each.sum() % 2]
    door = doors[len(doors) // 2]
    walls = [tuple(map(int, each)) for each in np.argwhere(~mazes.floor[0]) if each.sum() % 2]
    shut = mazes.paint((door,), wall=True)
    ways = (shut.paint((wall,), wall=False) for wall in walls)
    wall = next(wall for wall, maze in zip(walls, ways, strict=True) if MazeTruths(maze).path.any())
    return mazes.text(), door, wall


MAZE, DOOR, WALL = find_detour()


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
    maze = SourceChoice(kind="maze", maze=MazeChoice(text=MAZE))
    return Story(Stage(qtbot, tmp_path, NetworkChoice(net="maze-9"), maze))


def with_squares(maze: str, *squares: tuple[int, int]) -> str:
    """The maze with some squares changed from wall to floor or back."""
    rows = [list(row) for row in maze.split("/")]
    for y, x in squares:
        rows[y][x] = "." if rows[y][x] == "#" else "#"
    return "/".join("".join(row) for row in rows)


def test_a_wall_is_drawn_and_it_thinks_again(story: Story) -> None:
    story.sees(MAZE)
    strip, first = story.strip, MazeTruths(parse_maze(MAZE))
    assert finds_the_way(strip)
    assert f"The path of {first.length[0]} steps is exact from state" in strip.message
    assert set(strip.scores) == set(CANDIDATES)
    story.draw(DOOR)
    story.sees(with_squares(MAZE, DOOR))
    assert "No way leads from start to goal" in story.strip.message
    assert not story.strip.rows["truth"].any()
    assert "no way leads to the goal" in story.tools.way.text()
    story.draw(WALL)
    story.sees(with_squares(MAZE, DOOR, WALL))
    assert finds_the_way(story.strip)
    assert story.strip.rows["truth"][0, WALL[0], WALL[1], 0] == 1
    assert not np.array_equal(story.strip.rows["truth"], strip.rows["truth"])


def finds_the_way(strip: Strip) -> bool:
    """Whether the last state marks the path on the floor, and nothing else there."""
    marked = strip.rows["imagination"][-1, ..., 0] >= 0.5
    floor = strip.walls == 0
    return bool((marked == (strip.rows["truth"][-1, ..., 0] > 0))[floor].all())


def test_the_strip_is_drawn_with_its_walls_and_its_scores_in_words(story: Story) -> None:
    story.sees(MAZE)
    panel = story.window.steps
    names = [row.name for row in panel.strip.rows]
    assert names == ["truth", "imagination", *SHOWN_CANDIDATES]
    walls = story.strip.walls > 0
    for row in panel.strip.rows:
        pixels = row.pixels.reshape(row.count, 9, 9, 3)
        assert (pixels[:, walls] == (64, 72, 92)).all()
    assert list(panel.scores.scores) == list(CANDIDATES)
    best = max(story.strip.scores, key=lambda name: story.strip.scores[name])
    control = story.strip.controls[best]
    said = panel.score.text()
    assert f"Closest: {text.MAZE_SCORE_HELP[best][0]} ({panel.scores.text(best)}; chance" in said
    assert f"chance {control.chance:.2f}, probe {control.probe:.2f}, of 2,000 mazes)" in said
    tip = panel.scores.tip(panel.scores.box("both waves").center())
    assert "Of 2,000 mazes of the training's size: chance" in tip
    assert "0.03, what a linear probe reads in the hidden states 0.57" in tip


def test_the_titles_of_scores_are_of_all_candidates() -> None:
    assert list(text.MAZE_SCORE_HELP) == list(CANDIDATES)
    scores = dict.fromkeys(CANDIDATES, 0.5)
    assert "Matthews correlation" in text.describe_score("both waves", scores, "")
    assert "no level of chance" in text.describe_score("both waves", scores, "")
    assert text.score_help({}) is text.SCORE_HELP


def test_a_score_is_said_beside_chance_and_may_be_of_none() -> None:
    controls = {name: FollowControl(0.05, 0.3, 2000) for name in CANDIDATES}
    controls["dead ends filled"] = FollowControl(0.25, 0.78, 2000)
    low = dict.fromkeys(CANDIDATES, 0.06) | {"dead ends filled": 0.34}
    said = text.describe_main_score(low, 31, "No path.", controls)
    assert said == (
        "Follows none of them: dead ends filled is closest (0.34; chance 0.25, probe 0.78, of "
        "2,000 mazes). No path."
    )
    said = text.describe_main_score(low | {"both waves": 0.16}, 31, "", controls)
    assert "Closest: both waves (0.16; chance 0.05, probe 0.30, of 2,000 mazes)" in said
    said = text.describe_main_score(low, 31, "", {})
    assert "Closest: dead ends filled (0.34; the card has no level of chance)" in said
    assert "Follows none" in text.explain_scores(low, "", controls)


def test_a_larger_maze_goes_in_as_it_is(story: Story) -> None:
    story.tools.side.setValue(13)
    story.stage.until(lambda: story.window.backend.info.size == (13, 13))
    story.stage.until(
        lambda: story.strip is not None and story.strip.rows["truth"].shape[1:3] == (13, 13)
    )
    maze = read_mazes(story.window.input.live.frame.pixels[None])
    assert np.array_equal(story.strip.rows["truth"][0, ..., 0] > 0, MazeTruths(maze).path[0])
