"""The map in a whole window: how it opens and closes, and what it leaves behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dnnvis.core.activation_map import SelectedExamples
from dnnvis.session.map_state import MAP_DATA, PICKED
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy
from helpers.map_data import PLACES, small_cloud


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(qtbot, tmp_path, toy(tmp_path), SourceChoice("pictures", str(pictures(tmp_path))))
    made.runs()
    yield made
    made.window.close()


def test_ctrl_m_opens_the_map_over_the_steps_and_closes_it(qtbot: QtBot, stage: Stage) -> None:
    window = stage.window
    dock, steps = window.docks["Map"], window.docks["Steps"]
    assert not dock.isVisible()
    assert not stage.state.map.shown
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert stage.state.map.shown
    stage.until(lambda: dock.isVisible() and not dock.visibleRegion().isEmpty())
    stage.until(lambda: abs(dock.height() / window.height() - 0.5) < 0.12)
    steps.show()
    steps.raise_()
    stage.until(lambda: dock.visibleRegion().isEmpty())
    assert dock in window.tabifiedDockWidgets(steps)
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    stage.until(lambda: not dock.visibleRegion().isEmpty())  # it lay under the steps
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert not stage.state.map.shown
    stage.until(lambda: not dock.isVisible())


def test_a_network_without_a_map_says_so_and_offers_a_fit(qtbot: QtBot, stage: Stage) -> None:
    stage.window.run_action("map")
    panel = stage.window.map
    stage.until(panel.fit.isVisible)
    assert "map" in panel.message.text()
    assert panel.message.text().endswith(".")


def test_the_dock_closed_by_its_cross_asks_for_nothing(qtbot: QtBot, stage: Stage) -> None:
    stage.window.run_action("map")
    stage.until(stage.window.docks["Map"].isVisible)
    stage.window.docks["Map"].close()
    stage.until(lambda: not stage.state.map.shown)


def test_picked_examples_run_where_their_pictures_are(
    qtbot: QtBot, stage: Stage, tmp_path: Path
) -> None:
    window = stage.window
    window.run_action("map")
    stage.until(lambda: window.map.received is not None)  # that there is none
    before = stage.state.source
    window.map.on_message(MAP_DATA, small_cloud(data=str(tmp_path / "gone")))
    window.map.pick((1, 2))
    assert stage.state.source == before  # nothing is there to run
    assert f"not in {tmp_path / 'gone'}" in window.map.about.text()
    window.map.on_message(MAP_DATA, small_cloud(data=str(pictures(tmp_path))))
    canvas = window.map.canvas
    stage.until(lambda: canvas.row_at(canvas.point_of(PLACES[4])) == 4)
    at = canvas.point_of(PLACES[4]).toPoint()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    source = stage.state.source
    assert (source.kind, source.path) == ("examples", str(pictures(tmp_path)))
    assert source.numbers == (104,)
    assert source.cap == before.cap
    window.map.pick((2, 3))  # another pick keeps what ran before the first
    assert stage.state.source.numbers == (102, 103)
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert stage.state.map.picked == ()
    assert stage.state.source == before
    window.map.pick((2, 3))
    stage.window.backend.open_source(SourceChoice())  # the user's own choice stays
    window.map.pick(())
    assert stage.state.source == SourceChoice()


def test_a_picked_example_is_not_what_runs_the_next_time(stage: Stage, tmp_path: Path) -> None:
    window, before = stage.window, stage.state.source
    window.run_action("map")
    stage.until(lambda: window.map.received is not None)
    window.map.on_message(MAP_DATA, small_cloud(data=str(pictures(tmp_path))))
    window.map.pick((1, 2))
    assert stage.state.source.kind == "examples"
    window.close()
    assert stage.state.source == before


def test_picked_boards_become_the_board_that_runs(stage: Stage) -> None:
    import numpy as np

    stage.window.map.on_message(MAP_DATA, small_cloud())
    stage.window.map.pick((2, 5))
    board = "x = 3, y = 2\nobo$3o!"
    stage.window.map.on_message(PICKED, SelectedExamples(rows=np.array([2]), boards=(board,)))
    source = stage.state.source
    assert (source.kind, source.rows, source.columns, source.board) == ("life", 2, 3, board)
