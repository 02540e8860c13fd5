"""Every setting of a lens as a field, each with a way back to the preset's value."""

from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from dnnvis.app.synthesis.settings_list import SettingsList
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.settings_schema import describe_settings
from dnnvis.lenses.lens import params_for
from helpers.synthesis_results import SETTINGS


class Told(list[tuple[str, Any]]):
    def __call__(self, name: str, value: Any) -> None:
        self.append((name, value))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def fields(qtbot: QtBot, told: Told) -> SettingsList:
    made = SettingsList(SETTINGS, told)
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.show_values("live", {}, 0)
    with qtbot.waitExposed(made):
        made.show()
    return made


def values(fields: SettingsList) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, editor in fields.editors.items():
        if isinstance(editor, QComboBox):
            found[name] = editor.currentText()
        elif isinstance(editor, QCheckBox):
            found[name] = editor.isChecked()
        elif isinstance(editor, QSpinBox | QDoubleSpinBox):
            found[name] = editor.value()
    return found


def test_the_fields_show_what_the_preset_has(fields: SettingsList, told: Told) -> None:
    plain = {"seed": 0, "steps": 48, "rate": 0.05, "start": "noise", "clip": False}
    assert values(fields) == plain
    fields.show_values("deepdream", {}, 0)
    assert values(fields) == {**plain, "steps": 40, "rate": 1.5, "start": "frame", "clip": True}
    assert told == []  # showing asks for nothing


def test_what_was_set_lies_over_the_preset_and_only_that_can_be_reset(
    fields: SettingsList, told: Told
) -> None:
    fields.show_values("live", {"steps": 7, "clip": True}, 3)
    assert (values(fields)["steps"], values(fields)["clip"], values(fields)["seed"]) == (7, True, 3)
    able = {name for name, reset in fields.resets.items() if reset.isEnabled()}
    assert able == {"steps", "clip", "seed"}
    assert fields.resets["steps"].toolTip() == "back to the preset's 48"
    fields.resets["steps"].click()
    fields.resets["seed"].click()
    assert told == [("steps", None), ("seed", None)]


def test_each_kind_of_field_tells_what_was_set(fields: SettingsList, told: Told) -> None:
    fields.editors["steps"].setValue(100)
    fields.editors["rate"].setValue(0.125)
    fields.editors["clip"].click()
    combo = fields.editors["start"]
    combo.textActivated.emit("mean")
    assert told == [("steps", 100), ("rate", 0.125), ("clip", True), ("start", "mean")]


def test_a_number_is_told_when_it_is_finished_not_at_every_digit(
    fields: SettingsList, told: Told, qtbot: QtBot
) -> None:
    field = fields.editors["steps"]
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "250")
    assert told == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told == [("steps", 250)]


def test_the_wheel_scrolls_the_list_and_turns_no_number_by_chance(
    fields: SettingsList, told: Told
) -> None:
    field = fields.editors["steps"]
    fields.setFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    field.wheelEvent(event)
    assert not event.isAccepted()
    assert told == []
    field.setFocus()
    field.wheelEvent(event)
    assert told == [("steps", 49)]


def test_numbers_are_written_as_short_as_they_are(fields: SettingsList) -> None:
    assert fields.editors["rate"].text() == "0.05"
    fields.show_values("live", {"rate": 1e8}, 0)
    assert fields.editors["rate"].text() == "1e+08"


def test_every_field_takes_every_presets_value_and_the_lens_takes_it_back(qtbot: QtBot) -> None:
    settings = describe_settings()
    fields = SettingsList(settings, lambda name, value: None)
    qtbot.addWidget(fields)
    for preset, recipe in PRESETS.items():
        fields.show_values(preset, {}, 0)
        for name, shown in values(fields).items():
            if name == "seed":
                continue
            own = getattr(recipe, name)
            assert shown == (pytest.approx(own, rel=1e-6) if isinstance(own, float) else own), name
            params_for(ASCENT, {"preset": preset, name: shown})
