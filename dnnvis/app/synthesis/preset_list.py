"""The presets of a synthesis below each other, each with what it is."""

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_settings import Preset


class PresetList(QListWidget):
    """A click on a row chooses its preset; ``chosen`` carries its name."""

    chosen = pyqtSignal(str)

    def __init__(self, presets: Sequence[Preset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Presets")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for preset in presets:
            item = QListWidgetItem(preset.name, self)
            item.setData(Qt.ItemDataRole.UserRole, preset.name)
            item.setToolTip(f"{preset.title}: {preset.source}")
        self.itemClicked.connect(self._choose)

    def show_preset(self, name: str) -> None:
        """Mark the present preset."""
        for row in range(self.count()):
            item = require(self.item(row))
            if item.data(Qt.ItemDataRole.UserRole) == name and row != self.currentRow():
                self.setCurrentRow(row)
                self.scrollToItem(item)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 3 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        rows = self.sizeHintForRow(0) * self.count()
        return QSize(200, rows + 2 * self.frameWidth())

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
