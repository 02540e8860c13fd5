"""A small line at the foot of the window that says where something was saved, and goes away."""

from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMainWindow

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.file_dialogs import SavedEvent
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

SHOWN_MILLISECONDS = 3000
READING_MILLISECONDS = 50  # a letter: what a long line is shown at least
MAX_WIDTH_PIXELS = 960


class Toast(QFrame):
    """Shows for three seconds what was saved; it never takes the focus.

    It stays while the mouse is over it. Its two buttons open the folder and copy the path; the
    keys for them are those of the menu File. ``saved`` carries the folder of each file.
    """

    saved = pyqtSignal(str)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.path: Path | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("What was saved"))
        self.label = ElidedLabel(self)
        self.folder_button = create_tool_button(
            self, "Open folder", "Show the file in its folder", flat=True
        )
        self.copy_button = create_tool_button(self, "Copy path", "Copy the file's path", flat=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        row.addWidget(self.label, 1)
        for button, callback in (
            (self.folder_button, self.open_folder),
            (self.copy_button, self.copy_path),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda checked=False, call=callback: call())
            row.addWidget(button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MILLISECONDS)
        self._timer.timeout.connect(self.hide)
        window.installEventFilter(self)
        self.hide()

    def show_text(self, text: str, path: Path | None = None) -> None:
        """Show a line for three seconds.

        Args:
            text: The line.
            path: The file that it is about; None for none.
        """
        self.path = path or self.path
        self.label.setText(text)
        self.label.tip = text if path is None else str(path)
        for button in (self.folder_button, self.copy_button):
            button.setVisible(path is not None)
        self.show()
        self._fit()
        self._timer.start(max(SHOWN_MILLISECONDS, READING_MILLISECONDS * len(text)))

    def open_folder(self) -> None:
        """Open the folder of the file that was saved last."""
        if self.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.path.parent)))
        self.hide()

    def copy_path(self) -> None:
        """Copy the path of the file that was saved last."""
        if self.path is not None:
            require(QGuiApplication.clipboard()).setText(str(self.path))
        self.hide()

    def _fit(self) -> None:
        """Lie in the middle, above the status bar."""
        status = require(self._window.statusBar())
        foot = status.y() if status.isVisible() else self._window.height()
        hint, room = self.sizeHint(), self._window.width() - 4 * theme.GAP
        text = self.label.fontMetrics().horizontalAdvance(self.label.text())
        text += 2 * theme.GAP  # of letters that are drawn wider than they say
        width = min(text + hint.width(), room, MAX_WIDTH_PIXELS)  # the hint is without the label
        x = (self._window.width() - width) // 2
        self.setGeometry(x, foot - hint.height() - theme.GAP, width, hint.height())
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if isinstance(event, SavedEvent):
            self.show_text(event.text, event.path)
            if event.path is not None:
                self.saved.emit(str(event.path.parent))
            return True
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def enterEvent(self, event: object) -> None:
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:
        self._timer.start()
