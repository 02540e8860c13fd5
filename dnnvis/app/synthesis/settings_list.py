"""List every setting of a lens with presets, each with a reset to the preset's own value."""

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

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import compose_tip, create_label, create_tool_button
from dnnvis.core.formatting import format_value
from dnnvis.core.lens_settings import LensSettings, Setting
from dnnvis.core.translation.catalog import tr

MAX_INT32 = 2**31 - 1
SEED = Setting("seed", "whole", {}, 0, MAX_INT32, help="where the noise begins", label="seed")
ChangeCallback = Callable[[str, Any], None]


class SettingsList(QScrollArea):
    """An editor and a reset button for each setting.

    ``on_change(name, value)`` is called with what the user sets, ``None`` for the preset's own
    value.
    """

    def __init__(
        self, settings: LensSettings, on_change: ChangeCallback, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._on_change = settings, on_change
        self.editors: dict[str, QWidget] = {}
        self.resets: dict[str, QToolButton] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Settings of the synthesis"))
        inner = QWidget(self)
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, theme.GAP, 0)
        self._grid.setSpacing(theme.GAP // 2)
        self._grid.setColumnStretch(1, 1)
        self._fill()
        self.setWidget(inner)

    def _fill(self) -> None:
        self._add_row(SEED)
        for group in self._settings.groups:
            heading = create_label(
                self, theme.caption_font(self), muted=True, text=tr(group).upper()
            )
            self._grid.addWidget(heading, self._grid.rowCount(), 0, 1, 3)
            for setting in self._settings.settings:
                if setting.group == group:
                    self._add_row(setting)

    def _add_row(self, setting: Setting) -> None:
        row, title = self._grid.rowCount(), setting.label
        name = create_label(self, theme.caption_font(self), text=title)
        editor = _create_editor(setting, partial(self._on_change, setting.name), self)
        for widget in (name, editor):
            widget.setToolTip(compose_tip(title, f"{setting.name}: {tr(setting.help)}"))
        editor.setAccessibleName(tr(title))
        reset = create_tool_button(
            self, "↺", "", name=tr("Reset {title}", title=tr(title)), flat=True
        )
        reset.clicked.connect(partial(self._reset, setting.name))
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(reset, row, 2)
        self.editors[setting.name], self.resets[setting.name] = editor, reset

    def _reset(self, name: str, checked: bool = False) -> None:
        self._on_change(name, None)

    def show_values(self, preset: str, params: dict[str, Any], seed: int) -> None:
        """Show the preset's values, with those of ``params`` over them.

        Args:
            preset: Name of the preset.
            params: Values set by hand, by name of the setting.
            seed: Seed of the start; 0 for the default.
        """
        overrides = {**params, **({"seed": seed} if seed else {})}
        for name, editor in self.editors.items():
            default = 0 if name == "seed" else self._settings.value(preset, name)
            value = overrides.get(name, default)
            with QSignalBlocker(editor):
                _set_value(editor, value)
            self.resets[name].setEnabled(name in overrides)
            self.resets[name].setToolTip(tr("back to the preset's {default}", default=default))


class _IntegerBox(QSpinBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _handle_wheel_if_focused(self, event, super().wheelEvent)


class _FloatBox(QDoubleSpinBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _handle_wheel_if_focused(self, event, super().wheelEvent)

    def textFromValue(self, value: float) -> str:
        return format_value(value, "g")


class _ChoiceBox(QComboBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        _handle_wheel_if_focused(self, event, super().wheelEvent)


def _handle_wheel_if_focused(widget: QWidget, event: Any, handle: Callable[[Any], None]) -> None:
    """Scroll the list with the wheel, unless the field has the focus."""
    if widget.hasFocus():
        handle(event)
    else:
        event.ignore()


def _create_editor(setting: Setting, on_change: Callable[[Any], None], parent: QWidget) -> QWidget:
    if setting.kind == "choice":
        combo = _ChoiceBox(parent)
        combo.addItems(setting.choices)
        combo.setMinimumContentsLength(4)
        combo.textActivated.connect(on_change)
        widget: QWidget = combo
    elif setting.kind == "switch":
        widget = QCheckBox(parent)
        widget.toggled.connect(on_change)
    elif setting.kind == "whole":
        widget = _IntegerBox(parent)
        widget.setRange(int(setting.minimum), int(min(setting.maximum, MAX_INT32)))
        widget.setKeyboardTracking(False)
        widget.valueChanged.connect(on_change)
    else:
        widget = _FloatBox(parent)
        widget.setDecimals(6)
        widget.setRange(setting.minimum, setting.maximum)
        widget.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        widget.setKeyboardTracking(False)
        widget.valueChanged.connect(on_change)
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.setMinimumWidth(50)
    return widget


def _set_value(editor: QWidget, value: Any) -> None:
    """Set an editor's value; one that does not fit leaves it as it is."""
    if isinstance(editor, QComboBox):
        editor.setCurrentIndex(max(editor.findText(str(value)), 0))
    elif isinstance(editor, QCheckBox):
        editor.setChecked(bool(value))
    elif isinstance(value, int | float):
        if isinstance(editor, QSpinBox):
            editor.setValue(int(value))
        elif isinstance(editor, QDoubleSpinBox):
            editor.setValue(float(value))
