"""The base class of every panel of the window."""

from typing import Any

from numpy.typing import NDArray
from PyQt6.QtWidgets import QWidget

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

    #: The frame on show, where the panel stores one; its origin goes into saved pictures.
    live: Live | None = None
    #: Why the latest frame failed; None since one worked.
    frame_failure: Failure | None = None

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.state = session.state
        self.info: NetworkInfo | None = None

    def show_state(self, state: State) -> None:
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info
        self.frame_failure = None

    def label(self, text: str) -> str:
        """Return a text with layers called as the window calls them: by their titles."""
        return text if self.info is None else self.info.label_text(text)

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
