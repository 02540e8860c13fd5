"""What the window begins with."""

import json
from dataclasses import replace
from pathlib import Path

from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
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
