"""The panel Train with jobs that do nothing: what it begins, shows and says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.training_panel import (  # noqa: F401 (fixtures)
    Rig,
    rig_fixture,
    stood,
)


def test_the_form_sets_the_choice_and_shows_it(rig: Rig) -> None:
    fields, session = rig.panel.fields, rig.panel.session
    fields.steps.setValue(4)
    assert (session.state.train.steps, session.state.train.game_steps) == (4, 0)
    assert fields.game.value() == 4  # it follows
    fields.game.setValue(2)
    fields.steps.setValue(5)
    assert (session.state.train.game, fields.game.value()) == (2, 2)
    fields.game.setValue(5)
    fields.steps.setValue(3)
    assert fields.game.value() == 3  # it follows again
    rig.press(fields.autoencoder)
    fields.seed.setValue(7)
    rig.bot.keyClicks(fields.name, "mine")
    assert session.state.train.name == "mine"
    assert not session.state.train.autoencoder
    assert session.state.train.seed == 7
    rig.choose(cell="faithful", border="periodic", name="")
    assert fields.cell.currentData() == "faithful"
    assert fields.border.currentData() == "periodic"
    assert fields.name.text() == ""
    assert "periodic" in fields.name.placeholderText()


def test_it_says_what_will_happen_before_anything_does(rig: Rig) -> None:
    rig.answer(None)
    assert "life-3 learns to tell" in rig.message
    assert "half a minute" in rig.message
    form = rig.panel
    assert form.train_button.isEnabled()
    assert not form.keep_button.isEnabled()
    assert not form.open_button.isEnabled()
    assert not form.restart_button.isVisible()
    assert not form.stop_button.isVisible()
    assert not form.bar.isVisible()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"steps": 1, "game_steps": 6}, "sees 3 cells far"),
        ({"steps": 1, "adversarial": True}, "at least two steps"),
        ({"name": "a/b"}, "cannot name a file"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_said_and_not_begun(
    rig: Rig, changes: dict[str, Any], part: str
) -> None:
    rig.choose(**changes)
    assert part in rig.message
    assert not rig.panel.train_button.isEnabled()
    rig.panel.train()
    assert not rig.made
    rig.choose(steps=3, game_steps=0, adversarial=False, name="")
    assert rig.panel.train_button.isEnabled()


def test_the_name_and_the_seed_say_where_a_run_is_kept(rig: Rig, tmp_path: Path) -> None:
    def places() -> list[str]:
        return [str(place.relative_to(tmp_path)) for place in rig.asked[-1]]

    assert places() == ["training/life-3-seed0", "networks/life-3.safetensors"]
    rig.choose(seed=2)
    assert places() == ["training/life-3-seed2", "networks/life-3-seed2.safetensors"]
    rig.choose(name="mine")
    assert places() == ["training/mine-seed2", "networks/mine.safetensors"]


def test_training_shows_how_it_goes(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel
    rig.press(form.train_button)
    assert rig.made[-1].args[:4] == ["train", "life", "--steps", "3"]
    assert not form.fields.isVisible()
    assert form.title_label.text().startswith("life-3 ·")
    assert not form.train_button.isVisible()
    assert not form.keep_button.isEnabled()
    rig.look(25)
    rig.look(50, 1.0, 0.99, 0.8, 0.7)
    assert form.curves.learning.steps.tolist() == [25, 50]
    assert form.curves.learning.right[-1].tolist() == [1.0, 0.99, 0.8, 0.7]
    order = "98 % right: 1 cell at training step 50, 2 cell not yet, 3 cell not yet"
    assert form.order.text() == order
    first = [row.pixels.copy() for row in form.strip_view.rows]
    assert [row.name for row in form.strip_view.rows] == ["truth", "imagination", "difference"]
    rig.look(75)
    assert not np.array_equal(first[1], form.strip_view.rows[1].pixels)  # it is redrawn
    assert "step 75" in rig.message
    assert form.bar.maximum() == 0
    rig.look(100, 1.0, 1.0, 1.0, 1.0)
    rig.say(total=500, seconds_left=12.0)
    assert "step 100 of 500" in rig.message
    assert "12 s left" in rig.message
    assert (form.bar.value(), form.bar.maximum()) == (100, 500)


def test_looks_that_come_again_are_no_further_points(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.look(25)
    rig.say(paused=True)
    rig.say(paused=False)
    assert rig.panel.curves.learning.steps.tolist() == [25]


def test_pause_holds_and_continue_goes_on(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.look(25)
    hold = rig.panel.pause_button
    rig.press(hold)
    rig.say()
    assert rig.made[0].state.paused
    assert hold.text() == "Continue"
    assert "paused" in rig.message
    rig.press(hold)
    rig.say()
    assert not rig.made[0].state.paused
    assert hold.text() == "Pause"


def test_a_second_run_beside_the_first_is_not_begun(rig: Rig) -> None:
    rig.answer(None)
    rig.panel.train()
    rig.panel.train()
    rig.panel.train(restart=True)
    assert len(rig.made) == 1


def test_stop_says_where_it_stands_and_train_goes_on(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel
    rig.press(form.train_button)
    rig.look(25)
    rig.press(form.stop_button)
    rig.say()
    assert "Stopping" in rig.message
    assert not form.stop_button.isEnabled()
    assert not form.pause_button.isEnabled()
    assert not form.keep_button.isEnabled()
    rig.say(finished=True, message="Stopped.")
    rig.answer(stood(31))
    assert rig.message.startswith("Stopped. life-3 stands at step 31")
    assert form.fields.isVisible()
    assert form.curves.learning.last_step == 31
    assert form.strip_view.rows
    rig.press(form.train_button)
    assert "--restart" not in rig.made[-1].args
    assert len(rig.made) == 2
    rig.look(50)
    assert form.curves.learning.steps.tolist() == [31, 50]  # what is behind it stays on show


def test_keep_stops_and_has_the_network_written_where_it_stands(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel
    rig.press(form.train_button)
    assert not form.keep_button.isEnabled()
    rig.look(25)
    rig.press(form.keep_button)
    assert rig.made[0].state.stopped
    assert "in order to keep life-3" in rig.message
    rig.say(finished=True, message="Stopped.")
    assert len(rig.made) == 1
    assert "in order to keep" in rig.message
    rig.answer(stood(31))
    args = rig.made[1].args
    assert args[args.index("--most") + 1] == "31"
    rig.say(message="Scoring life-3 on 4000 boards ...")
    assert "Scoring" in rig.message
    assert not form.keep_button.isEnabled()
    rig.say(finished=True, message="life-3 tells 83 %")
    rig.answer(stood(31, written=31))
    assert "kept as it is there: Open shows it" in rig.message
    assert not form.keep_button.isEnabled()
    rig.press(form.open_button)
    assert rig.opened == [rig.asked[-1][1]]


def test_keep_of_nothing_learned_begins_nothing(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.train_button)
    rig.look(25)
    rig.press(rig.panel.keep_button)
    rig.say(finished=True)
    rig.answer(None)
    assert len(rig.made) == 1
    assert rig.panel.train_button.isEnabled()


def test_a_run_that_stands_can_be_kept_without_learning_on(rig: Rig) -> None:
    rig.answer(stood(425))
    rig.press(rig.panel.keep_button)
    assert rig.made[0].args[rig.made[0].args.index("--most") + 1] == "425"


def test_a_finished_network_tells_its_scores_and_opens(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel
    rig.press(form.train_button)
    rig.look(1400)
    rig.say(finished=True, message="life-3 tells ...")
    scores = {"half": {"paper": 1.0}, "chain": {"paper": 0.98}}
    rig.answer(stood(1400, ended=True, written=1400, scores=scores))
    assert "life-3 tells 83.0 % of the cells of state 3" in rig.message
    assert "score 1.000 (p = .5), 0.980 (chain)" in rig.message
    assert not form.train_button.isEnabled()
    assert not form.keep_button.isEnabled()
    rig.press(form.open_button)
    assert rig.opened == [rig.asked[-1][1]]
    rig.press(form.restart_button)
    assert "--restart" in rig.made[-1].args
    assert not form.curves.isVisible()


def test_the_adversarial_stage_has_its_own_curve_and_network(rig: Rig) -> None:
    rig.choose(adversarial=True)
    rig.answer(stood(1400, ended=True, written=1400))
    form = rig.panel
    assert form.open_button.isEnabled()  # what there is so far
    rig.press(form.train_button)
    assert "--adversarial" in rig.made[-1].args
    rig.look(100, 1.0, 0.9, 0.9, 1.0, stage="adversarial")
    assert form.curves.learning.steps.tolist() == [100]
    assert "generator" in form.curves.title
    assert "encoder and cell stay" in form.order.text()
    assert not form.keep_button.isEnabled()
    rig.say(finished=True)
    later = stood(1600, ended=True, written=1600)
    rig.answer(stood(1400, ended=True, written=1400, later=later))
    assert rig.message.startswith("life-3-adversarial tells")
    rig.press(form.open_button)
    assert rig.opened[-1].name == "life-3-adversarial.safetensors"
