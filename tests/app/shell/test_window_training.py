"""A network is trained from the window: watched, held, kept as it is, opened, closed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file

from dnnvis.app.training.panel import TrainPanel
from helpers.application_window import Stage, toy


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "data"
    monkeypatch.setenv("DNNVIS_DATA", str(place))
    return place


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, data: Path) -> Stage:
    return Stage(qtbot, tmp_path, toy(tmp_path))


def open_panel(stage: Stage, **choice: Any) -> TrainPanel:
    stage.runs()
    stage.window.run_action("train")
    stage.session.update(train=replace(stage.state.train, **choice))
    panel = stage.window.train
    stage.until(panel.isVisible)
    return panel


def press(stage: Stage, button: Any) -> None:
    stage.until(lambda: button.isVisible() and button.isEnabled(), 60)
    stage.bot.mouseClick(button, Qt.MouseButton.LeftButton)


def learned(panel: TrainPanel) -> int:
    return panel.curves.learning.last_step


def test_a_network_is_trained_kept_and_opened(stage: Stage, data: Path) -> None:
    panel = open_panel(stage, steps=2)
    form = panel
    assert stage.window.docks["Train"].isFloating()
    press(stage, form.train_button)
    stage.until(lambda: learned(panel) >= 25, 120)
    assert [row.count for row in form.strip_view.rows] == [3, 3, 3]
    before = form.strip_view.rows[1].pixels.copy()
    stage.until(lambda: learned(panel) >= 75, 60)
    assert not np.array_equal(before, form.strip_view.rows[1].pixels)  # it is redrawn as it learns

    press(stage, form.pause_button)
    stage.until(lambda: form.pause_button.text() == "Continue")
    assert "paused" in form.progress_label.text()
    press(stage, form.pause_button)
    stage.until(lambda: form.pause_button.text() == "Pause")

    press(stage, form.keep_button)
    stage.until(lambda: not panel.running and "kept as it is there" in form.message.text(), 120)
    kept = learned(panel)
    assert kept >= 75
    assert f"life-2 stands at step {kept}" in form.message.text()
    file = data / "networks" / "life-2.safetensors"
    press(stage, form.open_button)
    stage.until(lambda: stage.window.backend.info and stage.window.backend.info.name == "life-2")
    assert not stage.window.docks["Train"].isVisible()  # it makes way
    assert stage.state.source.kind == "life"
    stage.until(stage.window.steps.isVisible)
    stage.until(
        lambda: (
            stage.window.steps.current_strip is not None and stage.window.steps.current_strip.rows
        )
    )

    fresh = stage.parts.engine.network.module.state_dict()
    assert all(np.array_equal(fresh[k], value) for k, value in load_file(file).items())
    assert all("toy.py" in sentence for sentence in stage.problems())  # its own notes alone


def test_closing_the_window_loses_nothing(
    stage: Stage, data: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = open_panel(stage, steps=2, name="mine")
    press(stage, panel.train_button)
    stage.until(lambda: learned(panel) >= 25, 120)
    choice = stage.state.train
    stage.window.close()
    assert not stage.window.backend.jobs.runs("train")

    second = Stage(qtbot, tmp_path, toy(tmp_path))
    again = open_panel(second, **{**vars(choice), "shown": True})
    second.until(lambda: "mine stands at step" in again.message.text(), 30)
    stood = learned(again)
    assert stood >= 25
    assert "Train goes on from there" in again.message.text()
    press(second, again.train_button)
    second.until(lambda: learned(again) > stood, 120)
    press(second, again.stop_button)
    second.until(lambda: again.message.text().startswith("Stopped. mine stands at step"), 60)


@pytest.mark.slow
def test_another_programs_run_of_the_same_name_is_refused_in_words(
    stage: Stage, data: Path
) -> None:
    from dnnvis.core.run_lock import run_lock

    panel = open_panel(stage, steps=2)
    with run_lock(data / "training" / "life-2-seed0"):
        press(stage, panel.train_button)
        stage.until(lambda: "Another run is at work" in panel.message.text(), 120)
    assert panel.train_button.isEnabled()
