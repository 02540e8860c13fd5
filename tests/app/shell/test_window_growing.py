"""A story: an automaton grows from a seed, is damaged with the mouse, and heals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from dnnvis.core.paths import shipped_folder
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.card import read_card
from dnnvis.session.state import SourceChoice
from dnnvis.training.nca_export import unpack_target
from dnnvis.training.nca_measure import GOAL_MSE
from helpers.application_window import Stage

NETWORK = "nca-salamander"
SIDE = 40  # that of its target, with the cells around it


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    source = SourceChoice(kind="canvas", canvas_side=SIDE, canvas_rate=240.0)
    return Stage(qtbot, tmp_path, NetworkChoice(net=NETWORK), source)


@pytest.fixture(scope="module")
def target() -> np.ndarray:
    card = read_card(shipped_folder("models") / f"{NETWORK}.json")
    values = unpack_target(card)
    assert values is not None
    return values.permute(2, 0, 1).numpy()


def error(stage: Stage, target: np.ndarray) -> float:
    live = stage.window.input.live
    if live is None or live.frame.state is None:
        return float("inf")
    return float(np.square(live.frame.state[:4] - target).mean())


def step_of(stage: Stage) -> int:
    live = stage.window.input.live
    return 0 if live is None else int(live.frame.label.split()[1].strip(",").replace(",", ""))


def point(stage: Stage, cell: tuple[int, int]) -> QPoint:
    view, sight = stage.window.input.view, stage.window.input.canvas.brush.viewport
    place = view.image_rect()
    scale = place.width() / sight.image_size[1]
    y, x = sight.corner(cell)
    return QPointF(place.x() + x * scale, place.y() + y * scale).toPoint()


def erase(stage: Stage, *cells: tuple[int, int]) -> None:
    """One stroke with the left button."""
    view: Any = stage.window.input.view
    stage.bot.mousePress(view, Qt.MouseButton.LeftButton, pos=point(stage, cells[0]))
    for cell in cells[1:]:
        stage.bot.mouseMove(view, point(stage, cell))
    stage.bot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=point(stage, cells[-1]))


def hold(stage: Stage) -> None:
    """Freeze, and wait until the steps that were on their way are shown."""
    stage.session.update(frozen=True)
    steps = [-1]

    def stands_still() -> bool:
        steps.append(step_of(stage))
        return len(steps) > 20 and len(set(steps[-20:])) == 1  # looked at each 10 ms

    stage.until(stands_still)


def test_an_automaton_is_damaged_and_heals(stage: Stage, target: np.ndarray) -> None:
    window = stage.window
    stage.until(lambda: step_of(stage) >= 96 and error(stage, target) <= GOAL_MSE)
    hold(stage)
    stage.session.update(layer="encoder")
    stage.until(lambda: "encoder" in window.mosaic.live.maps)
    before = error(stage, target)
    window.input.canvas.radius.setValue(8)
    erase(stage, (8, 10), (20, 10), (32, 10))
    stage.until(lambda: not window.input.live.frame.state[:, 8:32, 8:12].any())
    assert error(stage, target) > max(2 * before, GOAL_MSE)
    state = window.input.live.frame.state
    assert state[3, 20, 21] > 0.5  # the rest of the body
    stage.until(lambda: np.array_equal(window.mosaic.live.maps["encoder"], state))
    cut = step_of(stage)
    stage.session.update(frozen=False)
    stage.until(lambda: step_of(stage) >= cut + 96)
    stage.until(lambda: error(stage, target) <= GOAL_MSE)
    assert not stage.problems()
