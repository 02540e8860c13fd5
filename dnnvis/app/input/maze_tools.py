"""The controls of a maze, under the picture on which the user builds walls."""

from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.input.board_brush import BoardBrush
from dnnvis.app.input.board_viewport import fit_viewport
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_double_spin_box,
    create_label,
    create_spin_box,
    create_tool_button,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import Fill, Paint, Setup
from dnnvis.core.mazes.maze import End, Mazes, MoveEnd, read_mazes
from dnnvis.core.messages import Live
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

MIN_SIDE, MAX_SIDE = 5, 41  # squares; the command line takes larger ones
MAX_MAZES_PER_SECOND = 10.0
MAZE_HINT = "left builds a wall or takes one away · right takes away · drag start (green) or goal"


class MazeTools(QWidget):
    """Controls shown while the source is a maze; the mouse on ``view`` builds walls then.

    Every change goes through ``backend`` to the source, and is visible on the frame that comes
    back. A stroke that begins on start or goal moves that one.
    """

    def __init__(self, backend: Backend, view: ImageView, parent: QWidget) -> None:
        super().__init__(parent)
        self._backend = backend
        self._maze: Mazes | None = None
        self._dragged: End | None = None
        self._is_moved = False  # by the stroke under way
        self.brush = BoardBrush(view, self._paint, lambda: None, backend.hold)
        self.new_button = create_tool_button(
            self, "New maze", "Draw another maze, and go on with more"
        )
        self.new_button.clicked.connect(lambda: self._fill("random"))
        self.clear_button = create_tool_button(
            self, "No walls", "Take all walls away; one frame back (,) undoes it"
        )
        self.clear_button.clicked.connect(lambda: self._fill("empty"))
        self.side = create_spin_box(self, "Squares a side", MIN_SIDE, MAX_SIDE)
        self.side.setSingleStep(2)
        self.side.setToolTip(tr("Rows and columns of squares, odd: rooms lie on every other one"))
        self.side.valueChanged.connect(self._resize)
        self.speed = create_double_spin_box(
            self, "Mazes a second", (0.0, MAX_MAZES_PER_SECOND), decimals=1, step=0.5
        )
        self.speed.setSuffix(" /s")
        self.speed.setToolTip(tr("New mazes per second; a maze that you changed stays"))
        self.speed.valueChanged.connect(self._set_rate)
        self.way = ElidedLabel(self, theme.caption_font(self))
        self.hint = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        self.hint.setText(tr(MAZE_HINT))
        for button in (self.new_button, self.clear_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._arrange()
        self.hide()

    def _arrange(self) -> None:
        top, settings = QHBoxLayout(), QHBoxLayout()
        for button in (self.new_button, self.clear_button):
            top.addWidget(button, 1)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
        for text, field in (("squares", self.side), ("speed", self.speed)):
            settings.addWidget(create_label(self, theme.caption_font(self), text=text))
            settings.addWidget(field, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for layout in (top, settings, column):
            layout.setSpacing(theme.GAP // 2)
        column.addWidget(self.way)
        column.addLayout(top)
        column.addLayout(settings)
        column.addWidget(self.hint)

    def show_state(self, state: State) -> None:
        """Show the controls where the source is a maze."""
        is_maze = state.source.kind == "maze"
        if is_maze == self.isHidden():
            self.setVisible(is_maze)
        if not is_maze:
            self.brush.deactivate()
            return
        maze = state.source.maze
        with QSignalBlocker(self.side), QSignalBlocker(self.speed):
            self.side.setValue(maze.rows)
            self.speed.setValue(maze.rate)

    def show_live(self, live: Live | None) -> None:
        """Show the maze of a frame; a frame from before there was a maze shows none."""
        pixels = None if live is None or self.isHidden() else live.frame.pixels
        try:
            self._maze = None if pixels is None else read_mazes(pixels[None])
        except BadInput:  # the last picture of the source before
            self._maze = None
        if live is None or self._maze is None:
            self.brush.deactivate()
            return
        size = self._maze.floor.shape[1], self._maze.floor.shape[2]
        walls = (~self._maze.floor[0]).astype(np.uint8)
        self.brush.show_board(walls, fit_viewport(size, live.pixels.shape[:2], stretched=False))
        self.way.setText(live.frame.label or "")

    def _paint(self, stroke: Paint) -> None:
        """Build or take away walls; a stroke that begins on start or goal moves it."""
        if stroke.new_stroke:
            self._dragged = self._end_at(stroke.cells[0])
            self._is_moved = False
        if self._dragged is None:
            self._backend.edit(stroke)
        elif not stroke.new_stroke:  # the first square of it is where the end is already
            is_first, self._is_moved = not self._is_moved, True
            self._backend.edit(MoveEnd(self._dragged, stroke.cells[-1], is_first))

    def _end_at(self, square: tuple[int, int]) -> End | None:
        if self._maze is None:
            return None
        ends: tuple[tuple[End, tuple[int, ...]], ...] = (
            ("start", tuple(self._maze.start[0])),
            ("goal", tuple(self._maze.goal[0])),
        )
        return next((name for name, place in ends if place == square), None)

    def _fill(self, start: str) -> None:
        self._backend.edit(Fill(start))

    def _resize(self, side: int) -> None:
        side += 1 - side % 2  # rooms need an odd number
        maze = replace(self._backend.session.state.source.maze, rows=side, columns=side)
        self._backend.edit(Setup(size=(side, side)), maze=maze)

    def _set_rate(self, rate: float) -> None:
        maze = replace(self._backend.session.state.source.maze, rate=rate)
        self._backend.edit(Setup(rate=rate), maze=maze)
