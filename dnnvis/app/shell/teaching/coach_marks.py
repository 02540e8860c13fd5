"""Say at the first start what to try: four marks, each gone once it was done."""

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_tool_button
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import State

MARGIN_PIXELS = 6


@dataclass(frozen=True)
class Hint:
    """One thing to try."""

    #: The card that it is about.
    card: str
    #: What to do.
    text: str


#: The marks, by the name under which it is remembered that they were done.
HINTS = {
    "select": Hint("mosaic", "Click a unit"),
    "walk": Hint("layers", "Walk with o and the arrows"),
    "enlarge": Hint("lens1", "Double click enlarges"),
    "open": Hint("input", "Drop your own picture or checkpoint"),
}


class CoachMark(QWidget):
    """A line of text over a card's foot, with a button that puts all marks away."""

    closed = pyqtSignal()

    def __init__(self, hint: Hint, parent: QWidget) -> None:
        super().__init__(parent)
        self.hint = hint
        self.setAccessibleName(tr("Tip: {text}", text=tr(hint.text)))
        self.label = create_label(self, text=hint.text)
        close = create_tool_button(self, "×", "Put all tips away (Esc)", name="Put all tips away")
        close.setAutoRaise(True)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(lambda checked=False: self.closed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GAP, theme.GAP // 2, theme.GAP // 2, theme.GAP // 2)
        row.setSpacing(theme.GAP)
        row.addWidget(self.label)
        row.addWidget(close)
        self.hide()

    def lie_over(self, card: QRect, area: QRect) -> None:
        """Lie over the foot of a card, inside of the area: a picture's middle stays free."""
        self.label.setWordWrap(False)
        self.adjustSize()
        if self.width() > card.width() - 2 * MARGIN_PIXELS:
            self.label.setWordWrap(True)
            width = max(card.width() - 2 * MARGIN_PIXELS, 1)
            self.resize(width, self.heightForWidth(width))
        x = card.left() + MARGIN_PIXELS
        y = card.bottom() - self.height() - MARGIN_PIXELS
        corner = QPoint(min(x, area.right() - self.width()), max(y, area.top()))
        self.move(corner)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme.palette(self)
        painter.setPen(palette.color("accent"))
        painter.setBrush(palette.color("raised"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), theme.GAP, theme.GAP)
        painter.end()


class CoachMarks(QObject):
    """The marks of the hints that were not done yet; they are shown in Explore alone."""

    def __init__(self, session: Session, page: ModePage) -> None:
        super().__init__(page)
        self._session, self._page = session, page
        self.marks: dict[str, CoachMark] = {}
        self._previous = session.state
        page.installEventFilter(self)
        page.changed.connect(self._on_enlarged)
        session.listen(self._on_state)

    @property
    def is_open(self) -> bool:
        """Return whether there are marks that were not done or put away."""
        return bool(self.marks)

    def start(self, *, again: bool = False) -> None:
        """Show the marks of what was not done yet; all of them where that is requested again."""
        if again:
            self._session.update(hints_done=())
        done = self._session.state.hints_done
        for name, hint in HINTS.items():
            if name not in done and name not in self.marks:
                mark = self.marks[name] = CoachMark(hint, self._page)
                self._page.cards[hint.card].installEventFilter(self)
                mark.closed.connect(self.dismiss)
        self._previous = self._session.state
        self._arrange()

    def dismiss(self) -> None:
        """Put all marks away, and remember it."""
        if self.marks:
            self._finish(tuple(self.marks))

    def _finish(self, names: tuple[str, ...]) -> None:
        for name in names:
            mark = self.marks.pop(name, None)
            if mark is not None:
                self._page.cards[mark.hint.card].removeEventFilter(self)
                mark.hide()
                mark.deleteLater()
        done = self._session.state.hints_done
        self._session.update(hints_done=(*done, *(n for n in names if n not in done)))

    def _on_state(self, state: State) -> None:
        previous, self._previous = self._previous, state
        if not self.marks:
            return
        checks: dict[str, Callable[[], bool]] = {
            "select": lambda: _is_selected(previous, state),
            "walk": lambda: state.layer != previous.layer and state.network == previous.network,
            "open": lambda: _is_opened(previous, state),
        }
        done = tuple(name for name in self.marks if name in checks and checks[name]())
        if done:
            self._finish(done)
        self._arrange()

    def _on_enlarged(self) -> None:
        if self._page.enlarged and "enlarge" in self.marks:
            self._finish(("enlarge",))
        self._arrange()

    def _arrange(self) -> None:
        page = self._page
        shown = page.mode == "explore" and page.isVisible() and not page.enlarged
        for mark in self.marks.values():
            card = page.cards[mark.hint.card]
            mark.setVisible(shown and not card.isHidden())
            mark.lie_over(card.geometry(), page.rect())
            mark.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        kinds = QEvent.Type
        is_move = event is not None and event.type() in (
            kinds.Resize,
            kinds.Move,
            kinds.Show,
            kinds.Hide,
        )
        if is_move and self.marks:
            self._arrange()
        return False


def _is_selected(previous: State, state: State) -> bool:
    """Return whether another unit of the same layer was selected, not the first one by itself."""
    return (
        previous.unit is not None
        and state.unit is not None
        and state.unit != previous.unit
        and state.network == previous.network
    )


def _is_opened(previous: State, state: State) -> bool:
    """Return whether something else was opened to look at, or to look with."""
    source = (state.source.kind, state.source.path)
    return source != (previous.source.kind, previous.source.path) or (
        state.network != previous.network
    )
