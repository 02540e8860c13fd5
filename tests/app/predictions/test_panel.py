"""Answers that are no numbers, in the panel of the predictions."""

from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.core.lens_results import Ranking
from dnnvis.core.messages import LayerInfo, NetworkInfo, OutputKind, OutputMeaning
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from helpers.live_frames import make_live

NAN = float("nan")


def panel_of(qtbot: QtBot, info: NetworkInfo, *output: float) -> PredictionsPanel:
    panel = PredictionsPanel(Session())
    qtbot.addWidget(panel)
    panel.resize(300, 300)
    panel.show()
    panel.show_info(info)
    panel.on_message("live", make_live(1, output))
    qtbot.waitUntil(lambda: bool(panel.bars.rows))
    return panel


def test_a_class_that_is_nan_is_said_and_not_shown_as_a_number(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    panel = panel_of(qtbot, info, NAN, 5.0, 0.0)
    assert panel.message.text().startswith(
        "The network answered NaN (not a number) for 1 of 3 classes · softmax of logits"
    )
    assert [row.text for row in panel.bars.rows] == ["NaN", "0.993", "0.007"]
    assert panel.bars.accessibleDescription() == "dog 0.993"
    assert not panel.grab().isNull()


def test_a_network_that_answers_nan_alone_has_no_best_class(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    panel = panel_of(qtbot, info, NAN, NAN, NAN)
    assert panel.message.text() == (
        "The network answered NaN (not a number) for 3 of 3 classes · true label: dog"
    )
    assert [row.text for row in panel.bars.rows] == ["NaN"] * 3
    assert panel.bars.accessibleDescription() == ""
    assert not panel.grab().isNull()


def of_kind(info: NetworkInfo, kind: OutputKind, *shape: int) -> NetworkInfo:
    row = LayerInfo("output", "result", (shape[0], shape[1], shape[2]))
    return replace(info, layers=(*info.layers, row), meaning=OutputMeaning(kind, "so"))


def test_logits_get_a_softmax_and_other_scores_stay(qtbot: QtBot, info: NetworkInfo) -> None:
    cases: tuple[tuple[OutputKind, list[str]], ...] = (
        ("logits", ["0.289", "0.432", "0.279"]),
        ("probabilities", ["0.500", "0.900", "0.463"]),
        ("sigmoids", ["0.500", "0.900", "0.463"]),
    )
    for kind, texts in cases:
        panel = panel_of(qtbot, of_kind(info, kind, 3, 1, 1), 0.5, 0.9, 0.463)
        assert [row.text for row in panel.bars.rows] == texts
        assert ": so" in panel.message.text()


def test_another_meaning_can_be_chosen_and_the_list_says_what_was_decided(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    panel = panel_of(qtbot, of_kind(info, "logits", 3, 1, 1), 0.5, 0.9, 0.463)
    panel.session.listen(panel.show_state)
    combo = panel.meaning.combo
    assert combo.currentText() == "auto: logits"
    combo.setCurrentIndex(combo.findData("sigmoids"))
    assert panel.session.state.meaning == "sigmoids"
    assert [row.text for row in panel.bars.rows] == ["0.500", "0.900", "0.463"]
    assert "by itself: you chose so" in panel.message.text()
    combo.setCurrentIndex(combo.findData("embedding"))
    assert panel.bars.rows == ()
    assert "an embedding of 3 numbers" in panel.message.text()
    combo.setCurrentIndex(0)
    assert panel.session.state == Session().state
    assert panel.bars.rows[1].text == "0.432"


def test_classes_of_a_map_have_their_share_of_the_picture(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = panel_of(qtbot, of_kind(info, "logits", 3, 1, 1), 0.5, 0.9, 0.463)
    panel.show_info(of_kind(info, "segmentation", 3, 2, 4))
    classes = np.array([[2, 2, 0, 2], [2, 2, 0, 2]])
    live = replace(make_live(1, (NAN,) * 24), classes=classes)
    panel.on_message("live", live)
    qtbot.waitUntil(lambda: len(panel.bars.rows) == 2)
    assert [(row.name, row.text, row.is_best) for row in panel.bars.rows] == [
        ("ship", "0.750", True),
        ("cat", "0.250", False),
    ]
    assert panel.message.text().startswith("share of the picture")


def many_classes() -> NetworkInfo:
    rows = (
        LayerInfo("f", "Fire", (8, 2, 2), title="fire9"),
        LayerInfo("output", "result", (200, 1, 1)),
    )
    labels = tuple(
        "lion" if k == 150 else f"sea lion {k}" if k > 190 else f"c{k}" for k in range(200)
    )
    meaning = OutputMeaning("logits", "so")
    return NetworkInfo("n", rows, labels, (8, 8), 3, meaning=meaning, penultimate="f")


def test_every_class_can_be_found_by_typing_and_selected_with_enter(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, many_classes(), *np.linspace(0, 1, 200))
    assert "lion" not in [row.name for row in panel.bars.rows]  # 200 do not fit
    qtbot.keyClicks(panel.query, "lion")
    names = [row.name for row in panel.bars.rows]
    assert names[:3] == ["lion", "sea lion 199", "sea lion 198"]
    qtbot.keyClick(panel.query, Qt.Key.Key_Return)
    assert panel.session.state.unit == Unit("output", 150)
    panel.query.clear()
    assert panel.bars.rows[0].channel == 199


def test_few_classes_need_no_search(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = panel_of(qtbot, info, 1.0, 5.0, 0.0)
    assert not panel.query.isVisible()


def test_the_class_under_the_mouse_is_explained_and_its_units_can_be_clicked(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, many_classes(), *np.linspace(0, 1, 200))
    panel.session.listen(panel.show_state)
    qtbot.mouseMove(panel.bars, QPoint(20, 5))
    qtbot.waitUntil(lambda: panel.session.state.explained_class == 199)
    values = np.array([3.34, 1.5, -2], np.float32)
    panel.on_message("attribution", Ranking(("f[5]", "f[2]", "f[0]"), values, unit="output[199]"))
    qtbot.waitUntil(lambda: "fire9" in panel.reasons.text())
    assert 'because of fire9: <a href="f[5]">5</a>&nbsp;+3.34, <a href="f[2]">2</a>' in (
        panel.reasons.text()
    )
    assert ">0</a>" not in panel.reasons.text()  # it speaks against the class
    panel.reasons.linkActivated.emit("f[5]")
    assert panel.session.state.unit == Unit("f", 5)
    panel.bars.leaveEvent(None)
    qtbot.waitUntil(lambda: panel.session.state.explained_class == -1)
    assert panel.reasons.text().startswith("Point at a class")


def test_what_the_numbers_are_does_not_change_from_frame_to_frame(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    panel = panel_of(qtbot, of_kind(info, "sigmoids", 3, 1, 1), 0.5, 0.9, 0.463)
    sums_to_one = make_live(2, (0.2, 0.3, 0.5))
    first = panel.message.text()
    panel.on_message("live", sums_to_one)
    qtbot.waitUntil(lambda: [row.text for row in panel.bars.rows] == ["0.200", "0.300", "0.500"])
    assert panel.message.text().split(" · ")[0] == first.split(" · ")[0]
    assert "sigmoids, each from 0 to 1 by itself" in first


def test_classes_stay_in_their_rows_while_the_mouse_is_over_them(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    labels = tuple(f"class {k}" for k in range(40))
    panel = panel_of(qtbot, replace(info, labels=labels), *(float(k) for k in range(40)))
    channels = [row.channel for row in panel.bars.rows]
    assert channels == list(range(39, 39 - len(channels), -1))
    qtbot.mouseMove(panel.bars, QPoint(20, panel.bars.row_height // 2))
    panel.on_message("live", make_live(2, [float(-k) for k in range(40)]))
    qtbot.waitUntil(lambda: not any(row.is_best for row in panel.bars.rows))
    assert [row.channel for row in panel.bars.rows] == channels
    panel.query.setText("class 3")  # whoever searches wants what was searched for
    assert panel.bars.rows[0].channel == 3
    panel.query.setText("")
    panel.bars.leaveEvent(None)
    panel.on_message("live", make_live(3, [float(-k) for k in range(40)]))
    qtbot.waitUntil(lambda: panel.bars.rows[0].channel == 0)


def test_a_card_says_in_the_place_of_classes_that_there_are_none(
    qtbot: QtBot, info: NetworkInfo
) -> None:
    panel = panel_of(qtbot, info, 1.0, 5.0, 0.0)
    panel.set_compact(True)
    panel.show_info(of_kind(info, "map", 3, 9, 9))
    panel.on_message("live", make_live(2, (1.0, 5.0, 0.0)))
    qtbot.waitUntil(lambda: "The answer is a picture" in panel.bars.message)
    assert not panel.bars.rows
    panel.show_info(info)
    panel.on_message("live", make_live(3, (1.0, 5.0, 0.0)))
    qtbot.waitUntil(lambda: bool(panel.bars.rows))
    assert panel.bars.message == ""
