"""What went wrong, with the details to copy."""

import time
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication
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
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure
from dnnvis.session.session import Session


class ProblemsPanel(Panel):
    """Every Failure that arrives, under whatever key. ``counted`` is how many kinds of them
    are listed, for a badge."""

    counted = pyqtSignal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.faults: tuple[failure_log.Fault, ...] = ()
        self.words = label(self, muted=True)
        self.words.setText(messages.NO_PROBLEMS)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.list = QTreeWidget(self)
        self.list.setColumnCount(1)
        self.list.setHeaderHidden(True)
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Problems")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.words)
        self._stack.addWidget(self.list)
        self.copy_button = QPushButton("Copy details", self)
        self.clear_button = QPushButton("Clear", self)
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
        self.copy_button.clicked.connect(self.copy)
        self.clear_button.clicked.connect(self.clear)
        self._show()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Failure):
            self.add(value)

    def add(self, failure: Failure) -> None:
        front = self.faults[0].failure.sentence if self.faults else None
        self.faults = failure_log.added(self.faults, failure, time.strftime("%H:%M:%S"))
        if front == failure.sentence and self.faults[0].times > 1:  # may come at every frame
            require(self.list.topLevelItem(0)).setText(0, failure_log.line_of(self.faults[0]))
        else:
            self._show()

    def clear(self) -> None:
        self.faults = ()
        self._show()

    def copy(self) -> None:
        """The chosen problem, or all of them, onto the clipboard."""
        chosen = self.list.currentItem()
        chosen = chosen.parent() or chosen if chosen is not None else None
        row = self.list.indexOfTopLevelItem(chosen) if chosen is not None else -1
        taken = self.faults if row < 0 else (self.faults[row],)
        require(QGuiApplication.clipboard()).setText(failure_log.text_of(taken))

    def _show(self) -> None:
        opened = {
            item.data(0, Qt.ItemDataRole.UserRole)
            for item in (
                require(self.list.topLevelItem(k)) for k in range(self.list.topLevelItemCount())
            )
            if item.isExpanded()
        }
        self.list.clear()
        for fault in self.faults:
            item = QTreeWidgetItem(self.list, [failure_log.line_of(fault)])
            item.setData(0, Qt.ItemDataRole.UserRole, fault.failure.sentence)
            item.setToolTip(0, fault.failure.sentence)
            if fault.failure.details:
                details = QTreeWidgetItem(item, [fault.failure.details.rstrip()])
                details.setFont(0, theme.numbers(self))
            item.setExpanded(fault.failure.sentence in opened)
        self._stack.setCurrentIndex(1 if self.faults else 0)
        for button in (self.copy_button, self.clear_button):
            button.setEnabled(bool(self.faults))
        self.counted.emit(len(self.faults))
