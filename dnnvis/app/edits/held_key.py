"""Switch the selected unit off while a key is held."""

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QGuiApplication, QKeyEvent

from dnnvis.core.messages import NetworkInfo
from dnnvis.session.edits import held_edit
from dnnvis.session.session import Session

_ENDS = (QEvent.Type.WindowDeactivate, QEvent.Type.ApplicationDeactivate)


class HeldKey(QObject):
    """Holds an edit from a key's press, which a shortcut reports, until its release.

    The filter on the application is there meanwhile only: it sees every event.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._key = 0

    @property
    def is_held(self) -> bool:
        """Return whether the key is held."""
        return bool(self._key)

    def hold(self, key: int, info: NetworkInfo | None = None) -> None:
        """Switch the selected unit off until ``key`` is released, or the window is left.

        ``info`` is of the network that runs.
        """
        edit = held_edit(self._session.state.unit, info)
        application = QGuiApplication.instance()
        if not edit or self._key or application is None:
            return
        self._key = key
        application.installEventFilter(self)
        self._session.update(held_edit=edit)

    def release(self) -> None:
        """Switch the unit on again."""
        application = QGuiApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self._key = 0
        self._session.update(held_edit="")

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Wait for the release; a key that repeats itself is still held."""
        if event is None or not self._key:
            return False
        if event.type() in _ENDS or (
            event.type() == QEvent.Type.KeyRelease
            and isinstance(event, QKeyEvent)
            and event.key() == self._key
            and not event.isAutoRepeat()
        ):
            self.release()
        return False
