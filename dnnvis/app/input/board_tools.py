"""The controls of a Game-of-Life board, under the picture on which one paints."""

from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QMenu,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.input.board_brush import Brush
from dnnvis.app.input.board_viewport import sight
from dnnvis.app.runtime import open_files
from dnnvis.app.runtime.backend import Toolbox
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.file_dialogs import ask_and_write
from dnnvis.app.widgets.image_view import PictureView
from dnnvis.app.widgets.panel import label
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.board import BORDERS, Fill, Paint, Pattern, Setup
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.session.state import State

MOST_SIDE = 999
MOST_SPEED = 60.0
HINT = "left draws · right or Ctrl erases"
PLACING = "left places · wheel turns · right ends"
ICON = 22  # pixels
NARROW = 54  # pixels that a number needs: less than it asks for, the left column is narrow
RANDOM = {
    "half": "half\tevery second cell, as the networks were trained on",
    "mix": "mix\tany density from .2 to .6, some of them already 1 to 8 steps old",
}


class BoardTools(QWidget):
    """Shown while the source is a board; the mouse on ``view`` paints then.

    Every change goes through ``toolbox`` to the source, and is seen on the frame that comes
    back.
    """

    def __init__(self, toolbox: Toolbox, view: PictureView, parent: QWidget) -> None:
        super().__init__(parent)
        self._toolbox = toolbox
        self._size: tuple[int, int] | None = None
        self.brush = Brush(view, self._paint, self.draw)
        self.place = self._button("Draw", "Draw cells, or place a pattern")
        self.place.setMenu(self._patterns())
        self.place.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.random = self._button("Random", "A new board of that density")
        self.random.setMenu(self._starts())
        self.random.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.random.clicked.connect(lambda: self._fill("random"))
        self.clear = self._button("Clear", "Make all cells dead; one frame back (,) undoes it")
        self.clear.clicked.connect(lambda: self._fill("empty"))
        self.file = self._button("File", "Boards as RLE files")
        self.file.setMenu(self._files())
        self.file.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rows, self.columns = self._side("Rows"), self._side("Columns")
        self.periodic = QCheckBox("periodic", self)
        self.periodic.setToolTip(
            "The board is a torus: what leaves it comes in on the other side.\n"
            "Otherwise its border is dead: outside of the board nothing lives."
        )
        self.periodic.clicked.connect(self._set_border)
        self.density = self._number("Density", 0.0, 1.0, 0.05, 2)
        self.density.setToolTip("Share of living cells on a random board")
        self.density.valueChanged.connect(lambda share: toolbox.edit(None, density=share))
        self.speed = self._number("Speed", 0.5, MOST_SPEED, 1.0, 1)
        self.speed.setSuffix(" /s")
        self.speed.setToolTip("Generations per second; Space stops and goes on")
        self.speed.valueChanged.connect(lambda rate: toolbox.edit(Setup(rate=rate), rate=rate))
        self.told = Line(self, theme.small(self))
        self.hint = Line(self, theme.small(self), muted=True)
        self._helps, self._foreign = HINT, ""
        self._hint()
        self._arrange()
        self.hide()

    # ---- what it shows ---------------------------------------------------------------

    def show_state(self, state: State) -> None:
        source = state.source
        shown = source.kind == "life"
        if shown == self.isHidden():
            self.setVisible(shown)
        if not shown:
            self._size = None
            self.brush.rest()
            self.draw()
            return
        for field, value in ((self.density, source.density), (self.speed, source.rate)):
            with QSignalBlocker(field):
                field.setValue(value)
        with QSignalBlocker(self.periodic):
            self.periodic.setChecked(source.border == "periodic")

    def show_live(self, live: Live | None, info: NetworkInfo | None) -> None:
        """The board of that frame; a frame from before there was a board shows none."""
        if live is None or info is None or self.isHidden() or live.frame.pixels.shape[2] != 1:
            self.brush.rest()
            return
        board = live.frame.pixels[:, :, 0]
        height, width = board.shape
        stretched = "stretch" in info.preprocessing.split(", ")
        self.brush.show_board(board, sight((height, width), live.seen.shape[:2], stretched))
        self.told.setText(live.frame.label or "")
        self._foreign = foreign_border(info, self._toolbox.session.state.source.border)
        self._hint()
        if self._size != (height, width):  # else it is just being changed here
            self._size = height, width
            for field, value in ((self.rows, height), (self.columns, width)):
                with QSignalBlocker(field):
                    field.setValue(value)

    # ---- what it does ----------------------------------------------------------------

    def draw(self) -> None:
        """Draw single cells from now on."""
        self.brush.take(None)
        self.place.setText("Draw")
        self._helps = HINT
        self._hint()

    def take(self, pattern: Pattern) -> None:
        """Place this pattern from now on."""
        self.brush.take(pattern)
        self.place.setText("Place")
        self._helps = f"{pattern.name}: {PLACING}"
        self._hint()

    def _hint(self) -> None:
        """What the mouse does, or that network and board disagree."""
        self.hint.setText(self._foreign or self._helps)

    def save(self) -> None:
        """Ask for a file and write the board as it is now."""
        text = self._toolbox.kept().board

        def write(path: Path) -> None:
            try:
                path.write_text(text, encoding="ascii")
            except OSError as why:
                raise BadInput(f"The board could not be written to {path}: {why}.") from None

        ask_and_write(self, Path("board.rle"), write)

    def open(self) -> None:
        """Ask for a file and go on with the board in it."""
        path = open_files.ask_board(self)
        if path:
            open_files.open_path(self, self._toolbox, path)

    def _paint(self, stroke: Paint) -> None:
        self._toolbox.edit(stroke)

    def _fill(self, start: str) -> None:
        density = self.density.value()
        kept = {} if start == "empty" else {"start": start, "density": density}
        self._toolbox.edit(Fill(start, density), **kept)

    def _resize(self) -> None:
        size = self.rows.value(), self.columns.value()
        self._toolbox.edit(Setup(size=size), rows=size[0], columns=size[1])

    def _set_border(self) -> None:
        border = BORDERS[self.periodic.isChecked()]
        self._toolbox.edit(Setup(border=border), border=border)

    # ---- how it is made --------------------------------------------------------------

    def _button(self, words: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(words)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _side(self, name: str) -> QSpinBox:
        field = QSpinBox(self)
        field.setRange(1, MOST_SIDE)
        field.setKeyboardTracking(False)
        field.setAccessibleName(name)
        field.setToolTip(f"{name} of the board; the cells stay around the middle")
        field.setMinimumWidth(NARROW)
        field.valueChanged.connect(self._resize)
        return field

    def _number(self, name: str, least: float, most: float, step: float, digits: int) -> Any:
        field = QDoubleSpinBox(self)
        field.setRange(least, most)
        field.setSingleStep(step)
        field.setDecimals(digits)
        field.setMinimumWidth(NARROW)
        field.setKeyboardTracking(False)
        field.setAccessibleName(name)
        return field

    def _patterns(self) -> QMenu:
        menu = QMenu(self)
        require(menu.addAction("Draw cells")).triggered.connect(self.draw)
        menu.addSeparator()
        colour = self.palette().text().color()
        for pattern in self._toolbox.catalog.patterns():
            action = require(
                menu.addAction(icon(pattern, colour), f"{pattern.name}\t{pattern.words}")
            )
            action.triggered.connect(partial(self._taken, pattern))
        return menu

    def _taken(self, pattern: Pattern, checked: bool = False) -> None:
        self.take(pattern)

    def _starts(self) -> QMenu:
        menu = QMenu(self)
        for start, words in RANDOM.items():
            require(menu.addAction(words)).triggered.connect(partial(self._started, start))
        return menu

    def _started(self, start: str, checked: bool = False) -> None:
        self._fill(start)

    def _files(self) -> QMenu:
        menu = QMenu(self)
        require(menu.addAction("Open RLE ...")).triggered.connect(self.open)
        require(menu.addAction("Save RLE ...")).triggered.connect(self.save)
        return menu

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for button in (self.place, self.random, self.clear, self.file):
            top.addWidget(button, 1)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row, parts in (
            (first, ("size", self.rows, "×", self.columns, self.periodic)),
            (second, ("density", self.density, "speed", self.speed)),
        ):
            for part in parts:
                if isinstance(part, QWidget):
                    row.addWidget(part, 1)
                else:
                    words = label(self, theme.small(self))
                    words.setText(part)
                    row.addWidget(words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for layout in (top, first, second, column):
            layout.setSpacing(theme.GAP // 2)
        column.addWidget(self.told)
        column.addLayout(top)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.hint)


def foreign_border(info: NetworkInfo, border: str) -> str:
    """That the network's truth has another border than the board; "" where it has not."""
    if not info.game_steps or info.border == border:
        return ""
    return f"{info.name} learned a {info.border} border: what it imagines is of that"


def icon(pattern: Pattern, colour: QColor) -> QIcon:
    """The pattern, as large as fits into ICON pixels."""
    ratio = 2
    pixmap = QPixmap(QSize(ICON * ratio, ICON * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    side = ICON * ratio / max(*pattern.size, 6)
    top, left = ((ICON * ratio - side * many) / 2 for many in pattern.size)
    painter = QPainter(pixmap)
    for row, column in pattern.cells:
        room = side if side < 3 else side - 1
        painter.fillRect(
            round(left + column * side), round(top + row * side), max(round(room), 1),
            max(round(room), 1), colour,
        )  # fmt: skip
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return QIcon(pixmap)
