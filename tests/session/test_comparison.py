"""What the running network is compared with."""

from dataclasses import replace

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.engine.plan import NetworkChoice, SecondNetwork
from dnnvis.session.comparison import second_network, with_second, without_second
from dnnvis.session.modes import enter_mode
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import State, from_json, to_json

LIFE = NetworkChoice(net="life-3", trust_code=True)
INFO = NetworkInfo("life-3", (LayerInfo("output", "result", (1, 4, 4)),), (), (4, 4), 1)


def test_a_chosen_network_runs_while_the_panel_is_shown() -> None:
    state = State()
    assert second_network(state) is None
    compared = replace(state, **with_second(state, LIFE, 10, ("cell = 0",)))
    expected = SecondNetwork(LIFE, 10, ("cell = 0",))
    assert second_network(compared) == plan_for(compared, INFO).second == expected
    assert second_network(replace(compared, **enter_mode(compared, "time"))) is None
    assert second_network(replace(compared, **without_second(compared))) is None


def test_an_open_panel_without_a_choice_runs_nothing() -> None:
    state = State()
    assert second_network(replace(state, compare=replace(state.compare, shown=True))) is None


def test_it_is_saved_without_trust() -> None:
    state = replace(State(), **with_second(State(), LIFE, 10, ("cell = 0",)))
    saved = from_json(to_json(state))
    assert saved.second == LIFE.without_trust
    assert saved.compare == state.compare
