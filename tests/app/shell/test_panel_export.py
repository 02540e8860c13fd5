"""Pictures and numbers kept from the window."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtGui import QGuiApplication

from dnnvis.app.shell import panel_export
from dnnvis.app.widgets.panel import Panel
from dnnvis.cli.look import look as command
from dnnvis.core.lens_results import Picture
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.views import view_of
from dnnvis.lenses.recipe_files import RECIPE
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def test_a_panel_without_anything_of_its_own_is_saved_and_copied_as_it_looks(
    qtbot: Any, tmp_path: Path
) -> None:
    panel, mailbox = Panel(Session(State(captions=False))), Mailbox()
    qtbot.addWidget(panel)
    panel.resize(30, 20)
    assert not panel.export_image()
    assert not panel.export_copy()
    panel_export.write_panel(panel, tmp_path / "plain.png", mailbox)
    with Image.open(tmp_path / "plain.png") as picture:
        assert picture.size == (30, 20)
        assert "image" not in json.loads(picture.info[RECIPE])
    panel_export.copy_panel(panel)
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == (30, 20)
    panel_export.write_panel(panel, tmp_path / "plain.npy", mailbox)
    (problem,) = mailbox.collect().values()
    assert "no numbers" in problem.sentence
    assert not (tmp_path / "plain.npy").exists()


def lens(stage: Stage, key: str) -> Picture | None:
    got = stage.window.lenses[key].received
    return got if isinstance(got, Picture) else None


def test_any_panel_can_be_saved_as_picture_with_recipe_and_as_numbers(
    stage: Stage, tmp_path: Path
) -> None:
    stage.session.select(Unit("1", 2))
    stage.until(lambda: stage.window.unit.export_values() is not None)
    mailbox = stage.window.backend.mailbox
    for name, panel in (("mosaic", stage.window.mosaic), ("unit", stage.window.unit)):
        panel_export.write_panel(panel, tmp_path / f"{name}.png", mailbox)
        panel_export.write_panel(panel, tmp_path / f"{name}.npy", mailbox)
        with Image.open(tmp_path / f"{name}.png") as picture:
            recipe = json.loads(picture.info[RECIPE])
        assert (recipe["layer"], recipe["unit"]) == ("1", "1[2]")
        assert recipe["image"]["frame"] >= 0
    assert np.load(tmp_path / "mosaic.npy").shape == (6, 16, 16)
    assert np.load(tmp_path / "unit.npy").shape == (16, 16)
    panel_export.write_panel(stage.window.unit, tmp_path / "no" / "folder.npy", mailbox)
    stage.until(lambda: any("folder.npy" in words for words in stage.problems()))


def test_a_saved_lens_picture_is_made_again_by_the_command_line(
    stage: Stage, tmp_path: Path
) -> None:
    stage.window.backend.open_source(
        SourceChoice(kind="pictures", path=str(pictures(tmp_path, 1) / "0.png"))
    )
    stage.until(lambda: stage.window.mosaic.live.frame.source == "0.png")
    stage.session.select(Unit("1", 2))
    stage.until(lambda: lens(stage, "lens2") and lens(stage, "lens2").unit == "1[2]")
    view = stage.window.lenses["lens2"]
    stage.until(lambda: lens(stage, "lens2").frame == view.live.frame.number)
    view.save_png(tmp_path / "kept.png")
    command(recipe=tmp_path / "kept.png", output=tmp_path / "again.npy", trust_code=True)
    values, _ = view_of(lens(stage, "lens2").values, "clear")  # the view that was on show
    again = np.load(tmp_path / "again.npy")
    assert np.abs(values - again).max() <= 1e-4 * np.abs(values).max()


def test_a_file_is_named_by_the_titles_of_layers(qtbot: Any) -> None:
    panel = Panel(Session(State(layer="features.3.squeeze")))
    qtbot.addWidget(panel)
    panel.setAccessibleName("Unit")
    row = LayerInfo("features.3.squeeze", "ReLU", (16, 8, 8), title="fire2/squeeze")
    panel.show_info(NetworkInfo("toy", (row,), (), (8, 8), 3))
    assert panel_export.name_file(panel) == "toy-fire2-squeeze-Unit"
    panel.session.update(unit=Unit("features.3.squeeze", 5, (1, 2)))
    assert panel_export.name_file(panel) == "toy-fire2-squeeze-5-Unit"
