"""The controls of the steps: first, back, play, on, last, the slider, and the count."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from dnnvis.app.steps import text as steps_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label, create_slider
from dnnvis.app.widgets.icons import PaletteIcons
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.guide.glossary import explain
from dnnvis.session.session import Session
from dnnvis.session.state import SPEEDS, State
from dnnvis.session.steps import step_of, steps_of


class TransportBar(QWidget):
    """The controls of the steps.

    ``step_requested`` carries a step to go to, ``play_requested`` starts or stops playing.
    """

    step_requested = pyqtSignal(int)
    play_requested = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._icons = PaletteIcons(self)
        self._playing = False
        self.first = self._create_button(
            "first", tr("First step (Home)"), lambda: self.step_requested.emit(0)
        )
        self.previous = self._create_button(
            "before", tr("One step back (<, here also ,)"), lambda: self._step_by(-1)
        )
        self.play = self._create_button(
            "play", tr("Play / pause (here: Space)"), self.play_requested.emit
        )
        self.next = self._create_button(
            "after", tr("One step on (>, here also .)"), lambda: self._step_by(1)
        )
        self.last = self._create_button(
            "last", tr("Last step (End)"), lambda: self.step_requested.emit(self._last_step())
        )
        self.slider = create_slider(self, "Step", ticks=True)
        self.slider.setMinimumWidth(60)
        self.slider.valueChanged.connect(self.step_requested)
        self.count = create_label(self, theme.value_font(self))
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setAccessibleName(tr("Step of how many"))
        self.loop = self._create_button(
            "loop", tr("Begin again at the end while playing"), self._on_loop
        )
        self.loop.setToolTip(explain(self.loop.accessibleName()))
        self.loop.setCheckable(True)
        self.speed = create_combo(
            self, "Speed", {speed: f"{format_value(speed, 'g')} /s" for speed in SPEEDS}
        )
        self.speed.setToolTip(tr("Steps per second while playing"))
        self.speed.activated.connect(lambda _: self._choose(speed=self.speed.currentData()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for button in (self.first, self.previous, self.play, self.next, self.last):
            row.addWidget(button)
        row.addSpacing(theme.GAP)
        row.addWidget(self.slider, 1)
        row.addSpacing(theme.GAP)
        for widget in (self.count, self.loop, self.speed):
            row.addWidget(widget)

    def show_steps(self, state: State, info: NetworkInfo | None, playing: bool) -> None:
        """Bring every control to what is on show.

        Args:
            state: The session's state.
            info: The network that runs; None without one.
            playing: Whether the steps are being played.
        """
        steps, k = steps_of(state, info), step_of(state, info)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(len(steps) - 1, 0))
            self.slider.setTickInterval(max(1, len(steps) // 32))
            self.slider.setValue(k)
        text = steps_text.format_count(k, steps, info)
        max_letters = len(steps_text.format_count(max(len(steps) - 1, 0), steps, info)) + 1
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("0" * max_letters))
        self.count.setText(text)
        several = len(steps) > 1
        for widget in (self.slider, self.play, self.loop, self.speed):
            widget.setEnabled(several)
        for widget in (self.first, self.previous):
            widget.setEnabled(several and k > 0)
        for widget in (self.next, self.last):
            widget.setEnabled(several and k < len(steps) - 1)
        with QSignalBlocker(self.loop):
            self.loop.setChecked(state.steps.loop)
        self.speed.setCurrentIndex(max(self.speed.findData(state.steps.speed), 0))
        if playing != self._playing:
            self._playing = playing
            self._icons.set_icon(self.play, "pause" if playing else "play")

    def _last_step(self) -> int:
        return self.slider.maximum()

    def _step_by(self, steps: int) -> None:
        self.step_requested.emit(self.slider.value() + steps)

    def _on_loop(self) -> None:
        self._choose(loop=self.loop.isChecked())

    def _choose(self, **changes: Any) -> None:
        self.session.update(steps=replace(self.session.state.steps, **changes))

    def _create_button(self, icon: str, tip: str, callback: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setIconSize(QSize(14, 14))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.clicked.connect(lambda checked=False: callback())
        self._icons.set_icon(button, icon)
        return button
