"""Fly over the atlas of a network, zoom, click, and see what the activations of a cell saw."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from pytestqt.qtbot import QtBot

import dnnvis
from dnnvis.core.atlas_view import AtlasCellExamples
from dnnvis.session import map_state
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, toy
from helpers.atlas_networks import write_color_folder

EACH = 30


def turn_wheel(canvas: object, at: QPointF, angle: int) -> None:
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    keys = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, angle), none, keys, phase, False
    )
    canvas.wheelEvent(event)


def test_fly_over_the_atlas_and_click(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    folder, choice = write_color_folder(tmp_path / "colors", 2 * EACH), toy(tmp_path)
    net = dnnvis.open(
        str(choice.net), trust_code=True, size=choice.size, labels=list(choice.labels)
    )
    atlas = dnnvis.atlas(net, folder, "1", layout="pca", grid=(3, 6), per_picture=4, steps=2)
    stage = Stage(qtbot, tmp_path, choice, SourceChoice("pictures", str(folder)))
    stage.runs()
    stage.window.run_action("map")
    stage.session.update(map=replace(stage.state.map, tab="atlas"))
    tab = stage.window.map.side.tabs["atlas"]
    stage.until(lambda: tab.isVisible() and tab.view is not None)
    canvas = tab.canvas
    assert canvas.level.grid == 3

    # fly over it: the line says what each cell speaks for
    coarse = atlas.level(3)
    for number, (row, column) in enumerate(coarse.cells.tolist()):
        qtbot.mouseMove(canvas, canvas.cell_rect(3, row, column).center().toPoint())
        best = coarse.attribution[number].argmax()
        assert f"activations: {atlas.classes[best]} " in tab.description.text()

    # come closer to one cell, and click it
    fine = atlas.level(6)
    number = int(np.flatnonzero(fine.examples[:, 0, 0] >= 0)[0])
    row, column = fine.cells[number].tolist()
    turn_wheel(canvas, canvas.cell_rect(6, row, column).center(), 320)
    assert canvas.level.grid == 6
    at = canvas.cell_rect(6, row, column).center().toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    assert stage.state.map.atlas_cell == (6, row, column)

    # what its activations saw, of the color of the pictures that they are from
    stage.until(lambda: tab.examples.tiles)
    value = tab.tab_data.values[map_state.ATLAS_CELL]
    assert isinstance(value, AtlasCellExamples)
    pictures = [n for n in fine.examples[number, :, 0].tolist() if n >= 0]
    assert value.index.tolist() == pictures
    assert len(tab.examples.tiles) == len(pictures) > 0
    for picture, tile in zip(pictures, tab.examples.tiles, strict=True):
        red, _, blue = tile.pixels.reshape(-1, 3).mean(0)
        assert (blue > red) == (picture < EACH)  # blue's folder comes first
    assert not [words for words in stage.problems() if "Traceback" in words]
    stage.window.close()
