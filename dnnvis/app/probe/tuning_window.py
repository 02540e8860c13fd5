"""The window of tuning curves: what the selected unit responds to simple pictures."""

from dataclasses import replace
from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.probe.plot import TuningPlot
from dnnvis.app.probe.text import KIND_LABELS, describe_created, describe_curve
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label, create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import SideWindow
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.probing.tuning import TuningCurve
from dnnvis.core.translation.catalog import tr
from dnnvis.session.plan_for import TUNING
from dnnvis.session.session import Session
from dnnvis.session.state import TUNING_KINDS, State


class TuningWindow(SideWindow):
    """A window of its own over the main one; it follows the selected unit while it is open."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, tr("Tuning curve"), parent)
        self.curve: TuningCurve | None = None
        self.heading = ElidedLabel(self, theme.title_font(self))
        self.kind = create_combo(
            self, "Pictures", {kind: KIND_LABELS[kind] for kind in TUNING_KINDS}
        )
        self.kind.setToolTip(
            tr("Bars by angle, gratings by angle and width, dots by size, or hues")
        )
        self.again = create_push_button(self, "Measure again", "Though a curve is kept")
        self.plot = TuningPlot(self)
        self.numbers = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.caption = create_label(self, theme.caption_font(self), muted=True)
        self.caption.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.heading, 1)
        row.addWidget(self.kind)
        row.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setSpacing(theme.GAP)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        column.addWidget(self.numbers)
        column.addWidget(self.caption)
        self.kind.currentIndexChanged.connect(lambda k: self._update(kind=TUNING_KINDS[k], run=0))
        self.again.clicked.connect(lambda: self._update(run=self.state.tuning.run + 1))
        self._redraw()

    def _update(self, **changes: Any) -> None:
        self.session.update(tuning=replace(self.session.state.tuning, **changes))

    def show_state(self, state: State) -> None:
        previous = self.state
        super().show_state(state)
        if state.tuning.shown == self.isHidden():
            self.setVisible(state.tuning.shown)
        if previous.unit != state.unit or previous.tuning != state.tuning:
            self.curve = self.curve if self._is_wanted(self.curve) else None
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(TUNING_KINDS.index(state.tuning.kind))
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.curve = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key != TUNING:
            return
        if isinstance(value, Failure):
            self.curve = None
            self._redraw(value.sentence)
        elif isinstance(value, TuningCurve) and self._is_wanted(value):
            self.curve = value
            self._redraw()

    def _is_wanted(self, curve: TuningCurve | None) -> bool:
        unit = self.state.unit
        return curve is not None and (curve.unit, curve.kind) == (
            str(unit) if unit is not None else "",
            self.state.tuning.kind,
        )

    def _redraw(self, failure: str = "") -> None:
        unit, curve = self.state.unit, self.curve
        self.heading.setText(self.label(str(unit)) if unit is not None else "")
        message = failure or (
            tr("No unit is selected: click one in the mosaic.")
            if unit is None
            else tr("Pictures are shown to the network ...")
        )
        self.plot.show_curve(curve, message)
        self.numbers.setText(describe_curve(curve) if curve is not None else "")
        parts = [] if curve is None else [curve.caption]
        if curve is not None and curve.progress < 1:
            parts.append(tr("{percent} % measured", percent=round(100 * curve.progress)))
        if curve is not None and curve.created:
            parts.append(tr("kept {created}", created=describe_created(curve.created)))
        if self.state.edits and not was_stored(curve):
            parts.append(tr("with the edits that are on"))
        self.caption.setText("; ".join(part for part in parts if part))

    def export_values(self) -> np.ndarray | None:
        """Return the responses on show."""
        return None if self.curve is None else self.curve.responses

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self._update(shown=False)


def was_stored(curve: TuningCurve | None) -> bool:
    """Return whether a curve was read from the library."""
    return curve is not None and bool(curve.created)
