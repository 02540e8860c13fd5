"""Show one page of the guide as rich text, with its headings and links."""

from typing import Any, cast

from PyQt6.QtCore import QByteArray, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import (
    QBrush,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PyQt6.QtWidgets import QTextBrowser, QWidget

from dnnvis import guide
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

MARGIN_PIXELS = 4 * theme.GAP
LINE_PERCENT = 120  # from line to line of running text
PROPORTIONAL = cast(int, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
EXTERNAL_SCHEMES = ("http", "https", "mailto")


class GuideBrowser(QTextBrowser):
    """A page of the guide; opens nothing by itself, no file and no address.

    ``link_clicked`` carries the address of a link as the page writes it.
    """

    link_clicked = pyqtSignal(QUrl)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.page = ""
        self._anchor = ""
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(tr("Page of the guide"))
        self.anchorClicked.connect(self.link_clicked)

    def loadResource(self, type: int, name: QUrl) -> Any:
        """Load nothing: a page is all text."""
        return QByteArray()

    def show_page(self, name: str, anchor: str) -> None:
        """Show a page from the heading of that anchor on; "" is its top."""
        if name != self.page:
            self.page = name
            self.setMarkdown(guide.read_page(name))
            self._style()
        self._anchor = anchor
        self._scroll()
        QTimer.singleShot(0, self._scroll)  # once more when the page has its width

    def heading_blocks(self) -> list[QTextBlock]:
        """Return the blocks that are headings, in the order of ``guide.list_headings``."""
        blocks, block = [], require(self.document()).begin()
        while block.isValid():
            if block.blockFormat().headingLevel():
                blocks.append(block)
            block = block.next()
        return blocks

    def _scroll(self) -> None:
        bar = require(self.verticalScrollBar())
        anchors = [heading.anchor for heading in guide.list_headings(self.page)]
        index = anchors.index(self._anchor) if self._anchor in anchors else 0
        if index == 0:
            bar.setValue(0)
            return
        layout = require(require(self.document()).documentLayout())
        top = layout.blockBoundingRect(self.heading_blocks()[index]).top()
        bar.setValue(round(top) - theme.GAP)

    def _style(self) -> None:
        """Apply spacing and the colors of the window's theme to what Markdown left plain."""
        colors, document = theme.palette(self), require(self.document())
        document.setDocumentMargin(MARGIN_PIXELS)
        for table in require(document.rootFrame()).childFrames():
            if isinstance(table, QTextTable):
                self._style_table(table, QBrush(colors.color("line")))
        block = document.begin()
        while block.isValid():
            self._style_block(block, QBrush(colors.color("raised")))
            block = block.next()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _style_table(self, table: QTextTable, line: QBrush) -> None:
        frame = table.format()
        frame.setCellPadding(theme.GAP / 2)
        frame.setCellSpacing(0)
        frame.setBorder(1)
        frame.setBorderCollapse(True)
        frame.setBorderBrush(line)
        frame.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        frame.setTopMargin(theme.GAP)
        frame.setBottomMargin(2 * theme.GAP)
        frame.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        table.setFormat(frame)

    def _style_block(self, block: QTextBlock, raised: QBrush) -> None:
        cursor, layout = QTextCursor(block), QTextBlockFormat()
        level = block.blockFormat().headingLevel()
        code = block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
        if level:
            layout.setTopMargin(theme.GAP * (4 - min(level, 3)))
            layout.setBottomMargin(theme.GAP)
        elif code:
            layout.setBackground(raised)
        elif cursor.currentTable() is None:
            layout.setLineHeight(LINE_PERCENT, PROPORTIONAL)
        cursor.mergeBlockFormat(layout)
        iterator = block.begin()
        while not iterator.atEnd():
            self._style_text(iterator.fragment(), raised, plain=not code)
            iterator += 1

    def _style_text(self, fragment: Any, raised: QBrush, *, plain: bool) -> None:
        format_, look = fragment.charFormat(), QTextCharFormat()
        if format_.isAnchor():
            look.setForeground(self.palette().brush(QPalette.ColorRole.Link))
        elif format_.fontFixedPitch() and plain:
            look.setBackground(raised)
        else:
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(fragment.position())
        cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)
