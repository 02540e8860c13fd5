"""Hand values from other threads over to the window, the only way into it."""

import math
import sys
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from dnnvis.core.mailbox import Mailbox
from dnnvis.engine.pacing import FRAME_SECONDS as FRAME_SECONDS
from dnnvis.engine.pacing import PassPacer


class Bridge(QObject):
    """Wakes the window's thread when mail waits, and hands the mail over there, key by key.

    On average it looks into the mail at most once in ``interval`` seconds: of what comes faster
    only the latest value of each key is handed over. A look that was late may be followed earlier.
    """

    woken = pyqtSignal()

    def __init__(
        self,
        mailbox: Mailbox,
        deliver: Callable[[str, Any], None],
        parent: QObject,
        interval: float = 0.0,
    ) -> None:
        super().__init__(parent)
        self._pacer = PassPacer(interval)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._collect)
        self._mailbox = mailbox
        self._deliver = deliver
        self._is_open = True
        # PyQt6's stubs declare no second argument: the type of the connection
        self.woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        mailbox.wake = self.woken.emit
        if mailbox.waiting():
            self.woken.emit()

    def close(self) -> None:
        """Stop receiving; closed once more, it stays so."""
        if self._is_open:
            self._is_open = False
            self._mailbox.wake = lambda: None
            self.woken.disconnect()
            self._timer.stop()

    def _on_woken(self) -> None:
        wait = self._pacer.wait
        if wait <= 0:
            self._collect()
        elif not self._timer.isActive():
            self._timer.start(math.ceil(wait * 1000))

    def _collect(self) -> None:
        self._pacer.note_pass()
        for key, value in self._mailbox.collect().items():
            try:
                self._deliver(key, value)
            except Exception:  # one panel's bug must not lose the others' mail
                sys.excepthook(*sys.exc_info())
