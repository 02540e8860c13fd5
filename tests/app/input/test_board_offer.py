"""A network that takes boards is offered one where it looks at a photograph."""

from dataclasses import replace
from types import SimpleNamespace

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
    parent, opened = QWidget(), SimpleNamespace(count=0)
    qtbot.addWidget(parent)
    offer = BoardOffer(lambda: setattr(opened, "count", opened.count + 1), parent)
    state = State(source=SourceChoice(kind))  # type: ignore[arg-type]
    info = replace(life_info(), binary=binary)
    offer.show_for(state, info)
    assert offer.isHidden() == (not offered)
    if offered:
        assert info.name in offer.label.text()
        offer.button.click()
        assert opened.count == 1
    offer.show_for(state, None)
    assert offer.isHidden()
