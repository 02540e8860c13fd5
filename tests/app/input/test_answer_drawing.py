"""The network's answer over its input, in the Input panel."""

from dataclasses import replace

import numpy as np
from pytestqt.qtbot import QtBot

from dnnvis.app.input.panel import InputPanel
from dnnvis.core.messages import Detections, Live, NetworkInfo
from dnnvis.imaging.answers import blend_classes, color_classes
from dnnvis.session.session import Session
from helpers.live_frames import make_live


def panel_of(qtbot: QtBot, info: NetworkInfo, live: Live) -> InputPanel:
    panel = InputPanel(Session())
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    return panel


def test_classes_lie_over_the_picture_with_a_legend_of_those_that_are_there(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    classes = np.array([[2, 2, 2, 0], [2, 2, 12, 0]])
    live = replace(make_live(), classes=classes)
    info = replace(info, labels=("a cat", "a dog", "<b>"))
    panel = panel_of(qtbot, info, live)
    assert np.array_equal(panel.view.pixels, blend_classes(live.pixels, classes, 13))
    text = panel.legend.text()
    positions = [text.index(name) for name in ("&lt;b&gt;", "a cat", "class 12")]
    assert positions == sorted(positions)
    assert "a dog" not in text
    assert f"#{bytes(color_classes(13)[12]).hex()}" in text
    assert panel.legend.isVisible()
    panel.on_message("live", make_live())
    assert not panel.legend.isVisible()
    assert np.array_equal(panel.view.pixels, live.pixels)


def test_a_legend_names_the_most_frequent_classes_and_counts_the_others(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    classes = np.repeat(np.arange(12), np.arange(12))[None]
    panel = panel_of(qtbot, replace(info, labels=()), replace(make_live(), classes=classes))
    text = panel.legend.text()
    names = [k for k in range(12) if f"class {k} " in text]
    assert names == list(range(4, 12))
    assert text.endswith("and 3 more")


def test_boxes_of_a_great_enough_score_are_drawn(qtbot: QtBot, info: NetworkInfo) -> None:
    boxes = np.array([[1, 1, 7, 7], [0, 0, 8, 8]], np.float32)
    for scores, drawn in (((0.4, 0.3), False), ((0.4, 0.6), True)):
        found = Detections(boxes, np.array([0, 1]), np.array(scores, np.float32))
        live = replace(make_live(), detections=found)
        panel = panel_of(qtbot, info, live)
        assert panel.view.pixels is not None
        assert bool((panel.view.pixels != live.pixels).any()) is drawn
        if drawn:
            assert (panel.view.pixels[7] == color_classes(2)[1]).all(1).any()
        assert not panel.legend.isVisible()
