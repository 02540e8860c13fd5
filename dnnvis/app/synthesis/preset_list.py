"""The presets of a synthesis below each other, each with a picture and what it is."""

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QPixmap
from PyQt6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from dnnvis.app.synthesis.preset_titles import PAPERS_TITLE, PresetTitle, list_titles, picture_path
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_settings import LensSettings
from dnnvis.core.translation.catalog import tr

ICON_PIXELS = 44
NAME_ROLE = Qt.ItemDataRole.UserRole


class PresetList(QListWidget):
    """A click on a row chooses its preset; ``chosen`` carries its name.

    The presets of the papers lie in a fold of their own, which a click on its row opens.
    """

    chosen = pyqtSignal(str)

    def __init__(self, settings: LensSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._boards = settings, False
        self._preset, self._is_open = "", False
        self.setAccessibleName(tr("Presets"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setIconSize(QSize(ICON_PIXELS, ICON_PIXELS))
        self.setSpacing(1)
        self._fill()
        self.itemClicked.connect(self._choose)

    def show_boards(self, boards: bool) -> None:
        """List the preset for cells, or leave it out."""
        if boards != self._boards:
            self._boards = boards
            self._fill()
            self.show_preset(self._preset)

    def _fill(self) -> None:
        self.clear()
        titles = list_titles(self._settings, boards=self._boards)
        for title in titles:
            if not title.of_paper:
                self._add_row(title)
        self._head: QListWidgetItem | None = None
        if any(title.of_paper for title in titles):
            self._head = QListWidgetItem("", self)
            self._head.setToolTip(tr("Recipes of published papers, with their own numbers"))
            self._head.setFont(theme.caption_font(self))
            for title in titles:
                if title.of_paper:
                    self._add_row(title)
        self._show_fold()

    def _add_row(self, title: PresetTitle) -> None:
        item = QListWidgetItem(f"{title.title}\n{title.line}", self)
        item.setData(NAME_ROLE, title.name)
        steps, source = (
            self._settings.value(title.name, "steps"),
            self._settings.source(title.name),
        )
        item.setToolTip(
            tr("{name}: {steps} steps; {source}", name=title.name, steps=steps, source=source)
        )
        path = picture_path(title.name)
        pixmap = QPixmap(ICON_PIXELS, ICON_PIXELS) if path is None else QPixmap(str(path))
        if path is None:
            pixmap.fill(theme.palette(self).color("raised"))
        item.setIcon(QIcon(pixmap))

    def is_of_paper(self, row: int) -> bool:
        """Return whether a row lies in the fold."""
        return self._head is not None and row > self.row(self._head)

    def _show_fold(self) -> None:
        if self._head is None:
            return
        self._head.setText(f"{'▾' if self._is_open else '▸'} {tr(PAPERS_TITLE)}")
        for row in range(self.row(self._head) + 1, self.count()):
            require(self.item(row)).setHidden(not self._is_open)

    def show_preset(self, name: str) -> None:
        """Mark the present preset; the fold opens where it lies in it."""
        self._preset = name
        for row in range(self.count()):
            item = require(self.item(row))
            if item.data(NAME_ROLE) == name and row != self.currentRow():
                if self.is_of_paper(row) and not self._is_open:
                    self._is_open = True
                    self._show_fold()
                self.setCurrentRow(row)
                self.scrollToItem(item)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 2 * ICON_PIXELS)

    def sizeHint(self) -> QSize:
        rows = sum(
            self.sizeHintForRow(row) + 2
            for row in range(self.count())
            if not require(self.item(row)).isHidden()
        )
        return QSize(200, rows + 2 * self.frameWidth())

    def _choose(self, item: QListWidgetItem) -> None:
        name = item.data(NAME_ROLE)
        if name:
            self.chosen.emit(name)
            return
        self._is_open = not self._is_open
        self._show_fold()
        self.setCurrentRow(-1)
        preset, self._preset = self._preset, ""
        if not self._is_open:  # else the mark would open it again
            self._preset = preset
            self._mark_plain(preset)
        else:
            self.show_preset(preset)

    def _mark_plain(self, name: str) -> None:
        """Mark a preset unless it lies in the fold, which has just been closed."""
        for row in range(self.count()):
            if require(self.item(row)).data(NAME_ROLE) == name and not self.is_of_paper(row):
                self.setCurrentRow(row)
