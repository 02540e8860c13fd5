"""The line at the bottom: what is under the mouse, speed, latency and the network."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QMainWindow, QSizePolicy, QStatusBar

from dnnvis.app.recording.text import describe_recording, describe_ring, describe_ring_details
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.frame_recorder import FrameRecorder
from dnnvis.app.runtime.frame_stats import FrameStats
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

MAX_BUSY_PIXELS = 420  # of the sentence at the right; a longer one would widen the window
MAX_PASSES_PIXELS = 280


class StatusBar(QStatusBar):
    """The value under the mouse at the left; speed, problems and the network at the right.

    ``problems_clicked``: the list of them is requested.
    """

    problems_clicked = pyqtSignal()

    def __init__(self, parent: QMainWindow) -> None:
        super().__init__(parent)
        self._hover = ElidedLabel(self)
        self._busy = ElidedLabel(self)
        self._busy.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._busy.setFixedWidth(0)
        self.passes = ElidedLabel(self)
        self.passes.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.passes.hide()
        self._speed = create_label(self)
        self._past = create_label(self)
        self._problems = create_tool_button(self, "", "What went wrong", flat=True)
        self._problems.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._problems.clicked.connect(lambda checked=False: self.problems_clicked.emit())
        self._problems.hide()
        self._network = create_label(self)
        self.addWidget(self._hover, 1)
        for part in (
            self._busy,
            self.passes,
            self._past,
            self._speed,
            self._problems,
            self._network,
        ):
            self.addPermanentWidget(part)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, theme.GAP, 0)
        self._arrived = FrameStats()
        self._live: Live | None = None
        self._frozen = False

    def show_hover(self, text: str) -> None:
        self._hover.setText(text)

    def show_busy(self, text: str) -> None:
        self._busy.setText(text)
        width = self._busy.fontMetrics().horizontalAdvance(text) + theme.GAP
        self._busy.setFixedWidth(min(width, MAX_BUSY_PIXELS) if text else 0)

    def show_live(self, live: Live) -> None:
        if self._live is None or live.fused != self._live.fused:
            self._show_passes(live.fused)
        self._live = live
        self._arrived.record_paint(live)

    def _show_passes(self, sentence: str) -> None:
        """Show that passes are fused, or why they are not; it stays for many frames."""
        is_fused = sentence.startswith("fused")
        full = tr("fused: within 1e-5 of the exact pass") if is_fused else sentence
        text = full if is_fused else tr("exact")
        self.passes.setText(text)
        self.passes.tip = full
        width = self.passes.fontMetrics().horizontalAdvance(text) + theme.GAP
        self.passes.setFixedWidth(min(width, MAX_PASSES_PIXELS))
        self.passes.setVisible(bool(sentence))

    def show_network(self, info: NetworkInfo) -> None:
        self._network.setText(info.name)
        self._network.setToolTip(info.preprocessing)

    def show_problems(self, count: int, notes: int) -> None:
        """Show how much went wrong, and of how much there is a note."""
        parts = [tr("problems {count}", count=count)] if count else []
        parts += [tr("notes {count}", count=notes)] if notes else []
        self._problems.setText("  ".join(parts))
        self._problems.setToolTip(
            tr("What went wrong") if count else tr("What was assumed, and other news")
        )
        self._problems.setVisible(bool(parts))

    def show_state(self, state: State) -> None:
        self._frozen = state.frozen

    def show_frame_stats(self, frame_stats: FrameStats, backend: Backend) -> None:
        """Show speed and age of the frames, twice a second."""
        if not frame_stats.rate():  # something else lies over the mosaic
            frame_stats = self._arrived
        shown_rate, read_rate = frame_stats.rate(), backend.feeder.rate
        moves = shown_rate > 0 or read_rate > 0
        self._speed.setText(describe_speed(shown_rate, moves, self._live, self._frozen))
        details = ""
        if self._live is not None:
            details = describe_timing(shown_rate, read_rate, frame_stats.age(), self._live)
        self._speed.setToolTip(details if moves and not self._frozen else "")
        self._show_recorder(backend.recorder)

    def _show_recorder(self, recorder: FrameRecorder) -> None:
        """Show how much is kept of the last seconds, or how far a recording is."""
        ring, status = recorder.ring, recorder.status
        if recorder.is_on and status is not None:
            self._past.setText(describe_recording(status))
            self._past.setToolTip(status.path)
            return
        held = ring.status
        self._past.setText(describe_ring(held))
        self._past.setToolTip(describe_ring_details(held, ring.max_bytes))


def describe_speed(shown_rate: float, moves: bool, live: Live | None, frozen: bool) -> str:
    """Describe the speed: ``live 30/s``, or why nothing moves.

    Args:
        shown_rate: Frames painted per second.
        moves: Whether any frame came lately.
        live: The frame on show; None before one arrived.
        frozen: Whether the frame is frozen.
    """
    if live is None:
        return tr("no frame yet")
    if frozen:
        return tr("frozen at frame {number}", number=live.frame.number)
    return tr("live {rate:.0f}/s", rate=shown_rate) if moves else tr("still")


def describe_timing(shown_rate: float, read_rate: float, age: float, live: Live) -> str:
    """Describe how quickly frames are shown, in a line each.

    Args:
        shown_rate: Frames painted per second.
        read_rate: Frames read per second.
        age: Seconds from reading a frame to having painted it.
        live: The frame on show.
    """
    return tr(
        "{shown:.0f} of {read:.0f} frames a second are shown; the others came while one was "
        "computed ({dropped:,} so far).\nA pass takes {pass_time:.0f} ms, and a picture is "
        "{age:.0f} ms old when it is shown.",
        shown=shown_rate,
        read=read_rate,
        dropped=live.dropped,
        pass_time=live.seconds * 1000,
        age=age * 1000,
    )
