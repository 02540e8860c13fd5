"""The line over the cards of the unit."""

from pytestqt.qtbot import QtBot

from dnnvis.app.unit.heading import UnitHeading
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (4, 8, 8)), LayerInfo("output", "result", (2, 1, 1))),
    ("tench, Tinca tinca", "cat"),
    (8, 8),
    3,
)


def test_the_layer_is_named_where_another_one_is_on_show(qtbot: QtBot) -> None:
    heading = UnitHeading()
    qtbot.addWidget(heading)
    heading.show_unit(Unit("conv1", 3), INFO, "conv1")
    assert heading.title.text() == "Unit 3"
    heading.show_unit(Unit("conv1", 3), INFO, "output")
    assert heading.title.text() == "Unit 3 of conv1"
    heading.show_unit(Unit("output", 0), INFO, "conv1")
    assert heading.title.text() == "tench of output"
    heading.show_unit(None, INFO, "conv1")
    assert heading.title.text() == "No unit yet"
