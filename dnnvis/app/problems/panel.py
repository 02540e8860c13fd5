"""The Problems panel: what went wrong, with the details to copy."""

import time
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QResizeEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.problems import failure_log
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import break_lines
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.messages import Failure
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session

WRAP_MARGIN_PIXELS = 70  # of margins, the scroll bar, and the sign that unfolds a line
MAX_SENTENCE_LINES = 30


class ProblemsPanel(Panel):
    """A list of every Failure that arrives, under whatever key.

    ``count_changed`` is how many kinds of them are listed, and how many notes, for a badge.
    """

    count_changed = pyqtSignal(int, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.entries: tuple[failure_log.FailureEntry, ...] = ()
        self.message = create_label(self, muted=True, text=messages.NO_PROBLEMS)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.list = QTreeWidget(self)
        self.list.setColumnCount(1)
        self.list.setHeaderHidden(True)
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Problems")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.list)
        self.copy_button = QPushButton(tr("Copy details"), self)
        self.copy_button.setToolTip(tr("All that is known of the problems, for a report"))
        self.clear_button = QPushButton("Clear", self)
        self.clear_button.setToolTip(tr("Empties the list; what goes wrong later is listed again"))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addStretch(1)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.clear_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self._stack, 1)
        column.addLayout(buttons)
        self.copy_button.clicked.connect(self.export_copy)
        self.clear_button.clicked.connect(self.clear)
        self._show()

    def on_message(self, key: str, value: Any) -> None:
        latest = self.entries[0].failure if self.entries else None
        if isinstance(value, Failure) and value is not latest:  # a frame's comes under two keys
            self.add(value)

    def add(self, failure: Failure) -> None:
        front = self.entries[0].failure.sentence if self.entries else None
        self.entries = failure_log.add_failure(self.entries, failure, time.strftime("%H:%M:%S"))
        if front == failure.sentence and self.entries[0].times > 1:  # may occur at every frame
            item = require(self.list.topLevelItem(0))
            item.setText(0, self._wrap(failure_log.format_line(self.entries[0])))
        else:
            self._show()

    def clear(self) -> None:
        self.entries = ()
        self._show()

    def export_copy(self) -> bool:
        """Copy the chosen problem, or all of them, to the clipboard."""
        item = self.list.currentItem()
        item = item.parent() or item if item is not None else None
        row = self.list.indexOfTopLevelItem(item) if item is not None else -1
        copied = self.entries if row < 0 else (self.entries[row],)
        require(QGuiApplication.clipboard()).setText(failure_log.format_report(copied))
        return True

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        for k, entry in enumerate(self.entries):
            item = require(self.list.topLevelItem(k))
            item.setText(0, self._wrap(failure_log.format_line(entry)))

    def _wrap(self, line: str) -> str:
        """Break a line so that all of it is seen: a list of Qt's cuts off what is too long."""
        width = self.width() - WRAP_MARGIN_PIXELS
        return "\n".join(break_lines(line, self.list.font(), max(width, 200), MAX_SENTENCE_LINES))

    def _show(self) -> None:
        expanded = {
            item.data(0, Qt.ItemDataRole.UserRole)
            for item in (
                require(self.list.topLevelItem(k)) for k in range(self.list.topLevelItemCount())
            )
            if item.isExpanded()
        }
        self.list.clear()
        for entry in self.entries:
            item = QTreeWidgetItem(self.list, [self._wrap(failure_log.format_line(entry))])
            item.setData(0, Qt.ItemDataRole.UserRole, entry.failure.sentence)
            item.setToolTip(0, as_plain_text(entry.failure.sentence))
            if entry.failure.details:
                details = QTreeWidgetItem(item, [entry.failure.details.rstrip()])
                details.setFont(0, theme.value_font(self))
            item.setExpanded(entry.failure.sentence in expanded)
        self._stack.setCurrentIndex(1 if self.entries else 0)
        for button in (self.copy_button, self.clear_button):
            button.setEnabled(bool(self.entries))
        notes = sum(entry.failure.kind == "Note" for entry in self.entries)
        self.count_changed.emit(len(self.entries) - notes, notes)
