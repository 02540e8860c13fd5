"""Compare two moments of life-3, and other pairs, as people do it in the window."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu

import dnnvis
from dnnvis.app.comparison import text
from dnnvis.app.comparison.choosing import MAX_MOMENTS, choose_second
from dnnvis.app.comparison.panel import ComparePanel
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live, SecondLive
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.comparison import live_comparison
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is measured now and then is measured at once."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(live_comparison, "MEASURE_SECONDS", 0.0)
    for name in ("SAMPLED_EVERY", "SAMPLED_EVERY_IDLE", "UNITS_EVERY"):
        monkeypatch.setattr(live_comparison, name, 1)
    monkeypatch.setattr(live_comparison, "MEASURE_FRACTION", 1.0)


def entries(menu: QMenu) -> dict[str, Any]:
    return {action.text(): action for action in menu.actions() if action.text()}


def filled_menu(stage: Stage) -> QMenu:
    panel = stage.window.compare
    panel.fill_menu(panel.menu)
    return panel.menu


def test_two_moments_of_life_3_are_compared(qtbot: Any, tmp_path: Path) -> None:
    board = SourceChoice("life", rows=16, columns=16, rate=30.0, density=0.4, border="periodic")
    stage = Stage(qtbot, tmp_path, NetworkChoice(net="life-3"), board, unlocked=False)
    stage.runs()
    stage.session.update(layer="cell")
    panel = stage.window.compare
    stage.bot.keyClick(
        stage.window, "b", Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert stage.state.compare.shown
    assert panel.isVisible()
    assert panel.sides[0].message == text.NO_SECOND

    moments = entries(filled_menu(stage))["This network at a moment of its training"].menu()
    steps = entries(moments)
    assert len(steps) == MAX_MOMENTS
    assert next(iter(steps)) == "step 0"
    steps["step 0"].trigger()
    assert (stage.state.second.net, stage.state.compare.moment) == ("life-3", 0)
    stage.until(lambda: panel.second is not None and panel.second.maps is not None)
    assert panel.second.name == "life-3 at step 0"
    stage.until(lambda: panel.disagreements and panel.collected.tiles)
    stage.until(lambda: panel.second.cka is not None and panel.second.pairs is not None)
    stage.until(lambda: panel.matrix.pixels is not None and 1 in panel.drawn)
    assert panel.matrix.pixels.shape[:2] == panel.second.cka.shape
    assert "life-3 beside life-3 at step 0" in panel.names.text()
    assert [len(drawn.channels) for drawn in panel.drawn.values()] == [20, 20]
    a, b, _ = panel.second.pairs
    assert sorted(a) == sorted(b) == list(range(20))

    collected = [each.live.frame.pixels for each in panel.disagreements]
    number = len(panel.collected.tiles) - 1
    center = panel.collected.cell(number).center().toPoint()
    stage.bot.mouseClick(panel.collected, LEFT, pos=center)
    assert stage.state.frozen
    # what is collected moves on under the mouse
    collected += [each.live.frame.pixels for each in panel.disagreements]
    stage.until(lambda: any(panel.live.frame.pixels is pixels for pixels in collected))

    box = panel.drawn[1].grid.box(3)
    rect = panel.sides[1].image_rect()
    scale = rect.width() / panel.sides[1].pixels.shape[1]
    x, y = (box[0] + box[2] / 2) * scale, (box[1] + box[3] / 2) * scale
    expected = int(panel.drawn[0].channels[3])
    point = QPoint(int(rect.x() + x), int(rect.y() + y))
    stage.bot.mouseClick(panel.sides[1], LEFT, pos=point)
    assert stage.state.unit == Unit("cell", expected)

    entries(filled_menu(stage))["Nothing"].trigger()
    assert not stage.state.compare.shown
    assert panel.isHidden() or not panel.isVisible()


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Stage:
    source = SourceChoice("pictures", str(pictures(tmp_path, 3)), every=0.05)
    made = Stage(qtbot, tmp_path, toy(tmp_path), source)
    made.runs()
    made.session.update(layer="1")
    return made


def test_the_same_network_with_edits_and_its_difference(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([("1[2 = 0", True), ("1[2] = 0; 1[3] = 0", True)])
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **named: next(answers))
    entries(filled_menu(stage))["This network, with other edits ..."].trigger()
    assert stage.state.compare.edits == ("1[2] = 0", "1[3] = 0")
    panel = stage.window.compare
    stage.until(lambda: panel.second is not None and panel.second.maps is not None)
    assert not panel.second.maps[2].any()
    assert panel.live.maps["1"][2].any()
    stage.window.docks["Compare"].raise_()
    panel.difference.setChecked(True)
    assert stage.state.compare.difference
    stage.until(lambda: 1 in panel.drawn)
    assert stage.state.edits == ()  # the first network is as it was
    assert panel.names.text().endswith(": 1[2] = 0; 1[3] = 0")


def test_answers_that_alternate_and_a_held_frame_do_not_drive_out_what_was_collected(
    qtbot: Any,
) -> None:
    panel = ComparePanel(Session(), tuple)
    qtbot.addWidget(panel)
    pixels = [np.full((2, 2, 3), number, np.uint8) for number in range(6)]
    lives = [
        Live(Frame(each, number), "net", each, {}, np.zeros(2, np.float32), 0.0)
        for number, each in enumerate(pixels)
    ]
    two, other = ("cat", "dog"), ("ship", "dog")
    for live, answers in zip(lives, (two, other, two, other, two, ("cat", "ship")), strict=True):
        panel._collect(live, SecondLive(live.frame.number, "other", answers=answers, differs=True))
    panel._collect(lives[1], SecondLive(1, "other", answers=("dog", "cat"), differs=True))
    assert [each.live for each in panel.disagreements] == [lives[5], lives[1], lives[0]]
    for number, each in enumerate(panel.disagreements):
        panel.disagreements[number] = replace(each, time=each.time - 60)  # a minute ago
    again = replace(lives[0], frame=replace(lives[0].frame, pixels=pixels[0].copy()))
    panel._collect(again, SecondLive(9, "other", answers=two, differs=True))  # a still life
    panel._collect(lives[2], SecondLive(2, "other", answers=two, differs=True))
    assert [each.live for each in panel.disagreements][:2] == [lives[2], lives[5]]


def test_what_cannot_be_opened_is_a_sentence_in_the_panel(stage: Stage, tmp_path: Path) -> None:
    panel = stage.window.compare
    stage.session.update(
        second=NetworkChoice(net=str(tmp_path / "missing.pt")),
        compare=type(stage.state.compare)(shown=True),
    )
    stage.window.docks["Compare"].raise_()
    stage.until(lambda: panel.second is not None and "cannot be run" in panel.sides[0].message)
    assert "missing.pt" in panel.sides[0].message
    assert stage.window.backend.live.output.size == 4


def test_classes_by_name_as_paired_bars_and_a_matrix_cell(stage: Stage) -> None:
    panel = stage.window.compare
    entries(filled_menu(stage))["This network, without edits"].trigger()
    stage.window.docks["Compare"].raise_()
    stage.until(lambda: panel.second is not None and len(panel.bars.rows) == 4)
    assert {row.name for row in panel.bars.rows} == {"cat", "dog", "ship", "truck"}
    for row in panel.bars.rows:
        assert row.first == pytest.approx(row.second, abs=1e-4)
    assert "Both are the same network" in panel.notes.text()
    assert panel.answer.text().startswith("They agree: ")
    stage.until(lambda: panel.second.cka is not None and panel.matrix.pixels is not None)
    np.testing.assert_allclose(np.diag(panel.second.cka), 1, atol=1e-3)
    panel._on_cell(0, 1)
    assert panel.hover.text().startswith("1 with 4: CKA")
    panel._on_cell_click(1, 0)
    assert stage.state.layer == "4"
    assert panel.export_values() is panel.second.cka
    assert panel.export_recipe()["layers_a"] == ["1", "4", "output"]


def test_two_checkpoints_of_a_network_of_ones_own(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = toy(tmp_path)
    plain = dnnvis.open(own.net, size=16, trust_code=True).module
    for name, factor in (("a.pt", 1.0), ("b.pt", 3.0)):
        values = {key: factor * value for key, value in plain.state_dict().items()}
        torch.save(values, tmp_path / name)
    source = SourceChoice("pictures", str(pictures(tmp_path, 3)), every=0.05)
    first = replace(own, checkpoint=str(tmp_path / "a.pt"))
    stage = Stage(qtbot, tmp_path, first, source)
    stage.runs()
    stage.session.update(layer="0")
    panel = stage.window.compare
    file = str(tmp_path / "b.pt")  # which does not say whose weights it has
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: (file, ""))
    entries(filled_menu(stage))["A file of weights ..."].trigger()
    assert stage.state.second == replace(first, checkpoint=file)
    stage.until(lambda: panel.second is not None and panel.second.maps is not None)
    stage.until(lambda: panel.second.frame == panel.live.frame.number)
    np.testing.assert_allclose(panel.second.maps, 3 * panel.live.maps["0"], rtol=1e-4, atol=1e-5)
    stage.until(lambda: " beside " in panel.names.text())
    name = panel.info.name
    assert panel.names.text() == f"{name} (a.pt) beside {name} (b.pt)"

    stage.session.update(recent_choices=(replace(first, checkpoint=file, trust_code=False),))
    (title,) = [title for title in entries(filled_menu(stage)) if title.startswith(file)]
    assert "size 16x16" in title
    entries(filled_menu(stage))[title].trigger()
    assert stage.state.second == replace(first, checkpoint=file)


def test_a_file_that_is_a_network_by_itself_is_opened_as_one(tmp_path: Path) -> None:
    own = toy(tmp_path)
    assert choose_second(own, "a.onnx") == NetworkChoice(net="a.onnx")
    assert choose_second(NetworkChoice(net="resnet18"), "a.pt") == NetworkChoice(net="a.pt")
    assert choose_second(own, "a.pt") == replace(own, checkpoint="a.pt")
