"""The strip of edits: switches, a field, and sentences."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow

from dnnvis.app.edits.strip import MAX_CHIPS, EditBar
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (6, 8, 8)), LayerInfo("output", "result", (10, 1, 1))),
    (),
    (8, 8),
    3,
)


@pytest.fixture
def bar(qtbot: Any) -> EditBar:
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = EditBar(Session(State()), window)
    window.addToolBar(bar)
    window.show()
    bar.strip.session.listen(bar.strip.show_state)
    bar.strip.show_info(INFO)
    return bar


def type_edit(qtbot: Any, bar: EditBar, text: str) -> None:
    field = bar.strip.field
    field.clear()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_the_bar_is_there_while_there_is_something_to_show(qtbot: Any, bar: EditBar) -> None:
    session = bar.strip.session
    assert bar.isHidden()
    bar.type_edit("conv1[2] = 0")
    assert bar.isVisible()
    qtbot.keyClick(bar.strip.field, Qt.Key.Key_Return)
    assert session.state.edits == ("conv1[2] = 0",)
    bar.type_edit()
    session.update(edits=(), held_edit="conv1[3] = 0")
    assert bar.isVisible()
    assert bar.strip.held.text() == "held: conv1[3] off"
    bar._is_typing = False
    session.update(held_edit="")
    assert bar.isHidden()


def test_edits_are_typed_switched_and_removed(qtbot: Any, bar: EditBar) -> None:
    session = bar.strip.session
    type_edit(qtbot, bar, "conv1[2] off")
    bar.strip.field.setFocus()
    type_edit(qtbot, bar, "conv1 *= 1.5")
    assert not bar.strip.field.hasFocus()  # the next keys are the window's
    assert session.state.edits == ("conv1[2] = 0", "conv1 *= 1.5")
    first, second = bar.strip.chips
    assert (first.switch.text(), second.switch.text()) == ("conv1[2] off", "conv1 *= 1.5")
    assert bar.strip.count.text() == "2 edits:"
    first.switch.click()
    assert session.state.edits_off == ("conv1[2] = 0",)
    assert not first.switch.isChecked()
    second.remove.click()
    assert session.state.edits == ("conv1[2] = 0",)
    bar.strip.clear.click()
    assert session.state.edits == session.state.edits_off == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv1[2]", "is no edit"),
        ("conv1[6] = 0", "lies outside"),
        ("conv7[6] = 0", "no layer"),
        ("conv1[6] = nan", "finite"),
    ],
)
def test_what_is_no_edit_stays_in_the_field_with_a_sentence(
    qtbot: Any, bar: EditBar, text: str, message: str
) -> None:
    type_edit(qtbot, bar, text)
    assert message in bar.strip.message.text()
    assert bar.strip.field.text() == text
    assert bar.strip.session.state.edits == ()


def test_an_edit_of_another_network_waits_and_says_so(bar: EditBar) -> None:
    bar.strip.session.update(edits=("conv9[1] = 0", "conv1[1] = 0"))
    waiting, ready = bar.strip.chips
    assert not waiting.switch.isEnabled()
    assert "no layer" in waiting.switch.toolTip()
    assert ready.switch.isEnabled()


def test_many_edits_are_counted_and_what_had_no_effect_is_reported(bar: EditBar) -> None:
    edits = tuple(f"conv1[0]@{k},0 = 0" for k in range(8))
    bar.strip.session.update(edits=edits)
    assert len(bar.strip.chips) == MAX_CHIPS
    assert bar.strip.count.text() == "8 edits, 2 of them not listed:"
    pixels = np.zeros((8, 8, 3), np.uint8)
    live = Live(Frame(pixels), "toy", pixels, {}, np.zeros(10, np.float32), 0.0)
    bar.strip.on_message("live", replace(live, edits=edits, missed=edits[:1]))
    assert "did not run: conv1[0]@0,0 off" in bar.strip.message.text()
    bar.strip.on_message("live", replace(live, edits=edits))
    assert bar.strip.message.text() == ""


def test_the_difference_is_offered_while_edits_are_on(qtbot: Any, bar: EditBar) -> None:
    session = bar.strip.session
    session.update(edits=("conv1[2] = 0",))
    assert bar.strip.difference.isVisible()
    bar.strip.difference.click()
    assert session.state.grid == "difference"
    session.update(edits_off=("conv1[2] = 0",))
    assert not bar.strip.difference.isVisible()
    qtbot.waitUntil(lambda: session.state.grid == "forward")
    session.update(edits_off=())
    bar.strip.difference.click()
    bar.strip.difference.click()
    assert session.state.grid == "forward"
