"""Ctrl+K: type what you look for, Enter goes there."""

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow

from dnnvis.app.shell.go_to import HELP, NOTHING, GoToPalette
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.go_to import Target, TargetIndex, build_index
from helpers.application_window import Stage, toy


@pytest.fixture
def palette(qtbot: Any) -> GoToPalette:
    rows = (
        LayerInfo("a.0", "Conv2d", (64, 9, 9), title="conv1"),
        LayerInfo("b", "ReLU", (4, 2, 2)),
    )
    actions = (Target("action", "Back", "the unit before · Alt+←", "back"),)
    labels = tuple(f"bird {k}" for k in range(1000))
    index = build_index(NetworkInfo("n", rows, labels, (8, 8), 3), "a.0", None, actions)
    window = QMainWindow()
    window.resize(1000, 700)
    qtbot.addWidget(window)
    window.gone = []  # type: ignore[attr-defined]
    made = GoToPalette(window, lambda: index, window.gone.append)  # type: ignore[attr-defined]
    window.show()
    made.toggle()
    yield made
    window.close()


def gone(palette: GoToPalette) -> list[Target]:
    targets: list[Target] = palette.parentWidget().gone  # type: ignore[union-attr]
    return targets


def test_enter_goes_to_the_first_result_and_closes(qtbot: Any, palette: GoToPalette) -> None:
    qtbot.keyClicks(palette.query, "conv")
    assert [target.value for target in palette.shown_targets()] == ["a.0"]
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert [target.value for target in gone(palette)] == ["a.0"]
    assert not palette.isVisible()


def test_arrows_choose_among_targets_and_leave_headings_out(
    qtbot: Any, palette: GoToPalette
) -> None:
    qtbot.keyClicks(palette.query, "b")
    listed = palette.shown_targets()
    assert len({target.kind for target in listed}) > 1
    for key in [Qt.Key.Key_Down] * (len(listed) + 1) + [Qt.Key.Key_Up]:
        qtbot.keyClick(palette.query, key)
    qtbot.keyClick(palette.query, Qt.Key.Key_Enter)
    assert gone(palette) == [listed[0]]  # once around, one on and one back
    palette.toggle()
    qtbot.keyClicks(palette.query, "b")
    for _ in range(3):
        qtbot.keyClick(palette.query, Qt.Key.Key_Down)
    qtbot.keyClick(palette.query, Qt.Key.Key_Enter)
    assert gone(palette)[1] == listed[3]


def test_escape_closes_and_the_next_time_it_is_empty(qtbot: Any, palette: GoToPalette) -> None:
    qtbot.keyClicks(palette.query, "bird 7")
    qtbot.keyClick(palette.query, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert not gone(palette)
    palette.toggle()
    assert palette.query.text() == ""


def test_nothing_is_said_to_be_nothing(qtbot: Any, palette: GoToPalette) -> None:
    qtbot.keyClicks(palette.query, "qqqq")
    item = palette.list.item(0)
    assert item is not None
    assert (item.text(), palette.shown_targets()) == (NOTHING, [])
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.help.text() == HELP


def test_a_small_window_holds_it(palette: GoToPalette) -> None:
    palette.parentWidget().resize(400, 300)  # type: ignore[union-attr]
    assert palette.parentWidget().rect().contains(palette.geometry())  # type: ignore[union-attr]


def test_without_a_network_the_rest_is_there(qtbot: Any) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    palette = GoToPalette(window, lambda: TargetIndex(()), print)
    palette.toggle()
    assert palette.shown_targets() == []


def test_in_the_window_it_goes_to_layer_unit_class_and_action(qtbot: Any, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    window = stage.window

    def go(text: str) -> None:
        qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert window.go_to.isVisible()
        qtbot.keyClicks(window.go_to.query, text)
        qtbot.keyClick(window.go_to.query, Qt.Key.Key_Return)

    stage.session.update(layer="0")
    go("3")
    assert stage.state.unit == Unit("0", 3)
    go("4 5")  # layer 4, unit 5
    assert (stage.state.layer, stage.state.unit) == ("4", Unit("4", 5))
    go("truck")
    assert stage.state.unit == Unit("output", 3)
    assert stage.state.synthesis.goal == "output[3]"  # its output is logits
    go("per-unit")
    assert stage.state.per_unit
    stage.session.update(synthesis=stage.state.synthesis.__class__(on_click=False))
    go("ship")
    assert stage.state.synthesis.goal == "output[2]"
