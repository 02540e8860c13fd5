"""The line at the foot of the window."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from dnnvis.app.saving.toast import Toast


@pytest.mark.parametrize("path", [None, Path("clip.mp4")])
def test_a_line_that_has_room_is_shown_in_full(qtbot: QtBot, path: Path | None) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    toast = Toast(window)
    text = "Filming clip.mp4; the same entry ends it"
    toast.show_text(text, path)
    layout = toast.layout()
    assert layout is not None
    layout.activate()
    assert toast.label.width() >= toast.label.fontMetrics().horizontalAdvance(text)
    assert toast.geometry().right() < window.width()
