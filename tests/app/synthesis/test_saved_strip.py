"""The strip of saved pictures: what a click shows, and what a drag carries out of the window."""

import json
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from dnnvis.app.synthesis.saved_strip import SavedStrip
from dnnvis.app.widgets.image_files import RECIPE
from dnnvis.core.lens_results import Patterns, StoredPicture
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State

LAYER = "block.conv"


@pytest.fixture
def strip(qtbot: QtBot, info: NetworkInfo) -> SavedStrip:
    made = SavedStrip(Session(State(layer=LAYER, unit=Unit(LAYER, 1))))
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(600, 60)
    made.show()
    made.show_info(info)
    thumbs = {k: np.full((96, 96, 3), 10 * k, np.uint8) for k in range(3)}
    made.on_message("patterns", Patterns(LAYER, "toy", thumbs))
    return made


def stored(value: int) -> StoredPicture:
    return StoredPicture(np.full((20, 20, 3), value, np.uint8), "fine", {"seed": value})


def test_the_units_own_come_first_and_a_click_shows_one(strip: SavedStrip, qtbot: QtBot) -> None:
    assert [tile.text for tile in strip.view.tiles] == ["1", "0", "2"]  # until its own are read
    own = Patterns(LAYER, "toy", {}, "", f"{LAYER}[1]", (stored(7), stored(8)))
    strip.on_message("own pictures", own)
    assert [tile.text for tile in strip.view.tiles] == ["1 Fine", "1 Fine", "0", "2"]
    at = strip.view.image_rect(1).center().toPoint()
    qtbot.mouseClick(strip.view, Qt.MouseButton.LeftButton, pos=at)
    assert strip.session.state.synthesis.saved == 1
    assert strip.view.chosen == 1
    strip.view.clicked.emit(3)
    assert strip.session.state.unit == Unit(LAYER, 2)
    assert strip.session.state.synthesis.saved == 0
    assert [tile.text for tile in strip.view.tiles] == ["2", "0", "1"]  # the own are another's


def test_a_drag_carries_the_picture_with_its_recipe(strip: SavedStrip, qtbot: QtBot) -> None:
    own = Patterns(LAYER, "toy", {}, "", f"{LAYER}[1]", (stored(7),))
    strip.on_message("own pictures", own)
    dragged: list[int] = []
    strip.view.dragged.disconnect()
    strip.view.dragged.connect(dragged.append)
    at = strip.view.image_rect(0).center().toPoint()
    qtbot.mousePress(strip.view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(strip.view, at + QPoint(0, 25))
    qtbot.mouseRelease(strip.view, Qt.MouseButton.LeftButton, pos=at)
    assert dragged == [0]
    assert strip.session.state.synthesis.saved == -1
    data = strip.drag_data(0)
    assert data is not None
    path = Path(data.urls()[0].toLocalFile())
    image = QImage(str(path))
    assert json.loads(image.text(RECIPE)) == {"seed": 7}
    assert image.pixelColor(3, 3).getRgb()[:3] == (7, 7, 7)
    assert strip.drag_data(9) is None
