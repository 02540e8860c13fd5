"""Lessons in the real window: every step, forth and back, and what is wrong with one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from dnnvis import guide
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.lesson import Lesson, LessonStep, parse_lesson
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy

GROWS = "2-unit.toml"  # most of its time goes into pictures that grow
LESSONS = {name: guide.find_lesson(name) for name in guide.list_lessons()}


def another_unit(stage: Stage) -> None:
    unit = stage.state.unit
    stage.session.select(replace(unit, channel=unit.channel + 1))


#: What a learner does where a step waits for it.
DEEDS: dict[str, Callable[[Stage], None]] = {
    "unit": another_unit,
    "layer": lambda stage: stage.window.run_action("next_layer"),
    "step": lambda stage: stage.window.run_action("next_step"),
    "enlarged": lambda stage: stage.window.enlarge_card("unit"),
}


def begin(qtbot: QtBot, folder: Path, *, unlocked: bool = False) -> Stage:
    """A window on a small network and pictures, in a mode that no lesson begins with."""
    source = SourceChoice(kind="pictures", path=str(pictures(folder)))
    stage = Stage(qtbot, folder, toy(folder), source, unlocked=unlocked)
    stage.runs()
    if not unlocked:
        stage.window.enter_mode("map")
    return stage


def play(stage: Stage, lesson: Lesson) -> None:
    """Play a lesson to its end, and fail where a command of a step does nothing."""
    teaching = stage.window.teaching
    player = teaching.player
    player.start(lesson)
    for index, step in enumerate(lesson.steps):
        assert (player.index, player.step) == (index, step)
        stage.until(lambda: not player.is_pending, 60)
        assert player.idle == [], f"step {index + 1}: {player.idle} do nothing"
        assert player.error == ""
        assert teaching.bar.isVisible()
        assert teaching.frame.name == step.point
        assert teaching.frame.isVisible() == bool(step.point)
        if step.wait in DEEDS:
            assert player.waiting
            assert teaching.bar.next_button.text() in ("Skip", "Finish")
            DEEDS[step.wait](stage)
        stage.until(lambda: not player.waiting, 60)
        player.next()
    assert player.lesson is None
    assert not teaching.bar.isVisible()
    assert not teaching.frame.isVisible()


def read(stage: Stage, name: str) -> Lesson:
    return stage.window.teaching.read(LESSONS[name])


def for_toy(lesson: Lesson) -> Lesson:
    """The same lesson on the small network that runs: its pictures grow at once."""
    values = {"layer": "1", "unit": 2, "class": "cat"}

    def change(step: LessonStep) -> LessonStep:
        commands = (replace(c, value=values.get(c.name, c.value)) for c in step.commands)
        return replace(step, commands=tuple(c for c in commands if c.name != "network"))

    return replace(lesson, steps=tuple(map(change, lesson.steps)))


@pytest.mark.parametrize("name", [name for name in LESSONS if name != GROWS])
def test_a_lesson_plays_from_end_to_end(name: str, qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    play(stage, read(stage, name))


def test_the_lesson_of_what_grows_plays_on_a_small_network(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    stage.session.update(layer="0")
    play(stage, for_toy(read(stage, GROWS)))


@pytest.mark.slow
def test_the_lesson_of_what_grows_plays_on_its_own(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    play(stage, read(stage, GROWS))


TWO_STEPS = """
title = "Two steps"
[[step]]
text = "One."
mode = "explore"
layer = "1"
unit = 3
[[step]]
text = "Two."
point = "lens1"
unit = "3[5]"
view = "gray"
overlay = "active"
preset = "fine"
seeds = 9
enlarge = "lens1"
"""


def shown(stage: Stage) -> tuple[Any, ...]:
    """What a lesson of TWO_STEPS changes."""
    state = stage.state
    synthesis = state.synthesis
    choices = (state.mode, state.unlocked, state.layer, state.unit, state.panels, state.overlay)
    grows = (synthesis.preset, synthesis.seeds, synthesis.goal)
    return (*choices, *grows, stage.window.page.enlarged)


def test_going_back_restores_what_was_left_and_leaving_what_was_before(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = begin(qtbot, tmp_path)
    player, bar = stage.window.teaching.player, stage.window.teaching.bar
    stage.session.select(Unit("4", 1))
    before = shown(stage)
    lesson = parse_lesson(TWO_STEPS, "two", {})
    player.start(lesson)
    first = shown(stage)
    assert stage.state.unit == Unit("1", 3)
    assert not bar.back_button.isEnabled()
    stage.session.select(Unit("1", 0))  # the learner's own
    left = shown(stage)
    bar.next_button.click()
    assert (stage.state.unit, stage.window.page.enlarged) == (Unit("3", 5), "lens1")
    assert bar.title.text() == "2 of 2 · Two steps"
    bar.back_button.click()
    assert (player.index, shown(stage)) == (0, left)
    bar.restart_button.click()
    assert (player.index, shown(stage)) == (0, first)
    bar.next_button.click()
    bar.leave_button.click()
    assert (player.lesson, shown(stage)) == (None, before)
    player.start(lesson)
    player.next()
    kept = shown(stage)
    assert bar.next_button.text() == "Finish"
    bar.next_button.click()
    assert (player.lesson, shown(stage)) == (None, kept)


def test_a_network_that_was_left_comes_back(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    player = stage.window.teaching.player
    before = stage.state.network, stage.state.source
    player.start(read(stage, "3-recurrent.toml"))
    stage.until(lambda: not player.waiting)
    assert stage.state.network == NetworkChoice("life-3")
    player.leave()
    stage.until(lambda: stage.window.backend.info.choice == before[0])
    assert (stage.state.network, stage.state.source) == before


WRONG = {
    'layer = "conv99"': "has no layer 'conv99'",
    "unit = 600": "has no unit",
    'unit = "1[x]"': "1[x]",
    'class = "unicorn"': "has no class 'unicorn'",
    'enlarge = "map"': "no card 'map'",
    'source = "nothing.png"': "no nothing.png beside the lesson",
}


def test_what_cannot_be_done_is_said_and_the_lesson_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    player = stage.window.teaching.player
    for command, sentence in WRONG.items():
        text = f'title = "t"\n[[step]]\ntext = "a"\nmode = "explore"\n{command}\n'
        text += '[[step]]\ntext = "b"\nlayer = "0"\n'
        player.start(parse_lesson(text, "t", {}))
        assert sentence in player.error
        assert stage.window.teaching.bar.status.text() == player.error
        player.next()
        assert (player.error, stage.state.layer) == ("", "0")
        player.leave()


def test_a_network_that_does_not_open_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    text = 'title = "t"\n[[step]]\ntext = "a"\nnetwork = "missing.safetensors"\nlayer = "1"\n'
    player = stage.window.teaching.player
    player.start(parse_lesson(text, "t", {}))
    stage.until(lambda: player.error)
    assert "missing.safetensors could not be opened" in player.error
    assert not player.is_pending


def test_a_wrong_file_is_a_sentence_and_nothing_is_played(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path)
    file = tmp_path / "mine.toml"
    file.write_text('title = "t"\n[[step]]\ntext = "a"\npoint = "kitchen"\n')
    stage.window.teaching.play(file)
    assert stage.window.teaching.player.lesson is None
    assert any("mine.toml, line 4" in sentence for sentence in stage.problems())
    assert stage.window.problem_popup.isVisible()


def test_a_lesson_locks_the_panels_and_is_in_the_menu(qtbot: QtBot, tmp_path: Path) -> None:
    stage = begin(qtbot, tmp_path, unlocked=True)
    menus = {a.text().replace("&", ""): a.menu() for a in stage.window.menuBar().actions()}
    (lessons,) = (a.menu() for a in menus["Help"].actions() if a.text() == "Lessons")
    titles = [action.text() for action in lessons.actions() if not action.isSeparator()]
    assert titles == [read(stage, name).title for name in LESSONS] + ["Open a lesson ..."]
    lessons.actions()[2].trigger()
    assert stage.window.teaching.player.lesson.title == titles[2]
    assert not stage.state.unlocked
    stage.window.teaching.player.leave()
    assert stage.state.unlocked
