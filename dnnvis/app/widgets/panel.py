"""What every panel of the window is."""

from typing import Any

from numpy.typing import NDArray
from PyQt6.QtWidgets import QWidget

from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State


class Panel(QWidget):
    """Shows what it is told; asks for changes of ``session`` and for nothing else.

    The window calls ``show_state`` after each change of state, ``show_info`` when another
    network runs (None: none does), and ``on_message`` with each value that arrives. What can be
    saved of the panel it says in the methods ``export_...``.
    """

    #: The frame on show, where the panel keeps one; its place goes into saved pictures.
    live: Live | None = None

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.state = session.state
        self.info: NetworkInfo | None = None

    def show_state(self, state: State) -> None:
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        self.info = info

    def on_message(self, key: str, value: Any) -> None:
        """Take note of a value, if it concerns this panel."""

    def export_values(self) -> NDArray[Any] | None:
        """Return the numbers behind the panel, unscaled; None where there are none now."""
        return None

    def export_recipe(self) -> dict[str, Any]:
        """Return what a saved picture says of the panel beside network, unit and colors."""
        return {}

    def export_image(self) -> bool:
        """Ask for a file and write the panel's own picture into it.

        Returns whether the panel has a picture of its own; where not, the window saves the
        panel as it looks.
        """
        return False

    def export_copy(self) -> bool:
        """Put the panel's own picture or text on the clipboard.

        Returns whether the panel has something of its own to copy; where not, the window
        copies the panel as it looks.
        """
        return False
