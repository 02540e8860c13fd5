"""A network that takes boards is offered one where it looks at a photograph."""

from dataclasses import replace

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.input.board_offer import BoardOffer
from dnnvis.session.state import SourceChoice, State
from helpers.strips import life_info


@pytest.mark.parametrize(
    ("binary", "kind", "offered"),
    [(True, "pictures", True), (True, "demo", True), (True, "life", False), (False, "demo", False)],
)
def test_a_board_is_offered_to_those_that_take_one(
    qtbot: QtBot, binary: bool, kind: str, offered: bool
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    offer = BoardOffer(parent)
    state = State(source=SourceChoice(kind))  # type: ignore[arg-type]
    info = replace(life_info(), binary=binary)
    offer.show_for(state, info)
    assert offer.isHidden() == (not offered)
    if offered:
        assert info.name in offer.label.text()
        with qtbot.waitSignal(offer.requested, timeout=1000):
            offer.button.click()
    offer.show_for(state, None)
    assert offer.isHidden()


def test_an_automaton_is_offered_a_canvas_of_its_own_size(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    offer = BoardOffer(parent)
    info = replace(life_info(), binary=False, state_channels=16, size=(40, 48))
    offer.show_for(State(source=SourceChoice("demo")), info)
    assert (offer.isHidden(), offer.source) == (False, "canvas:48")
    offer.show_for(State(source=SourceChoice("canvas")), info)
    assert offer.isHidden()


@pytest.mark.parametrize("field", ["mazes", "pieces"])
def test_a_network_of_mazes_or_positions_is_offered_its_own(qtbot: QtBot, field: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    offer, own = BoardOffer(parent), {"mazes": "maze", "pieces": "chess"}[field]
    info = replace(life_info(), binary=False, **{field: True})
    offer.show_for(State(source=SourceChoice("demo")), info)
    assert (offer.isHidden(), offer.source) == (False, own)
    offer.show_for(State(source=SourceChoice(own)), info)  # type: ignore[arg-type]
    assert offer.isHidden()
