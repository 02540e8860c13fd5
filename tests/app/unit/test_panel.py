from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.unit.panel import UnitPanel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State


def test_of_the_units_that_the_mouse_passes_the_last_one_is_shown(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = UnitPanel(Session(State(layer="block.conv", unit=Unit("block.conv", 0))))
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    QApplication.processEvents()
    drawn: list[Unit | None] = []
    show_title = panel._show_title

    def note(unit: Unit | None) -> None:
        drawn.append(unit)
        show_title(unit)

    panel._show_title = note
    last = Unit("block.conv", 4)
    for channel in (1, 2, 3, 4):
        panel.preview(Unit("block.conv", channel))
    qtbot.waitUntil(lambda: bool(drawn) and drawn[-1] == last)
    assert len(drawn) <= 2
    assert panel.title.text() == panel.label(str(last))
    panel.preview(None)
    qtbot.waitUntil(lambda: panel.title.text() == panel.label("block.conv[0]"))
