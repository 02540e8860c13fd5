"""A click into the picture asks which unit is strongest there."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.input.panel import InputPanel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State


def click_at(qtbot: QtBot, panel: InputPanel, y: int, x: int) -> None:
    """Click into the middle of a pixel of the picture."""
    rect = panel.view.image_rect()
    scale = rect.width() / 8
    point = QPoint(round(rect.x() + (x + 0.5) * scale), round(rect.y() + (y + 0.5) * scale))
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=point)


def test_a_click_selects_the_strongest_unit_of_the_layer_there(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = InputPanel(Session(State(layer="block.conv")))
    qtbot.addWidget(panel)
    panel.resize(300, 340)
    panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    maps: Any = live.maps["block.conv"]  # (6, 8, 8), of stride 1 and offset 0
    click_at(qtbot, panel, 5, 2)
    strongest = int(np.argmax(maps[:, 5, 2]))
    assert panel.session.state.unit == Unit("block.conv", strongest)
    assert "strongest there" in panel.view.toolTip()
    panel.session.update(unit=None, source=SourceChoice("life"))
    panel.show_state(panel.session.state)
    click_at(qtbot, panel, 5, 2)
    assert panel.session.state.unit is None  # the mouse paints there
