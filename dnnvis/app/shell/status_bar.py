"""The line at the bottom: what is under the mouse, how fast, how fresh, which network."""

from PyQt6.QtWidgets import QLabel, QMainWindow, QStatusBar

from dnnvis.app.runtime.backend import Toolbox
from dnnvis.app.runtime.frame_stats import Pulse
from dnnvis.app.widgets.elided_label import Line
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.session.state import State


class StatusLine(QStatusBar):
    """Left the value under the mouse, right speed, problems and the network."""

    def __init__(self, parent: QMainWindow) -> None:
        super().__init__(parent)
        self._hover = Line(self)
        self._busy = QLabel(self)
        self._speed = QLabel(self)
        self._problems = QLabel(self)
        self._network = QLabel(self)
        self.addWidget(self._hover, 1)
        for part in (self._busy, self._speed, self._problems, self._network):
            self.addPermanentWidget(part)
        self._live: Live | None = None
        self._frozen = False

    def show_hover(self, words: str) -> None:
        self._hover.setText(words)

    def show_busy(self, words: str) -> None:
        self._busy.setText(words)

    def show_live(self, live: Live) -> None:
        self._live = live

    def show_network(self, info: NetworkInfo) -> None:
        self._network.setText(info.name)
        self._network.setToolTip(info.preprocessing)

    def show_problems(self, count: int) -> None:
        self._problems.setText(f"problems {count}" if count else "")

    def show_state(self, state: State) -> None:
        self._frozen = state.frozen

    def show_pulse(self, pulse: Pulse, toolbox: Toolbox) -> None:
        """Speed and freshness, twice a second."""
        self._speed.setText(
            speed_words(
                pulse.rate(),
                toolbox.feeder.rate,
                pulse.age(),
                self._live,
                self._frozen,
            )
        )


def speed_words(shown: float, read: float, age: float, live: Live | None, frozen: bool) -> str:
    """``shown 28/s of 30/s | 14 ms pass | 22 ms old | dropped 3``, or why nothing moves."""
    if live is None:
        return "no frame yet"
    if frozen:
        return f"frozen at frame {live.frame.number}"
    return (
        f"shown {shown:.0f}/s of {read:.0f}/s  |  pass {live.seconds * 1000:.0f} ms  |  "
        f"{age * 1000:.0f} ms old  |  dropped {live.dropped}"
    )
