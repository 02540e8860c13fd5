"""Erase and plant with the mouse on the picture of an automaton."""

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QMouseEvent

from dnnvis.app.input.board_brush import BoardBrush
from dnnvis.app.input.board_viewport import cells_around, cells_on_line
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.core.life.board import Cell, Cells, Paint


class CanvasBrush(BoardBrush):
    """Erases disks of ``radius`` along a stroke, or plants a seed where it begins.

    The left button does what ``plants`` says; the right one, or Ctrl, the other. The automaton goes
    on meanwhile.
    """

    def __init__(self, view: ImageView, paint: Callable[[Paint], None]) -> None:
        super().__init__(view, paint, stop_placing=lambda: None)
        self.radius, self.plants = 4, False
        self.shows_grid = False
        self.preview_opacity = 90

    @property
    def fills_preview(self) -> bool:
        """Return True: a disk of frames would hide the picture."""
        return True

    def preview_cells(self) -> Cells:
        """Return the cells that a click with the left button would change."""
        if self.hovered is None:
            return ()
        return (self.hovered,) if self.plants else tuple(cells_around(self.hovered, self.radius))

    def _start_stroke(self, cell: Cell, event: QMouseEvent) -> None:
        other = event.button() == Qt.MouseButton.RightButton
        other = other or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._alive, self._last_cell = self.plants != other, cell
            self._paint(Paint(self._spots_around((cell,)), self._alive))

    def _continue_stroke(self, cell: Cell | None) -> None:
        """Erase along the way, without a gap where the mouse was fast; plant no second seed."""
        if self._alive is not False or cell == self._last_cell:
            return
        if cell is not None:
            line = (
                (cell,) if self._last_cell is None else tuple(cells_on_line(self._last_cell, cell))
            )
            self._paint(Paint(self._spots_around(line), alive=False, new_stroke=False))
        self._last_cell = cell

    def _spots_around(self, cells: Cells) -> Cells:
        if self._alive:
            return cells
        return tuple(
            dict.fromkeys(near for cell in cells for near in cells_around(cell, self.radius))
        )
