"""Open the building blocks of a layer, click a group, and go on with its unit, as people do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.unit import Unit
from dnnvis.session.blocks import POSITIONS
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice("pictures", str(pictures(tmp_path, 1)))
    made = Stage(qtbot, tmp_path, toy(tmp_path), source)
    made.runs()
    state = made.state
    made.session.update(
        layer="1",
        examples=replace(state.examples, shown=False),
        synthesis=replace(state.synthesis, preset="live", params=(("steps", 4),)),
    )
    return made


def test_a_clicked_group_is_a_unit_that_everything_follows(stage: Stage) -> None:
    stage.window.run_action("blocks")
    window = stage.window.blocks
    assert window.isVisible()
    stage.until(lambda: "choose 4 or fewer" in window.picture.message, 60)  # two are dead
    window.count.setValue(3)
    stage.until(lambda: window.blocks is not None and window.blocks.count == 3, 60)
    assert window.blocks.name == "1~"
    assert "% of the energy of 1" in window.blocks.caption
    stage.until(lambda: stage.window.backend.info.layer("1~").shape[0] == 3)
    stage.until(lambda: len(window.legend.tiles) == 3)
    assert not stage.state.blocks.held

    window.legend.clicked.emit(2)  # as a click on the tile does
    unit = Unit("1~", 2)
    assert stage.state.unit == unit
    assert stage.state.layer == "1~"
    assert stage.state.blocks.held
    assert stage.state.synthesis.goal == "1~[2]"
    mosaic = stage.window.mosaic
    stage.until(lambda: mosaic.live is not None and "1~" in mosaic.live.maps)  # the mosaic
    stage.until(lambda: window.blocks.is_held)
    np.testing.assert_allclose(mosaic.live.maps["1~"], window.blocks.groups, rtol=1e-4, atol=1e-5)
    stage.until(lambda: stage.window.synthesis.result is not None, 60)  # the ascent
    stage.until(lambda: stage.window.synthesis.result.unit == "1~[2]", 60)
    assert stage.window.synthesis.result.recipe["statistic"] == "direction"
    assert window.blocks.layer == "1"  # the groups are still those of the layer below

    stage.session.update(edits=("1~[2] = 0",))  # the edit
    stage.until(lambda: mosaic.live.edits == ("1~[2] = 0",))
    stage.until(lambda: float(np.abs(mosaic.live.maps["1~"][2]).max()) < 1e-4)
    stage.session.update(edits=())
    window.close()
    assert not stage.state.blocks.shown


def test_a_point_of_the_picture_chooses_its_strongest_group(stage: Stage) -> None:
    stage.window.run_action("blocks")
    window = stage.window.blocks
    window.count.setValue(2)
    stage.until(lambda: window.blocks is not None and window.blocks.count == 2, 60)
    stage.until(lambda: window.picture.pixels is not None)
    groups = window.blocks.groups
    row, column = np.unravel_index(groups.max(0).argmax(), groups.shape[1:])
    side = window.picture.pixels.shape[0]
    point = ((row + 0.5) * side / 16, (column + 0.5) * side / 16)
    window.picture.pointed.emit(*point)
    assert window.hover.text().startswith("1~[")
    window.picture.clicked.emit(*point)
    assert stage.state.unit == Unit("1~", int(groups[:, row, column].argmax()))


def test_votes_and_positions_are_drawn_when_they_are_wanted(stage: Stage) -> None:
    stage.session.update(layer="4")
    stage.window.run_action("blocks")
    window = stage.window.blocks
    window.count.setValue(2)
    window.class_votes.click()
    stage.until(lambda: window.votes is not None and len(window.votes.groups) == 2, 60)
    assert not window.votes.message
    stage.until(lambda: "gradient x activation" in window.caption.text(), 60)
    window.positions_box.click()
    assert window.again.isVisible()
    stage.until(lambda: window.positions is not None, 60)
    assert POSITIONS in stage.parts.engine.plan.requests
    assert window.positions.grid == (8, 8)
    window.positions_box.click()
    assert window.positions is None


def test_a_layer_without_positions_says_so(stage: Stage) -> None:
    stage.session.update(layer="6")
    stage.window.run_action("blocks")
    window = stage.window.blocks
    stage.until(lambda: "no positions" in window.picture.message, 60)


def test_held_groups_come_back_with_the_network(stage: Stage, qtbot: Any, tmp_path: Path) -> None:
    stage.window.run_action("blocks")
    window = stage.window.blocks
    window.count.setValue(2)
    stage.until(lambda: window.blocks is not None and window.blocks.count == 2, 60)
    window.choose_group(1)
    mosaic = stage.window.mosaic
    stage.until(lambda: mosaic.live is not None and "1~" in mosaic.live.maps, 60)
    stage.until(lambda: window.blocks.is_held, 60)
    digest = window.blocks.digest
    stage.close()
    again = Stage(qtbot, tmp_path, toy(tmp_path), stage.state.source)
    again.until(lambda: again.window.backend.info is not None, 60)
    again.until(lambda: again.window.backend.info.layer("1~") is not None, 60)
    again.until(lambda: again.window.blocks.blocks is not None, 60)
    assert again.window.blocks.blocks.digest == digest
    again.close()


def test_concepts_that_are_not_kept_say_how_to_find_them(stage: Stage) -> None:
    stage.window.run_action("concepts")
    window = stage.window.concepts
    assert window.isVisible()
    stage.until(lambda: "dnnvis concepts" in window.tiles.message, 60)
    window.close()
    assert not stage.state.blocks.concepts
