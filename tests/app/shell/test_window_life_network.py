"""The bundled life-3: what it imagines is right, at the end of its training and not before."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dnnvis.core.lens_results import Strip
from dnnvis.core.life.board import Setup
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.session.state import SourceChoice
from dnnvis.zoo.catalog import open_network
from helpers.application_window import Stage


@pytest.fixture
def stage(qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    board = SourceChoice(kind="life", rows=20, columns=24, rate=30.0)
    made = Stage(qtbot, tmp_path_factory.mktemp("life"), NetworkChoice(net="life-3"), board)
    made.until(lambda: strip(made) is not None and strip(made).scores)
    return made


def strip(stage: Stage) -> Strip | None:
    return stage.window.steps.current_strip


def test_the_trained_network_imagines_the_true_boards(stage: Stage) -> None:
    got = strip(stage)
    assert got.scores["paper"] == 1.0
    assert got.scores["aligned"] == 1.0
    alive = got.rows["imagination"] >= 0.5
    assert (alive == (got.rows["truth"] > 0)).mean() > 0.999


def test_the_training_is_walked_through_and_the_panels_stay(stage: Stage) -> None:
    window = stage.window
    stage.session.select(Unit("cell", 2, None, 1))
    stage.until(lambda: window.mosaic.export_values() is not None)
    notes = len(window.problems.entries)
    window.steps.snapshot_slider.setValue(0)
    stage.until(lambda: window.windowTitle() == "life-3 at step 0 - dnnvis")
    stage.until(lambda: strip(stage) is not None and strip(stage).network == "life-3 at step 0")
    assert strip(stage).scores["paper"] == 0.0
    assert stage.state.unit == Unit("cell", 2, None, 1)
    assert len(window.problems.entries) == notes
    stage.session.update(frozen=True)
    early = restore_snapshot(open_network("life-3"), 0)
    stage.until(lambda: window.mosaic.live.network == "life-3 at step 0")
    expected = early.record(window.mosaic.live.frame.pixels, ["cell"])["cell"][1]
    assert np.allclose(window.mosaic.live.maps["cell"], expected, atol=1e-4)
    window.steps.snapshot_slider.setValue(window.steps.snapshot_slider.maximum())
    stage.until(lambda: strip(stage) is not None and strip(stage).network == "life-3")
    stage.until(lambda: strip(stage).scores.get("paper") == 1.0)


def test_a_board_that_grows_while_it_runs_takes_the_layers_along(stage: Stage) -> None:
    window = stage.window
    window.backend.edit(Setup(size=(64, 48)), rows=64, columns=48)
    stage.until(lambda: window.backend.info.size == (64, 48))
    stage.session.select(Unit("cell", 5, (60, 40), 0))
    stage.until(lambda: getattr(window.lenses["lens1"].received, "unit", "") == "cell[5]@60,40#0")
    stage.until(lambda: strip(stage) is not None and strip(stage).rows["truth"].shape[1] == 64)
    assert strip(stage).scores["paper"] == 1.0
    assert window.mosaic.live.maps["cell"].shape == (20, 64, 48)
