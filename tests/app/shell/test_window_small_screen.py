"""The window on a screen of 1280 x 800 pixels: nothing of it lies beyond the edge."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.core.unit import Unit
from helpers.application_window import Stage, toy


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Any:
    return Stage(qtbot, tmp_path, toy(tmp_path))


def test_the_whole_window_fits_on_a_small_screen(stage: Stage) -> None:
    window = stage.window
    stage.runs()
    stage.session.select(Unit(stage.state.layer, 1))
    wish = replace(stage.state.synthesis, seeds=9)
    stage.session.update(synthesis=wish)
    window.synthesis.settings_button.setChecked(True)
    stage.until(lambda: window.unit.title.text().endswith("[1]"))
    window.resize(1280, 760)
    stage.until(lambda: window.height() == 760)
    least = window.minimumSizeHint()
    assert least.width() <= 1280, least
    assert least.height() <= 740, least
    assert (window.width(), window.height()) == (1280, 760)
    form = window.synthesis
    stage.until(lambda: form.height() >= form.layout().totalMinimumSize().height())
    for widget in (form.main, form.keep, form.steps, window.status):
        corner = widget.mapTo(window, widget.rect().bottomRight())
        assert widget.isVisible()
        assert window.rect().contains(corner)


def test_what_is_spare_goes_from_the_end_and_comes_back(qtbot: QtBot) -> None:
    panel, kept, first, last = QWidget(), QWidget(), QWidget(), QWidget()
    qtbot.addWidget(panel)
    column = QVBoxLayout(panel)
    column.setContentsMargins(5, 5, 5, 5)
    column.setSpacing(4)
    for widget, height in ((kept, 50), (first, 20), (last, 10)):
        widget.setFixedHeight(height)
        column.addWidget(widget)
    CollapseToFit(panel, column, first, last)
    assert panel.minimumHeight() == 5 + 50 + 5
    panel.show()
    for height, shown in (
        (98, (True, True)),
        (97, (True, False)),
        (84, (True, False)),
        (83, (False, False)),
        (98, (True, True)),
    ):
        panel.resize(200, height)
        qtbot.waitUntil(lambda h=height: panel.height() == h, timeout=2000)
        assert (first.isVisible(), last.isVisible()) == shown, height
