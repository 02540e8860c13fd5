"""Show one panel over all others, which stay below it as they are."""

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QVBoxLayout, QWidget

from dnnvis.app.widgets.controls import create_label, create_push_button
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr


class EnlargedPage(QWidget):
    """A page that covers what lies below ``bar`` in ``window`` with a panel that it borrows.

    No dock is moved or hidden: what the other panels requested goes on, and the layout that is
    saved meanwhile is the usual one.
    """

    def __init__(self, window: QMainWindow, bar: QWidget) -> None:
        super().__init__(window)
        self.panel: QWidget | None = None
        self._window, self._bar = window, bar
        self._dock: QDockWidget | None = None
        self._closed: set[str] = set()
        self._moving = False
        self._title = create_label(self)
        back = create_push_button(self, "Back", "Show all panels again (z)")
        back.clicked.connect(self.put_back)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(back)
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self.setAutoFillBackground(True)
        window.installEventFilter(self)
        self.hide()

    def borrow(self, panel: QWidget, dock: QDockWidget | None) -> None:
        """Show ``panel``, the content of ``dock`` (None: what lies between the docks)."""
        self.put_back()
        self.panel, self._dock, self._closed = panel, dock, self._closed_docks()
        self._title.setText(tr("Layers") if dock is None else dock.windowTitle())
        focus = self._window.focusWidget()
        panel.installEventFilter(self)
        self._moving = True
        self._put(_Placeholder(panel))
        self._column.addWidget(panel, 1)
        self._fit()
        self.show()
        self.raise_()
        self._arrive(panel, focus)

    def put_back(self) -> None:
        """Put the panel back where it was; nothing happens where none is enlarged."""
        panel = self.panel
        if panel is None:
            return
        focus = self._window.focusWidget()
        self.panel, self._moving = None, True
        placeholder = self._put(panel)
        self.hide()
        self._arrive(panel, focus)
        panel.removeEventFilter(self)
        placeholder.deleteLater()

    def follow_docks(self) -> None:
        """Put the panel back where a dock was opened or closed, which would not be visible."""
        if self.panel is not None and self._closed_docks() != self._closed:
            self.put_back()

    def _put(self, widget: QWidget) -> QWidget:
        """Exchange the layout's item in the panel's position for ``widget``."""
        if self._dock is None:
            previous = require(self._window.takeCentralWidget())
            self._window.setCentralWidget(widget)
        else:
            previous = require(self._dock.widget())
            self._dock.setWidget(widget)
        widget.show()
        return previous

    def _arrive(self, panel: QWidget, focus: QWidget | None) -> None:
        panel.show()
        self._moving = False
        if focus is not None and (focus is panel or panel.isAncestorOf(focus)):
            focus.setFocus()

    def _closed_docks(self) -> set[str]:
        docks = self._window.findChildren(QDockWidget)
        return {dock.objectName() for dock in docks if dock.isHidden()}

    def _fit(self) -> None:
        above = [w for w in (require(self._window.menuBar()), self._bar) if w.isVisible()]
        top = max((w.geometry().bottom() + 1 for w in above), default=0)
        status = require(self._window.statusBar())
        below = status.height() if status.isVisible() else 0
        self.setGeometry(0, top, self._window.width(), self._window.height() - top - below)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit the page to a resized window, and drop the hide events of a moving panel.

        A panel that received one would pause.
        """
        if event is None:
            return False
        if watched is self._window and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return self._moving and watched is not self._window and event.type() == QEvent.Type.Hide


class _Placeholder(QLabel):
    """A label that takes as much room in a layout as ``panel``, so that nothing moves."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(tr("Enlarged in the window; z brings it back."))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self._hint, minimum = panel.sizeHint(), panel.minimumSizeHint()
        self.setMinimumSize(minimum.expandedTo(panel.minimumSize()))
        self.setMaximumSize(panel.maximumSize())
        self.setSizePolicy(panel.sizePolicy())

    def sizeHint(self) -> QSize:
        return self._hint

    def minimumSizeHint(self) -> QSize:
        return self.minimumSize()

    def hasHeightForWidth(self) -> bool:
        return False
