"""Walking down a circuit by clicks, in the whole window, and back."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt

from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import KernelsChoice
from helpers.application_window import Stage
from helpers.circuit_networks import write_planted


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Any:
    file = write_planted(tmp_path)
    choice = NetworkChoice(net=f"{file}:planted", size=(12, 12), trust_code=True)
    stage = Stage(qtbot, tmp_path, choice, unlocked=False)
    stage.window.resize(1280, 800)
    stage.runs()
    yield stage
    stage.close()


def test_a_planted_circuit_is_walked_three_units_down_by_clicks_and_back(
    stage: Stage, qtbot: Any
) -> None:
    window = stage.window
    stage.session.select(Unit("relu_d", 0))
    window.layer_tree.kernels.click()
    panel = window.kernels
    panel.view.setCurrentIndex(panel.view.findData("weights"))
    panel.view.activated.emit(panel.view.currentIndex())
    walk = [Unit("relu_d", 0), Unit("relu_c", 5), Unit("relu_b", 1), Unit("relu_a", 4)]
    for unit, following in pairwise(walk):
        stage.until(lambda u=unit: panel.feeds.feeds and panel.feeds.feeds.unit == str(u))
        stage.until(lambda: panel.feeds.items())
        first = panel.feeds.items()[0]
        assert first.unit.unit == str(following)
        center = first.rect.center().toPoint()
        qtbot.mouseClick(panel.feeds, Qt.MouseButton.LeftButton, pos=center)
        assert stage.state.unit == following
        assert stage.state.layer == following.layer
    stage.until(lambda: panel.feeds.feeds and panel.feeds.feeds.unit == "relu_a[4]")
    assert panel.feeds.items()[0].unit.name == "red"
    for unit in reversed(walk[:-1]):
        window.run_action("back")
        assert stage.state.unit == unit
    stage.until(lambda: panel.feeds.feeds and panel.feeds.feeds.unit == "relu_d[0]")


def test_feeds_follow_the_frame_and_the_matrix_the_layer(stage: Stage) -> None:
    panel = stage.window.kernels
    stage.session.select(Unit("relu_c", 5))
    stage.session.update(kernels=KernelsChoice(True, "feeds"))
    stage.until(lambda: panel.feeds.feeds is not None)
    feeds = panel.feeds.feeds
    assert feeds.total + feeds.bias == pytest.approx(feeds.computed, abs=1e-4)
    stage.until(lambda: panel.feeds.feeds is not feeds)  # with the next frame
    stage.session.update(kernels=KernelsChoice(True, "sorted"))
    stage.until(lambda: panel.matrix.matrix is not None)
    assert panel.matrix.matrix.owner == "c"
    assert panel.matrix.matrix.is_sorted
    stage.session.update(layer="pool")
    stage.until(lambda: panel.matrix.matrix is not None and panel.matrix.matrix.owner == "a")
    assert "feeds" not in stage.window.backend.engine.plan.requests
