"""The base class of every panel of the window."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray
from PyQt6.QtCore import QRect, Qt, QTimer
from PyQt6.QtGui import QImage, QKeyEvent, QShowEvent
from PyQt6.QtWidgets import QApplication, QBoxLayout, QWidget

from dnnvis.app.widgets import messages
from dnnvis.app.widgets.captioned_image import Caption, ColorScale, add_caption
from dnnvis.app.widgets.fold import Fold
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State

LIVE = "live"  # the key of the frames


class Panel(QWidget):
    """A part of the window that draws the state and the values that arrive.

    It requests changes of ``session`` and of nothing else.

    The window calls ``show_state`` after each change of state, ``show_info`` when another network
    runs (None: none does), and ``on_message`` with each value that arrives. The methods
    ``export_...`` return what can be saved of the panel.
    """

    #: Whether what a card shows beside its title takes all the room there is.
    header_expands = False
    #: The frame on show, where the panel stores one; its origin goes into saved pictures.
    live: Live | None = None
    #: Why the latest frame failed; None since one worked.
    frame_failure: Failure | None = None
    #: Why the network could not be opened where none runs; None while it opens, and later.
    open_failure: Failure | None = None

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.state = session.state
        self.info: NetworkInfo | None = None
        #: What a card opens over the picture; None while the panel shows all of itself.
        self.fold: Fold | None = None
        self._click_reaction: Callable[[], object] = lambda: None
        self._click_timer = QTimer(self)
        self._click_timer.setSingleShot(True)
        self._click_timer.timeout.connect(self._react)

    @property
    def compact(self) -> bool:
        """Return whether the panel shows its picture and one line alone, as in a card."""
        return self.fold is not None

    def fold_parts(self) -> tuple[QWidget, ...]:
        """Return the rows of the panel's column that a card shows in its fold alone."""
        return ()

    def hidden_parts(self) -> tuple[QWidget, ...]:
        """Return the widgets that a card does not show at all."""
        return ()

    def caption_part(self) -> QWidget | None:
        """Return the line below the picture, shown in a card where it costs no picture."""
        return None

    def header_part(self) -> QWidget | None:
        """Return the one control that a card shows beside its title; None for none."""
        return None

    def picture_parts(self) -> tuple[QWidget, ...]:
        """Return the widgets that show pictures, which a double click enlarges."""
        return ()

    def is_double_click_free(self) -> bool:
        """Return whether a double click on a picture means nothing else now."""
        return True

    def set_compact(self, on: bool) -> None:
        """Show the picture and one line alone, or all controls around it again."""
        if on == self.compact:
            return
        column = self.layout()
        assert isinstance(column, QBoxLayout)
        if on:
            margins = column.contentsMargins()
            self._roomy = margins, column.spacing()
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            self.setMinimumHeight(0)
            self.fold = Fold(column, self.fold_parts(), self.hidden_parts(), self)
        elif self.fold is not None:
            column.setContentsMargins(self._roomy[0])
            column.setSpacing(self._roomy[1])
            self.fold.give_back()
            self.fold = None
        self.arrange_compact(on)

    def arrange_compact(self, on: bool) -> None:
        """Adapt what else differs between a card and a whole panel."""

    def react_to_click(self, reaction: Callable[[], object]) -> None:
        """Call ``reaction``, in a card only once the click is known to be no double click."""
        if not self.compact:
            reaction()
            return
        self._click_timer.stop()
        self._click_reaction = reaction
        self._click_timer.start(QApplication.doubleClickInterval())

    def forget_click(self) -> None:
        """Drop the reaction to a click that became a double click."""
        self._click_timer.stop()

    def _react(self) -> None:
        self._click_reaction()

    @property
    def no_network(self) -> str:
        """Return what the picture of a mode says while no network runs."""
        return messages.explain_no_network(self.state.network.net, self.open_failure)

    def show_state(self, state: State) -> None:
        if state.network != self.state.network:
            self.open_failure = None
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info
        self.frame_failure = None
        if info is not None:
            self.open_failure = None

    def show_open_failure(self, failure: Failure) -> None:
        """Show that the first network could not be opened: none runs."""
        self.open_failure = failure
        self.show_info(None)

    def runs_already(self, info: NetworkInfo | None) -> bool:
        """Return whether that is the network on show, of which only something more is known."""
        known = self.info
        if info is None or known is None:
            return False
        return (info.name, info.choice) == (known.name, known.choice)

    def label(self, text: str) -> str:
        """Return a text with layers called as the window calls them: by their titles."""
        return text if self.info is None else self.info.label_text(text)

    def label_layer(self, name: str) -> str:
        """Return what the window calls a layer: its title, where it has one."""
        return name if self.info is None else self.info.label_layer(name)

    def on_message(self, key: str, value: Any) -> None:
        """Store a value, if it concerns this panel."""

    def note_frame(self, key: str, value: Any) -> bool:
        """Note whether the latest frame failed; return whether ``value`` is one that did."""
        if isinstance(value, Live):
            self.frame_failure = None
        elif key == LIVE and isinstance(value, Failure):
            self.frame_failure = value
            return True
        return False

    def export_values(self) -> NDArray[Any] | None:
        """Return the numbers behind the panel, unscaled; None where there are none now."""
        return None

    def export_recipe(self) -> dict[str, Any]:
        """Return what a saved picture records of the panel beside network, unit and colors."""
        return {}

    def export_title(self) -> str:
        """Return what a saved picture of the panel shows."""
        state = self.session.state
        subject = state.layer if state.unit is None else str(state.unit)
        return " · ".join(part for part in (self.accessibleName(), self.label(subject)) if part)

    def export_name(self) -> tuple[str, str]:
        """Return what the panel is about, and what it shows, for the name of a file."""
        state = self.session.state
        unit = state.unit
        subject = self.label_layer(state.layer) if unit is None else self.label(str(unit.whole()))
        return subject, self.accessibleName() or type(self).__name__.removesuffix("Panel").lower()

    def export_scale(self) -> ColorScale | None:
        """Return what the colors of the panel's picture mean; None where they mean no numbers."""
        return None

    def caption_image(self, image: QImage, title: str, lines: tuple[str, ...]) -> QImage:
        """Return a picture of the panel with caption and scale, where the user wants these.

        Args:
            image: The picture.
            title: The method and the unit.
            lines: Network, frame, and what was done to the values.
        """
        if not self.session.state.captions:
            return image
        return add_caption(image, Caption(title, lines, self.export_scale()))

    def export_image(self) -> bool:
        """Ask for a file and write the panel's own picture into it.

        Returns:
            Whether the panel has a picture of its own; where not, the window saves the panel as it
            looks.
        """
        return False

    def export_copy(self) -> bool:
        """Copy the panel's own picture or text to the clipboard.

        Returns:
            Whether the panel has something of its own to copy; where not, the window copies the
            panel as it looks.
        """
        return False


class SideWindow(Panel):
    """A panel in a window of its own over the main one, which goes on; Esc closes it."""

    def __init__(
        self,
        session: Session,
        title: str,
        parent: QWidget | None,
        kind: Qt.WindowType = Qt.WindowType.Tool,
    ) -> None:
        super().__init__(session, parent)
        self.setWindowFlags(kind)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._is_placed = False

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin over the middle of the main window: the input and the unit stay in sight."""
        owner = self.parentWidget()
        if owner is not None and not self._is_placed:
            box = QRect(self.pos(), self.size())
            box.moveCenter(require(owner.window()).geometry().center())
            self.move(box.topLeft())
        self._is_placed = True
        super().showEvent(event)

    def close_open(self) -> bool:
        """Close the window; return whether it was open."""
        return self.isVisible() and self.close()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)
