"""A hand for benches: mouse moves and clicks on a view, as Qt delivers them."""

import math
from typing import Any

from PyQt6.QtCore import QObject, QPointF, Qt, QTimer
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication


class Mouse(QObject):
    """Moves in loops over ``view`` 60 times a second."""

    def __init__(self, view: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._target = view.viewport()
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self._move)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _move(self) -> None:
        self._turn += 1
        width, height = self._target.width(), self._target.height()
        x = width * (0.5 + 0.45 * math.sin(self._turn * 0.031))
        y = height * (0.5 + 0.45 * math.sin(self._turn * 0.047))
        _send(self._target, QMouseEvent.Type.MouseMove, QPointF(x, y), "NoButton", "NoButton")


def click(canvas: Any, y: float, x: float) -> None:
    """One click of the left button on a point of a Canvas, in cells of its mosaic."""
    view = canvas.viewport()
    place = QPointF(canvas.mapFromScene(canvas.box.mapViewToScene(QPointF(x, y))))
    _send(view, QMouseEvent.Type.MouseButtonPress, place, "LeftButton", "LeftButton")
    _send(view, QMouseEvent.Type.MouseButtonRelease, place, "LeftButton", "NoButton")


def _send(view: Any, kind: QMouseEvent.Type, place: QPointF, button: str, held: str) -> None:
    buttons = Qt.MouseButton
    event = QMouseEvent(
        kind, place, QPointF(view.mapToGlobal(place)), buttons[button], buttons[held],
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
