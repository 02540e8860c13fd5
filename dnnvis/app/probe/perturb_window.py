"""The window that changes the pictures on their way to the network."""

import math
from dataclasses import replace

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QGridLayout, QLabel, QSlider, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button, create_slider
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import SideWindow
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.probing.perturbation import RANGES, Perturbation
from dnnvis.core.translation.catalog import localize_number, tr
from dnnvis.session.session import Session
from dnnvis.session.state import State

STEPS = 200  # of each slider
NAMES = {
    "noise": ("Noise", "Standard deviation of Gaussian noise, for pixels in 0 to 1"),
    "blur": ("Blur", "Standard deviation of a Gaussian blur, as a share of the shorter side"),
    "contrast": ("Contrast", "Factor of each pixel's distance from gray"),
    "brightness": ("Brightness", "What is added to each pixel, for pixels in 0 to 1"),
    "rotation": ("Rotation", "Degrees, counter-clockwise"),
    "shift_x": ("To the right", "Shift to the right, as a share of the width"),
    "shift_y": ("Downward", "Shift down, as a share of the height"),
    "zoom": ("Zoom", "Factor of the size, about the center"),
    "occluder": ("Occluder", "Side of a gray square, as a share of the shorter side; 0: none"),
    "occluder_x": ("Occluder from the left", "Center of the square, as a share of the width"),
    "occluder_y": ("Occluder from the top", "Center of the square, as a share of the height"),
}
NOT_FOR_BOARDS = "A board is painted cell by cell: its pictures are not changed."


def to_slider(name: str, value: float) -> int:
    """Return the position of a slider, 0 to STEPS; zoom and its inverse lie symmetrically."""
    low, high = RANGES[name]
    if name == "zoom":
        return round(STEPS * math.log(value / low) / math.log(high / low))
    return round(STEPS * (value - low) / (high - low))


def from_slider(name: str, position: int) -> float:
    """Return the number at a position of a slider; that of no change where it is nearest."""
    low, high = RANGES[name]
    fraction = position / STEPS
    value = low * (high / low) ** fraction if name == "zoom" else low + (high - low) * fraction
    plain = float(getattr(Perturbation(), name))
    return plain if to_slider(name, plain) == position else value


class PerturbWindow(SideWindow):
    """A slider for each change, and one button for none of them."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, tr("Change the pictures"), parent)
        self.sliders: dict[str, QSlider] = {}
        self.numbers: dict[str, QLabel] = {}
        table = QGridLayout()
        table.setHorizontalSpacing(theme.GAP)
        for row, (name, (title, tip)) in enumerate(NAMES.items()):
            slider = create_slider(self, title, 0, STEPS)
            slider.setToolTip(tr(tip))
            slider.setMinimumWidth(220)
            number = create_label(self, theme.value_font(self))
            number.setMinimumWidth(number.fontMetrics().horizontalAdvance("-180.00"))
            table.addWidget(create_label(self, text=title), row, 0)
            table.addWidget(slider, row, 1)
            table.addWidget(number, row, 2)
            slider.valueChanged.connect(lambda k, name=name: self._change(name, k))
            self.sliders[name], self.numbers[name] = slider, number
        self.reset = create_push_button(self, "As they are", "Pictures go to the network unchanged")
        self.reset.clicked.connect(lambda: session.update(perturbation=Perturbation()))
        self.caption = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        column = QVBoxLayout(self)
        column.addLayout(table)
        column.addWidget(self.caption)
        column.addWidget(self.reset)
        self.show_state(self.state)

    def show_state(self, state: State) -> None:
        super().show_state(state)
        for name, slider in self.sliders.items():
            value = getattr(state.perturbation, name)
            with QSignalBlocker(slider):
                slider.setValue(to_slider(name, value))
            self.numbers[name].setText(localize_number(f"{value:.2f}"))
        is_board = self.info is not None and self.info.binary
        for widget in (*self.sliders.values(), self.reset):
            widget.setEnabled(not is_board)
        text = tr(NOT_FOR_BOARDS) if is_board else state.perturbation.describe(tr)
        self.caption.setText(text or tr("Pictures go to the network unchanged"))

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.show_state(self.state)

    def _change(self, name: str, position: int) -> None:
        value = from_slider(name, position)
        changed = replace(self.session.state.perturbation, **{name: value})
        self.session.update(perturbation=changed)
