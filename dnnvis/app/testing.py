"""Simulate mouse moves and clicks on a view for benchmarks, as Qt delivers them."""

import json
import math
from typing import Any

from PyQt6.QtCore import QObject, QPoint, QPointF, Qt, QTimer
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QWidget

FIRST_LOOK_MILLISECONDS = 500  # after which a window manager has given a window its size


class HoverSimulator(QObject):
    """Moves the mouse in loops over ``view`` 60 times a second."""

    def __init__(self, view: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._target = view.viewport()
        self._step = 0
        self._timer = QTimer(self)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self._move)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _move(self) -> None:
        self._step += 1
        width, height = self._target.width(), self._target.height()
        x = width * (0.5 + 0.45 * math.sin(self._step * 0.031))
        y = height * (0.5 + 0.45 * math.sin(self._step * 0.047))
        _send(self._target, QMouseEvent.Type.MouseMove, QPointF(x, y), "NoButton", "NoButton")


class ZoomPanSimulator(QObject):
    """Turns the wheel over a widget, or drags what it shows, every 200 ms.

    It zooms in, pans and zooms out again, each time at another position.
    """

    def __init__(self, widget: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._target = widget
        self._step = 0
        self._timer = QTimer(self)
        self._timer.setInterval(200)
        self._timer.timeout.connect(self._act)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _act(self) -> None:
        width, height = self._target.width(), self._target.height()
        angle = 0.7 * (self._step // 6)
        point = QPointF(
            width * (0.5 + 0.2 * math.cos(angle)), height * (0.5 + 0.2 * math.sin(angle))
        )
        phase = self._step % 6
        if phase in (2, 3):
            self._drag(point, QPointF(40, 25) * (1 if phase == 2 else -1))
        else:
            self._wheel(point, 240 if phase < 2 else -240)
        self._step += 1

    def _wheel(self, point: QPointF, angle: int) -> None:
        event = QWheelEvent(
            point,
            QPointF(self._target.mapToGlobal(point)),
            QPoint(),
            QPoint(0, angle),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self._target, event)

    def _drag(self, point: QPointF, offset: QPointF) -> None:
        kinds = QMouseEvent.Type
        _send(self._target, kinds.MouseButtonPress, point, "LeftButton", "LeftButton")
        for fraction in (0.25, 0.5, 0.75, 1.0):
            _send(
                self._target, kinds.MouseMove, point + offset * fraction, "NoButton", "LeftButton"
            )
        _send(self._target, kinds.MouseButtonRelease, point + offset, "LeftButton", "NoButton")


def print_first_box(window: QWidget) -> None:
    """Print as JSON where a new window and the free part of its screen lie, and close it.

    Both are [x, y, width, height] in logical pixels, the window's with its frame.
    """

    def look() -> None:
        screen = window.screen()
        assert screen is not None  # a window on show
        boxes = {"window": window.frameGeometry(), "screen": screen.availableGeometry()}
        print(json.dumps({name: box.getRect() for name, box in boxes.items()}), flush=True)
        window.close()

    QTimer.singleShot(FIRST_LOOK_MILLISECONDS, look)


def click(canvas: Any, y: float, x: float) -> None:
    """Click the left button once on a point of a mosaic.

    Args:
        canvas: The MosaicView.
        y: Row of the point, in cells of the mosaic.
        x: Column of the point, in cells of the mosaic.
    """
    view = canvas.viewport()
    point = QPointF(canvas.mapFromScene(canvas.view_box.mapViewToScene(QPointF(x, y))))
    _send(view, QMouseEvent.Type.MouseButtonPress, point, "LeftButton", "LeftButton")
    _send(view, QMouseEvent.Type.MouseButtonRelease, point, "LeftButton", "NoButton")


def _send(view: Any, kind: QMouseEvent.Type, point: QPointF, button: str, held_button: str) -> None:
    buttons = Qt.MouseButton
    event = QMouseEvent(
        kind,
        point,
        QPointF(view.mapToGlobal(point)),
        buttons[button],
        buttons[held_button],
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view, event)
