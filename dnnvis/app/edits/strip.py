"""The strip of edits: what the user has changed in the network, each with a switch."""

from functools import partial
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt, QTimer
from PyQt6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QToolBar,
    QToolButton,
    QWidget,
)

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_check_box, create_label, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import quote_name
from dnnvis.session.edits import (
    active_edits,
    describe_edits,
    edit_error,
    with_edit,
    with_switch,
    without_edit,
)
from dnnvis.session.session import Session
from dnnvis.session.state import State

MAX_CHIPS = 6  # edits with a switch of their own; of more there is a number
FIELD_LETTERS = 24  # of the field for another edit; it grows with what is written
MAX_FIELD_LETTERS = 60
TYPE_TIP = (
    "conv4[5] = 0 switches a unit off; conv5 *= 1.5, conv4[5] = mean, conv4[5]@3,4 = 2, "
    "cell[3]#1 = 0, conv4[5] <-> conv4[7] do what they say. Enter adds it"
)


class EditChip(QWidget):
    """One edit: its switch, and a button that removes it."""

    def __init__(self, session: Session, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = text
        self.switch: QCheckBox = create_check_box(self, "", "")
        self.remove: QToolButton = create_tool_button(
            self, "×", "Remove this edit", name="Remove edit", flat=True
        )
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.switch)
        row.addWidget(self.remove)
        self.switch.toggled.connect(
            lambda on: session.update(**with_switch(session.state, text, on))
        )
        self.remove.clicked.connect(lambda: session.update(**without_edit(session.state, text)))

    def show_edit(self, title: str, is_on: bool, error: str) -> None:
        """Show the edit, whether it is on, and why this network does not have it ("": it does)."""
        with QSignalBlocker(self.switch):
            self.switch.setChecked(is_on)
        self.switch.setText(title)
        self.switch.setToolTip(error or tr("On or off: {title}", title=title))
        self.switch.setEnabled(not error)


