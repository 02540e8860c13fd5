"""The fields that panels are made of."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets import controls
from dnnvis.guide.glossary import explain


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_a_combo_holds_the_values_behind_its_labels(parent: QWidget) -> None:
    combo = controls.create_combo(parent, "Which end", {False: "top", True: "bottom"})
    assert [combo.itemText(k) for k in range(2)] == ["top", "bottom"]
    assert [combo.itemData(k) for k in range(2)] == [False, True]
    assert combo.accessibleName() == "Which end"


def test_tips_say_what_the_glossary_has_of_a_word(parent: QWidget) -> None:
    combo = controls.create_combo(parent, "Which end", {"guided": "guided", "x": "marmalade"})
    assert " ".join(combo.toolTip().split()) == explain("which end")
    tips = [combo.itemData(k, Qt.ItemDataRole.ToolTipRole) for k in range(2)]
    assert (" ".join(tips[0].split()), tips[1]) == (explain("guided"), None)
    assert controls.create_spin_box(parent, "Marmalade", 0, 1).toolTip() == "Marmalade"
    button = controls.create_push_button(parent, "Dream", "On the present frame")
    assert button.toolTip().startswith("On the present frame\n")
    assert " ".join(button.toolTip().split()).endswith(explain("dream"))
    assert all(len(line) <= controls.LINE_LETTERS for line in button.toolTip().splitlines())


def test_a_combo_of_few_letters_asks_for_no_more_than_they_need(parent: QWidget) -> None:
    labels = {"a": "a label that is far longer than five letters"}
    wide = controls.create_combo(parent, "Wide", labels)
    narrow = controls.create_combo(parent, "Narrow", labels, min_letters=5)
    assert narrow.minimumContentsLength() == 5
    assert narrow.minimumSizeHint().width() < wide.minimumSizeHint().width()


def test_a_number_counts_once_it_is_typed_to_the_end(parent: QWidget) -> None:
    whole = controls.create_spin_box(parent, "Seed", 0, 500)
    broken = controls.create_double_spin_box(parent, "Density", (0.0, 1.0), decimals=3)
    for box in (whole, broken):
        assert not box.keyboardTracking()
    whole.setValue(501)
    broken.setValue(0.1234)
    assert (whole.value(), broken.value()) == (500, 0.123)


def test_a_slider_with_ticks_stops_at_each_number(parent: QWidget) -> None:
    slider = controls.create_slider(parent, "Step", 0, 7, ticks=True)
    assert (slider.minimum(), slider.maximum(), slider.pageStep()) == (0, 7, 1)
    assert slider.orientation() is Qt.Orientation.Horizontal


def test_a_label_is_never_read_as_markup(parent: QWidget) -> None:
    label = controls.create_label(parent, text="<b>conv</b>")
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == "<b>conv</b>"


def test_a_slider_jumps_to_where_it_is_pressed_and_is_dragged_from_there(
    parent: QWidget, qtbot: QtBot
) -> None:
    slider = controls.create_slider(parent, "Position", 0, 1000)
    slider.resize(200, 20)
    moved: list[int] = []
    slider.sliderMoved.connect(moved.append)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(slider, left, pos=QPoint(150, 10))
    assert moved == [slider.value()] == [pytest.approx(750, abs=40)]
    qtbot.mouseMove(slider, QPoint(100, 10))
    assert slider.value() == pytest.approx(500, abs=40)
    qtbot.mouseRelease(slider, left, pos=QPoint(100, 10))
    assert not slider.isSliderDown()
    at = slider.value()
    qtbot.mouseClick(slider, left, pos=QPoint(101, 10))  # on the handle
    assert slider.value() == at
