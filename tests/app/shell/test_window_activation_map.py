"""A user's story: a map is fitted from the window, the cross moves, an attack is drawn on it, a
lasso chooses what the other panels look at."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from dnnvis.core.activation_map import Attacks, FramePosition
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, toy

CLASSES = ("cat", "dog", "ship", "truck")
EACH = 30


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Four classes of pictures: each has its own corner lit, more or less."""
    place = tmp_path / "examples"
    dice = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (place / name).mkdir(parents=True)
        for k in range(EACH):
            pixels = dice.integers(0, 60, (16, 16, 3), dtype=np.uint8)
            y, x = 8 * (number // 2), 8 * (number % 2)
            pixels[y : y + 8, x : x + 8] += np.uint8(dice.integers(90, 190))
            assert cv2.imwrite(str(place / name / f"{k:02}.png"), pixels)
    return place


@pytest.fixture
def stage(
    qtbot: QtBot, tmp_path: Path, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path), SourceChoice("pictures", str(examples)))
    made.runs()
    yield made
    made.window.close()


def test_fit_follow_attack_and_lasso(qtbot: QtBot, stage: Stage, examples: Path) -> None:
    window, panel = stage.window, stage.window.map
    window.run_action("map")
    stage.until(lambda: "There is no map" in panel.message.text())

    # fit a map on these pictures
    panel.fit_requested.emit()
    form = window.map_form
    stage.until(form.isVisible)
    form.data.setText(str(examples))
    form.layers.setText("1, 4")
    form.steps.setValue(80)
    qtbot.mouseClick(form.fit, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.state.map.fitted > 0, 90)
    stage.until(lambda: panel.map_data is not None and len(panel.map_data.z) == 4 * EACH)
    cloud = panel.map_data
    assert cloud is not None
    assert set(cloud.classes) == set(CLASSES)
    form.hide()

    # the cross is where the present frame is, and moves with it
    canvas = panel.canvas
    stage.until(
        lambda: (
            isinstance(canvas.frame_position, FramePosition) and len(canvas.frame_position.z) == 1
        )
    )
    first = canvas.frame_position
    for _ in range(EACH):  # to the next class
        window.backend.feeder.next()
    stage.until(lambda: canvas.frame_position.frame > first.frame)
    stage.until(lambda: np.abs(canvas.frame_position.z - first.z).max() > 0.1)

    # an attack on it is drawn
    stage.session.update(map=replace(stage.state.map, tab="attack"))
    button = next(b for b in panel.findChildren(QPushButton) if b.text() == "Attack this frame")
    stage.until(button.isVisible)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    side = panel.side
    stage.until(lambda: isinstance(side.attacks, Attacks) and side.attacks.progress == 1)
    assert {path.target for path in side.attacks.paths} <= set(range(4))
    assert all(len(path.z) == stage.state.map.steps + 1 for path in side.attacks.paths)

    # a lasso around everything in the left half picks just these
    stage.until(lambda: canvas.row_at(canvas.point_of(cloud.z[0])) >= 0)
    middle = float(np.median(cloud.z[:, 0]))
    x, bottom = canvas.point_of((middle, 0.0)).toPoint().x(), canvas.height() - 2
    corners = [QPoint(1, 1), QPoint(x, 1), QPoint(x, bottom), QPoint(1, bottom)]
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, shift, corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(canvas, corner)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, shift, corners[-1])
    stage.until(lambda: stage.state.map.picked)
    inside = {row for row in range(len(cloud.z)) if canvas.point_of(cloud.z[row]).x() < x - 1}
    assert inside <= set(stage.state.map.picked)
    assert len(stage.state.map.picked) < len(cloud.z)

    # and every panel follows
    source = stage.state.source
    assert source.kind == "examples"
    assert len(source.numbers) == len(stage.state.map.picked)
    names = {str(number) for number in cloud.shown[list(stage.state.map.picked)]}
    assert names == {str(number) for number in source.numbers}
    stage.until(lambda: window.input.live is not None and window.input.live.frame.label in CLASSES)
    many, heard = min(len(source.numbers), 60), side.tab_data
    stage.until(lambda: heard.picked is not None and len(heard.picked.thumbs) == many)
    assert not [words for words in stage.problems() if "Traceback" in words]
