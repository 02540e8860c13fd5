"""Both parents of a sum of two: whose pictures stand beside it, and what stands where none is."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.synthesis.parents import ParentsView, choose_parent_picture
from dnnvis.core.lens_results import Patterns, StoredPicture
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

LAYER = "block.conv"
GOAL = f"{LAYER}[1] + 0.5*{LAYER}[2]"


@pytest.fixture
def parents(qtbot: QtBot, info: NetworkInfo) -> ParentsView:
    panel = QWidget()
    qtbot.addWidget(panel)
    panel.resize(600, 400)
    made = ParentsView(Session(State(synthesis=Synthesis(goal=GOAL, preset="fine"))), panel)
    made.session.listen(made.show_state)
    panel.show()
    made.show_info(info)
    return made


def stored(value: int, preset: str = "fine") -> StoredPicture:
    return StoredPicture(np.full((20, 20, 3), value, np.uint8), preset, {})


def arrive(parents: ParentsView, k: int, *pictures: StoredPicture, channel: int = 0) -> None:
    unit = f"{LAYER}[{channel or k}]"
    parents.on_message(f"parent {k}", Patterns(LAYER, "toy", {}, "", unit, pictures))


def values(parents: ParentsView) -> list[list[int]]:
    return [[int(tile.pixels[0, 0, 0]) for tile in view.tiles] for view in parents.views]


def test_each_parent_has_its_picture_and_its_name(parents: ParentsView) -> None:
    assert parents.isVisible()
    arrive(parents, 1, stored(7, "live"), stored(8), stored(9))
    arrive(parents, 2, stored(5, "live"), stored(6, "live"))
    assert values(parents) == [[8], [5]]  # of the same preset, else the newest
    names = [tile.text for view in parents.views for tile in view.tiles]
    assert names == [f"{LAYER}[1]", f"0.5*{LAYER}[2]"]


def test_a_sentence_stands_where_no_picture_is(parents: ParentsView) -> None:
    assert "are read" in parents.views[0].message
    arrive(parents, 1)
    arrive(parents, 2, stored(5), channel=1)  # of a goal before this one
    assert f"No picture of {LAYER}[1]" in parents.views[0].message
    assert "are read" in parents.views[1].message
    parents.on_message("parent 2", Failure("The library cannot be read.", kind="BadInput"))
    assert parents.views[1].message == "The library cannot be read."
    parents.on_message("parent 1", Patterns(LAYER, "toy", {}))  # there is no library at all
    assert f"No picture of {LAYER}[1]" in parents.views[0].message


@pytest.mark.parametrize(
    "goal", [f"{LAYER}[1]", LAYER, f"{LAYER}[1] + {LAYER}", f"{LAYER}[1] + none[2]", ""]
)
def test_other_goals_have_no_parents(parents: ParentsView, goal: str) -> None:
    session = parents.session
    session.update(synthesis=replace(session.state.synthesis, goal=goal))
    assert parents.isHidden()
    session.update(synthesis=replace(session.state.synthesis, goal=f"{LAYER}[1] - {LAYER}[2]"))
    assert not parents.isHidden()
    assert parents.views[1].toolTip() == f"-{LAYER}[2]"


def test_a_narrow_panel_is_left_to_the_picture_of_both(parents: ParentsView) -> None:
    panel = parents.parentWidget()
    assert panel is not None
    panel.resize(262, 262)
    assert parents.isHidden()
    panel.resize(500, 262)
    assert not parents.isHidden()


def test_no_picture_is_chosen_of_none() -> None:
    assert choose_parent_picture((), "fine") is None
