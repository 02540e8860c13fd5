"""Every setting of a lens with presets, each with a way back to the preset's own value."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QWidget,
)

from dnnvis.app.synthesis.settings_text import GROUPS, told
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.panel import label
from dnnvis.core.lens_settings import Setting, Settings

MOST = 2**31 - 1
Changed = Callable[[str, Any], None]


class SettingsList(QScrollArea):
    """``changed(name, value)`` is called with what the user sets, ``None`` for the preset's
    own value."""

    def __init__(self, settings: Settings, changed: Changed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._changed = settings, changed
        self.editors: dict[str, QWidget] = {}
        self.resets: dict[str, QToolButton] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Settings of the synthesis")
        inner = QWidget(self)
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, theme.GAP, 0)
        self._grid.setSpacing(theme.GAP // 2)
        self._grid.setColumnStretch(1, 1)
        self._fill()
        self.setWidget(inner)

    def _fill(self) -> None:
        self._row(Setting("seed", "whole", {}, 0, MOST, words="where the noise begins"), "seed")
        for group in GROUPS:
            rows = [s for s in self._settings.settings if told(s.name)[0] == group]
            if rows:
                head = label(self, theme.small(self), muted=True)
                head.setText(group.upper())
                self._grid.addWidget(head, self._grid.rowCount(), 0, 1, 3)
            for setting in rows:
                self._row(setting, told(setting.name)[1])

    def _row(self, setting: Setting, title: str) -> None:
        row = self._grid.rowCount()
        name = label(self, theme.small(self))
        name.setText(title)
        editor = _editor(setting, partial(self._changed, setting.name), self)
        words = setting.words or told(setting.name)[2]
        for widget in (name, editor):
            widget.setToolTip(f"{setting.name}: {words}" if words else setting.name)
        editor.setAccessibleName(title)
        reset = QToolButton(self)
        reset.setText("↺")
        reset.setAutoRaise(True)
        reset.setAccessibleName(f"Reset {title}")
        reset.clicked.connect(partial(self._reset, setting.name))
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(reset, row, 2)
        self.editors[setting.name], self.resets[setting.name] = editor, reset

    def _reset(self, name: str, checked: bool = False) -> None:
        self._changed(name, None)

    def show_values(self, preset: str, params: dict[str, Any], seed: int) -> None:
        """The preset's values, with those of ``params`` over them."""
        given = {**params, **({"seed": seed} if seed else {})}
        for name, editor in self.editors.items():
            own = 0 if name == "seed" else self._settings.value(preset, name)
            value = given.get(name, own)
            with QSignalBlocker(editor):
                _show(editor, value)
            self.resets[name].setEnabled(name in given)
            self.resets[name].setToolTip(f"back to the preset's {own}")


class _Whole(QSpinBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _only_with_focus(self, event, super().wheelEvent)


class _Number(QDoubleSpinBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _only_with_focus(self, event, super().wheelEvent)

    def textFromValue(self, value: float) -> str:
        return f"{value:g}"


class _Choice(QComboBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _only_with_focus(self, event, super().wheelEvent)


def _only_with_focus(widget: QWidget, event: Any, turn: Callable[[Any], None]) -> None:
    """The wheel scrolls the list, unless the field has the focus."""
    if widget.hasFocus():
        turn(event)
    else:
        event.ignore()


def _editor(setting: Setting, changed: Callable[[Any], None], parent: QWidget) -> QWidget:
    if setting.kind == "choice":
        combo = _Choice(parent)
        combo.addItems(setting.choices)
        combo.setMinimumContentsLength(4)
        combo.textActivated.connect(changed)
        made: QWidget = combo
    elif setting.kind == "switch":
        made = QCheckBox(parent)
        made.toggled.connect(changed)
    elif setting.kind == "whole":
        made = _Whole(parent)
        made.setRange(int(setting.low), int(min(setting.high, MOST)))
        made.setKeyboardTracking(False)
        made.valueChanged.connect(changed)
    else:
        made = _Number(parent)
        made.setDecimals(6)
        made.setRange(setting.low, setting.high)
        made.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        made.setKeyboardTracking(False)
        made.valueChanged.connect(changed)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setMinimumWidth(50)
    return made


def _show(editor: QWidget, value: Any) -> None:
    """Put a value into an editor; one that does not fit leaves it as it is."""
    if isinstance(editor, QComboBox):
        editor.setCurrentIndex(max(editor.findText(str(value)), 0))
    elif isinstance(editor, QCheckBox):
        editor.setChecked(bool(value))
    elif isinstance(value, int | float):
        if isinstance(editor, QSpinBox):
            editor.setValue(int(value))
        elif isinstance(editor, QDoubleSpinBox):
            editor.setValue(float(value))
