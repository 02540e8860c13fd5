"""The Train panel where something goes wrong, or the answer is another run's."""

import pytest

from dnnvis.app.training.run_status import STATUS_KEY
from dnnvis.core.messages import Failure
from helpers.training_panel import (  # noqa: F401 (fixtures)
    Rig,
    rig_fixture,
    stood,
)


def test_a_failed_run_is_said_with_what_is_left(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.look(25)
    rig.say(finished=True, failed="The job was ended from outside (signal 9).")
    rig.answer(stood(20))
    assert rig.message.startswith("The job was ended from outside (signal 9). life-3 stands at")
    assert rig.panel.train_button.isEnabled()


def test_a_run_with_other_settings_is_neither_gone_on_with_nor_lost(rig: Rig) -> None:
    rig.choose(name="mine", steps=2)
    rig.answer(stood())
    form = rig.panel
    assert "has other settings" in rig.message
    assert not form.train_button.isEnabled()
    assert not form.keep_button.isEnabled()
    assert not form.open_button.isEnabled()
    rig.press(form.restart_button)
    assert "--restart" in rig.made[0].args


def test_progress_that_cannot_be_read_offers_to_begin_anew(rig: Rig) -> None:
    rig.answer(Failure("progress.pt cannot be read; begin anew."))
    assert "cannot be read" in rig.message
    rig.press(rig.panel.restart_button)
    assert "--restart" in rig.made[0].args


def test_an_answer_about_another_run_is_left_aside(rig: Rig) -> None:
    old = rig.asked[-1]
    rig.choose(steps=4)
    rig.panel.on_message(STATUS_KEY, (old, stood()))
    rig.panel._redraw()
    assert "stands at" not in rig.message


def test_a_hidden_panel_still_keeps_what_it_was_told_to(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.look(25)
    rig.press(rig.panel.keep_button)
    rig.panel.hide()
    before = len(rig.asked)
    rig.say(finished=True)
    assert len(rig.asked) == before + 1
    rig.answer(stood(30))
    assert "--most" in rig.made[1].args


def test_a_malformed_line_is_no_picture_and_no_point(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.say(done=25, latest={"accuracies": "many", "size": [5], "imagined": 3})
    assert not rig.panel.curves.learning.last_step
    assert not rig.panel.strip_view.rows


@pytest.mark.parametrize("width", [360, 900])
def test_every_button_and_name_has_room(rig: Rig, width: int) -> None:
    rig.answer(stood(425))
    rig.panel.resize(max(width, rig.panel.minimumSizeHint().width()), 620)
    form = rig.panel
    for button in (form.train_button, form.keep_button, form.open_button, form.restart_button):
        words = button.fontMetrics().horizontalAdvance(button.text())
        assert button.isVisible()
        assert button.width() >= words + 8
    assert rig.panel.minimumSizeHint().width() <= 500
    assert rig.panel.minimumSizeHint().height() <= 620
