"""What the window begins with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.state import State, Synthesis, to_json


def test_a_unit_comes_back_with_the_picture_that_it_grew(tmp_path: Path) -> None:
    place = tmp_path / "window.json"
    grown = Synthesis(goal="conv1[2]", on_click=True, paused=True)
    state = State(layer="conv1", unit=Unit("conv1", 2), synthesis=grown)
    for kept, goal in (
        (state, "conv1[2]"),
        (replace(state, unit=None), ""),  # nothing grows unrequested
        (replace(state, synthesis=replace(grown, on_click=False)), ""),
    ):
        place.write_text(json.dumps(to_json(kept)))
        synthesis = load_first_state(LaunchOptions(), place).synthesis
        assert synthesis.goal == goal
        assert not synthesis.paused
    place.write_text(json.dumps(to_json(state)))
    other = LaunchOptions(network=NetworkChoice("net1-mnist"))
    assert load_first_state(other, place).synthesis.goal == ""


def test_the_playground_opens_for_a_network_over_the_plane_on_it(tmp_path: Path) -> None:
    place = tmp_path / "window.json"
    plane = LaunchOptions(network=NetworkChoice("mlp-2d:4"), source="plane:xor")
    state = load_first_state(plane, place)
    assert state.playground.shown
    assert (state.source.kind, state.source.path, state.mode) == ("plane", "xor", "explore")
    for options in (
        LaunchOptions(network=NetworkChoice("mlp-2d"), source="demo"),
        LaunchOptions(network=NetworkChoice("net1-mnist"), source="plane"),
        LaunchOptions(source="plane"),
    ):
        assert not load_first_state(options, place).playground.shown


@pytest.mark.parametrize(("net", "side"), [("nca-coffee", 48), ("nca-salamander", 40), ("nca", 64)])
def test_an_automaton_opens_on_a_canvas_as_large_as_its_grid(
    tmp_path: Path, net: str, side: int
) -> None:
    state = load_first_state(LaunchOptions(network=NetworkChoice(net)), tmp_path / "window.json")
    assert (state.source.kind, state.source.canvas_side) == ("canvas", side)


def test_a_lesson_of_the_playground_is_named_on_the_command_line(tmp_path: Path) -> None:
    state = load_first_state(LaunchOptions(lesson="spiral"), tmp_path / "window.json")
    assert state.playground.shown
    assert state.source.path == "spiral"
    assert state.network.net == "mlp-2d:8,tanh,x,y,xx,yy,xy,sinx,siny"
    assert (state.layer, state.unit) == ("", None)
    with pytest.raises(BadInput, match="no lesson 'poem'"):
        load_first_state(LaunchOptions(lesson="poem"), tmp_path / "window.json")


def test_a_training_of_pictures_does_not_begin_by_itself(tmp_path: Path) -> None:
    place = tmp_path / "window.json"
    place.write_text(json.dumps(to_json(State(playground=PlaygroundChoice(pictures=True)))))
    assert not load_first_state(LaunchOptions(), place).playground.pictures
