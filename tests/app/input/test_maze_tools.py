"""The mouse on a maze: walls, start and goal, new mazes, and back."""

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage

from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.maze import read_mazes
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage

TEXT = "S.G../.#.../...../...../....."
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SMALL = NetworkChoice(net="maze", inputs="steps=2")


class Hand:
    """A window whose source is a maze, and a hand over it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.panel = stage.window.input
        self.view, self.tools = self.panel.view, self.panel.maze
        stage.until(lambda: self.tools.brush.is_active)

    def text(self) -> str:
        return read_mazes(self.panel.live.frame.pixels[None]).text()

    def point(self, cell: tuple[int, int]) -> QPoint:
        viewport, place = self.tools.brush.viewport, self.view.image_rect()
        scale = place.width() / viewport.image_size[1]
        y, x = viewport.corner(cell)
        half = viewport.cell_size[0] / 2
        there = QPointF(place.x() + (x + half) * scale, place.y() + (y + half) * scale)
        return there.toPoint()

    def stroke(self, *cells: tuple[int, int], button: Any = LEFT) -> None:
        bot = self.stage.bot
        bot.mousePress(self.view, button, pos=self.point(cells[0]))
        for cell in cells[1:]:
            bot.mouseMove(self.view, self.point(cell))
        bot.mouseRelease(self.view, button, pos=self.point(cells[-1]))

    def shows(self, text: str) -> None:
        self.stage.until(lambda: self.text() == text)


@pytest.fixture
def hand(qtbot: Any, tmp_path: Path) -> Hand:
    maze = SourceChoice(kind="maze", maze=MazeChoice(rows=5, columns=5, text=TEXT))
    return Hand(Stage(qtbot, tmp_path, SMALL, maze))


def test_walls_are_built_and_taken_away(hand: Hand) -> None:
    hand.stroke((4, 0), (4, 3))
    hand.shows("S.G../.#.../...../...../####.")
    hand.stroke((4, 1))  # on a wall: the stroke takes away
    hand.shows("S.G../.#.../...../...../#.##.")
    hand.stroke((1, 1), (1, 3), button=RIGHT)
    hand.shows("S.G../...../...../...../#.##.")


def test_start_and_goal_are_dragged(hand: Hand) -> None:
    hand.stroke((0, 0), (0, 1), (3, 1))
    hand.shows("..G../.#.../...../.S.../.....")
    hand.stroke((0, 2))  # only clicked
    hand.stroke((0, 2), (0, 4))
    hand.shows("....G/.#.../...../.S.../.....")
    hand.stage.window.backend.feeder.step(-1)
    hand.shows("..G../.#.../...../.S.../.....")


def test_the_way_is_told_and_that_there_is_none(hand: Hand) -> None:
    hand.stage.until(lambda: "the way has 2 steps" in hand.tools.way.text())
    hand.stroke((0, 1))
    hand.stage.until(lambda: "the way has 6 steps" in hand.tools.way.text())
    hand.stroke((1, 2), (1, 3))
    hand.stroke((0, 3))
    hand.stage.until(lambda: "no way leads to the goal" in hand.tools.way.text())


def test_a_new_maze_and_another_size(hand: Hand) -> None:
    hand.tools.new_button.click()
    hand.stage.until(lambda: hand.text() != TEXT)
    hand.tools.side.setValue(7)
    hand.stage.until(lambda: hand.panel.live.frame.pixels.shape == (7, 7, 3))
    hand.stage.until(lambda: hand.panel.live.pixels.shape[:2] == (7, 7))
    assert hand.stage.state.source.maze.rows == 7
    hand.tools.clear_button.click()
    hand.stage.until(lambda: "#" not in hand.text())
    hand.tools.speed.setValue(3.0)
    assert hand.stage.state.source.maze.rate == 3.0


def test_a_stroke_is_undone_and_done_again(hand: Hand) -> None:
    hand.stroke((4, 0), (4, 2))
    hand.shows("S.G../.#.../...../...../###..")
    assert hand.stage.session.undo()
    hand.shows(TEXT)
    assert hand.stage.session.redo()
    hand.shows("S.G../.#.../...../...../###..")


def test_the_tools_are_there_for_mazes_alone(hand: Hand) -> None:
    assert hand.tools.isVisibleTo(hand.panel)
    assert not hand.panel.board.isVisibleTo(hand.panel)
    hand.stage.window.backend.open_source(SourceChoice(kind="demo"))
    hand.stage.until(lambda: not hand.tools.brush.is_active)
    assert not hand.tools.isVisibleTo(hand.panel)
    hand.stage.until(lambda: hand.panel.offer.isVisibleTo(hand.panel))
    assert "takes mazes" in hand.panel.offer.label.text()
    hand.panel.offer.button.click()
    hand.stage.until(lambda: hand.tools.brush.is_active)
    assert hand.stage.state.source.kind == "maze"


def test_what_was_painted_is_there_again(qtbot: Any, tmp_path: Path, hand: Hand) -> None:
    hand.stroke((4, 0), (4, 1))
    hand.shows("S.G../.#.../...../...../##...")
    assert hand.stage.window.backend.current_source().maze.text.endswith("##...")


def test_the_picture_has_a_grid_and_no_smoothing(hand: Hand) -> None:
    image: QImage = hand.view.grab().toImage()
    assert image.pixelColor(hand.point((0, 0))).green() > 200
    assert image.pixelColor(hand.point((0, 2))).red() > 200
