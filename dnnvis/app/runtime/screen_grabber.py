"""Read the screen: on the window's thread, which alone may, for any other."""

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QImage, QScreen

from dnnvis.core.errors import BadInput
from dnnvis.core.translation.catalog import tr

Pixels = NDArray[np.uint8]
Region = tuple[int, int, int, int]  # x, y, width, height
GRAB_SECONDS = 2.0  # the window's thread may be busy for so long
FORBIDDEN = (
    "Wayland does not let programs read the screen: log in to an X11 session for that, or save a "
    "screenshot or a recording, and open it."
)


@dataclass(eq=False)
class _Request:
    region: Region | None
    pixels: Pixels | None = None
    error: str = ""
    done: threading.Event = field(default_factory=threading.Event)


class ScreenGrabber(QObject):
    """Reads the screen; made on the window's thread, and called from others."""

    _requested = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # PyQt6's stubs declare no second argument: the type of the connection
        self._requested.connect(self._fulfil, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def grab(self, region: Region | None) -> Pixels:
        """Return the pixels uint8 (H, W, 3) of a region, of the first screen for None.

        Raises:
            BadInput: The platform forbids it, no screen is there, or the window does not answer.
        """
        request = _Request(region)
        self._requested.emit(request)
        if not request.done.wait(GRAB_SECONDS):
            raise BadInput(tr("The window was too busy to read the screen; open it again."))
        if request.pixels is None:
            raise BadInput(request.error)
        return request.pixels

    def _fulfil(self, request: _Request) -> None:
        try:
            request.pixels = grab_region(request.region)
        except BadInput as error:
            request.error = str(error)
        except Exception:  # a slot must not raise
            request.error = tr("The screen could not be read; open another source.")
        finally:
            request.done.set()


def refusal(platform: str) -> str:
    """Return why a platform of Qt's does not let programs read the screen; "" where it does."""
    return tr(FORBIDDEN) if platform.startswith("wayland") else ""


def grab_region(region: Region | None) -> Pixels:
    """Return the pixels uint8 (H, W, 3) of a region; on the window's thread only.

    Raises:
        BadInput: The platform forbids it, or there is no screen.
    """
    if reason := refusal(QGuiApplication.platformName()):
        raise BadInput(reason)
    screen = _find_screen(region)
    if screen is None:
        raise BadInput(
            tr("That region lies on no screen; choose another (Source > Screen region).")
        )
    area = screen.geometry()
    box = QRect(*region).intersected(area) if region else area
    origin = box.topLeft() - area.topLeft()
    pixmap = screen.grabWindow(0, origin.x(), origin.y(), box.width(), box.height())  # type: ignore[arg-type]
    if pixmap.isNull():
        raise BadInput(
            tr(
                "This system did not give out the screen: allow it in its privacy settings, or "
                "save a screenshot and open it."
            )
        )
    return _to_pixels(pixmap.toImage())


def _find_screen(region: Region | None) -> QScreen | None:
    if region is None:
        return QGuiApplication.primaryScreen()
    x, y, width, height = region
    box = QRect(x, y, width, height)
    middle = QGuiApplication.screenAt(QPoint(x + width // 2, y + height // 2))
    touched = [one for one in QGuiApplication.screens() if one.geometry().intersects(box)]
    return middle or next(iter(touched), None)


def _to_pixels(image: QImage) -> Pixels:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    data = b"" if bits is None else bits.asstring(image.sizeInBytes())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return np.array(pixels)
