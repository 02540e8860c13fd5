"""The row of controls above the mosaic that choose how it is colored."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_double_spin_box,
    create_label,
)
from dnnvis.core.formatting import format_value
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import COLORMAPS, CONTRASTS, GAMMAS, State

_CONTRAST_HELP = {
    "clip": "All but the largest 0.5 % of this layer's values in this frame fill the range",
    "frame": "Brightness from this frame alone: not comparable between frames",
    "running": "The range widens at once and shrinks slowly: comparable between frames",
    "fixed": "The range stays at the two numbers beside",
}


class ContrastBar(QWidget):
    """The controls of contrast, range and colormap.

    ``freeze`` is emitted when the range now on show should become the fixed one.
    """

    freeze = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.contrast = _create_choice(self, "Contrast", {name: name for name in CONTRASTS})
        for row, name in enumerate(CONTRASTS):
            self.contrast.setItemData(row, tr(_CONTRAST_HELP[name]), 3)  # 3: the tool tip
        self.low, self.high = (
            _create_bound_box(self, "Fixed minimum"),
            _create_bound_box(self, "Fixed maximum"),
        )
        self.gamma = _create_choice(self, "Gamma", {g: format_value(g, "g") for g in GAMMAS})
        self.colormap = _create_choice(self, "Color map", {name: name for name in COLORMAPS})
        self.colormap.setItemData(
            0, tr("Sequential; red and blue about zero where the layer has negative values"), 3
        )
        self.per_unit = create_check_box(
            self,
            "per-unit contrast",
            "Give every unit its own range (not comparable between units)",
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)  # the bar decides how narrow the window may be
        for text, *widgets in (
            ("contrast", self.contrast, self.low, self.high),
            ("γ", self.gamma),
            ("colors", self.colormap),
            ("", self.per_unit),
        ):
            if text:
                caption_font = theme.caption_font(self)
                layout.addWidget(create_label(self, caption_font, text=text, muted=True))
            for widget in widgets:
                layout.addWidget(widget)
        self.per_unit.setMinimumWidth(self.per_unit.sizeHint().width())
        layout.addStretch(1)
        self.contrast.currentIndexChanged.connect(lambda k: self._on_contrast(CONTRASTS[k]))
        self.gamma.currentIndexChanged.connect(lambda k: session.update(gamma=GAMMAS[k]))
        self.colormap.currentIndexChanged.connect(lambda k: session.update(colours=COLORMAPS[k]))
        self.per_unit.toggled.connect(lambda on: session.update(per_unit=on))
        for bound in (self.low, self.high):
            bound.valueChanged.connect(self._on_bounds)

    def show_state(self, state: State) -> None:
        _set_choice(self.contrast, state.contrast)
        _set_choice(self.colormap, state.colours)
        _set_choice(self.gamma, state.gamma)
        for widget, value in ((self.low, state.fixed[0]), (self.high, state.fixed[1])):
            with QSignalBlocker(widget):
                widget.setValue(value)
            widget.setVisible(state.contrast == "fixed")
        with QSignalBlocker(self.per_unit):
            self.per_unit.setChecked(state.per_unit)
        self.per_unit.setEnabled(state.contrast != "fixed")

    def _on_contrast(self, name: str) -> None:
        if name == "fixed":
            self.freeze.emit()
        self.session.update(contrast=name)

    def _on_bounds(self) -> None:
        self.session.update(fixed=(self.low.value(), self.high.value()))


def _create_choice(parent: QWidget, name: str, labels: Mapping[Any, str]) -> QComboBox:
    combo = create_combo(parent, name, labels)
    combo.setMinimumWidth(combo.sizeHint().width())
    return combo


def _create_bound_box(parent: QWidget, name: str) -> QDoubleSpinBox:
    box = create_double_spin_box(parent, name, (-1e6, 1e6), step=0.1, decimals=3)
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setFixedWidth(box.fontMetrics().horizontalAdvance("-0000.000") + 2 * theme.GAP)
    return box


def _set_choice(combo: QComboBox, value: Any) -> None:
    with QSignalBlocker(combo):
        combo.setCurrentIndex(combo.findData(value))
