"""The dock of a panel."""

from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QDockWidget


class PanelDock(QDockWidget):
    """A dock whose tooltip is that of its title alone, not of all that the panel leaves blank."""

    def event(self, event: QEvent | None) -> bool:
        content = self.widget()
        if isinstance(event, QHelpEvent) and content is not None:
            position = self.mapFromGlobal(event.globalPos())
            if event.type() == QEvent.Type.ToolTip and content.geometry().contains(position):
                event.ignore()
                return False
        return super().event(event)
