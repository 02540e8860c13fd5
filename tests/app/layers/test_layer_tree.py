"""The tree of layers: it follows every move, filters, and shows how strongly layers fire."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetricsF
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.layer_tree import _ACTIVE, LayerTreePanel, fit_name
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.application_window import Stage, toy


def big_network() -> NetworkInfo:
    rows = []
    for block in range(40):
        parts = [f"blocks.{block}.{part}" for part in ("conv1", "relu", "conv2")]
        rows += [LayerInfo(name, "Conv2d", (64, 7, 7)) for name in (*parts, f"blocks.{block}")]
    rows.append(LayerInfo("output", "result", (10, 1, 1)))
    return NetworkInfo("big", tuple(rows), (), (8, 8), 3)


@pytest.fixture
def panel(qtbot: QtBot) -> LayerTreePanel:
    session = Session(State(layer="blocks.0"))
    made = LayerTreePanel(session)
    qtbot.addWidget(made)
    session.listen(made.show_state)
    made.resize(220, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(big_network())
    return made


def test_every_layer_that_keys_reach_has_a_row(panel: LayerTreePanel) -> None:
    assert sorted(panel.names()) == sorted(row.name for row in big_network().layers)


def test_the_layer_on_show_is_visible_whichever_it_is(panel: LayerTreePanel) -> None:
    names = panel.names()
    random.Random(0).shuffle(names)
    for name in names:
        panel.session.update(layer=name)
        assert panel.is_current_visible(), name
    panel.resize(200, 150)
    assert panel.is_current_visible()
    panel.session.update(layer="gone")
    assert panel.tree.currentItem() is None


def test_blocks_unfolded_by_the_way_are_folded_again(panel: LayerTreePanel) -> None:
    for name in ("blocks.3.relu", "blocks.9.conv1"):
        panel.session.update(layer=name)
    third, ninth = (panel._items[f"blocks.{k}"] for k in (3, 9))
    assert (third.isExpanded(), ninth.isExpanded()) == (False, True)


def test_a_click_shows_the_layer(panel: LayerTreePanel) -> None:
    panel.session.update(layer="blocks.2.relu")
    rect = panel.tree.visualItemRect(panel._items["blocks.2.conv2"])
    QTest.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert panel.session.state.layer == "blocks.2.conv2"


def test_the_filter_leaves_what_holds_the_text_until_the_layer_changes(
    panel: LayerTreePanel,
) -> None:
    panel.filter.setText("7.conv")
    shown = [name for name, item in panel._items.items() if not item.isHidden()]
    assert {name for name in shown if "conv" in name} == {
        f"blocks.{k}.conv{n}" for k in (7, 17, 27, 37) for n in (1, 2)
    }
    panel.session.update(layer="blocks.7.conv1")
    assert panel.filter.text() == "7.conv"
    panel.session.update(layer="output")
    assert panel.filter.text() == ""
    assert panel.is_current_visible()


def test_bars_are_of_the_layers_that_were_measured(panel: LayerTreePanel) -> None:
    frame, empty = Frame(np.zeros((8, 8, 3), np.uint8)), np.zeros((8, 8, 3), np.uint8)
    activity = {"blocks.0": (0.25, 1.5)}
    live = Live(frame, "big", empty, {}, np.zeros(10, np.float32), 0.01, activity=activity)
    panel.on_message("live", live)
    item, other = panel._items["blocks.0"], panel._items["blocks.1"]
    assert (item.data(0, _ACTIVE), other.data(0, _ACTIVE)) == (0.25, None)
    assert "25 % of its values above 0, mean 1.5" in item.toolTip(0)
    panel.on_message("live", replace(live, activity={}))  # not measured: what is known stays
    assert item.data(0, _ACTIVE) == 0.25
    panel.show_info(big_network())
    assert panel._items["blocks.0"].data(0, _ACTIVE) is None


def test_twenty_random_moves_leave_the_current_layer_visible(qtbot: Any, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    window, rng = stage.window, random.Random(3)
    names = [row.name for row in window.backend.info.layers]

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        qtbot.keyClick(window, key, modifier)

    def go_to() -> None:
        press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(window.go_to.query, rng.choice(names))
        qtbot.keyClick(window.go_to.query, Qt.Key.Key_Return)

    moves = (
        lambda: press(Qt.Key.Key_O),
        lambda: press(Qt.Key.Key_U),
        lambda: press(Qt.Key.Key_Z),
        lambda: press(Qt.Key.Key_Right),
        lambda: press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier),
        lambda: window.resize(rng.randint(1000, 1500), rng.randint(700, 1000)),
        lambda: stage.session.select(Unit("output", rng.randrange(4))),
        lambda: stage.session.update(layer=rng.choice(names)),
        go_to,
    )
    for _ in range(20):
        rng.choice(moves)()
        if window.enlarged.panel is not None:
            window.enlarged.put_back()
        stage.until(window.layer_tree.is_current_visible, 2)


def test_letters_become_smaller_before_the_middle_of_a_name_is_left_out(qtbot: QtBot) -> None:
    font, name = QApplication.font(), "features_11_scale_activation"
    width = QFontMetricsF(font).horizontalAdvance(name)
    assert fit_name(font, name, width) == (font, name)
    smaller, whole = fit_name(font, name, 0.85 * width)
    assert whole == name
    assert smaller.pointSizeF() < font.pointSizeF()
    _, cut = fit_name(font, name, 0.5 * width)
    start, dots, end = cut.partition("…")
    assert dots
    assert name.startswith(start)
    assert name.endswith(end)
    assert len(end) >= 4
