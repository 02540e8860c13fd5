"""Switch the selected unit off while a key is held."""

from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtGui import QGuiApplication, QKeyEvent

from dnnvis.session.edits import held_edit
from dnnvis.session.session import Session

_ENDS = (QEvent.Type.WindowDeactivate, QEvent.Type.ApplicationDeactivate)
_PRESSES = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
# X11 repeats a held key as pairs of release and press. Where the press comes later than Qt looks
# for it, the release seems real: it counts when the event loop has gone round without a press.
RELEASE_TICK_MILLISECONDS = 30
RELEASE_TICKS = 2


class HeldKey(QObject):
    """Holds an edit from a key's press, which a shortcut reports, until its release.

    The filter on the application is there meanwhile only: it sees every event.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._key = 0
        self._ticks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(RELEASE_TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)

    @property
    def is_held(self) -> bool:
        """Return whether the key is held."""
        return bool(self._key)

    def hold(self, key: int) -> None:
        """Switch the selected unit off until ``key`` is released, or the window is left."""
        edit = held_edit(self._session.state.unit)
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
        self._timer.stop()
        self._session.update(held_edit="")

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Wait for the release; a key that repeats itself is still held."""
        if event is None or not self._key:
            return False
        if event.type() in _ENDS:
            self.release()
        elif isinstance(event, QKeyEvent) and event.key() == self._key:
            self._note_key(event)
        return False

    def _note_key(self, event: QKeyEvent) -> None:
        """Begin to wait for a press after a release; end that at a press."""
        if event.type() in _PRESSES:
            self._timer.stop()
            return
        is_release = event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat()
        if is_release and not self._timer.isActive():
            self._ticks = 0
            self._timer.start()

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks >= RELEASE_TICKS:
            self.release()
