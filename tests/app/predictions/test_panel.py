"""Answers that are no numbers, in the panel of the predictions."""

from dataclasses import replace

import numpy as np
from pytestqt.qtbot import QtBot

from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.core.messages import LayerInfo, NetworkInfo, OutputKind, OutputMeaning
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
