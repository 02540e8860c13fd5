"""Build the labels, buttons and fields that panels are made of, each with its accessible name.

Labels and tips are given in English and shown in the language of the window.
"""

import textwrap
from collections.abc import Mapping
from typing import Any, TypeVar

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFont, QMouseEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr
from dnnvis.guide.glossary import explain

LINE_LETTERS = 70  # of a tool tip, which Qt does not wrap
Control = TypeVar("Control", bound=QWidget)


def create_label(
    parent: QWidget, font: QFont | None = None, *, text: str = "", muted: bool = False
) -> QLabel:
    """Create a line of plain text, never read as markup.

    Args:
        parent: The widget it lies in.
        font: Its font; None for the parent's.
        text: Its text at first.
        muted: Whether it is paler than other text.
    """
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(tr(text))
    if font is not None:
        label.setFont(font)
    if muted:
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label


def create_push_button(parent: QWidget, text: str, tip: str) -> QPushButton:
    """Create a button that stays as wide as its text, whatever the layout leaves it.

    Args:
        parent: The widget it lies in.
        text: Its label.
        tip: Its tool tip.
    """
    label = tr(text)
    button = QPushButton(label, parent)
    button.setToolTip(compose_tip(text, tip))
    button.setMinimumWidth(button.fontMetrics().horizontalAdvance(label) + 4 * theme.GAP)
    return button


def create_tool_button(
    parent: QWidget, text: str, tip: str, *, name: str = "", flat: bool = False
) -> QToolButton:
    """Create a small button.

    Args:
        parent: The widget it lies in.
        text: Its label; "" where it has an icon.
        tip: Its tool tip; "" for none.
        name: Its accessible name, where ``text`` is only a sign.
        flat: Whether its frame shows under the mouse only.
    """
    button = QToolButton(parent)
    button.setText(tr(text))
    button.setToolTip(compose_tip(name or text, tip))
    button.setAutoRaise(flat)
    if name:
        button.setAccessibleName(tr(name))
    return button


def create_check_box(parent: QWidget, text: str, tip: str) -> QCheckBox:
    """Create a box to check.

    Args:
        parent: The widget it lies in.
        text: Its label.
        tip: Its tool tip; "" for none.
    """
    box = QCheckBox(tr(text), parent)
    box.setToolTip(compose_tip(text, tip))
    return box


def create_combo(
    parent: QWidget, name: str, labels: Mapping[Any, str], *, min_letters: int | None = None
) -> QComboBox:
    """Create a list to choose one value from.

    Args:
        parent: The widget it lies in.
        name: Its accessible name; the tool tip says what the glossary has of it.
        labels: Label of each value, which is the item's data.
        min_letters: It may become so narrow that only so many letters of the chosen one show;
            None: as wide as Qt makes it.
    """
    combo = QComboBox(parent)
    for value, label in labels.items():
        combo.addItem(tr(label), value)
        if meaning := explain(label):
            tip = wrap_tip(meaning)
            combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    if min_letters is not None:
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(min_letters)
    return _with_name(combo, name)


def create_spin_box(parent: QWidget, name: str, minimum: int, maximum: int) -> QSpinBox:
    """Create a field for a whole number, which counts once it is typed to the end.

    Args:
        parent: The widget it lies in.
        name: Its accessible name; the tool tip says what the glossary has of it.
        minimum: The least number.
        maximum: The greatest number.
    """
    box = QSpinBox(parent)
    box.setRange(minimum, maximum)
    box.setKeyboardTracking(False)
    return _with_name(box, name)


def create_double_spin_box(
    parent: QWidget,
    name: str,
    bounds: tuple[float, float],
    *,
    step: float = 1.0,
    decimals: int = 2,
) -> QDoubleSpinBox:
    """Create a field for a number, which counts once it is typed to the end.

    Args:
        parent: The widget it lies in.
        name: Its accessible name; the tool tip says what the glossary has of it.
        bounds: The least and the greatest number.
        step: What one press of an arrow adds.
        decimals: Digits behind the point.
    """
    box = QDoubleSpinBox(parent)
    box.setDecimals(decimals)
    box.setRange(*bounds)
    box.setSingleStep(step)
    box.setKeyboardTracking(False)
    return _with_name(box, name)


class JumpSlider(QSlider):
    """A horizontal slider whose handle jumps to where its groove is pressed, as in film players.

    Qt's own moves by a page then, and ``sliderMoved`` says nothing of it. From the press on it is
    dragged.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._jump(event)
        super().mousePressEvent(event)

    def _jump(self, event: QMouseEvent) -> None:
        """Bring the handle under the mouse, unless it is there."""
        option, style = QStyleOptionSlider(), require(self.style())
        self.initStyleOption(option)
        control, parts = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
        handle = style.subControlRect(control, option, parts.SC_SliderHandle, self)
        if handle.contains(event.pos()):
            return
        groove = style.subControlRect(control, option, parts.SC_SliderGroove, self)
        at = event.pos().x() - groove.x() - handle.width() // 2
        room = groove.width() - handle.width()
        value = QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room)
        self.setSliderDown(True)  # only then sliderMoved is emitted
        self.setSliderPosition(value)


def create_slider(
    parent: QWidget, name: str, minimum: int = 0, maximum: int = 99, *, ticks: bool = False
) -> QSlider:
    """Create a horizontal slider.

    Args:
        parent: The widget it lies in.
        name: Its accessible name; the tool tip says what the glossary has of it.
        minimum: The number at its left end.
        maximum: The number at its right end.
        ticks: Whether each number is a stop of its own, with a tick and a press of Page Down.
    """
    slider = JumpSlider(parent)
    slider.setRange(minimum, maximum)
    if ticks:
        slider.setPageStep(1)
        slider.setTickPosition(QSlider.TickPosition.TicksBelow)
    return _with_name(slider, name)


def _with_name(control: Control, name: str) -> Control:
    control.setAccessibleName(tr(name))
    control.setToolTip(wrap_tip(explain(name) or tr(name)))
    return control


def compose_tip(name: str, tip: str) -> str:
    """Return a tool tip with what the word on the control means, where the glossary has it.

    Args:
        name: The word on the control.
        tip: What the control does; "" for none.

    Returns:
        One or two paragraphs of plain text.
    """
    return "\n".join(part for part in (tr(tip), wrap_tip(explain(name))) if part)


def wrap_tip(text: str) -> str:
    """Break the text of a tool tip into lines."""
    return textwrap.fill(text, LINE_LETTERS)
