"""The choice of a query below the mosaic of attention heads."""

from dataclasses import replace

import numpy as np
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.core.messages import ATTENTION_HEADS, LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import plan_for
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.live_frames import make_live

ROW = "block.attn.heads"


def network() -> NetworkInfo:
    rows = (
        LayerInfo("block.conv", "Conv2d", (6, 8, 8)),
        LayerInfo(ROW, ATTENTION_HEADS, (3, 4, 4), part_of="block.attn"),
    )
    return NetworkInfo("toy", rows, (), (8, 8), 3)


def frame(caption: str) -> Live:
    maps = {"block.conv": np.ones((6, 8, 8), np.float32), ROW: np.ones((3, 4, 4), np.float32)}
    return replace(make_live(), maps=maps, captions={"block.conv": "", ROW: caption})


def panel_on(qtbot: QtBot, layer: str) -> MosaicPanel:
    session = Session(State(layer=layer))
    panel = MosaicPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(700, 500)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(network())
    panel.on_message("live", frame("attention from the class token"))
    QApplication.processEvents()
    return panel


def test_it_is_there_for_heads_only(qtbot: QtBot) -> None:
    panel = panel_on(qtbot, "block.conv")
    assert not panel.query.isVisible()
    panel.session.update(layer=ROW)
    assert panel.query.isVisible()
    panel.session.update(layer="block.conv")
    assert not panel.query.isVisible()
    panel.show_info(None)
    assert not panel.query.isVisible()


def test_the_caption_says_whose_attention_is_on_show(qtbot: QtBot) -> None:
    panel = panel_on(qtbot, ROW)
    assert panel.notes.text().startswith("attention from the class token")
    panel.session.update(layer="block.conv")
    assert "attention" not in panel.notes.text()


def test_a_choice_changes_what_is_computed(qtbot: QtBot) -> None:
    panel = panel_on(qtbot, ROW)
    combo = panel.query.combo
    for row in range(combo.count()):
        combo.setCurrentIndex(row)
        assert panel.session.state.query == combo.itemData(row)
    panel.session.update(query="mean")
    assert combo.currentData() == "mean"
    assert plan_for(panel.session.state, network()).query == "mean"


def test_the_selected_position_is_the_query_where_there_is_one() -> None:
    state = State(layer=ROW, query="position")
    assert plan_for(state, network()).query == ""
    assert plan_for(replace(state, unit=Unit(ROW, 1)), network()).query == ""
    assert plan_for(replace(state, unit=Unit(ROW, 1, (0, 0))), network()).query == (0, 0)
    other = Unit("block.conv", 1, (7, 7))  # of another layer: its map is none of the queries
    assert plan_for(replace(state, unit=other), network()).query == ""
    assert plan_for(State(layer=ROW), network()).query == ""
