"""What a unit fires on, as people ask: scanned pictures, the last minutes, statistics."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt

from dnnvis.app.examples.preview import ExampleDialog
from dnnvis.core.unit import Unit
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import library_path
from dnnvis.session.state import SourceChoice
from dnnvis.sources.pictures import read_picture
from dnnvis.zoo.catalog import open_network
from helpers.application_window import Stage, pictures, toy


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def scanned(stage: Stage, folder: Path) -> Any:
    """The network, once it has looked through the folder."""
    net = open_network(**vars(stage.state.network))
    scan(net, folder, library_path(net.fingerprint), workers=1)
    return net


def click_unit(stage: Stage, channel: int) -> None:
    canvas, grid = stage.window.mosaic.canvas, stage.window.mosaic.grid
    x, y, width, height = grid.box(channel, None)
    scene = canvas.view_box.mapViewToScene(QPointF(x + width / 2, y + height / 2))
    stage.bot.mouseClick(
        canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.mapFromScene(scene)
    )


def items(stage: Stage, unit: str) -> Any:
    found = stage.window.examples.examples
    return found.items if found is not None and found.unit == unit else ()


def test_from_a_scanned_folder_to_a_picture_that_becomes_the_source(
    stage: Stage, tmp_path: Path
) -> None:
    net = scanned(stage, pictures(tmp_path, 5))
    click_unit(stage, 4)
    stage.until(lambda: len(items(stage, "1[4]")) == 5)
    panel = stage.window.examples
    best = {
        file: net.record(read_picture(file), ["1"])["1"][0, 4].max()
        for file in sorted((tmp_path / "pictures").iterdir())
    }
    order = sorted(best, key=lambda file: -best[file])
    assert [Path(item.where) for item in panel.examples.items] == order
    assert len(panel.view.tiles) == 5
    assert panel.view.tiles[0].pixels.shape == (3, 3, 3)
    crop = panel.view.tiles[0].pixels.copy()
    for _ in range(3):  # whole, deconvnet, guided
        stage.bot.keyClick(stage.window, Qt.Key.Key_X, modifier=Qt.KeyboardModifier.AltModifier)
    assert stage.state.examples.shown_as == "guided"
    stage.until(lambda: all("guided" in item.backs for item in panel.examples.items))
    assert panel.view.tiles[0].pixels.shape == (3, 3, 3)
    assert (panel.view.tiles[0].pixels != crop).any()
    point = panel.view.image_rect(1).center().toPoint()
    stage.bot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=point)
    dialog = stage.window.findChild(ExampleDialog)
    stage.bot.mouseClick(dialog.run, Qt.MouseButton.LeftButton)
    stage.until(lambda: stage.state.source.path == str(order[1]))
    assert stage.state.source.kind == "pictures"
    stage.until(lambda: stage.window.mosaic.live.frame.source == order[1].name)
    dialog.close()


def test_the_last_minutes_of_the_running_source_are_looked_through(
    qtbot: Any, tmp_path: Path
) -> None:
    folder = pictures(tmp_path, 4)
    made = Stage(qtbot, tmp_path, toy(tmp_path), SourceChoice("pictures", str(folder)))
    made.runs()
    made.session.select(Unit("1", 2))
    panel = made.window.examples
    made.until(lambda: "No pictures were looked through" in panel.view.message)
    modifiers = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
    made.bot.keyClick(made.window, Qt.Key.Key_X, modifier=modifiers)
    assert made.state.examples.where == "memory"
    assert made.state.examples.minutes > 0

    def from_memory() -> bool:
        panel.refresh()
        return bool(items(made, "1[2]")) and "frames of the last" in panel.examples.caption

    made.until(from_memory)
    item = panel.examples.items[0]
    assert (folder / item.where.split(", number")[0]).is_file()
    net = open_network(**vars(made.state.network))  # the window's own belongs to its thread
    value = net.record(item.whole, ["1"])["1"][0, 2]
    assert item.value == pytest.approx(value.max(), rel=1e-4)
    assert item.position == np.unravel_index(value.argmax(), value.shape)
    assert "frames of the last" in panel.caption.text()


def test_statistics_are_read_once_they_are_seen_and_lead_to_other_units(
    stage: Stage, tmp_path: Path
) -> None:
    net = scanned(stage, pictures(tmp_path, 5))
    click_unit(stage, 1)
    stage.until(lambda: items(stage, "1[1]"))
    panel = stage.window.statistics
    assert panel.statistics is None
    assert not stage.state.statistics.on_top
    stage.window.docks["Statistics"].raise_()
    stage.until(lambda: panel.statistics is not None and panel.statistics.progress == 1)
    assert stage.state.statistics.on_top
    maps = [
        net.record(read_picture(f), ["1"])["1"][0, 1] for f in (tmp_path / "pictures").iterdir()
    ]
    assert panel.statistics.mean == pytest.approx(np.mean(maps), rel=1e-4)
    assert panel.matrix.pixels.shape == (6, 6, 3)
    channel = (
        panel.statistics.correlated[0][0]
        if panel.statistics.correlated
        else panel.statistics.anticorrelated[0][0]
    )
    row = panel.correlated if panel.statistics.correlated else panel.anticorrelated
    stage.bot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.chip_boxes()[0].center().toPoint())
    assert stage.state.unit == Unit("1", channel)
    stage.until(lambda: panel.statistics.unit == f"1[{channel}]" and panel.statistics.progress == 1)
    stage.window.docks["Examples"].raise_()
    stage.until(lambda: not stage.state.statistics.on_top)
    assert stage.state.statistics.shown
    assert stage.state.examples.shown


def test_closed_panels_ask_for_nothing_and_come_back(stage: Stage) -> None:
    for name in ("Examples", "Statistics"):
        stage.window.docks[name].close()
    stage.until(lambda: not (stage.state.examples.shown or stage.state.statistics.shown))
    click_unit(stage, 1)
    assert not {"examples", "statistics"} & set(stage.window.backend.engine.plan.requests)
    stage.window.docks["Examples"].show()
    stage.until(lambda: stage.state.examples.shown)
    assert "examples" in stage.window.backend.engine.plan.requests


@pytest.mark.slow
def test_a_folder_is_scanned_from_the_panel_while_the_view_goes_on(
    stage: Stage, tmp_path: Path
) -> None:
    folder = pictures(tmp_path, 5)
    click_unit(stage, 3)
    panel = stage.window.examples
    stage.until(lambda: "No pictures were looked through" in panel.view.message)
    before = len(stage.problems())
    panel.scan_folder(str(folder))
    seen = stage.window.mosaic.live.frame.number
    stage.until(lambda: len(items(stage, "1[3]")) == 5, 90)
    assert stage.window.mosaic.live.frame.number > seen
    assert panel.scan.isEnabled()
    assert len(stage.problems()) == before
