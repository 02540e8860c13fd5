"""Draw a frame around a card, over everything and out of the mouse's way."""

from PyQt6.QtCore import QEvent, QObject, QRect, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QRegion
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.widgets import theme
from dnnvis.core.translation.catalog import tr

WIDTH_PIXELS = 4


class CardFrame(QWidget):
    """A frame around the card ``point_at`` names; it follows the card wherever it goes.

    It is masked to its line, so that a card that is drawn anew draws no more than itself.
    """

    def __init__(self, page: ModePage) -> None:
        super().__init__(page)
        self._page, self.name = page, ""
        self._watched: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("What the lesson is about"))
        self.hide()

    def point_at(self, name: str) -> None:
        """Frame the card of that name; "" frames none."""
        if self._watched is not None:
            self._watched.removeEventFilter(self)
        self.name = name
        self._watched = self._page.cards.get(name)
        if self._watched is not None:
            self._watched.installEventFilter(self)
        self._follow()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        kinds = QEvent.Type
        if event is not None and event.type() in (
            kinds.Move,
            kinds.Resize,
            kinds.Show,
            kinds.Hide,
            kinds.ZOrderChange,
        ):
            self._follow()
        return False

    def _follow(self) -> None:
        card = self._watched
        if card is None or card.isHidden():
            self.hide()
            return
        box = card.geometry().adjusted(*[-WIDTH_PIXELS] * 2, *[WIDTH_PIXELS] * 2)
        box &= self._page.rect()
        self.setGeometry(box)
        inner = QRect(0, 0, box.width(), box.height()).adjusted(
            *[WIDTH_PIXELS] * 2, *[-WIDTH_PIXELS] * 2
        )
        self.setMask(QRegion(0, 0, box.width(), box.height()) - QRegion(inner))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.palette(self).color("accent"))
        painter.end()
