"""A hand that never rests: mouse moves over a widget, as Qt delivers them."""

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
        place = QPointF(x, y)
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, place, QPointF(self._target.mapToGlobal(place)),
            Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self._target, event)
