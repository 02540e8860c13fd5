"""Leave keys to the widget in which the user types, rather than to the window."""

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_TEXT_WIDGETS = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)
_ARROWS = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}
_CTRL_OR_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def accepts_text(widget: QWidget | None) -> bool:
    """Return whether letters typed now are meant as text."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, _TEXT_WIDGETS)


def can_undo(widget: QWidget) -> bool:
    """Return whether a text field has something of its own to undo or to redo."""
    if isinstance(widget, QComboBox | QAbstractSpinBox):
        return any(map(can_undo, widget.findChildren(QLineEdit)))
    if isinstance(widget, QLineEdit):
        return widget.isUndoAvailable() or widget.isRedoAvailable()
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        document = widget.document()
        return document is not None and (document.isUndoAvailable() or document.isRedoAvailable())
    return False


def _is_undo(event: QKeyEvent) -> bool:
    keys = QKeySequence.StandardKey
    return event.matches(keys.Undo) or event.matches(keys.Redo)


def is_dragging() -> bool:
    """Return whether a button of the mouse is held."""
    return QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton


class TypingGuard(QObject):
    """A filter that keeps shortcuts from firing while a text field has the focus.

    Everywhere else, lists, sliders and combo boxes included, letters and arrows are the window's:
    they act the same wherever the mouse was last. Keys with Ctrl or Alt always reach the window.
    Escape leaves a line of text.

    Watches the fields that ``parent`` holds when it is created (a filter on the application would
    see every event of every frame).
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        for widget in parent.findChildren(QWidget):
            if isinstance(widget, (*_TEXT_WIDGETS, QComboBox)):
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and isinstance(watched, QWidget):
            if event.key() == Qt.Key.Key_Escape and isinstance(watched, QLineEdit):
                watched.clearFocus()  # the letters that come next are the window's
            claimed = not (event.modifiers() & _CTRL_OR_ALT) and self.claims_key(watched, event)
            if claimed:
                event.accept()
                return True
            if _is_undo(event) and not can_undo(watched):
                event.ignore()  # the field would take it and do nothing; it is the window's
                return True
        return False

    def claims_key(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Return whether the key is for ``widget``; Escape, F-keys and Tab are the window's."""
        key = Qt.Key(event.key())
        if accepts_text(widget):
            return (bool(event.text()) and key not in (Qt.Key.Key_Escape, Qt.Key.Key_Tab)) or (
                key in _ARROWS
            )
        return False
