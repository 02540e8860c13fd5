"""The dock of a panel."""

from PyQt6.QtCore import QEvent, QSize, QTimer
from PyQt6.QtGui import QHelpEvent, QShowEvent
from PyQt6.QtWidgets import QDockWidget, QWidget

from dnnvis.core.translation.catalog import tr

MIN_FLOATING_PIXELS = QSize(480, 400)  # of a panel that is taken out of the window


class PanelDock(QDockWidget):
    """A dock whose tooltip is that of its title alone, not of all that the panel leaves blank.

    Taken out of the window it is large enough to see something, and lies before the window.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(tr(title), parent)
        self._raise_timer = QTimer(self)  # once the window itself is shown
        self._raise_timer.setSingleShot(True)
        self._raise_timer.timeout.connect(self.raise_)
        self.topLevelChanged.connect(self._on_floating)

    def _on_floating(self, floating: bool) -> None:
        if floating:
            self.resize(self.size().expandedTo(MIN_FLOATING_PIXELS))
            self._raise_timer.start(0)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self.isFloating():
            self._raise_timer.start(0)

    def event(self, event: QEvent | None) -> bool:
        content = self.widget()
        if isinstance(event, QHelpEvent) and content is not None:
            position = self.mapFromGlobal(event.globalPos())
            if event.type() == QEvent.Type.ToolTip and content.geometry().contains(position):
                event.ignore()
                return False
        return super().event(event)
