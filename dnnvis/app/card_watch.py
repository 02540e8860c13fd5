"""Watch until each card of the selected unit shows a picture that was painted, for benchmarks."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QRect, QTimer
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.modes.layout import CARDS_OF_UNIT
from dnnvis.app.widgets.painted_widget import PaintedWidget

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

POLL_MILLISECONDS = 50
MIN_COLORS = 16  # of a picture; a background with a frame or a mark has fewer


class CardWatch(QObject):
    """Reports each card of the unit once, as soon as a picture's pixels are on the screen."""

    def __init__(self, window: "Window", report: Callable[[str], None]) -> None:
        """Begin to watch.

        Args:
            window: The window, which may not be on show yet.
            report: Is given the name of a card when it shows its first picture.
        """
        super().__init__(window)
        self._window, self._report = window, report
        self._waiting = list(CARDS_OF_UNIT)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        for name in tuple(self._waiting):
            if shows_picture(self._window.page.cards[name]):
                self._waiting.remove(name)
                self._report(name)
        if not self._waiting:
            self._timer.stop()


def report_frames(window: "Window", counts: tuple[int, ...], report: Callable[[str], None]) -> None:
    """Report ``frame N`` once, for each of these counts of painted frames."""

    def count_frame(live: object) -> None:
        count = window.frame_stats.count
        if live is not None and count in waiting:
            waiting.remove(count)
            report(f"frame {count}")

    waiting = set(counts)
    window.mosaic.painted.connect(count_frame)


def shows_picture(card: QWidget) -> bool:
    """Return whether a picture in a card is in sight, painted, and of more than a few colors."""
    pictures = find_pictures(card)
    return any(count_colors(read_screen(*picture)) >= MIN_COLORS for picture in pictures)


def count_colors(pixels: NDArray[np.uint8]) -> int:
    """Count the different colors of pixels (H, W, 4)."""
    return len(np.unique(np.ascontiguousarray(pixels).view(np.uint32)))


def find_pictures(card: QWidget) -> Iterator[tuple[QWidget, QRect]]:
    """Yield the widgets of a card that are in sight with a picture, and where in them it is."""
    for widget in card.findChildren(PaintedWidget):
        in_sight = widget.visibleRegion().boundingRect()
        for rect in widget.picture_rects() if widget.isVisible() else ():
            if not (shown := rect.toRect() & in_sight).isEmpty():
                yield widget, shown


def read_screen(widget: QWidget, rect: QRect) -> NDArray[np.uint8]:
    """Read what the screen shows of a part of a widget, (H, W, 4).

    Where the system lets nobody read the screen (Wayland) the widget is painted anew.
    """
    window, screen = widget.window(), widget.screen()
    assert window is not None
    assert screen is not None  # it is in sight
    corner = widget.mapTo(window, rect.topLeft())
    pixmap = screen.grabWindow(window.winId(), corner.x(), corner.y(), rect.width(), rect.height())
    if pixmap.isNull():
        pixmap = widget.grab(rect)
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    data: Any = bits.asarray(image.sizeInBytes())
    pixels: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    return pixels.reshape(image.height(), image.width(), 4).copy()
