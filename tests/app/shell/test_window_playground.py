"""A network learns in the window: circle, spiral, back in time, two moments, a lesson."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.playground.panel import PlaygroundPanel
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.learning.playground import ANSWER
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, toy

PLANE = SourceChoice(kind="plane", path="circle")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "data"
    monkeypatch.setenv("DNNVIS_DATA", str(place))
    return place


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, data: Path) -> Any:
    network = NetworkChoice(net="mlp-2d:8-8-8")
    stage = Stage(qtbot, tmp_path, network, PLANE, unlocked=False)
    stage.window.resize(1280, 800)
    stage.runs()
    stage.window.run_action("playground")
    stage.until(lambda: stage.window.playground.controls.play_button.isEnabled(), 60)
    yield stage
    stage.close()


def press(stage: Stage, button: Any) -> None:
    stage.bot.mouseClick(button, Qt.MouseButton.LeftButton)


def has_answer(panel: PlaygroundPanel) -> bool:
    return panel.live is not None and ANSWER in panel.live.maps


def answer(panel: PlaygroundPanel) -> np.ndarray:
    assert panel.live is not None
    return panel.live.maps[ANSWER][0]


def rightness(panel: PlaygroundPanel) -> float:
    """Return the share of the points whose class the answer on show has."""
    assert panel.data is not None
    values, points = answer(panel), panel.data.points
    columns = np.rint((points[:, 0] + 6) / 12 * 85).astype(int)
    rows = np.rint((6 - points[:, 1]) / 12 * 85).astype(int)
    return float((np.sign(values[rows, columns]) == panel.data.labels).mean())


def test_a_spiral_is_learned_gone_back_through_and_looked_into(stage: Stage, data: Path) -> None:
    """One window for all of it: a training takes seconds to begin."""
    window, panel = stage.window, stage.window.playground
    assert window.page.cards["playground"].isVisible()
    assert "Press Play" in panel.line.text()
    panel.choose_data("spiral")
    stage.session.update(playground=PlaygroundChoice(shown=True, rate=0.01, l2=0.0003))
    press(stage, panel.controls.play_button)
    stage.until(lambda: panel.status.losses[1] <= 0.05, 60)
    press(stage, panel.controls.play_button)
    stage.until(lambda: not panel.status.is_playing)
    stage.until(lambda: has_answer(panel) and rightness(panel) > 0.95)
    assert panel.graph.lines.count == 2 * 8 + 8 * 8 + 8 * 8 + 8
    _go_back(stage, panel)
    _look_into_a_unit(stage, panel)
    _keep_and_change_the_structure(stage, panel, data)
    _play_a_lesson(stage, panel)
    _paint_and_open_a_bad_table(stage, panel, data)


def _go_back(stage: Stage, panel: PlaygroundPanel) -> None:
    panel.toggle_mark()
    panel.slider.setValue(0)
    stage.until(lambda: rightness(panel) < 0.8)
    assert panel.status.shown_step == 0
    stage.until(lambda: panel.line.text().startswith("step 0"))
    assert len(panel.answer.rects()) == 2  # beside what it had learned
    assert panel.status.weights["dense1.weight"].shape == (8, 2, 1, 1)
    panel.slider.setValue(panel.slider.maximum())
    stage.until(lambda: has_answer(panel) and rightness(panel) > 0.95)


def _look_into_a_unit(stage: Stage, panel: PlaygroundPanel) -> None:
    x, y = panel.graph.graph.columns[2][5].center
    place = QPoint(round(x), round(y))
    stage.bot.mouseClick(panel.graph, Qt.MouseButton.LeftButton, pos=place)
    assert stage.state.unit == Unit("active2", 5)
    assert panel.graph._chosen == (2, 5)
    panel._select_position(20, 30)
    assert stage.state.unit == Unit("answer", 0, (20, 30))
    stage.until(lambda: "lens1" in stage.window.backend.engine.plan.requests)


def _keep_and_change_the_structure(stage: Stage, panel: PlaygroundPanel, data: Path) -> None:
    controls = panel.controls
    press(stage, controls.reset_button)
    stage.until(lambda: panel.status.step == 0)
    press(stage, controls.step_button)
    press(stage, controls.step_button)
    stage.until(lambda: panel.status.step == 2)
    press(stage, controls.keep_button)
    stage.until(lambda: "Kept as" in panel.note.text())
    assert (data / "networks" / "plane-spiral.safetensors").is_file()
    controls.widths.setText("3-2")
    controls.widths.setModified(True)
    controls.widths.editingFinished.emit()
    controls.features["xx"].click()
    assert stage.state.network.net == "mlp-2d:3-2,tanh,x,y,xx"
    stage.until(lambda: [len(c) for c in panel.graph.graph.columns] == [3, 3, 2, 1])
    stage.until(lambda: panel.graph.lines.count == 9 + 6 + 2)
    controls.widths.setText("900")
    controls.widths.setModified(True)
    controls.widths.editingFinished.emit()
    assert controls.widths.text() == "3-2"  # it cannot be, and is put back
    assert "1 to 128 units" in panel.note.text()
    controls.widths.setText("3-x")
    controls.widths.setModified(True)
    controls.widths.editingFinished.emit()
    assert "such as 8-8-8, or 0 for none; not '3-x'" in panel.note.text()


def _play_a_lesson(stage: Stage, panel: PlaygroundPanel) -> None:
    panel.play_lesson("failed")
    assert (stage.state.playground.rate, stage.state.network.net) == (3.0, "mlp-2d:6-4,tanh,x,y")
    assert "a hundred times too large" in panel.note.text()
    stage.until(lambda: panel.status.weights.get("last.weight", np.zeros(1)).size == 4)
    stage.window.run_action("play")  # Space
    stage.until(lambda: "no lower than at the start" in panel.line.text(), 30)
    stage.until(lambda: has_answer(panel))  # the network has opened just now
    assert np.isfinite(answer(panel)).all()


def _paint_and_open_a_bad_table(stage: Stage, panel: PlaygroundPanel, folder: Path) -> None:
    stage.session.update(playground=PlaygroundChoice(shown=True))
    panel.choose_data("painted")
    assert "Nothing is painted yet" in panel.line.text()
    panel._paint_point(2, 2, 1)
    assert "Only blue is painted yet" in panel.line.text()
    assert panel.data is not None  # what is painted is seen
    for x, y, label in ((-2, -2, -1), (2, -2, -1), (-2, 2, 1)):
        panel._paint_point(x, y, label)
    assert panel.note.text() == ""
    press(stage, panel.controls.reset_button)
    stage.until(lambda: panel.status.step == 0)
    stage.window.run_action("play")
    stage.until(lambda: panel.status.losses[0] < 0.05, 30)
    path = folder / "bad.csv"
    path.write_text("x,y,kind\n1,2,a\n2,foo,b\n3,4,a\n4,5,b\n")
    panel.choose_data(str(path))
    assert "line 3: column y holds 'foo'" in panel.line.text()
    stage.until(lambda: not panel.status.is_playing)  # nothing is learned that nobody sees
    assert panel.data is None
    assert panel.live is not None  # the network is still on show
    stage.window.run_action("undo")
    assert stage.state.source.path == "painted"


def test_a_network_that_opens_too_late_does_not_hide_it(
    qtbot: QtBot, tmp_path: Path, data: Path
) -> None:
    plane = NetworkChoice(net="mlp-2d")
    stage = Stage(qtbot, tmp_path, plane, PLANE, unlocked=False)
    stage.runs()
    window, backend = stage.window, stage.window.backend
    window.run_action("playground")
    assert backend.info is not None
    late = replace(
        backend.info, states=(("cell", 0), ("cell", 1)), choice=NetworkChoice(net="maze-9")
    )
    window._follow_network(backend.info, late)  # chosen, and left again, while it opened
    assert stage.state.mode == "explore"
    assert stage.state.playground.shown
    stage.session.update(network=late.choice)
    window._follow_network(backend.info, late)
    assert stage.state.mode == "time"
    stage.close()


def test_it_opens_from_another_network_and_ends_with_the_next_one(
    qtbot: QtBot, tmp_path: Path, data: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    stage.runs()
    stage.window.run_action("playground")
    assert stage.state.network.net.startswith("mlp-2d")
    assert stage.state.source.kind == "plane"
    stage.until(lambda: stage.window.backend.learning.is_on)
    stage.window.close_open()  # Esc
    assert not stage.state.playground.shown
    assert stage.window.backend.learning.is_on  # held: what it learned stays
    stage.session.update(network=toy(tmp_path))
    stage.until(lambda: not stage.window.backend.learning.is_on)
    stage.close()
