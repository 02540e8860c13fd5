"""What each mode shows and computes."""

from dataclasses import replace

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.modes import MODE_HELP, enter_mode, hides_synthesis, unlock_panels
from dnnvis.session.plan_for import SYNTHESIS, plan_for
from dnnvis.session.state import MODES, Mode, State, from_json, to_json

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (6, 8, 8)), LayerInfo("output", "result", (10, 1, 1))),
    (),
    (8, 8),
    3,
)


def in_mode(mode: Mode) -> State:
    state = State(layer="conv1", unit=Unit("conv1", 2))
    state = replace(state, synthesis=replace(state.synthesis, goal="conv1[2]"))
    return replace(state, **enter_mode(state, mode))


def test_every_mode_says_what_it_is_for() -> None:
    assert set(MODE_HELP) == set(MODES)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_asks_for_what_it_shows_and_for_nothing_else(mode: Mode) -> None:
    requests = set(plan_for(in_mode(mode), INFO).requests)
    assert ({"lens1", "lens2", "lens3"} <= requests) == (mode == "explore")
    assert ("examples" in requests) == (mode in ("explore", "synthesis"))
    assert ("statistics" in requests) == (mode == "synthesis")
    assert ("map" in requests) == (mode == "map")


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_that_no_mode_shows_pauses_and_keeps_its_request(mode: Mode) -> None:
    first, plan = plan_for(in_mode("explore"), INFO), plan_for(in_mode(mode), INFO)
    assert plan.requests[SYNTHESIS] == first.requests[SYNTHESIS]
    assert (SYNTHESIS in plan.paused) == hides_synthesis(in_mode(mode)) == (mode in ("time", "map"))


def test_unlocked_panels_show_what_explore_shows_and_the_way_back_is_the_mode() -> None:
    state = in_mode("map")
    unlocked = replace(state, **unlock_panels(state))
    assert (unlocked.unlocked, unlocked.mode, unlocked.map.shown) == (True, "map", False)
    assert all(panel.shown for panel in unlocked.panels.values())
    assert not hides_synthesis(unlocked)
    assert replace(unlocked, **enter_mode(unlocked, "map")) == state


def test_a_window_from_before_the_modes_opens_in_explore_with_its_own_theme() -> None:
    data = to_json(State(theme="system"))
    for name in ("mode", "unlocked", "letters"):
        del data[name]
    state = from_json(data)
    assert (state.mode, state.unlocked, state.theme) == ("explore", False, "system")
    assert State().theme == "dark"
