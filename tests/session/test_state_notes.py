"""Statistics, notes and bookmarks in the state and in the plan."""

import json
from dataclasses import replace

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.notes import Mark
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Request
from dnnvis.session.plan_for import STATISTICS, plan_for
from dnnvis.session.state import State, StatisticsChoice, from_json, to_json

INFO = NetworkInfo("toy", (LayerInfo("conv1", "Conv2d", (6, 8, 8)),), (), (8, 8), 3)
NET = NetworkChoice("toy.py:net", mean=(0.5, 0.5), size="8x8")
MARKS = (Mark(NET, "conv1[1]", "a note\nof two lines"), Mark(NET, "conv1[2]", None, True))


def again(state: State) -> State:
    return from_json(json.loads(json.dumps(to_json(state))))


def test_statistics_are_asked_for_only_where_they_can_be_seen() -> None:
    state = State(NET, layer="conv1", unit=Unit("conv1", 4, (1, 2)), panels={})
    assert STATISTICS not in plan_for(state, INFO).requests
    seen = replace(state, statistics=StatisticsChoice(on_top=True, run=3))
    assert plan_for(seen, INFO).requests[STATISTICS] == Request(
        "statistics", Unit("conv1", 4), (), False, 3
    )
    assert STATISTICS not in plan_for(replace(seen, unit=Unit("gone", 4)), INFO).requests
    assert STATISTICS not in plan_for(replace(seen, unit=None), INFO).requests


def test_marks_go_into_every_plan_also_while_no_network_is_known() -> None:
    state = State(NET, marks=MARKS)
    assert plan_for(state, None).marks == plan_for(state, INFO).marks == MARKS
    assert plan_for(state, INFO).computes_as(plan_for(replace(state, marks=()), INFO))


def test_what_is_not_written_yet_outlives_the_program() -> None:
    state = State(NET, marks=MARKS, statistics=StatisticsChoice(False, True, 2))
    assert again(state).marks == MARKS
    assert again(state).statistics == state.statistics


def test_leave_to_run_code_is_not_kept_with_a_mark() -> None:
    trusted = replace(NET, trust_code=True)
    data = to_json(State(marks=(Mark(trusted, "conv1[1]", "x"),)))
    assert data["marks"][0]["choice"]["trust_code"] is False
    data["marks"][0]["choice"]["trust_code"] = True
    assert from_json(data).marks[0].choice == NET


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        ["x"],
        [{}],
        [{"unit": "conv1[", "choice": {}, "text": "x"}],
        [{"unit": "conv1[1]", "choice": {}, "text": 3}],
        [{"unit": "conv1[1]", "choice": 3}],
        [{"unit": "conv1[1]", "choice": {}, "bookmarked": "yes"}],
        [{"unit": 3, "choice": {}}],
    ],
)
def test_marks_that_are_none_are_left_out(wrong: object) -> None:
    assert from_json({"marks": wrong}).marks == ()
