"""The Check panel: whether the network gets what it was trained for, and answers something."""

from dataclasses import replace
from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.check import text
from dnnvis.app.check.health_bars import HealthBars
from dnnvis.app.check.trial_strip import TrialStrip, TrialTile
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.lens_results import CheckReport, Normalization
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.plan_for import CHECK
from dnnvis.session.session import Session
from dnnvis.session.state import State

DRAWINGS_PER_SECOND = 4
FACT_LINES = (2, 3, 2, 1)  # of input, preprocessing, answers, accuracy


class CheckPanel(Panel):
    """A sentence, the answers under the usual normalizations, facts, dead and saturated units.

    It opens by itself, once for a choice of network, when something is odd.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.check: CheckReport | Failure | None = None
        self._original: NetworkChoice | None = None  # what ran before a normalization was taken
        self._opened_for: NetworkChoice | None = None
        self._throttle = Throttle(self, self._redraw, DRAWINGS_PER_SECOND)
        self.sentence = ElidedLabel(self, theme.strong_font(self), lines=2)
        self.back = create_push_button(
            self, "Undo", "Run the network as it was opened before a normalization was taken"
        )
        self.strip = TrialStrip(self)
        self.facts = [
            ElidedLabel(self, theme.caption_font(self), lines=lines) for lines in FACT_LINES
        ]
        self.health = ElidedLabel(self, theme.caption_font(self))
        self.health.tip = tr(text.HEALTH_TIP)
        self.bars = HealthBars(self)
        self.close_button = create_tool_button(
            self,
            "✕",
            "Puts the card away; View > Check opens it",
            name="Close the check",
            flat=True,
        )
        self._arrange()
        self.back.clicked.connect(lambda checked=False: self.go_back())
        self.close_button.clicked.connect(lambda checked=False: self._show_panel(False))
        self.strip.clicked.connect(self._take_tile)
        self._redraw()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.sentence, 1)
        top.addWidget(self.back)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(2)
        for line in self.facts:
            left.addWidget(line)
        left.addStretch(1)
        right.addWidget(self.health)
        right.addWidget(self.bars, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(2 * theme.GAP)
        bottom.addLayout(left, 3)
        bottom.addLayout(right, 2)
        column = QVBoxLayout(self)
        column.setSpacing(theme.GAP)
        column.addLayout(top)
        column.addWidget(self.strip)
        column.addLayout(bottom, 1)
        column.addWidget(self.close_button)
        self.close_button.hide()

    def header_part(self) -> QWidget:
        return self.close_button

    def arrange_compact(self, on: bool) -> None:
        """Leave the button that closes it to the card's title; a dock has its own."""
        column = self.layout()
        if not on and isinstance(column, QVBoxLayout):
            column.addWidget(self.close_button)
            self.close_button.hide()

    @property
    def result(self) -> CheckReport | None:
        """Return what is known of the network that runs."""
        return self.check if isinstance(self.check, CheckReport) else None

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.network != state.network or previous.check != state.check:
            self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.check = None
        choice = self.state.network
        if self._original is not None and _without_normalization(choice) != _without_normalization(
            self._original
        ):
            self._original = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key != CHECK:
            return
        self.check = value
        if isinstance(value, CheckReport) and value.odd:
            self._open_once()
        self._throttle.request()

    def _open_once(self) -> None:
        """Open the card where the user would not look: the first time a network is odd."""
        state = self.state
        is_new = self._opened_for != state.network
        self._opened_for = state.network
        if is_new and not state.check.shown and state.mode == "explore" and not state.unlocked:
            self._show_panel(True)

    def _show_panel(self, shown: bool) -> None:
        self.session.update(check=replace(self.session.state.check, shown=shown))

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        check = self.result
        self.back.setVisible(self._original is not None and self._original != self.state.network)
        failure = self.check.sentence if isinstance(self.check, Failure) else ""
        self.sentence.setText(failure or text.describe_check(check))
        if check is None:
            self.strip.show_tiles((), tr(text.WAITING))
            self.bars.show_layers((), self.info)
            for line in (*self.facts, self.health):
                line.setText("")
            return
        self.strip.show_tiles(self._list_tiles(check), check.message)
        facts = text.list_facts(check)
        for k, line in enumerate(self.facts):
            line.setText(facts[k] if k < len(facts) else "")
        self.health.setText(text.describe_health(check))
        self.bars.show_layers(check.layers, self.info)

    def _list_tiles(self, check: CheckReport) -> tuple[TrialTile, ...]:
        trials = check.normalization
        if trials is None:
            return ()
        return tuple(
            TrialTile(
                tr(trial.normalization.name),
                text.name_best_class(trial, self.info),
                trial.probability,
                text.describe_fit(check, trial),
                trial.normalization.name == trials.current,
                text.describe_fit(check, trial) == tr(text.FITS_BEST),
                tr(text.TAKE_TIP, numbers=trial.normalization.numbers)
                if trial.normalization.name != trials.current
                else tr("The network runs with {numbers}.", numbers=trial.normalization.numbers),
            )
            for trial in trials.trials
        )

    def _take_tile(self, k: int) -> None:
        check = self.result
        if check is not None and check.normalization is not None:
            self.take(check.normalization.trials[k].normalization)

    def take(self, normalization: Normalization) -> None:
        """Run the network with a normalization; layer, unit and source stay."""
        choice = self.state.network
        self._original = self._original or choice
        self.session.update(
            network=replace(
                choice,
                mean=normalization.mean,
                std=normalization.std,
                channel_order=normalization.channel_order,
            )
        )

    def go_back(self) -> None:
        """Run the network as it was before a normalization was taken."""
        if self._original is not None:
            original, self._original = self._original, None
            self.session.update(network=original)


def _without_normalization(choice: NetworkChoice) -> NetworkChoice:
    return replace(choice, mean=None, std=None, channel_order=None)
