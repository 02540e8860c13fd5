"""The part of a lens panel that puts its picture to the test: a button, curves, and words."""

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from dnnvis.app.lens.audit_view import AuditView, describe_audit_weights
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import compose_tip
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.attribution.audit import AttributionAudit
from dnnvis.core.messages import Failure
from dnnvis.core.translation.catalog import tr
from dnnvis.session.plan_for import audit_key
from dnnvis.session.session import Session
from dnnvis.session.state import AUDITED_LENSES, LensPanel, State

GLOSSARY_ENTRY = "put to the test"


class AuditPart(QWidget):
    """Shows the audit of one panel's picture, while it is asked for and belongs to the unit.

    ``button`` lies among the panel's controls; the part itself below the picture.
    """

    def __init__(
        self, session: Session, key: str, parent: QWidget, label: Callable[[str], str] = str
    ) -> None:
        super().__init__(parent)
        self.session, self.key = session, key
        self._label = label  # of layers, as the window calls them
        self.button = QPushButton(tr("Put it to the test"), parent)
        self.button.setCheckable(True)
        tip = tr(
            "Deletion and insertion curve, and the same lens on shuffled weights: many passes on "
            "the present frame. Press again to end it"
        )
        self.button.setToolTip(compose_tip(GLOSSARY_ENTRY, tip))
        self.button.clicked.connect(self._toggle)
        self.curves = AuditView(self)
        self.text = ElidedLabel(self, theme.caption_font(self), muted=True, lines=4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.curves)
        column.addWidget(self.text)
        self.hide()

    def show_state(self, state: State) -> None:
        """Follow the choice of the panel, and the unit that its picture belongs to."""
        choice = state.panels.get(self.key, LensPanel())
        self.button.setVisible(choice.lens in AUDITED_LENSES)
        self.button.setEnabled(state.origin is not None)
        is_on = state.origin is not None and choice.audited == str(state.origin)
        self.button.setChecked(is_on and choice.lens in AUDITED_LENSES)
        if not self.button.isChecked():
            self.curves.show_audit(None)
            self.hide()

    def on_message(self, key: str, value: object) -> bool:
        """Show an audit or its failure; return whether the message was this part's."""
        if key != audit_key(self.key):
            return False
        if not self.button.isChecked():
            return True
        if isinstance(value, AttributionAudit):
            self.curves.show_audit(value)
            self.curves.show()
            self._write(describe_audit_weights(value))
        elif isinstance(value, Failure):
            self.curves.show_audit(None)
            self.curves.hide()
            self._write(value.sentence)
        return True

    def _write(self, text: str) -> None:
        self.text.tip = self._label(text)
        self.text.setText(self.text.tip)
        self.show()

    def _toggle(self, checked: bool = False) -> None:
        state = self.session.state
        panel = state.panels.get(self.key, LensPanel())
        unit = str(state.origin) if checked and state.origin is not None else ""
        changed = replace(panel, audited=unit)
        self.session.update(panels={**state.panels, self.key: changed})