class EditStrip(Panel):
    """All edits in one row, a field for another, and what became of them on this frame."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setAccessibleName(tr("Edits"))
        self.chips: list[EditChip] = []
        self.count = create_label(self, theme.caption_font(self), muted=True)
        self.held = create_label(self, theme.title_font(self))
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(tr("conv4[5] = 0"))
        self.field.setAccessibleName(tr("Another edit"))
        self.field.setToolTip(tr(TYPE_TIP))
        self._fit_field()
        self.field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # letters are the window's at first
        self.changed = create_label(self, theme.caption_font(self))
        self.unchanged = create_tool_button(
            self, "×", "Pictures go to the network unchanged", name="Unchanged pictures", flat=True
        )
        self.unchanged.clicked.connect(lambda: session.update(perturbation=Perturbation()))
        self.message = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.difference = create_check_box(
            self, "difference", "The mosaic shows what the edits change in the layer on show"
        )
        self.difference.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.clear = create_tool_button(self, "Remove all", "The network as it is again")
        self.clear.clicked.connect(lambda: session.update(edits=(), edits_off=()))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.GAP, 0, theme.GAP, 0)
        self._row.setSpacing(theme.GAP)
        for widget in (self.count, self.held, self.field, self.changed, self.unchanged):
            self._row.addWidget(widget)
        self._row.addWidget(self.message, 1)
        self._row.addWidget(self.difference)
        self._row.addWidget(self.clear)
        self.difference.clicked.connect(
            lambda on: session.update(grid="difference" if on else "forward")
        )
        self.field.returnPressed.connect(self._add)
        self.field.textEdited.connect(lambda _: self._report(""))
        self.field.textChanged.connect(lambda _: self._fit_field())
        self.show_state(self.state)

    def show_state(self, state: State) -> None:
        super().show_state(state)
        texts = state.edits[:MAX_CHIPS]
        if [chip.text for chip in self.chips] != list(texts):
            self._build_chips(texts)
        for chip in self.chips:
            title = self.label(Edit.parse(chip.text).title)
            error = edit_error(chip.text, self.info) if self.info is not None else ""
            chip.show_edit(title, chip.text not in state.edits_off, error)
        self.count.setText(self._describe_count(state))
        held = self._describe_held(state)
        self.held.setText(held)
        self.held.setVisible(bool(held))
        self.clear.setVisible(bool(state.edits))
        is_binary = self.info is not None and self.info.binary
        changes = "" if is_binary else state.perturbation.describe(tr)
        self.changed.setText(tr("pictures: {changes}", changes=changes) if changes else "")
        for widget in (self.changed, self.unchanged):
            widget.setVisible(bool(changes))
        is_edited = bool(active_edits(state, self.info))
        self.difference.setVisible(is_edited)
        if state.grid == "difference" and not is_edited and self.info is not None:
            QTimer.singleShot(0, self._leave_difference)  # after everybody has seen this state
        with QSignalBlocker(self.difference):
            self.difference.setChecked(state.grid == "difference")
        self.setAccessibleDescription(describe_edits(state, self.info))

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        names = [] if info is None else [quote_name(row.name) for row in info.layers]
        completer = QCompleter(names, self.field)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(completer)
        self.show_state(self.state)

    def on_message(self, key: str, value: Any) -> None:
        if self.note_frame(key, value):
            return
        if isinstance(value, Live) and value.edits:
            titles = ", ".join(self.label(Edit.parse(text).title) for text in value.missed)
            self._report(
                tr("Without effect, for its layer did not run: {titles}", titles=titles)
                if titles
                else ""
            )

    def focus_field(self, text: str = "") -> None:
        """Let the user type an edit, beginning with a text."""
        self.field.setFocus()
        if text:
            self.field.setText(self.label(text))
            self.field.selectAll()

    def _fit_field(self) -> None:
        """Make the field as wide as what is written in it, within limits."""
        metrics = self.field.fontMetrics()
        letter = metrics.averageCharWidth()
        needed = metrics.horizontalAdvance(self.field.text()) + 3 * letter
        width = min(max(needed, letter * FIELD_LETTERS), letter * MAX_FIELD_LETTERS)
        self.field.setFixedWidth(width)

    def _add(self) -> None:
        """Add what was typed, or say what is wrong with it."""
        text = self.field.text().strip()
        try:
            edit = str(Edit.parse(text, self.info.names if self.info is not None else ()))
        except BadInput as error:
            self._report(str(error))
            return
        if reason := edit_error(edit, self.info):
            self._report(reason)
            return
        self.field.clear()
        self._report("")
        self.session.update(**with_edit(self.session.state, edit))
        self.field.clearFocus()  # keys are the window's again, Ctrl+Z among them

    def _leave_difference(self) -> None:
        """Show activations again, for no edit is left that makes a difference."""
        state = self.session.state
        if state.grid == "difference" and not active_edits(state, self.info):
            self.session.update(grid="forward")

    def _report(self, sentence: str) -> None:
        if sentence != self.message.text():
            self.message.setText(sentence)
            self.message.tip = sentence

    def _describe_held(self, state: State) -> str:
        """Return what the held key does, or why it does nothing here."""
        if not state.held_edit:
            return ""
        if self.info is not None and (reason := edit_error(state.held_edit, self.info)):
            return reason
        return tr("held: {title}", title=self.label(Edit.parse(state.held_edit).title))

    def _build_chips(self, texts: tuple[str, ...]) -> None:
        for chip in self.chips:
            self._row.removeWidget(chip)
            chip.deleteLater()
        self.chips = [EditChip(self.session, text, self) for text in texts]
        for number, chip in enumerate(self.chips):
            self._row.insertWidget(1 + number, chip)
            chip.show()

    def _describe_count(self, state: State) -> str:
        count, more = len(state.edits), len(state.edits) - MAX_CHIPS
        if more > 0:
            return tr("{count} edits, {more} of them not listed:", count=count, more=more)
        if count == 1:
            return tr("1 edit:")
        return tr("{count} edits:", count=count) if count else ""


class EditBar(QToolBar):
    """The bar that holds the strip, there while anything is edited or about to be."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(tr("Edits"), parent)
        self.setObjectName("Edits")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.strip = EditStrip(session, self)
        self.addWidget(self.strip)
        self._is_typing = False
        self.strip.field.editingFinished.connect(partial(self._end_typing))
        session.listen(self.follow)
        self.follow(session.state)

    def follow(self, state: State) -> None:
        """Show the bar while there are edits, or one is being typed.

        An edit that is held alone does not open it: before and after are compared in place.
        """
        changes = not state.perturbation.is_identity
        shown = bool(state.edits or self._is_typing or changes)
        if shown == self.isHidden():
            self.setVisible(shown)

    def type_edit(self, text: str = "") -> None:
        """Open the bar and let the user type an edit."""
        self._is_typing = True
        self.follow(self.strip.session.state)
        self.strip.focus_field(text)

    def _end_typing(self) -> None:
        if not self.strip.field.hasFocus():
            self._is_typing = False
            self.follow(self.strip.session.state)
