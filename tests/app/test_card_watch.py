"""When a card counts as showing a picture."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.card_watch import CardWatch, count_colors, report_frames, shows_picture
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.core.unit import Unit
from helpers.application_window import Stage, toy


def test_colors_are_counted_whatever_their_order() -> None:
    pixels = np.zeros((2, 3, 4), np.uint8)
    assert count_colors(pixels) == 1
    pixels[0, 1], pixels[1, 2] = (1, 0, 0, 0), (0, 0, 1, 0)
    assert count_colors(pixels) == 3
    assert count_colors(pixels[:, ::2]) == 2


@pytest.mark.parametrize("shows", [True, False])
def test_a_picture_of_one_color_or_a_sentence_is_none(qtbot: QtBot, shows: bool) -> None:
    card = QWidget()
    qtbot.addWidget(card)
    view = ImageView("a picture", card)
    view.resize(120, 120)
    view.show_message("Nothing is here yet.")
    card.resize(140, 140)
    card.show()
    qtbot.waitExposed(card)
    assert not shows_picture(card)
    ramp = np.arange(64 * 3, dtype=np.uint8).reshape(8, 8, 3)
    view.show_pixels(ramp if shows else np.full((8, 8, 3), 90, np.uint8))
    view.repaint()
    assert shows_picture(card) == shows
    view.hide()
    assert not shows_picture(card)


def test_each_card_with_a_picture_is_reported_once(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    stage.runs()
    stage.session.select(Unit("1", 2))
    stage.window.resize(1600, 1000)
    reports: list[str] = []
    watch = CardWatch(stage.window, reports.append)
    report_frames(stage.window, (3, 4), reports.append)
    cards = {"unit", "lens1", "lens2", "lens3", "synthesis"}
    stage.until(lambda: {*cards, "frame 4"} <= set(reports))
    assert watch.parent() is stage.window
    assert Counter(reports) == dict.fromkeys((*cards, "frame 3", "frame 4"), 1)
