"""A checkpoint of a recurrent network is loaded, and its steps are walked through."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from dnnvis.app.shell import panel_export
from dnnvis.core.lens_results import RECIPE, Picture, Strip
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.card import write_card
from dnnvis.network.network import Network
from dnnvis.session.state import SourceChoice
from dnnvis.sources.life.rule import history
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.life import LifeNet, LifeSpec
from dnnvis.zoo.life_nets import life_card
from helpers.application_window import Stage, toy

BOARD = SourceChoice(kind="life", rows=12, columns=14, rate=30.0)


def checkpoint(folder: Path, **spec: Any) -> Path:
    """A file with the weights of an untrained life network, its card beside."""
    torch.manual_seed(0)
    made = LifeSpec(channels=6, **spec)
    file = folder / "mine.safetensors"
    save_file(LifeNet(made).state_dict(), file)
    write_card(life_card(made, "mine"), file.with_suffix(".json"))
    return file


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    choice = NetworkChoice(net=str(checkpoint(tmp_path)))
    made = Stage(qtbot, tmp_path, choice, BOARD)
    made.until(lambda: strip(made) is not None)
    return made


def strip(stage: Stage) -> Strip | None:
    return stage.window.steps.current_strip


def shown(stage: Stage, key: str = "lens1") -> Picture | None:
    got = stage.window.lenses[key].received
    return got if isinstance(got, Picture) else None


def click_column(stage: Stage, column: int) -> None:
    view = stage.window.steps.strip
    point = view.picture_box(1, column).center().toPoint()
    stage.bot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)


def click_channel(stage: Stage, channel: int) -> None:
    canvas, grid = stage.window.mosaic.canvas, stage.window.mosaic.grid
    x, y, width, height = grid.box(channel)
    scene = canvas.view_box.mapViewToScene(QPointF(x + width / 2, y + height / 2))
    point: QPoint = canvas.mapFromScene(scene)
    stage.bot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=point)


@cache
def own_network(name: str) -> Network:
    """Open a network once: ``until`` asks many times, and the window waits meanwhile."""
    return open_network(name)


def recorded(stage: Stage, layer: str, call: int) -> np.ndarray:
    """The maps of a layer at a call for the frame on show, by a network of our own."""
    network = own_network(stage.state.network.net)
    return network.record(stage.window.mosaic.live.frame.pixels, [layer])[layer][call]


def same(shown: np.ndarray | None, values: np.ndarray) -> bool:
    return shown is not None and shown.shape == values.shape and np.allclose(shown, values, 1e-4)


def test_a_checkpoint_is_loaded_and_its_steps_are_walked_through(stage: Stage) -> None:
    window = stage.window
    assert window.docks["Steps"].isVisible()
    assert stage.state.layer == "cell"
    assert window.steps.bar.count.text() == "3 / 3"
    got = strip(stage)
    assert got.steps == (("encoder", 0), ("cell", 0), ("cell", 1), ("cell", 2))
    first = got.rows["truth"][0, ..., 0].astype(np.uint8)
    assert first.shape == (12, 14)
    assert np.array_equal(got.rows["truth"][..., 0], history(first[None], 3, "dead")[0])
    stage.session.update(frozen=True)
    for column, (layer, call) in enumerate(got.steps):
        click_column(stage, column)
        assert window.steps.strip.present == column
        assert window.steps.bar.count.text() == f"{column} / 3"
        assert stage.state.layer == layer
        stage.until(
            lambda at=(layer, call): same(window.mosaic.export_values(), recorded(stage, *at))
        )
    assert not same(recorded(stage, "cell", 0), recorded(stage, "cell", 1))


def test_a_channel_clicked_at_step_2_is_what_every_panel_shows_at_that_step(stage: Stage) -> None:
    window = stage.window
    click_column(stage, 2)
    stage.until(lambda: window.mosaic.live.call == 1)
    click_channel(stage, 4)
    assert stage.state.unit == Unit("cell", 4, None, 1)
    for key in window.lenses:
        stage.until(lambda k=key: shown(stage, k) and shown(stage, k).unit == "cell[4]#1")
    assert shown(stage).recipe["lens"] == "deconvnet"
    assert shown(stage).recipe["unit"] == "cell[4]#1"
    assert window.unit.title.text() == "cell[4]#1"
    assert "step 2 of 3" in window.unit.kind.text()
    stage.until(lambda: window.unit.export_values() is not None)
    stage.session.update(frozen=True)
    stage.until(lambda: same(window.unit.export_values(), recorded(stage, "cell", 1)[4]))
    assert stage.state.synthesis.goal == "cell[4]#1"
    stage.until(lambda: getattr(window.synthesis.received, "unit", "") == "cell[4]#1")
    stage.bot.keyClick(window, Qt.Key.Key_Greater)  # on to step 3, wherever the focus is
    assert str(stage.state.unit) == "cell[4]"
    stage.until(lambda: shown(stage).unit == "cell[4]")
    stage.bot.keyClick(window, Qt.Key.Key_Home)
    assert (stage.state.layer, str(stage.state.unit)) == ("encoder", "encoder[4]")
    stage.until(lambda: shown(stage).unit == "encoder[4]")
    stage.until(lambda: same(window.unit.export_values(), recorded(stage, "encoder", 0)[4]))
    stage.bot.keyClick(window, Qt.Key.Key_End)
    assert str(stage.state.unit) == "cell[4]"


def test_walking_over_units_and_layers_keeps_the_step(stage: Stage) -> None:
    click_column(stage, 1)
    stage.session.select(Unit("cell", 0, None, 0))
    stage.bot.keyClick(stage.window, Qt.Key.Key_Right)
    assert str(stage.state.unit) == "cell[1]#0"
    stage.bot.keyClick(stage.window, Qt.Key.Key_O)
    assert (stage.state.layer, str(stage.state.unit)) == ("decoder.conv1", "decoder.conv1[0]")
    stage.bot.keyClick(stage.window, Qt.Key.Key_U)
    assert str(stage.state.unit) == "cell[0]#0"


def test_keys_of_the_source_stay_the_sources_outside_of_the_panel(stage: Stage) -> None:
    window = stage.window
    window.mosaic.canvas.setFocus()
    stage.bot.keyClick(window.mosaic.canvas, Qt.Key.Key_Space)
    assert stage.state.frozen
    assert not window.steps.playing
    window.activateWindow()
    window.steps.strip.setFocus()
    stage.until(window.steps.strip.hasFocus)
    stage.bot.keyClick(window.steps.strip, Qt.Key.Key_Comma)
    assert stage.state.call == 1
    stage.bot.keyClick(window.steps.strip, Qt.Key.Key_Space)
    assert window.steps.playing
    assert stage.state.frozen
    stage.bot.keyClick(window.steps.strip, Qt.Key.Key_Space)
    stage.bot.keyClick(window.steps.strip, Qt.Key.Key_F)  # other letters are the window's
    assert not stage.state.frozen


def test_the_panel_comes_and_goes_with_the_network_unless_the_user_says_otherwise(
    stage: Stage, tmp_path: Path
) -> None:
    window, life = stage.window, stage.state.network
    dock, entry = window.docks["Steps"], window.docks["Steps"].toggleViewAction()
    stage.session.update(network=toy(tmp_path))
    stage.until(lambda: window.steps.info.name.endswith("net"))
    assert dock.isHidden()
    assert "imagine" not in stage.parts.engine.plan.requests
    entry.trigger()
    assert dock.isVisible()
    assert stage.state.steps.wish == "open"
    assert "once in a pass" in window.steps.strip.message
    stage.session.update(network=life)
    stage.until(lambda: strip(stage) is not None)
    dock.close()
    assert stage.state.steps.wish == "closed"
    stage.session.update(network=toy(tmp_path))
    stage.until(lambda: window.steps.info.name.endswith("net"))
    stage.session.update(network=life)
    stage.until(lambda: window.steps.info.name == "mine")
    assert dock.isHidden()
    window.reset_layout()
    assert dock.isVisible()


def test_cells_of_its_own_for_every_step_are_walked_as_well(qtbot: QtBot, tmp_path: Path) -> None:
    choice = NetworkChoice(net=str(checkpoint(tmp_path, shared=False, steps=2)))
    stage = Stage(qtbot, tmp_path, choice, BOARD)
    stage.until(lambda: strip(stage) is not None)
    stage.session.select(Unit("cells.1.conv1", 3))
    stage.window.steps.step_by(-1)
    assert (stage.state.layer, str(stage.state.unit)) == ("cells.0.conv1", "cells.0.conv1[3]")
    stage.until(lambda: shown(stage) and shown(stage).unit == "cells.0.conv1[3]")
    click_column(stage, 2)
    assert str(stage.state.unit) == "cells.1.conv1[3]"


def test_the_strip_is_saved_as_picture_with_recipe_and_as_numbers(
    stage: Stage, tmp_path: Path
) -> None:
    stage.session.update(frozen=True)
    panel = stage.window.steps
    stage.until(lambda: strip(stage).frame == stage.window.mosaic.live.frame.number)
    panel_export.write_panel(panel, tmp_path / "steps.png", stage.window.backend.mailbox)
    panel_export.write_panel(panel, tmp_path / "steps.npy", stage.window.backend.mailbox)
    with Image.open(tmp_path / "steps.png") as picture:
        recipe = json.loads(picture.info[RECIPE])
    assert (recipe["lens"], recipe["network"], recipe["step"]) == ("imagine", "mine", 3)
    assert recipe["rows"] == ["truth", "imagination", "difference"]
    values = np.load(tmp_path / "steps.npy")
    assert values.shape == (3, 4, 12, 14, 1)
    np.testing.assert_allclose(values[1] - values[0], values[2], atol=1e-6)


def test_the_whole_window_fits_on_a_small_screen_with_the_steps(stage: Stage) -> None:
    window = stage.window
    stage.session.update(source=SourceChoice())  # a board brings tools of its own
    stage.until(lambda: window.mosaic.live.frame.source == "demo")
    window.resize(1280, 760)
    stage.until(lambda: window.height() == 760)
    least = window.minimumSizeHint()
    assert least.width() <= 1280, least
    assert least.height() <= 740, least
    assert window.steps.strip.isVisible()
    assert window.steps.strip.height() >= 80
    assert window.mosaic.canvas.height() >= 80
