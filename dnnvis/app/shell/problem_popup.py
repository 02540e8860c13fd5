"""Show the list of problems over the foot of the window, when it is requested."""

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QFrame, QMainWindow, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require

SIZE_PIXELS = 640, 220  # width and height, where the window has as much room


class ProblemPopup(QFrame):
    """A frame over the window's lower right corner; nothing else moves for it."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        window.installEventFilter(self)
        self.hide()

    def hold(self, panel: QWidget) -> None:
        """Show ``panel`` in the frame."""
        self._column.addWidget(panel)
        panel.show()

    def toggle(self) -> None:
        """Open the frame, or close it."""
        self.setVisible(self.isHidden())
        self.fit()

    def fit(self) -> None:
        """Lie above the status bar, at the right."""
        if self.isHidden():
            return
        status = require(self._window.statusBar())
        foot = status.y() if status.isVisible() else self._window.height()
        width = min(SIZE_PIXELS[0], self._window.width() - 2 * theme.GAP)
        height = min(SIZE_PIXELS[1], foot - 2 * theme.GAP)
        x = self._window.width() - width - theme.GAP
        self.setGeometry(x, foot - height - theme.GAP, width, height)
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self.fit()
        return False
