"""Say over the window what each card of the present mode means, with its paper."""

import html
from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr
from dnnvis.guide.glossary import Entry, find_entry
from dnnvis.session.modes import MODE_HELP
from dnnvis.session.state import Mode

COLUMNS = 2
MAX_WIDTH_PIXELS = 1000
#: What else one can go to from here: a button's label and what it is called in ``requested``.
MORE = {
    "Keys (h)": "keys",
    "All words": "glossary",
    "Guide": "guide",
    "Show the tips again": "hints",
}


def write_cards(titles: list[str], palette: theme.Palette) -> str:
    """Return a table of cards, what each means and its paper, as rich text.

    Args:
        titles: Titles of the cards; those that the glossary does not have are left out.
        palette: The theme's colors.
    """
    entries = {title: entry for title in titles if (entry := find_entry(title)) is not None}
    cells = [_write_cell(title, entry, palette) for title, entry in entries.items()]
    rows = (cells[k : k + COLUMNS] for k in range(0, len(cells), COLUMNS))
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table width='100%' cellspacing='0' cellpadding='{theme.GAP}'>{body}</table>"


def _write_cell(title: str, entry: Entry, palette: theme.Palette) -> str:
    paper = entry.paper
    meaning = html.escape(tr(entry.meaning).replace("`", ""))
    link = "" if paper is None else f"<a href='{paper.address}'>{html.escape(paper.citation)}</a>"
    if paper is not None and not paper.address:
        link = html.escape(paper.citation)
    return (
        f"<td width='{100 // COLUMNS}%' valign='top'><b style='color: {palette.accent}'>"
        f"{html.escape(tr(title))}</b><br>{meaning} {link}</td>"
    )


class CardHelp(QFrame):
    """A frame over the middle of the window; ``requested`` carries a value of MORE.

    ``list_titles`` returns the present mode and the titles of its cards.
    """

    requested = pyqtSignal(str)

    def __init__(self, window: QWidget, list_titles: Callable[[], tuple[Mode, list[str]]]) -> None:
        super().__init__(window)
        self._list_titles = list_titles
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("What the cards mean"))
        self.title = create_label(self, theme.title_font(self))
        self.text = QTextBrowser(self)
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setAccessibleName(tr("Cards of this mode"))
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text.anchorClicked.connect(_open_link)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        for label, request in MORE.items():
            button = create_push_button(self, label, _TIPS[request])
            button.clicked.connect(lambda checked=False, r=request: self._request(r))
            buttons.addWidget(button)
        buttons.addStretch(1)
        close = create_push_button(self, "Close", "Back to the window (?, Esc)")
        close.clicked.connect(lambda checked=False: self.hide())
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.GAP] * 4)
        column.setSpacing(theme.GAP)
        column.addWidget(self.title)
        column.addWidget(self.text, 1)
        column.addLayout(buttons)
        window.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Show what the cards of the present mode mean, or hide it."""
        if self.isVisible():
            self.hide()
            return
        mode, titles = self._list_titles()
        self.title.setText(f"{tr(mode.capitalize())}: {tr(MODE_HELP[mode])}")
        self.text.setHtml(write_cards(titles, theme.palette(self)))
        self._fit()
        self.show()
        self.raise_()
        self.setFocus()

    def _fit(self) -> None:
        """Lie in the middle, as high as the text needs and the window has."""
        area = require(self.parentWidget()).rect()
        scale = max(self.fontMetrics().averageCharWidth() / 7, 1.0)
        width = min(round(MAX_WIDTH_PIXELS * scale), area.width() - 4 * theme.GAP)
        self.setFixedWidth(width)
        document = require(self.text.document())
        document.setTextWidth(width - 6 * theme.GAP)
        chrome = self.title.sizeHint().height() + 12 * theme.GAP
        chrome += measure_buttons(self)
        height = min(round(document.size().height()) + chrome, area.height() - 4 * theme.GAP)
        self.setGeometry((area.width() - width) // 2, (area.height() - height) // 2, width, height)

    def _request(self, request: str) -> None:
        self.hide()
        self.requested.emit(request)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


_TIPS = {
    "keys": "Every key of the window",
    "glossary": "Every word that the window uses, in the guide",
    "guide": "How everything works, page by page",
    "hints": "The marks of the first start: what to try first",
}


def measure_buttons(widget: QWidget) -> int:
    """Return the height of a row of buttons, in pixels."""
    return widget.fontMetrics().height() + 2 * theme.GAP


def _open_link(url: QUrl) -> None:
    """Open a paper with the desktop's browser; nothing is loaded here."""
    if url.scheme() == "https":
        QDesktopServices.openUrl(url)
