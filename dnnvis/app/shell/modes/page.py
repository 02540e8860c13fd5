"""The page between the window's bars: the cards of the present mode."""

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QScrollBar, QWidget

from dnnvis.app.shell.modes.card import WHOLE_WHEN_ENLARGED, PanelCard
from dnnvis.app.shell.modes.layout import (
    SCROLL_BAR_PIXELS,
    Metrics,
    ModeLayout,
    compute_enlarged_box,
    compute_mode_layout,
)
from dnnvis.app.shell.window_layout import Box
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.fold import Fold
from dnnvis.session.state import Mode

FOLD_WIDTH_PIXELS = 330  # of controls over a narrower card
OVER_MODES = (
    "graph",
    "compare",
    "playground",
)  # cards that no mode has: they are only shown enlarged
MIN_PAGE_PIXELS = 480, 300  # width and height that every mode makes do with


class ModePage(QWidget):
    """Shows the cards of a mode where ``compute_mode_layout`` has them.

    Nothing is moved to another parent when a mode or an enlarged card changes, and no layout of
    Qt decides where a card lies: what is enlarged comes back to the pixel.
    """

    changed = pyqtSignal()  # another card is enlarged, or none

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: dict[str, PanelCard] = {}
        self.mode: Mode = "explore"
        self.enlarged = ""  # name of a card; "": none
        self.shows_kernels = False  # below the layers
        self.open_fold = ""  # name of the card whose controls are open; "": none
        self.has_check = False  # below the mosaic, in Explore
        self.plan = ModeLayout()
        self.scroll_bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.scroll_bar.valueChanged.connect(self._lay_out)
        self.scroll_bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_bar.hide()
        self.setMinimumSize(*MIN_PAGE_PIXELS)

    def add_card(self, name: str, title: str, *, header: bool = True) -> PanelCard:
        """Add an empty card; ``hold`` of it fills it."""
        card = self.cards[name] = PanelCard(name, title, self, header=header)
        card.enlarge_requested.connect(lambda: self.toggle_enlarged(name))
        card.fold_requested.connect(lambda: self.toggle_fold(name))
        return card

    def show_mode(self, mode: Mode) -> None:
        """Show the cards of a mode."""
        if mode != self.mode:
            self.close_fold()
            self.put_back()
            self.mode = mode
            self.scroll_bar.setValue(0)
        self._lay_out()

    def show_check(self, shown: bool) -> None:
        """Show the check of the network below the mosaic of Explore, or leave its room to it."""
        if shown != self.has_check:
            self.has_check = shown
            self._lay_out()

    def toggle_enlarged(self, name: str) -> None:
        """Enlarge a card, or go back where one is enlarged."""
        if self.enlarged:
            self.put_back()
        elif name in self.plan.boxes or name in OVER_MODES:
            self.close_fold()
            self.enlarged = name
            if name in WHOLE_WHEN_ENLARGED:
                self.cards[name].show_whole(True)
            self._lay_out()
            self.cards[name].raise_()
            self.changed.emit()

    def show_over(self, name: str, on: bool) -> None:
        """Show a card of ``OVER_MODES``, or put it back."""
        if on and self.enlarged != name:
            previous, self.enlarged = self.enlarged, ""  # in one change: nothing is closed by it
            if previous in WHOLE_WHEN_ENLARGED:
                self.cards[previous].show_whole(False)
            self.toggle_enlarged(name)
        elif self.enlarged == name and not on:
            self.put_back()

    def put_back(self) -> None:
        """Put the enlarged card back to where it was, if one is."""
        if self.enlarged:
            if self.enlarged in WHOLE_WHEN_ENLARGED:
                self.cards[self.enlarged].show_whole(False)
            self.enlarged = ""
            self._lay_out()
            self.changed.emit()

    def toggle_fold(self, name: str) -> None:
        """Open the controls of a card over it, or close them."""
        if self.open_fold == name:
            self.close_fold()
            return
        self.close_fold()
        fold = self.cards[name].fold
        if fold is None or name in self.plan.folds:
            return
        self.open_fold = name
        fold.setParent(self)
        self._put_fold(fold, self.cards[name])
        fold.show()
        fold.raise_()
        fold.setFocus()

    def close_fold(self) -> None:
        """Close the controls of a card, if they are open."""
        card = self.cards.get(self.open_fold)
        self.open_fold = ""
        if card is not None and card.fold is not None:
            card.fold.hide()

    def close_open(self) -> bool:
        """Close the controls that are open, else put back what is enlarged.

        Returns:
            Whether there was anything to close.
        """
        if self.open_fold:
            self.close_fold()
        elif self.enlarged:
            self.put_back()
        else:
            return False
        return True

    def card_at(self, widget: QWidget | None) -> PanelCard | None:
        """Return the card that a widget lies in."""
        while widget is not None and not isinstance(widget, PanelCard):
            widget = widget.parentWidget()
        return widget

    def metrics_of_letters(self) -> Metrics:
        """Return the heights that follow the present size of the letters."""
        line = QFontMetrics(QApplication.font()).height()
        return Metrics(line + 3, line + theme.GAP, line + theme.GAP)

    def _lay_out(self) -> None:
        metrics, size = self.metrics_of_letters(), (self.width(), self.height())
        scroll = self.scroll_bar.value()
        kernels = self.shows_kernels and self.enlarged != "kernels"  # its room is the layers'
        plan = compute_mode_layout(
            self.mode, *size, metrics, scroll, kernels=kernels, has_check=self.has_check
        )
        self.plan = plan
        page = Box(0, 0, *size)
        for name, card in self.cards.items():
            box = plan.boxes.get(name)
            if name == self.enlarged:
                box = compute_enlarged_box(self.mode, name, plan, page)
            if box is None:
                card.hide()
                continue
            card.set_header_height(metrics.header)
            card.show_header(name not in plan.bare)
            card.setGeometry(box.x, box.y, box.width, box.height)
            card.show()
        for name, card in self.cards.items():
            self._show_fixed_fold(name, card, plan.folds.get(name))
        self._show_scroll_bar(plan.scroll_range)
        self._raise_open()

    def _show_scroll_bar(self, scroll_range: int) -> None:
        self.scroll_bar.setVisible(scroll_range > 0)
        if scroll_range:
            self.scroll_bar.setRange(0, scroll_range)
            self.scroll_bar.setPageStep(self.height())
            x = self.width() - SCROLL_BAR_PIXELS
            self.scroll_bar.setGeometry(x, 0, SCROLL_BAR_PIXELS, self.height())

    def _raise_open(self) -> None:
        """Raise what lies over the other cards: the controls that are open over all of them."""
        if self.enlarged:
            self.cards[self.enlarged].raise_()
        if self.open_fold:
            fold = self.cards[self.open_fold].fold
            if fold is not None:
                self._put_fold(fold, self.cards[self.open_fold])
                fold.raise_()

    def _show_fixed_fold(self, name: str, card: PanelCard, box: Box | None) -> None:
        """Show the controls of a card beside it, in the modes that have room for them."""
        fold = card.fold
        if fold is None or name == self.open_fold:
            return
        if box is None:
            fold.hide()
            return
        if fold.parentWidget() is not self:
            fold.setParent(self)
        fold.setGeometry(box.x, box.y, box.width, box.height)
        fold.show()

    def _put_fold(self, fold: Fold, card: PanelCard) -> None:
        """Put open controls over the card, inside of the page."""
        hint = fold.sizeHint()
        width = min(max(card.width(), hint.width(), FOLD_WIDTH_PIXELS), self.width())
        height = min(hint.height(), self.height())
        x = min(max(card.x() + card.width() - width, 0), self.width() - width)
        y = min(max(card.y() + card.header.height(), 0), self.height() - height)
        fold.setGeometry(x, y, width, height)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and self.plan.scroll_range:
            self.scroll_bar.setValue(self.scroll_bar.value() - event.angleDelta().y() // 2)
            event.accept()

    def changeEvent(self, event: QEvent | None) -> None:
        is_font = event is not None and event.type() == QEvent.Type.FontChange
        if is_font and self.isVisible():  # one that was closed may be deleted in parts
            self._lay_out()
        super().changeEvent(event)
