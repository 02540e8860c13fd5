"""Frame a panel as a card: a title, and two buttons where the mouse is."""

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QEnterEvent, QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractScrollArea, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button, wrap_tip
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.fold import Fold
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.translation.catalog import tr
from dnnvis.guide.glossary import explain

WHOLE_WHEN_ENLARGED = ("train",)  # cards that show all of their panel then
MAX_HEIGHT_PIXELS = (1 << 24) - 1  # Qt's own limit
PART_STRETCH = 8  # of what stands beside a title and takes all the room it gets
MAX_LOSS_PIXELS = 4  # of a picture's side that the line below it may cost


class PanelCard(QWidget):
    """A panel's picture under a title.

    ``enlarge_requested`` by a double click or the button; ``fold_requested`` opens the controls.
    """

    enlarge_requested = pyqtSignal()
    fold_requested = pyqtSignal()

    def __init__(self, name: str, title: str, parent: QWidget, *, header: bool = True) -> None:
        super().__init__(parent)
        self.name, self.content = name, parent  # the content is set with ``hold``
        self.title = ElidedLabel(self, theme.strong_font(self))
        self.set_title(title)
        shown = tr(title)
        self.menu_button = create_tool_button(
            self,
            "⋯",
            tr("Everything that {title} can do", title=shown),
            name=tr("More of {title}", title=shown),
            flat=True,
        )
        self.enlarge_button = create_tool_button(
            self,
            "⤢",
            "Enlarge (z, or a double click); Esc goes back",
            name=tr("Enlarge {title}", title=shown),
        )
        self.enlarge_button.setAutoRaise(True)
        self.menu_button.clicked.connect(lambda checked=False: self.fold_requested.emit())
        self.enlarge_button.clicked.connect(lambda checked=False: self.enlarge_requested.emit())
        self.header = QWidget(self)
        row = self._header_row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.title, 1)
        row.addWidget(self.menu_button)
        row.addWidget(self.enlarge_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.header)
        self._has_header = header
        self.header.setVisible(header)
        self.setAutoFillBackground(True)  # it may lie over others
        self._show_buttons(False)
        self.hide()

    def set_title(self, title: str, parts: Sequence[str] = ()) -> None:
        """Show a title, or as many parts of one as there is room for; its tip explains the word.

        ``word`` is the title in English.

        Args:
            title: A word of the glossary.
            parts: What is shown instead of the word; the most important first.
        """
        self.word = title
        if parts:
            self.title.set_parts(parts)
        else:
            self.title.setText(tr(title))
        self.title.tip = "\n".join(filter(None, (" · ".join(parts), wrap_tip(explain(title)))))

    def hold(self, content: QWidget) -> None:
        """Show ``content`` below the title; a panel becomes compact."""
        self.content = content
        if isinstance(content, Panel):
            content.set_compact(True)
            for picture in content.picture_parts():
                _event_target(picture).installEventFilter(self)
            if (part := content.header_part()) is not None:
                stretch = PART_STRETCH if content.header_expands else 0
                self._header_row.insertWidget(1, part, stretch)
                part.show()
        self._column.addWidget(content, 1)
        content.show()

    def release(self) -> QWidget:
        """Return the content to whoever shows it now; a panel shows all of itself again."""
        content = self.content
        if isinstance(content, Panel):
            if (part := content.header_part()) is not None:
                part.setMaximumSize(MAX_HEIGHT_PIXELS, MAX_HEIGHT_PIXELS)
            for picture in content.picture_parts():
                _event_target(picture).removeEventFilter(self)
            content.set_compact(False)
        self._column.removeWidget(content)
        return content

    @property
    def panel(self) -> Panel | None:
        """Return the panel of the card; None where it holds another widget."""
        return self.content if isinstance(self.content, Panel) else None

    @property
    def fold(self) -> Fold | None:
        """Return the controls that the card can open."""
        return self.panel.fold if self.panel is not None else None

    def show_whole(self, on: bool) -> None:
        """Show all of the panel in the card, or its picture alone again."""
        if self.panel is not None:
            self.panel.set_compact(not on)

    def set_header_height(self, height: int) -> None:
        """Set the height of the title's line, which depends on the letters."""
        self.header.setFixedHeight(height)
        part = self.panel.header_part() if self.panel is not None else None
        if part is not None and part.parentWidget() is self.header:
            part.setMaximumHeight(height)
        for button in (self.menu_button, self.enlarge_button):
            button.setFixedSize(height + 6, height)
        self._leave_title_room()

    def _leave_title_room(self) -> None:
        """Make the control beside the title so narrow that the title is whole."""
        part = self.panel.header_part() if self.panel is not None else None
        if part is None or self.title.has_parts or part.parentWidget() is not self.header:
            return
        title = self.title.fontMetrics().horizontalAdvance(self.title.text())
        part.setMaximumWidth(max(self.width() - title - 2 * theme.GAP, 0))

    def show_header(self, on: bool) -> None:
        """Show the title's line, where the card has one at all."""
        self.header.setVisible(on and self._has_header)

    def _show_buttons(self, on: bool) -> None:
        has_fold = self.fold is not None and self.fold.shows_something
        self.menu_button.setVisible(on and has_fold and self.name not in WHOLE_WHEN_ENLARGED)
        has_picture = self.panel is not None and bool(self.panel.picture_parts())
        has_picture = has_picture or self.name in WHOLE_WHEN_ENLARGED
        self.enlarge_button.setVisible(on and has_picture)

    def enterEvent(self, event: QEnterEvent | None) -> None:
        self._show_buttons(True)

    def leaveEvent(self, event: QEvent | None) -> None:
        self._show_buttons(False)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show the line below the picture where it costs nothing of a square picture."""
        super().resizeEvent(event)
        self._leave_title_room()
        line = self.panel.caption_part() if self.panel is not None else None
        if line is not None:
            header = 0 if self.header.isHidden() else self.header.height()
            body = self.height() - header - line.sizeHint().height()
            line.setVisible(body >= min(self.width(), self.height() - header) - MAX_LOSS_PIXELS)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Enlarge the card at a double click on its picture."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonDblClick:
            is_free = self.panel is not None and self.panel.is_double_click_free()
            if self.panel is not None:
                self.panel.forget_click()
            if is_free and event.button() == Qt.MouseButton.LeftButton:
                self.enlarge_requested.emit()
                return True
        return False


def _event_target(picture: QWidget) -> QWidget:
    """Return the widget that the mouse's events on a picture arrive at."""
    viewport = picture.viewport() if isinstance(picture, QAbstractScrollArea) else None
    return viewport or picture
