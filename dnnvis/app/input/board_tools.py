"""The controls of a Game-of-Life board, under the picture on which the user paints."""

from functools import partial
from pathlib import Path

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.input.board_brush import BoardBrush
from dnnvis.app.input.board_viewport import fit_viewport
from dnnvis.app.input.rule_choice import RuleChoice
from dnnvis.app.runtime import open_files
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_double_spin_box,
    create_label,
    create_spin_box,
    create_tool_button,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.file_dialogs import save_with_dialog
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.life.board import BORDERS, Fill, Paint, Pattern, Setup
from dnnvis.core.life.life_rule import LIFE_RULE, describe_rule
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.stable_file import write_whole
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

MAX_SIDE_CELLS = 999
MAX_GENERATIONS_PER_SECOND = 60.0
DRAW_HINT = "left draws · right or Ctrl erases"
PATTERN_HINT = "left places · wheel turns · right ends"
ICON_PIXELS = 22  # pixels
MIN_FIELD_WIDTH_PIXELS = (
    54  # pixels that a number needs: less than its hint, the left column is narrow
)
RANDOM_STARTS = {
    "half": "half\tevery second cell, as the networks were trained on",
    "mix": "mix\tany density from .2 to .6, some of them already 1 to 8 steps old",
}


class BoardTools(QWidget):
    """Controls shown while the source is a board; the mouse on ``view`` paints then.

    Every change goes through ``backend`` to the source, and is visible on the frame that comes
    back.
    """

    def __init__(self, backend: Backend, view: ImageView, parent: QWidget) -> None:
        super().__init__(parent)
        self._backend = backend
        self._size: tuple[int, int] | None = None
        self.brush = BoardBrush(view, self._paint, self.draw, backend.hold)
        self.pattern_button = self._create_tool("Draw", "Draw cells, or place a pattern")
        self.pattern_button.setMenu(self._create_pattern_menu())
        self.pattern_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.random_button = self._create_tool("Random", "A new board of that density")
        self.random_button.setMenu(self._create_start_menu())
        self.random_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.random_button.clicked.connect(lambda: self._fill("random"))
        self.clear = self._create_tool("Clear", "Make all cells dead; one frame back (,) undoes it")
        self.clear.clicked.connect(lambda: self._fill("empty"))
        self.file = self._create_tool(
            "File", "Boards as files: opens RLE, .cells, .lif and .mc, saves RLE"
        )
        self.file.setMenu(self._create_file_menu())
        self.file.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rows, self.columns = (
            self._create_side_field("Rows"),
            self._create_side_field("Columns"),
        )
        self.periodic = create_check_box(
            self,
            "periodic",
            "The board is a torus: what leaves it comes in on the other side.\n"
            "Otherwise its border is dead: outside of the board nothing lives.",
        )
        self.periodic.clicked.connect(self._set_border)
        self.density = create_double_spin_box(self, "Density", (0.0, 1.0), step=0.05)
        self.density.setMinimumWidth(MIN_FIELD_WIDTH_PIXELS)
        self.density.setToolTip(tr("Share of living cells on a random board"))
        self.density.valueChanged.connect(lambda density: backend.edit(None, density=density))
        self.speed = create_double_spin_box(
            self, "Speed", (0.5, MAX_GENERATIONS_PER_SECOND), decimals=1
        )
        self.speed.setMinimumWidth(MIN_FIELD_WIDTH_PIXELS)
        self.speed.setSuffix(" /s")
        self.speed.setToolTip(tr("Generations per second; Space stops and goes on"))
        self.speed.valueChanged.connect(lambda rate: backend.edit(Setup(rate=rate), rate=rate))
        self.rule = RuleChoice(self)
        self.rule.chosen.connect(self._set_rule)
        self.generation_label = ElidedLabel(self, theme.caption_font(self))
        self.hint = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        self._mouse_help, self._warning = DRAW_HINT, ""
        self._show_hint()
        self._arrange()
        self.hide()

    def show_state(self, state: State) -> None:
        source = state.source
        is_board = source.kind == "life"
        if is_board == self.isHidden():
            self.setVisible(is_board)
        if not is_board:
            self._size = None
            self.brush.deactivate()
            self.draw()
            return
        for field, value in ((self.density, source.density), (self.speed, source.rate)):
            with QSignalBlocker(field):
                field.setValue(value)
        with QSignalBlocker(self.periodic):
            self.periodic.setChecked(source.border == "periodic")

    def show_live(self, live: Live | None, info: NetworkInfo | None) -> None:
        """Show the board of a frame; a frame from before there was a board shows none."""
        if live is None or info is None or self.isHidden() or live.frame.pixels.shape[2] != 1:
            self.brush.deactivate()
            return
        board = live.frame.pixels[:, :, 0]
        height, width = board.shape
        stretched = "stretch" in info.preprocessing.split(", ")
        self.brush.show_board(
            board, fit_viewport((height, width), live.pixels.shape[:2], stretched)
        )
        self.generation_label.setText(live.frame.label or "")
        self.rule.show_rule(live.frame.rule)
        self._warning = describe_rule_mismatch(info, live.frame.rule) or describe_border_mismatch(
            info, self._backend.session.state.source.border
        )
        self._show_hint()
        if self._size != (height, width):  # otherwise it is being changed here
            self._size = height, width
            for field, value in ((self.rows, height), (self.columns, width)):
                with QSignalBlocker(field):
                    field.setValue(value)

    def draw(self) -> None:
        """Draw single cells from now on."""
        self.brush.set_pattern(None)
        self.pattern_button.setText(tr("Draw"))
        self._mouse_help = tr(DRAW_HINT)
        self._show_hint()

    def set_pattern(self, pattern: Pattern) -> None:
        """Place this pattern from now on."""
        self.brush.set_pattern(pattern)
        self.pattern_button.setText(tr("Place"))
        self._mouse_help = f"{pattern.name}: {tr(PATTERN_HINT)}"
        self._show_hint()

    def _show_hint(self) -> None:
        """Show what the mouse does, or that network and board disagree."""
        self.hint.setText(self.rule.problem or self._warning or self._mouse_help)

    def save(self) -> None:
        """Ask for a file and write the present board."""
        text = self._backend.current_source().board

        def write(path: Path) -> None:
            write_whole(path, text, create_folder=False)

        save_with_dialog(self, Path(self._backend.session.state.source_folder, "board.rle"), write)

    def open(self) -> None:
        """Ask for a file and continue with the board in it."""
        path = open_files.choose_board_file(self, self._backend.session.state.source_folder)
        if path:
            open_files.open_path(self, self._backend, path)

    def _paint(self, stroke: Paint) -> None:
        self.rule.forget_problem()
        self._backend.edit(stroke)

    def _fill(self, start: str) -> None:
        self.rule.forget_problem()
        density = self.density.value()
        changes = {} if start == "empty" else {"start": start, "density": density}
        self._backend.edit(Fill(start, density), **changes)

    def _resize(self) -> None:
        size = self.rows.value(), self.columns.value()
        self._backend.edit(Setup(size=size), rows=size[0], columns=size[1])

    def _set_border(self) -> None:
        border = BORDERS[self.periodic.isChecked()]
        self._backend.edit(Setup(border=border), border=border)

    def _set_rule(self, rule: str) -> None:
        if rule:
            self._backend.edit(Setup(rule=rule), rule=rule)
        self._show_hint()

    def _create_tool(self, text: str, tip: str) -> QToolButton:
        button = create_tool_button(self, text, tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _create_side_field(self, name: str) -> QSpinBox:
        field = create_spin_box(self, name, 1, MAX_SIDE_CELLS)
        field.setToolTip(tr("{name} of the board; the cells stay around the middle", name=tr(name)))
        field.setMinimumWidth(MIN_FIELD_WIDTH_PIXELS)
        field.valueChanged.connect(self._resize)
        return field

    def _create_pattern_menu(self) -> QMenu:
        menu = QMenu(self)
        require(menu.addAction(tr("Draw cells"))).triggered.connect(self.draw)
        menu.addSeparator()
        color = self.palette().text().color()
        for pattern in self._backend.services.patterns():
            action = require(
                menu.addAction(
                    create_pattern_icon(pattern, color),
                    f"{pattern.name}\t{tr(pattern.description)}",
                )
            )
            action.triggered.connect(partial(self._on_pattern_chosen, pattern))
        return menu

    def _on_pattern_chosen(self, pattern: Pattern, checked: bool = False) -> None:
        self.set_pattern(pattern)

    def _create_start_menu(self) -> QMenu:
        menu = QMenu(self)
        for start, start_label in RANDOM_STARTS.items():
            require(menu.addAction(tr(start_label))).triggered.connect(
                partial(self._on_start_chosen, start)
            )
        return menu

    def _on_start_chosen(self, start: str, checked: bool = False) -> None:
        self._fill(start)

    def _create_file_menu(self) -> QMenu:
        menu = QMenu(self)
        require(menu.addAction(tr("Open board ..."))).triggered.connect(self.open)
        require(menu.addAction(tr("Save RLE ..."))).triggered.connect(self.save)
        return menu

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for button in (self.pattern_button, self.random_button, self.clear, self.file):
            top.addWidget(button, 1)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, parts in (
            (first, ("size", self.rows, "×", self.columns, self.periodic)),
            (second, ("density", self.density, "speed", self.speed)),
            (third, ("rule", self.rule)),
        ):
            for part in parts:
                if isinstance(part, QWidget):
                    row.addWidget(part, 1)
                else:
                    caption = create_label(self, theme.caption_font(self), text=part)
                    row.addWidget(caption)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for layout in (top, first, second, third, column):
            layout.setSpacing(theme.GAP // 2)
        column.addWidget(self.generation_label)
        column.addLayout(top)
        column.addLayout(first)
        column.addLayout(second)
        column.addLayout(third)
        column.addWidget(self.hint)


def describe_border_mismatch(info: NetworkInfo, border: str) -> str:
    """Describe how the border of the network's truth differs from the board's; "" if equal."""
    if not info.game_steps or info.border == border:
        return ""
    return tr(
        "{name} learned a {border} border: what it imagines is of that",
        name=info.name,
        border=info.border,
    )


def describe_rule_mismatch(info: NetworkInfo, rule: str) -> str:
    """Describe that the board does not run by the rule that networks learned; "" if it does."""
    if not info.game_steps or rule in ("", LIFE_RULE):
        return ""
    return tr(
        "{name} learned {life_rule}, not this: truth in Steps is {rule}",
        name=info.name,
        life_rule=LIFE_RULE,
        rule=describe_rule(rule),
    )


def create_pattern_icon(pattern: Pattern, color: QColor) -> QIcon:
    """Create an icon of the pattern, as large as fits into ICON_PIXELS."""
    ratio = 2
    pixmap = QPixmap(QSize(ICON_PIXELS * ratio, ICON_PIXELS * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    side = ICON_PIXELS * ratio / max(*pattern.size, 6)
    top, left = ((ICON_PIXELS * ratio - side * n_cells) / 2 for n_cells in pattern.size)
    painter = QPainter(pixmap)
    for row, column in pattern.cells:
        filled_side = side if side < 3 else side - 1
        painter.fillRect(
            round(left + column * side),
            round(top + row * side),
            max(round(filled_side), 1),
            max(round(filled_side), 1),
            color,
        )
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return QIcon(pixmap)
