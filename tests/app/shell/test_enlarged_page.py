"""A panel enlarged over the others, and what becomes of these: nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import SYNTHESIS, plan_for
from helpers.application_window import Stage, toy
from helpers.panel_geometry import dock_geometry, settled


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def press_z(stage: Stage) -> None:
    stage.bot.keyClick(stage.window, Qt.Key.Key_Z)


def test_every_dock_lies_where_it_was_after_any_panel_was_enlarged(stage: Stage) -> None:
    window = stage.window
    wish = replace(stage.state.synthesis, on_click=False)
    stage.session.update(frozen=True, synthesis=wish)
    stage.session.select(Unit("1", 2))
    window.run_action("map")
    plain = settled(stage)
    left = [window.docks["Input"], window.docks["Predictions"]]
    window.resizeDocks(left, [200, 700], Qt.Orientation.Vertical)
    before, state = settled(stage), stage.state
    panels = {title: window.docks[title].widget() for title in before if title != "Layers"}
    assert len(panels) >= 8
    assert before != plain
    for title, panel in {"Layers": window.mosaic, **panels}.items():
        window.enlarge(panel)
        assert settled(stage) == before, f"while {title} is enlarged"
        assert panel.isVisible()
        assert panel.window() is window
        assert panel.width() > 0.9 * window.width()
        assert panel.height() > 0.8 * window.height()
        window.enlarge(window.mosaic)
        assert settled(stage) == before, f"after {title} was enlarged"
        assert window.enlarged.panel is None
        assert not window.enlarged.isVisible()
        assert panel.isVisible()
        assert panel.size().height() <= before[title].height()
    assert stage.state == state


def test_z_enlarges_the_panel_with_the_focus_which_keeps_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = stage.window
    monkeypatch.setattr(window, "panel_under_mouse", lambda: None)
    goal = window.synthesis.preset
    goal.setFocus()
    stage.until(lambda: QApplication.focusWidget() is goal)
    press_z(stage)
    assert window.enlarged.panel is window.synthesis
    stage.until(lambda: QApplication.focusWidget() is goal)
    press_z(stage)
    assert window.enlarged.panel is None
    stage.until(lambda: QApplication.focusWidget() is goal)


def test_a_window_resized_meanwhile_comes_back_as_if_nothing_was_enlarged(
    stage: Stage,
) -> None:
    window = stage.window
    settled(stage)
    window.resize(1400, 800)
    settled(stage)
    window.resize(1600, 960)
    expected = settled(stage)
    window.enlarge(window.examples)
    window.resize(1400, 800)
    settled(stage)
    page = window.enlarged.geometry()
    assert (page.left(), page.right()) == (0, 1399)
    assert page.top() == window.source_bar.geometry().bottom() + 1
    assert page.bottom() == window.statusBar().geometry().top() - 1
    window.resize(1600, 960)
    window.enlarge(window.examples)
    assert settled(stage) == expected


def test_the_layout_is_kept_as_it_was_before_a_panel_was_enlarged(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    before = settled(stage)
    stage.window.enlarge(stage.window.lenses["lens1"])
    settled(stage)
    stage.window.close()
    stage.session.settle(window_geometry="")  # the offscreen platform's screen is too small
    stage.session.save(stage.place)
    again = Stage(qtbot, tmp_path, toy(tmp_path))
    assert settled(again) == before
    assert again.state.panels == stage.state.panels


@pytest.mark.parametrize("title", ["Layers", "Examples", "Synthesis"])
def test_a_picture_grows_on_while_a_panel_is_enlarged(stage: Stage, title: str) -> None:
    window, info = stage.window, stage.window.backend.info
    wish = replace(stage.state.synthesis, params=(("steps", 5000),))
    stage.session.update(synthesis=wish)
    stage.session.select(Unit("1", 2))
    stage.until(lambda: window.synthesis.result is not None and window.synthesis.result.step > 5)
    plan = plan_for(stage.state, info)
    assert SYNTHESIS in plan.requests
    steps = [window.synthesis.result.step]
    for _ in range(2):
        window.enlarge(window.mosaic if title == "Layers" else window.docks[title].widget())
        for _ in range(3):
            stage.until(lambda: window.synthesis.result.step != steps[-1])
            steps.append(window.synthesis.result.step)
            assert plan_for(stage.state, info) == plan
    assert steps == sorted(steps), "it began again"


def test_a_map_keeps_its_pointer_when_it_is_enlarged(stage: Stage) -> None:
    window = stage.window
    window.run_action("map")
    stage.until(window.docks["Map"].isVisible)
    stage.session.update(map=replace(stage.state.map, place=(0.25, 0.5)))
    for _ in range(2):
        window.enlarge(window.map)
        settled(stage)
        assert stage.state.map.place == (0.25, 0.5)
    window.docks["Map"].hide()
    stage.until(lambda: stage.state.map.place == ())


def test_a_panel_that_is_opened_or_closed_is_not_covered(stage: Stage) -> None:
    window = stage.window
    before = set(settled(stage))
    window.enlarge(window.examples)
    window.docks["Problems"].show()
    assert window.enlarged.panel is None
    assert set(dock_geometry(stage)) == before | {"Problems"}
    window.enlarge(window.input)
    window.docks["Input"].toggleViewAction().trigger()
    assert window.enlarged.panel is None
    assert window.docks["Input"].widget() is window.input
    window.docks["Input"].toggleViewAction().trigger()
    assert window.input.isVisible()


def test_the_map_is_raised_from_below_an_enlarged_panel(stage: Stage) -> None:
    window = stage.window
    window.enlarge(window.mosaic)
    window.run_action("map")
    assert window.enlarged.panel is None
    assert window.map.isVisible()
