"""The controls of the Playground panel: what learns, on what, and how fast."""

from collections.abc import Iterable, Mapping
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from dnnvis.app.playground import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_double_spin_box,
    create_label,
    create_push_button,
    create_spin_box,
    create_tool_button,
    wrap_tip,
)
from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_lessons import PLANE_LESSONS
from dnnvis.core.learning.plane_network import ACTIVATION_NAMES, FEATURE_NAMES, Mlp2dSpec
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.state import State

MAX_SEED = 999
CHOOSE = ""  # of a list that only begins something


class Controls(QWidget):
    """Four short rows; every signal is a wish, nothing changes here by itself."""

    played = pyqtSignal()
    stepped = pyqtSignal()
    reset = pyqtSignal()
    kept = pyqtSignal()
    cleared = pyqtSignal()
    changed = pyqtSignal(str, object)  # a field of PlaygroundChoice, and its value
    data_chosen = pyqtSignal(str)
    file_requested = pyqtSignal()
    network_chosen = pyqtSignal(object)  # Mlp2dSpec
    network_refused = pyqtSignal(str)  # why it cannot be
    lesson_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = Mlp2dSpec()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        for row in (self._build_play(), self._build_data(), self._build_net(), self._build_rate()):
            column.addLayout(row)

    def _build_play(self) -> QHBoxLayout:
        self.play_button = create_push_button(self, "Play", "Learn, or hold (Space)")
        self.step_button = create_tool_button(self, "Step", "Learn one batch")
        self.reset_button = create_tool_button(self, "Reset", "New weights of the seed, step 0")
        self.keep_button = create_tool_button(
            self, "Keep", "Write the network and its moments as a file, to open and compare"
        )
        self.speed = create_combo(self, "Speed", text.SPEEDS, min_letters=12)
        self.speed.setToolTip(tr("How fast it learns; slow enough to watch, or as fast as it can"))
        lessons = {CHOOSE: tr(text.CHOOSE_LESSON)} | {k: v.title for k, v in PLANE_LESSONS.items()}
        self.lesson = create_combo(self, "Lesson of the playground", lessons, min_letters=8)
        self.lesson.setToolTip(tr("Data, a network and settings that show one thing"))
        self.play_button.clicked.connect(lambda checked=False: self.played.emit())
        self.step_button.clicked.connect(lambda checked=False: self.stepped.emit())
        self.reset_button.clicked.connect(lambda checked=False: self.reset.emit())
        self.keep_button.clicked.connect(lambda checked=False: self.kept.emit())
        self._report(self.speed, "speed")
        self.lesson.activated.connect(lambda index: self._choose_lesson())
        buttons = (self.play_button, self.step_button, self.reset_button, self.keep_button)
        return _row(*buttons, None, self.speed, self.lesson)

    def _build_data(self) -> QHBoxLayout:
        titles = {**text.DATA_TITLES, CHOOSE: tr(text.CHOOSE_TABLE)}
        self.data = create_combo(self, "Data", titles, min_letters=9)
        self.noise = create_double_spin_box(self, "Noise", (0.0, 0.5), step=0.05)
        self.data.setToolTip(tr("Points of two classes, painted ones, or two columns of a file"))
        self.noise.setToolTip(tr("How far points lie off their pattern, at random"))
        self.seed = create_spin_box(self, "Seed", 0, MAX_SEED)
        self.test = create_check_box(self, "test points", "Show the points for testing, as rings")
        self.clear_button = create_tool_button(self, "Clear", "Take away all painted points")
        self.data.activated.connect(lambda index: self._choose_data())
        self.noise.valueChanged.connect(lambda value: self.changed.emit("noise", value))
        self.seed.valueChanged.connect(lambda value: self.changed.emit("seed", value))
        self.test.toggled.connect(lambda on: self.changed.emit("test_shown", on))
        self.clear_button.clicked.connect(lambda checked=False: self.cleared.emit())
        noise, seed = (create_label(self, text=name, muted=True) for name in ("Noise", "Seed"))
        return _row(
            self.data, noise, self.noise, seed, self.seed, self.test, self.clear_button, None
        )

    def _build_net(self) -> QHBoxLayout:
        self.widths = QLineEdit(self)
        self.widths.setAccessibleName(tr("Hidden layers"))
        self.widths.setToolTip(
            wrap_tip(tr("Units of each hidden layer, such as 8-8-8; 0 for none. Enter takes it."))
        )
        self.widths.setMinimumWidth(7 * self.fontMetrics().horizontalAdvance("8"))
        self.activation = create_combo(
            self, "Activation", {name: name for name in ACTIVATION_NAMES}, min_letters=5
        )
        self.features = {
            name: create_tool_button(self, text.FEATURE_TITLES[name], "Give this to the network")
            for name in FEATURE_NAMES
        }
        self.widths.editingFinished.connect(self._choose_widths)
        self.activation.activated.connect(lambda index: self._choose_network())
        for button in self.features.values():
            button.setCheckable(True)
            button.setProperty("segment", True)  # drawn strong while it is on
            button.clicked.connect(lambda checked=False: self._choose_network())
        layers = create_label(self, text="Layers", muted=True)
        return _row(layers, self.widths, self.activation, *self.features.values(), None)

    def _build_rate(self) -> QHBoxLayout:
        self.rate = create_combo(self, "Learning rate", _labels(text.RATES), min_letters=6)
        self.optimizer = create_combo(
            self, "Optimizer", {"adam": "Adam", "sgd": "SGD"}, min_letters=5
        )
        self.batch = create_combo(self, "Batch", _labels(text.BATCHES), min_letters=3)
        self.l1 = create_combo(self, "L1", _labels(text.PENALTIES), min_letters=5)
        self.l2 = create_combo(self, "L2", _labels(text.PENALTIES), min_letters=5)
        for combo, name in (
            (self.rate, "rate"),
            (self.optimizer, "optimizer"),
            (self.batch, "batch"),
            (self.l1, "l1"),
            (self.l2, "l2"),
        ):
            self._report(combo, name)
        labels = (create_label(self, text=name, muted=True) for name in ("Rate", "Batch"))
        rate, batch = labels
        l1, l2 = (create_label(self, text=name, muted=True) for name in ("L1", "L2"))
        return _row(
            rate, self.rate, self.optimizer, batch, self.batch, l1, self.l1, l2, self.l2, None
        )

    def _report(self, combo: QComboBox, name: str) -> None:
        combo.activated.connect(lambda index: self.changed.emit(name, combo.itemData(index)))

    def _choose_lesson(self) -> None:
        name = self.lesson.currentData()
        self.lesson.setCurrentIndex(0)
        if name != CHOOSE:
            self.lesson_chosen.emit(name)

    def _choose_data(self) -> None:
        name = self.data.currentData()
        if name == CHOOSE:
            self.file_requested.emit()
        else:
            self.data_chosen.emit(name)

    def _choose_widths(self) -> None:
        if self.widths.isModified():
            self.widths.setModified(False)
            self._choose_network()

    def _choose_network(self) -> None:
        """Ask for the network that the row describes; one that cannot be is put back."""
        widths = text.parse_widths(self.widths.text())
        features = tuple(name for name, button in self.features.items() if button.isChecked())
        try:
            if widths is None:
                raise BadInput(tr(text.BAD_WIDTHS, widths=self.widths.text()))
            if not features:
                raise BadInput(tr(text.NO_FEATURES))
            spec = Mlp2dSpec(widths, self.activation.currentData(), features)
        except BadInput as error:
            self.show_spec(self._spec)
            self.network_refused.emit(str(error))
            return
        if spec == self._spec:
            self.show_spec(spec)
        else:
            self.network_chosen.emit(spec)

    def show_spec(self, spec: Mlp2dSpec | None) -> None:
        """Show the structure of the network; None: of a file, which stays as it is."""
        self._spec = spec or self._spec
        for control in (self.widths, self.activation, *self.features.values()):
            control.setEnabled(spec is not None)
        if spec is None:
            return
        if not (self.widths.hasFocus() and self.widths.isModified()):
            self.widths.setText("-".join(map(str, spec.widths)) or "0")
            self.widths.setModified(False)
        _select(self.activation, spec.activation)
        for name, button in self.features.items():
            button.setChecked(name in spec.features)

    def show_state(self, state: State, spec: Mlp2dSpec | None) -> None:
        """Show what was chosen."""
        choice, data = state.playground, text.describe_source(state)
        self.show_spec(spec)
        self._show_data(data)
        for box, value in ((self.noise, choice.noise), (self.seed, choice.seed)):
            with QSignalBlocker(box):
                box.setValue(value)  # type: ignore[arg-type]
        with QSignalBlocker(self.test):
            self.test.setChecked(choice.test_shown)
        self.noise.setEnabled(data in text.DATA_TITLES and data != "painted")
        self.clear_button.setVisible(data == "painted")
        self._show_numbers(choice)

    def _show_data(self, data: str) -> None:
        index = self.data.findData(data) if data else -1
        if data and index < 0:  # a file, listed before the entry that asks for one
            name = data.rsplit("/", 1)[-1]
            index = self.data.count() - 1
            if self.data.itemData(index - 1) not in text.DATA_TITLES:
                index -= 1
                self.data.removeItem(index)
            self.data.insertItem(index, name, data)
        self.data.setCurrentIndex(index)

    def _show_numbers(self, choice: PlaygroundChoice) -> None:
        for combo, value in (
            (self.rate, choice.rate),
            (self.batch, choice.batch),
            (self.l1, choice.l1),
            (self.l2, choice.l2),
            (self.optimizer, choice.optimizer),
            (self.speed, choice.speed),
        ):
            _select(combo, value)

    def show_status(self, status: LearningStatus, is_on: bool) -> None:
        """Show whether it learns."""
        label = tr("Hold") if status.is_playing else tr("Play")
        if self.play_button.text() != label:
            self.play_button.setText(label)
        is_ready = is_on and bool(status.moments) and not status.ended
        for button in (self.play_button, self.step_button, self.keep_button):
            if button.isEnabled() != is_ready:
                button.setEnabled(is_ready)


def _row(*parts: QWidget | None) -> QHBoxLayout:
    """Arrange widgets beside each other; None is what grows."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GAP // 2)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return row


def _labels(values: Iterable[float]) -> Mapping[Any, str]:
    return {value: f"{value:g}" for value in values}


def _select(combo: QComboBox, value: Any) -> None:
    """Show a value; one that is not in the list is added to it."""
    index = combo.findData(value)
    if index < 0:
        combo.addItem(f"{value:g}" if isinstance(value, float | int) else str(value), value)
        index = combo.count() - 1
    if combo.currentIndex() != index:
        combo.setCurrentIndex(index)
