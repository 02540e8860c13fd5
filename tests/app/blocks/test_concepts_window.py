"""The window of concepts: what is drawn, and what a click does."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.blocks.concepts_window import ConceptsWindow
from dnnvis.core.concepts.concepts import Concept, ConceptExample, ConceptSet
from dnnvis.core.messages import DIRECTIONS, Failure, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.act_choices import BlocksChoice
from dnnvis.session.blocks import CONCEPTS
from dnnvis.session.session import Session
from dnnvis.session.state import State

INFO = NetworkInfo(
    "net",
    (
        LayerInfo("conv", "Conv2d", (8, 4, 4)),
        LayerInfo("conv.concepts~", DIRECTIONS, (2, 4, 4), part_of="conv"),
        LayerInfo("output", "result", (5, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)


def build_concepts() -> ConceptSet:
    crop = np.full((4, 4, 3), 200, np.uint8)
    return ConceptSet(
        "conv",
        "conv.concepts~",
        (
            Concept(
                Unit("conv.concepts~", 1),
                0.25,
                {"sobol": 0.5, "drop": 1.25},
                np.full((6, 6, 3), 9, np.uint8),
                (ConceptExample(crop, 3.5, "a.png"),),
            ),
            Concept(Unit("conv.concepts~", 0), 0.125, {"sobol": 0.25, "drop": -2.0}),
        ),
        caption="2 concepts of conv",
    )


@pytest.fixture
def window(qtbot: QtBot) -> ConceptsWindow:
    session = Session(State(layer="conv", blocks=BlocksChoice(concepts=True)))
    result = ConceptsWindow(session)
    session.listen(result.show_state)
    qtbot.addWidget(result)
    result.show_info(INFO)
    return result


def test_concepts_stand_in_their_order_with_their_numbers(window: ConceptsWindow) -> None:
    assert window.isVisible()
    assert "is read" in window.tiles.message
    window.on_message(CONCEPTS, build_concepts())
    texts = [tile.text for tile in window.tiles.tiles]
    assert texts == ["Sobol 0.50 · drop +1.2 · 25 %", "Sobol 0.25 · drop -2 · 12 %"]
    assert [tile.name for tile in window.tiles.tiles] == ["1", "0"]
    assert (window.tiles.tiles[0].pixels == 9).all()
    assert [tile.text for tile in window.crops.tiles] == ["3.5"]
    assert window.caption.text() == "2 concepts of conv"
    np.testing.assert_array_equal(window.export_values(), [0.5, 0.25])


def test_a_click_selects_the_unit_and_shows_where_it_is_strongest(
    window: ConceptsWindow,
) -> None:
    window.on_message(CONCEPTS, build_concepts())
    window.tiles.clicked.emit(1)
    assert window.session.state.unit == Unit("conv.concepts~", 0)
    assert window.chosen == 1
    window.choose(7)  # there is no such row
    assert window.chosen == 1


def test_reasons_are_shown_in_the_place_of_concepts(window: ConceptsWindow) -> None:
    window.on_message(CONCEPTS, ConceptSet("conv", message="None are kept."))
    assert window.tiles.message == "None are kept."
    assert window.export_values() is None
    window.on_message(CONCEPTS, Failure("The library is busy."))
    assert window.tiles.message == "The library is busy."
    window.on_message("another", build_concepts())
    assert window.concepts is None
    window.on_message(CONCEPTS, ConceptSet("other"))  # of the layer before
    assert window.concepts is None
    window.session.update(layer="gone")
    assert "No layer is on show" in window.tiles.message
    window.show_info(None)
    assert window.tiles.message == window.no_network


def test_closing_it_is_a_choice_and_reading_again_another(window: ConceptsWindow) -> None:
    window.again.click()
    assert window.session.state.blocks.concepts_run == 1
    window.close()
    assert not window.session.state.blocks.concepts
