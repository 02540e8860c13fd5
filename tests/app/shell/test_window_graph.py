"""Kernels and graph in the whole window, on a network of the user's own."""

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt

from dnnvis.app.shell.targets import go_to_target, index_window
from dnnvis.core.unit import Unit
from dnnvis.session.go_to import search
from helpers.application_window import Stage, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Any:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    stage.window.resize(1280, 800)
    stage.runs()
    yield stage
    stage.close()


def test_kernels_open_below_the_layers_and_add_up_at_a_place(stage: Stage) -> None:
    window = stage.window
    stage.session.select(Unit("0", 2))
    assert window.page.cards["kernels"].isHidden()
    window.layer_tree.kernels.click()
    stage.until(lambda: window.kernels.kernels is not None)
    layers, kernels = window.page.cards["layers"], window.page.cards["kernels"]
    assert kernels.isVisible()
    assert layers.geometry().bottom() < kernels.geometry().top()
    assert window.kernels.units.chosen == 2
    stage.session.select(Unit("0", 2, (0, 3)))
    stage.until(lambda: window.kernels.sum.patch_sum is not None)
    patch_sum = window.kernels.sum.patch_sum
    assert patch_sum.total == pytest.approx(patch_sum.computed, abs=1e-5)
    assert patch_sum.value == pytest.approx(patch_sum.computed, abs=1e-5)
    assert patch_sum.outside.sum() == 3  # the row above the map
    stage.session.select(Unit("1", 2, (0, 3)))  # after the rectifier
    stage.until(lambda: window.kernels.sum.patch_sum is not None)
    patch_sum = window.kernels.sum.patch_sum
    assert (patch_sum.convolution, patch_sum.after) == ("0", ("ReLU",))
    assert patch_sum.value == pytest.approx(max(patch_sum.total, 0), abs=1e-5)
    window.layer_tree.kernels.click()
    assert kernels.isHidden()
    stage.until(lambda: not {"kernels", "arithmetic"} & set(window.backend.engine.plan.requests))


def test_the_graph_fills_the_middle_and_esc_goes_back_to_the_pixel(
    stage: Stage, qtbot: Any
) -> None:
    window = stage.window
    boxes = {name: card.geometry() for name, card in window.page.cards.items() if card.isVisible()}
    window.run_action("graph")
    stage.until(lambda: window.graph.canvas.drawing is not None)
    card = window.page.cards["graph"]
    assert card.isVisible()
    assert card.geometry() == boxes["mosaic"]
    drawing = window.graph.canvas.drawing
    keys = [node.key for node in drawing.graph.nodes]
    assert keys == ["input", "0", "1", "2", "3", "4", "5", "6", "output"]
    center = window.graph.canvas._to_screen(drawing.rect_of(4)).center().toPoint()
    qtbot.mouseClick(window.graph.canvas, Qt.MouseButton.LeftButton, pos=center)
    assert stage.state.layer == "3"
    assert window.layer_tree.graph.isChecked()
    window.run_action("close")
    assert not stage.state.graph.shown
    assert card.isHidden()
    after = {name: card.geometry() for name, card in window.page.cards.items() if card.isVisible()}
    assert after == boxes
    window.run_action("graph")
    assert card.isVisible()
    window.run_action("mode_map")
    assert not stage.state.graph.shown
    assert card.isHidden()


def test_graph_and_kernels_are_found_by_name(stage: Stage) -> None:
    index = index_window(stage.window.context)
    for name in ("graph", "kernels"):
        first = search(index, name)[0]
        assert (first.kind, first.value) == ("action", name)
        go_to_target(stage.window.context, first)
    assert stage.state.graph.shown
    assert stage.state.kernels.shown


def test_kernels_from_another_mode_lead_to_explore(stage: Stage) -> None:
    stage.window.enter_mode("map")
    stage.window.run_action("kernels")
    assert stage.state.mode == "explore"
    assert stage.window.page.cards["kernels"].isVisible()


def test_unlocked_both_lie_in_docks(qtbot: Any, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    docks = stage.window.docks
    assert docks["Kernels"].isHidden()
    assert docks["Graph"].isHidden()
    for name in ("kernels", "graph"):
        stage.window.run_action(name)
        assert docks[name.capitalize()].isVisible()
    stage.until(lambda: stage.window.graph.canvas.drawing is not None)
    docks["Graph"].close()
    stage.until(lambda: not stage.state.graph.shown)
    stage.close()
