"""The Train panel's form: the fields that choose what is trained."""

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from dnnvis.app.training.text import MAX_STEPS
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_label,
    create_spin_box,
)
from dnnvis.core.life.board import BORDERS
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import CELLS, TrainChoice

CELL_LABELS = {"lean": "lean (3x3, 1x1, 1x1)", "faithful": "faithful (3x3, 3x3, 3x3)"}
MAX_SEED = 2**31 - 1
ChangeCallback = Callable[[str, Any], None]


class TrainFields(QWidget):
    """The fields that choose what is trained.

    ``on_change(name, value)`` is called when the user sets a field.
    """

    def __init__(self, on_change: ChangeCallback, parent: QWidget) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self.steps = self._bind_number("Steps of the network", 1, MAX_STEPS, "steps")
        self.game = self._bind_number("Steps of the game", 1, MAX_STEPS, "game_steps")
        tip = "How many steps ahead the final board lies; as many as the network's until changed"
        self.game.setToolTip(tr(tip))
        cells = {name: CELL_LABELS[name] for name in CELLS}
        self.cell = self._bind_combo("Cell", cells, "cell")
        tip = "The convolutions of one step; the paper's are like the faithful ones"
        self.cell.setToolTip(tr(tip))
        self.border = self._bind_combo(
            "Border of the boards", {name: name for name in BORDERS}, "border"
        )
        self.seed = self._bind_number("Seed of everything random", 0, MAX_SEED, "seed")
        self.name = QLineEdit(self)
        self.name.setAccessibleName(tr("Name of the network"))
        self.name.setToolTip(tr("Of the finished network; the run of a name and seed goes on"))
        self.name.textEdited.connect(lambda text: on_change("name", text.strip()))
        self.autoencoder = self._bind_check_box(
            "autoencoder loss",
            "autoencoder",
            tr(
                "Average the loss of encoder and decoder in: without it the states in between are "
                "seldom readable"
            ),
        )
        self.shared = self._bind_check_box("shared weights", "shared", tr("One cell for all steps"))
        self.adversarial = self._bind_check_box(
            "adversarial stage",
            "adversarial",
            tr("Afterwards a new decoder learns beside a discriminator, encoder and cell frozen"),
        )
        self._arrange()

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP)
        rows = (
            ((tr("Network steps"), self.steps), (tr("Game steps"), self.game)),
            (("Cell", self.cell), ("Border", self.border)),
            (("Name", self.name), ("Seed", self.seed)),
        )
        for row, pairs in enumerate(rows):
            for k, (text, field) in enumerate(pairs):
                caption = create_label(self, text=text)
                caption.setBuddy(field)
                grid.addWidget(caption, row, 2 * k)
                grid.addWidget(field, row, 2 * k + 1)
        checks = QHBoxLayout()
        for check in (self.autoencoder, self.shared, self.adversarial):
            checks.addWidget(check)
        checks.addStretch(1)
        grid.addLayout(checks, len(rows), 0, 1, 4)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)

    def _bind_number(self, name: str, minimum: int, maximum: int, field: str) -> QSpinBox:
        widget = create_spin_box(self, name, minimum, maximum)
        widget.valueChanged.connect(lambda value: self._on_change(field, value))
        return widget

    def _bind_combo(self, name: str, labels: Mapping[Any, str], field: str) -> QComboBox:
        widget = create_combo(self, name, labels, min_letters=7)
        widget.activated.connect(lambda _: self._on_change(field, widget.currentData()))
        return widget

    def _bind_check_box(self, text: str, field: str, tip: str) -> QCheckBox:
        widget = create_check_box(self, text, tip)
        widget.toggled.connect(lambda on: self._on_change(field, on))
        return widget

    def show_choice(self, choice: TrainChoice, name: str) -> None:
        """Show the choice of the state; ``name`` is the default where none was entered."""
        for number, value in (
            (self.steps, choice.steps),
            (self.game, choice.game),
            (self.seed, choice.seed),
        ):
            with QSignalBlocker(number):
                number.setValue(value)
        for combo, text in ((self.cell, choice.cell), (self.border, choice.border)):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(text), 0))
        for check, on in (
            (self.autoencoder, choice.autoencoder),
            (self.shared, choice.shared),
            (self.adversarial, choice.adversarial),
        ):
            with QSignalBlocker(check):
                check.setChecked(on)
        self.name.setPlaceholderText(name)
        if self.name.text().strip() != choice.name:
            self.name.setText(choice.name)
