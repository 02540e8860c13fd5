"""A note to the selected unit, its bookmark, and the way to all others that have one."""

from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.unit import notes_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.notes import Mark, Noted, marked
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import fits
from dnnvis.session.session import Session
from dnnvis.session.state import State

NOTES = "notes"
PAUSE = 1000  # milliseconds without typing after which a note is saved
NOBODY = Noted(None)


class NotesStrip(QWidget):
    """What is typed is a mark of the session's state after a pause, when the text loses the
    focus, and when ``save`` is called; the engine writes marks into the library, and says so."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.state = session, session.state
        self.info: NetworkInfo | None = None
        self._noted = NOBODY
        self._trouble = ""
        self._typed: dict[tuple[Any, str], str] = {}  # not yet among the marks
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save)
        self.star = QToolButton(self)
        self.star.setCheckable(True)
        self.star.setText(notes_text.STAR)
        self.star.setToolTip("Bookmark the selected unit (Ctrl+D)")
        self.star.setAccessibleName("Bookmark")
        self.star.clicked.connect(self.bookmark)
        self.list = QToolButton(self)
        self.list.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.list.setToolTip("The units with a bookmark or a note")
        self.list.setMenu(QMenu(self.list))
        require(self.list.menu()).aboutToShow.connect(self.fill)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("Note to the selected unit")
        self.text.setFont(theme.small(self.text))
        self.text.textChanged.connect(self._changed)
        self.text.installEventFilter(self)
        self.said = Line(self, theme.small(self), muted=True)
        self._arrange()
        self._show()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self.star)
        row.addWidget(self.list)
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.text.setMinimumSize(100, 2 * self.fontMetrics().height())

    # -- what arrives

    def show_state(self, state: State) -> None:
        moved = state.unit != self.state.unit
        self.state = state
        if moved and self._typed:
            self._timer.start(0)  # not within the change of state that is being told
        self._show()

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info
        self._show()

    def show_mail(self, key: str, value: Any) -> None:
        if key == NOTES and isinstance(value, Failure):
            self._trouble = value.sentence
            self._show()
        elif key == NOTES and isinstance(value, Noted):
            self._noted, self._trouble = value, ""
            left = tuple(mark for mark in self.session.state.marks if mark not in value.done)
            self.session.update(marks=left)
            self._show()

    # -- what is known

    @property
    def _choice(self) -> Any:
        """The network that runs, as marks name it."""
        return None if self.info is None or self.info.choice is None else self.info.choice.untrusted

    @property
    def about(self) -> tuple[Any, str] | None:
        """The network and the unit that the note is to."""
        unit, choice = self.state.unit, self._choice
        return None if unit is None or choice is None else (choice, str(unit.whole()))

    @property
    def noted(self) -> Noted:
        """All that is or will be written down of the network that runs."""
        choice = self._choice
        known = self._noted if self._noted.choice == choice else Noted(choice)
        typed = [Mark(*about, text) for about, text in self._typed.items()]
        return known.after((*self.state.marks, *typed))

    # -- what is shown

    def _show(self) -> None:
        about, noted = self.about, self.noted
        unit = "" if about is None else about[1]
        for widget in (self.star, self.text):
            widget.setEnabled(about is not None)
        with QSignalBlocker(self.star):
            self.star.setChecked(unit in noted.bookmarks)
        self.list.setText(notes_text.title(noted))
        self.list.setEnabled(bool(noted.bookmarks or noted.notes))
        text = self._typed.get(about, noted.notes.get(unit, "")) if about else ""
        if text.strip() != self.text.toPlainText().strip():
            with QSignalBlocker(self.text):
                self.text.setPlainText(text)
        self.text.setPlaceholderText(notes_text.placeholder(unit))
        waits = about in self._typed or any(
            (mark.choice, mark.unit) == about for mark in self.state.marks
        )
        self.said.setText(self._trouble or notes_text.standing(waits, unit in noted.notes))

    def fill(self) -> None:
        """Bring the list of units up to date."""
        menu, noted = require(self.list.menu()), self.noted
        menu.clear()
        for group in notes_text.groups(noted):
            menu.addSection(group.title)
            for unit, words in group.units:
                action = require(menu.addAction(words))
                action.setEnabled(self.info is not None and fits(Unit.parse(unit), self.info))
                action.triggered.connect(partial(self._jump, unit))

    # -- what is done

    def bookmark(self) -> None:
        """Set the selected unit's bookmark, or remove it."""
        about = self.about
        if about is not None:
            self._mark(Mark(*about, bookmarked=about[1] not in self.noted.bookmarks))

    def save(self) -> None:
        """Have everything that was typed written down."""
        self._timer.stop()
        typed, self._typed = self._typed, {}
        marks = self.session.state.marks
        for about, text in typed.items():
            marks = marked(marks, Mark(*about, text.strip()))
        self.session.update(marks=marks)

    def _mark(self, mark: Mark) -> None:
        self.session.update(marks=marked(self.session.state.marks, mark))

    def _jump(self, unit: str, checked: bool = False) -> None:
        self.session.select(Unit.parse(unit))

    def _changed(self) -> None:
        about = self.about
        if about is not None:
            self._typed[about] = self.text.toPlainText()
            self._timer.start(PAUSE)
            self._show()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        assert event is not None
        if watched is self.text and event.type() == QEvent.Type.FocusOut:
            self.save()
        return False
