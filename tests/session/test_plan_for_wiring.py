"""When kernels, the sum behind a value, and the graph are computed."""

from dataclasses import replace
from typing import Any

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request
from dnnvis.session.act_choices import WeightsView
from dnnvis.session.modes import enter_mode
from dnnvis.session.plan_for import ARITHMETIC, FEEDS, GRAPH, KERNELS, WEIGHTS, plan_for
from dnnvis.session.state import GraphChoice, KernelsChoice, State, from_json, to_json

INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("conv1", "Conv2d", (6, 8, 8)),
        LayerInfo("empty", "Lambda", (0, 1, 1)),
        LayerInfo("output", "result", (10, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)
OPEN = State(layer="conv1", unit=Unit("conv1", 2, (3, 4)), kernels=KernelsChoice(True))


def wiring(state: State) -> dict[str, Request]:
    requests = plan_for(state, INFO).requests
    return {
        key: requests[key]
        for key in (GRAPH, KERNELS, ARITHMETIC, WEIGHTS, FEEDS)
        if key in requests
    }


def test_nothing_is_computed_that_is_not_open() -> None:
    assert wiring(replace(OPEN, kernels=KernelsChoice())) == {}


def test_the_kernels_of_a_layer_are_read_once_and_the_sum_with_every_frame() -> None:
    assert wiring(OPEN) == {
        KERNELS: Request("kernels", Unit("conv1", 0), (), False),
        ARITHMETIC: Request("arithmetic", Unit("conv1", 2, (3, 4))),
    }
    other = replace(OPEN, unit=Unit("conv1", 5))
    assert wiring(other) == {KERNELS: wiring(OPEN)[KERNELS]}


def test_a_place_outside_or_in_another_layer_has_no_sum_and_no_units_no_kernels() -> None:
    assert set(wiring(replace(OPEN, unit=Unit("conv1", 2, (8, 0))))) == {KERNELS}
    assert set(wiring(replace(OPEN, unit=Unit("output", 2, (0, 0))))) == {KERNELS}
    assert wiring(replace(OPEN, layer="empty")) == {}
    assert wiring(replace(OPEN, layer="gone")) == {}


def test_other_modes_show_no_kernels_and_close_the_graph() -> None:
    both = replace(OPEN, graph=GraphChoice(True))
    request = wiring(both)[GRAPH]
    assert (request.lens, request.unit, request.follow) == ("graph", Unit("output", 0), False)
    in_time = replace(both, **enter_mode(both, "time"))
    assert wiring(in_time) == {}
    assert in_time.kernels.shown
    again = replace(in_time, **enter_mode(in_time, "explore"))
    assert set(wiring(again)) == {KERNELS, ARITHMETIC}
    assert from_json(to_json(both)).kernels == KernelsChoice(True)


def test_other_weights_and_other_sizes_are_read_again() -> None:
    both = replace(OPEN, graph=GraphChoice(True))
    at_a_moment = replace(both, steps=replace(both.steps, moment=0))
    assert wiring(at_a_moment)[KERNELS] != wiring(both)[KERNELS]
    assert wiring(at_a_moment)[GRAPH] == wiring(both)[GRAPH]
    wider = plan_for(both, replace(INFO, size=(8, 9))).requests
    assert wider[GRAPH] != wiring(both)[GRAPH]
    assert wider[KERNELS] == wiring(both)[KERNELS]


def test_each_view_of_the_weights_requests_what_it_shows_and_nothing_else() -> None:
    def of(view: WeightsView, **changes: Any) -> dict[str, Request]:
        return wiring(replace(OPEN, kernels=KernelsChoice(True, view), **changes))

    unit = Unit("conv1", 2, (3, 4))
    assert of("matrix") == {
        WEIGHTS: Request("weights", Unit("conv1", 0), (("is_sorted", False),), False)
    }
    assert of("sorted") == {
        WEIGHTS: Request("weights", Unit("conv1", 0), (("is_sorted", True),), False)
    }
    assert of("feeds") == {FEEDS: Request("feeds", unit, (("by", "frame"),))}  # with every frame
    assert of("weights") == {FEEDS: Request("feeds", unit, (("by", "weight"),), False)}
    assert of("feeds", unit=None) == {}
    assert of("feeds", unit=Unit("conv1", 99)) == {}
