"""Edit the selected unit's note and bookmark, and list all other units that have one."""

from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.unit import notes_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.notes import Mark, SavedNotes, add_mark
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import fits
from dnnvis.session.session import Session
from dnnvis.session.state import State

NOTES = "notes"
SAVE_DELAY_MS = 1000  # milliseconds without typing after which a note is saved
NO_NOTES = SavedNotes(None)


class NotesStrip(QWidget):
    """The note and the bookmark of the selected unit, and the list of all of them.

    What is typed becomes a mark of the session's state after a pause, when the text loses the
    focus, and when ``save`` is called; the engine writes marks into the library, and reports it.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.state = session, session.state
        self.info: NetworkInfo | None = None
        self._saved_notes = NO_NOTES
        self._error = ""
        self._unsaved: dict[tuple[Any, str], str] = {}  # not yet among the marks
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save)
        self.bookmark_button = create_tool_button(
            self, notes_text.STAR, "Bookmark the selected unit (Ctrl+D)", name="Bookmark"
        )
        self.bookmark_button.setCheckable(True)
        self.bookmark_button.clicked.connect(self.bookmark)
        self.menu_button = create_tool_button(self, "", "The units with a bookmark or a note")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(QMenu(self.menu_button))
        require(self.menu_button.menu()).aboutToShow.connect(self.fill_menu)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("Note to the selected unit"))
        self.text.setToolTip(tr("What you think that it detects; it is kept in the library"))
        self.text.setFont(theme.caption_font(self.text))
        self.text.textChanged.connect(self._on_text_changed)
        self.text.installEventFilter(self)
        self.status_label = ElidedLabel(self, theme.caption_font(self), muted=True)
        self._arrange()
        self._show()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self.bookmark_button)
        row.addWidget(self.menu_button)
        row.addWidget(self.status_label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.text.setMinimumSize(100, 2 * self.fontMetrics().height())

    def show_state(self, state: State) -> None:
        unit_changed = state.unit != self.state.unit
        self.state = state
        if unit_changed and self._unsaved:
            self._timer.start(0)  # not within the change of state that is being announced
        self._show()

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info
        self._show()

    def on_message(self, key: str, value: Any) -> None:
        if key == NOTES and isinstance(value, Failure):
            self._error = value.sentence
            self._show()
        elif key == NOTES and isinstance(value, SavedNotes):
            self._saved_notes, self._error = value, ""
            remaining = tuple(mark for mark in self.session.state.marks if mark not in value.done)
            self.session.update(marks=remaining)
            self._show()

    @property
    def _network_choice(self) -> Any:
        """Return the network that runs, as marks name it."""
        return (
            None
            if self.info is None or self.info.choice is None
            else self.info.choice.without_trust
        )

    @property
    def target(self) -> tuple[Any, str] | None:
        """Return the network and the unit that the note belongs to."""
        unit, choice = self.state.unit, self._network_choice
        return None if unit is None or choice is None else (choice, str(unit.whole()))

    @property
    def all_notes(self) -> SavedNotes:
        """Return all saved or unsaved notes of the network that runs."""
        choice = self._network_choice
        saved = self._saved_notes if self._saved_notes.choice == choice else SavedNotes(choice)
        unsaved = [Mark(*target, text) for target, text in self._unsaved.items()]
        return saved.after((*self.state.marks, *unsaved))

    def _show(self) -> None:
        target, notes = self.target, self.all_notes
        unit = "" if target is None else target[1]
        for widget in (self.bookmark_button, self.text):
            widget.setEnabled(target is not None)
        with QSignalBlocker(self.bookmark_button):
            self.bookmark_button.setChecked(unit in notes.bookmarks)
        self.menu_button.setText(notes_text.title(notes))
        self.menu_button.setEnabled(bool(notes.bookmarks or notes.notes))
        text = self._unsaved.get(target, notes.notes.get(unit, "")) if target else ""
        if text.strip() != self.text.toPlainText().strip():
            with QSignalBlocker(self.text):
                self.text.setPlainText(text)
        label = unit if self.info is None else self.info.label_text(unit)
        self.text.setPlaceholderText(notes_text.placeholder_text(label))
        require(self.text.viewport()).update()  # Qt draws the new hint later by itself
        is_pending = target in self._unsaved or any(
            (mark.choice, mark.unit) == target for mark in self.state.marks
        )
        self.status_label.setText(
            self._error or notes_text.describe_saving(is_pending, unit in notes.notes)
        )

    def fill_menu(self) -> None:
        """Bring the list of units up to date."""
        menu, notes = require(self.menu_button.menu()), self.all_notes
        menu.clear()
        for group in notes_text.group_units(notes):
            menu.addSection(group.title)
            for unit, item_text in group.units:
                label = item_text if self.info is None else self.info.label_text(item_text)
                action = require(menu.addAction(label))
                action.setEnabled(self.info is not None and fits(Unit.parse(unit), self.info))
                action.triggered.connect(partial(self._select_unit, unit))

    def bookmark(self) -> None:
        """Set the selected unit's bookmark, or remove it."""
        target = self.target
        if target is not None:
            self._add_mark(Mark(*target, bookmarked=target[1] not in self.all_notes.bookmarks))

    def save(self) -> None:
        """Save everything that was typed."""
        self._timer.stop()
        unsaved, self._unsaved = self._unsaved, {}
        marks = self.session.state.marks
        for target, text in unsaved.items():
            marks = add_mark(marks, Mark(*target, text.strip()))
        self.session.update(marks=marks)

    def _add_mark(self, mark: Mark) -> None:
        self.session.update(marks=add_mark(self.session.state.marks, mark))

    def _select_unit(self, unit: str, checked: bool = False) -> None:
        self.session.select(Unit.parse(unit))

    def _on_text_changed(self) -> None:
        target = self.target
        if target is not None:
            self._unsaved[target] = self.text.toPlainText()
            self._timer.start(SAVE_DELAY_MS)
            self._show()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        assert event is not None
        if watched is self.text and event.type() == QEvent.Type.FocusOut:
            self.save()
        return False
