"""What a survey of a window counts."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.window_survey import survey_window
from dnnvis.bench.window.run import measure_enlarging
from dnnvis.core.unit import Unit
from helpers.application_window import Stage, toy


def test_a_window_in_explore_gives_its_room_to_pictures(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    stage.runs()
    stage.session.select(Unit("1", 2))
    window = stage.window
    window.resize(1280, 800)
    stage.until(lambda: all(lens.received is not None for lens in window.lenses.values()))
    stage.until(lambda: window.synthesis.result is not None)
    stage.until(lambda: survey_window(window).evidence > 0.2)
    for card in window.page.cards.values():
        card.leaveEvent(None)  # wherever the mouse is
    survey = survey_window(window)
    assert survey.size == (1280, 800)
    assert survey.evidence + survey.mosaic < survey.pictures < 1
    assert survey.sides["lens1"] >= 200
    boxes = dict(window.page.plan.boxes)
    durations = measure_enlarging(window)
    assert durations.keys() == boxes.keys()
    assert min(durations.values()) > 0
    assert window.page.enlarged == ""
    assert window.page.plan.boxes == boxes
    assert len(survey.controls) <= 15, list(survey.controls)
    assert survey.cut_off == ()


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    layout = QHBoxLayout(widget)
    label = ElidedLabel(widget)
    label.setText("a text that is longer than it may be")
    label.setFixedWidth(40)
    combo = QComboBox(widget)
    for part in (label, QLabel("whole", widget), QPushButton("press", widget), combo):
        layout.addWidget(part)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_a_text_that_does_not_fit_is_named_and_controls_are_counted(row: QWidget) -> None:
    survey = survey_window(row)
    assert survey.cut_off == ("a text that is longer than it may be",)
    assert len(survey.controls) == 2
    assert (survey.pictures, survey.sides) == (0.0, {})
