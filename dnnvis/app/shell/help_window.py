"""Show the guide in a window of its own: its pages at the left, one of them at the right."""

from functools import partial

from PyQt6.QtCore import QEvent, Qt, QUrl
from PyQt6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis import guide
from dnnvis.app.shell.guide_browser import EXTERNAL_SCHEMES, GuideBrowser
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

SIZE_PIXELS = 980, 700
CONTENTS_WIDTH_PIXELS = 250
SECTION_LEVEL = 2  # of the headings that the contents list below their page
_ADDRESS = Qt.ItemDataRole.UserRole


class HelpWindow(QDialog):
    """The guide beside the main window, which goes on; nothing is loaded from elsewhere."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Guide - dnnvis"))
        self.setModal(False)
        self._history: list[tuple[str, str]] = []
        self._index = -1
        self.contents = QTreeWidget(self)
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName(tr("Pages of the guide"))
        self.browser = GuideBrowser(self)
        self.back_button = create_push_button(self, "Back", "The page before (Alt+Left)")
        self.forward_button = create_push_button(self, "Forward", "The page after (Alt+Right)")
        self.note = ElidedLabel(self)
        self._fill_contents()
        self._arrange()
        self.contents.itemClicked.connect(self._open_item)
        self.contents.itemActivated.connect(self._open_item)
        self.browser.link_clicked.connect(self.follow)
        for button, key, step in (
            (self.back_button, "Alt+Left", -1),
            (self.forward_button, "Alt+Right", 1),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._step, step))
            QShortcut(QKeySequence(key), self).activated.connect(partial(self._step, step))

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, 0)
        head.addWidget(self.back_button)
        head.addWidget(self.forward_button)
        head.addWidget(self.note, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.contents)
        split.addWidget(self.browser)
        split.setStretchFactor(1, 1)
        split.setSizes([CONTENTS_WIDTH_PIXELS, SIZE_PIXELS[0] - CONTENTS_WIDTH_PIXELS])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        column.addWidget(split, 1)
        self.resize(*SIZE_PIXELS)

    def _fill_contents(self) -> None:
        for page in guide.list_pages():
            item = QTreeWidgetItem(self.contents, [page.title])
            item.setData(0, _ADDRESS, (page.name, ""))
            for heading in guide.list_headings(page.name):
                if heading.level == SECTION_LEVEL:
                    section = QTreeWidgetItem(item, [heading.title])
                    section.setData(0, _ADDRESS, (page.name, heading.anchor))

    def open_topic(self, topic: str) -> None:
        """Show the section about a panel or the page of that name, and come to the front."""
        self.open_page(*guide.page_for(topic))
        self.show()
        self.raise_()
        self.activateWindow()

    def open_page(self, name: str, anchor: str = "") -> None:
        """Show a page from a heading on; raises BadInput for a name that no page has."""
        if self._index < 0 or self._history[self._index] != (name, anchor):
            self._history[self._index + 1 :] = [(name, anchor)]
            self._index += 1
        self._show()

    def follow(self, url: QUrl) -> None:
        """Follow a link: to a page or heading, or with the desktop's browser outside."""
        if url.scheme() in EXTERNAL_SCHEMES:
            QDesktopServices.openUrl(url)
            return
        name = url.path().removesuffix(".md") or self.browser.page
        if url.scheme() or name not in guide.PAGE_NAMES:
            self.note.setText(
                tr("{page} is no page of the guide; it lies in the repository.", page=url.path())
            )
            return
        self.open_page(name, url.fragment())

    def _step(self, step: int, checked: bool = False) -> None:
        """Go back or forward among the pages that were read."""
        self._index = min(max(self._index + step, 0), len(self._history) - 1)
        if self._index >= 0:
            self._show()

    def _show(self) -> None:
        name, anchor = self._history[self._index]
        self.browser.show_page(name, anchor)
        self.back_button.setEnabled(self._index > 0)
        self.forward_button.setEnabled(self._index < len(self._history) - 1)
        self.note.setText("")
        self._mark(name, anchor)

    def _mark(self, name: str, anchor: str) -> None:
        """Select the page or section in the contents, and fold the sections of others."""
        for row in range(self.contents.topLevelItemCount()):
            page = require(self.contents.topLevelItem(row))
            own = page.data(0, _ADDRESS)[0] == name
            page.setExpanded(own)
            if not own:
                continue
            sections = (require(page.child(k)) for k in range(page.childCount()))
            chosen = (s for s in sections if s.data(0, _ADDRESS) == (name, anchor))
            self.contents.setCurrentItem(next(chosen, page))

    def _open_item(self, item: QTreeWidgetItem, column: int = 0) -> None:
        self.open_page(*item.data(0, _ADDRESS))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._index >= 0:
            self.browser.page = ""  # its colors are those of the theme before
            self._show()
