"""A board's window, for what is told of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, toy

EMPTY = SourceChoice(kind="life", rows=12, columns=16, start="empty", rate=0.001)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Table:
    """A window whose source is a board, and a hand over it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.panel = stage.window.input
        self.view, self.tools = self.panel.view, self.panel.board
        stage.until(lambda: self.tools.brush.is_active)

    @property
    def board(self) -> np.ndarray:
        """The cells as the panel shows them."""
        return self.panel.live.frame.pixels[:, :, 0] // 255

    def alive(self) -> list[tuple[int, int]]:
        return sorted((int(y), int(x)) for y, x in np.argwhere(self.board))

    def point(self, cell: tuple[int, int]) -> QPoint:
        sight, place = self.tools.brush.viewport, self.view.image_rect()
        scale = place.width() / sight.image_size[1]
        y, x = sight.corner(cell)
        high, wide = sight.cell_size
        there = QPointF(place.x() + (x + wide / 2) * scale, place.y() + (y + high / 2) * scale)
        return there.toPoint()

    def press(self, cell: tuple[int, int], button: Any = LEFT, held: Any = None) -> None:
        held = held or Qt.KeyboardModifier.NoModifier
        self.stage.bot.mousePress(self.view, button, held, self.point(cell))

    def move(self, cell: tuple[int, int]) -> None:
        self.stage.bot.mouseMove(self.view, self.point(cell))

    def release(self, cell: tuple[int, int], button: Any = LEFT) -> None:
        self.stage.bot.mouseRelease(self.view, button, pos=self.point(cell))

    def click(self, cell: tuple[int, int], button: Any = LEFT, held: Any = None) -> None:
        self.press(cell, button, held)
        self.release(cell, button)

    def shows(self, *cells: tuple[int, int]) -> None:
        self.stage.until(lambda: self.alive() == sorted(cells))


def opened(qtbot: Any, folder: Path, source: SourceChoice, net: str = "life") -> Table:
    network = toy(folder) if net == "toy" else NetworkChoice(net=net)
    return Table(Stage(qtbot, folder, network, source))


@pytest.fixture(name="table")
def table_fixture(qtbot: Any, tmp_path: Path) -> Table:
    """An empty board, held still."""
    made = opened(qtbot, tmp_path, EMPTY)
    made.stage.session.update(frozen=True)
    return made
