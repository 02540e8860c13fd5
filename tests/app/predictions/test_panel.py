"""Answers that are no numbers, in the panel of the predictions."""

from pytestqt.qtbot import QtBot

from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.core.messages import NetworkInfo
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
