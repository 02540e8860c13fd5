"""The controls of an automaton's canvas, under the picture that the user damages."""

from functools import partial

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.input.board_viewport import fit_viewport
from dnnvis.app.input.canvas_brush import CanvasBrush
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
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.life.board import Cells, Fill, Paint, Setup
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

MIN_SIDE_CELLS, MAX_SIDE_CELLS = 8, 256
MAX_STEPS_PER_SECOND = 240.0
MAX_RADIUS_CELLS = 20
ERASE_HINT = "left erases · right or Ctrl plants a seed · , goes back"
PLANT_HINT = "left plants a seed · right or Ctrl erases · , goes back"
STILL_HINT = "{name} is no automaton: the canvas stays as it is"
HALVES = {"left": "Left half", "right": "Right half", "top": "Top half", "bottom": "Bottom half"}


class CanvasTools(QWidget):
    """Controls shown while the source is a canvas; the mouse on ``view`` erases and plants then.

    Every change goes through ``backend`` to the source, and is visible on the frame that comes
    back.
    """

    def __init__(self, backend: Backend, view: ImageView, parent: QWidget) -> None:
        super().__init__(parent)
        self._backend = backend
        self._shape: tuple[int, int] | None = None
        self.brush = CanvasBrush(view, backend.edit)
        self.erase = self._create_tool("Erase", "Left erases a disk of cells, and it heals")
        self.plant = self._create_tool("Plant", "Left plants a seed, which grows")
        group = QButtonGroup(self)
        for button, plants in ((self.erase, False), (self.plant, True)):
            button.setCheckable(True)
            button.setProperty("segment", True)  # drawn strong while it is on
            group.addButton(button)
            button.clicked.connect(partial(self._choose_tool, plants))
        self.erase.setChecked(True)
        self.cut = self._create_tool("Cut", "Erase one half of the canvas")
        self.cut.setMenu(self._create_cut_menu())
        self.cut.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.seed = self._create_tool("One seed", "Begin anew with one seed in the middle")
        self.seed.clicked.connect(lambda: backend.edit(Fill("seed")))
        self.clear = self._create_tool("Clear", "Empty all cells; one frame back (,) undoes it")
        self.clear.clicked.connect(lambda: backend.edit(Fill("empty")))
        self.radius = create_spin_box(self, "Brush", 0, MAX_RADIUS_CELLS)
        self.radius.setValue(self.brush.radius)
        self.radius.setToolTip(tr("Cells from the middle of the brush to its edge"))
        self.radius.valueChanged.connect(self._set_radius)
        self.side = create_spin_box(self, "Side", MIN_SIDE_CELLS, MAX_SIDE_CELLS)
        self.side.setToolTip(tr("Rows and columns of the canvas; what grows stays in its middle"))
        self.side.valueChanged.connect(self._resize)
        self.speed = create_double_spin_box(self, "Speed", (0.5, MAX_STEPS_PER_SECOND), decimals=1)
        self.speed.setSuffix(" /s")
        self.speed.setToolTip(tr("Steps per second; Space stops and goes on"))
        self.speed.valueChanged.connect(
            lambda rate: backend.edit(Setup(rate=rate), canvas_rate=rate)
        )
        self.step_label = ElidedLabel(self, theme.caption_font(self))
        self.hint = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        self._arrange()
        self.hide()

    def show_state(self, state: State) -> None:
        source = state.source
        is_canvas = source.kind == "canvas"
        if is_canvas == self.isHidden():
            self.setVisible(is_canvas)
        if not is_canvas:
            self.brush.deactivate()
            return
        with QSignalBlocker(self.side):
            self.side.setValue(source.canvas_side)
        with QSignalBlocker(self.speed):
            self.speed.setValue(source.canvas_rate)

    def show_live(self, live: Live | None, info: NetworkInfo | None) -> None:
        """Show the canvas of a frame; a frame from before there was a canvas shows none."""
        if live is None or info is None or self.isHidden() or live.frame.state is None:
            self.brush.deactivate()
            return
        board = live.frame.pixels.max(2)
        self._shape = (board.shape[0], board.shape[1])
        stretched = "stretch" in info.preprocessing.split(", ")
        self.brush.show_board(board, fit_viewport(self._shape, live.pixels.shape[:2], stretched))
        self.step_label.setText(live.frame.label or "")
        hint = tr(PLANT_HINT if self.brush.plants else ERASE_HINT)
        self.hint.setText(hint if info.state_channels else tr(STILL_HINT, name=info.name))

    def _choose_tool(self, plants: bool, checked: bool = False) -> None:
        self.brush.plants = plants

    def _set_radius(self, radius: int) -> None:
        self.brush.radius = radius

    def _resize(self, side: int) -> None:
        self._backend.edit(Setup(size=(side, side)), canvas_side=side)

    def _cut_half(self, half: str, checked: bool = False) -> None:
        if self._shape is not None:
            self._backend.edit(Paint(cells_of_half(self._shape, half), alive=False))

    def _create_cut_menu(self) -> QMenu:
        menu = QMenu(self)
        for half, title in HALVES.items():
            action = require(menu.addAction(tr(title)))
            action.triggered.connect(partial(self._cut_half, half))
        return menu

    def _create_tool(self, text: str, tip: str) -> QToolButton:
        button = create_tool_button(self, text, tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _arrange(self) -> None:
        top, fields = QHBoxLayout(), QHBoxLayout()
        for button in (self.erase, self.plant, self.cut, self.seed, self.clear):
            top.addWidget(button, 1)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
        titles = tr("brush"), tr("side"), tr("speed")
        for title, field in zip(titles, (self.radius, self.side, self.speed), strict=True):
            fields.addWidget(create_label(self, theme.caption_font(self), text=title))
            fields.addWidget(field, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for layout in (top, fields, column):
            layout.setSpacing(theme.GAP // 2)
        column.addWidget(self.step_label)
        column.addLayout(top)
        column.addLayout(fields)
        column.addWidget(self.hint)


def cells_of_half(shape: tuple[int, int], half: str) -> Cells:
    """Return the cells of one half: left, right, top or bottom."""
    height, width = shape
    rows, columns = range(height), range(width)
    match half:
        case "left":
            columns = columns[: width // 2]
        case "right":
            columns = columns[width // 2 :]
        case "top":
            rows = rows[: height // 2]
        case _:
            rows = rows[height // 2 :]
    return tuple((row, column) for row in rows for column in columns)
