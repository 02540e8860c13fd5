"""Hand values from other threads over to the window, the only way into it."""

import sys
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from dnnvis.core.mailbox import Mailbox


class Bridge(QObject):
    """Wakes the window's thread when mail waits, and hands the mail over there, key by key."""

    woken = pyqtSignal()

    def __init__(
        self, mailbox: Mailbox, deliver: Callable[[str, Any], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._mailbox = mailbox
        self._deliver = deliver
        self._is_open = True
        # PyQt6's stubs declare no second argument: the type of the connection
        self.woken.connect(self._collect, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        mailbox.wake = self.woken.emit
        if mailbox.waiting():
            self.woken.emit()

    def close(self) -> None:
        """Stop receiving; closed once more, it stays so."""
        if self._is_open:
            self._is_open = False
            self._mailbox.wake = lambda: None
            self.woken.disconnect()

    def _collect(self) -> None:
        for key, value in self._mailbox.collect().items():
            try:
                self._deliver(key, value)
            except Exception:  # one panel's bug must not lose the others' mail
                sys.excepthook(*sys.exc_info())
