import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session.map_selection import board_source, examples_source, pick_evenly
from dnnvis.session.map_state import MapChoice, map_requests
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import SourceChoice, State, from_json, to_json
from dnnvis.sources.catalog import source_for
from dnnvis.sources.life.rle import write_rle

OUTPUT = LayerInfo("output", "Linear", (10, 1, 1))
LAYERS = (LayerInfo("elu1", "ELU", (4, 1, 1)), OUTPUT)
INFO = NetworkInfo("toy", LAYERS, (), (8, 8), 1)
SHOWN = MapChoice(shown=True)


def test_nothing_is_asked_for_while_the_map_is_not_shown() -> None:
    full = MapChoice(place=(0.0, 1.0), picked=(1,), tab="noise", attack_run=1)
    assert map_requests(full, INFO) == {}
    assert map_requests(SHOWN, replace(INFO, layers=INFO.layers[:1])) == {}  # no output at all


def test_a_shown_map_asks_for_its_dots_once_and_for_its_cross_with_every_frame() -> None:
    wishes = map_requests(SHOWN, INFO)
    assert set(wishes) == {"map", "cloud"}
    assert wishes["map"].follow
    assert not wishes["cloud"].follow
    assert {str(wish.unit) for wish in wishes.values()} == {"output[0]"}


def test_what_was_chosen_is_asked_for_under_a_key_of_its_own() -> None:
    asked = {
        "place": replace(SHOWN, place=(0.5, -1.0)),
        "picked": replace(SHOWN, picked=(3, 5)),
        "noise": replace(SHOWN, tab="noise"),
        "attack": replace(SHOWN, tab="attack", attack_run=1),
    }
    for key, choice in asked.items():
        wishes = map_requests(choice, INFO)
        assert set(wishes) == {"map", "cloud", key}
        assert not wishes[key].follow
    place = map_requests(asked["place"], INFO)["place"]
    assert place.lens == "map_place"
    assert {"x": 0.5, "y": -1.0}.items() <= dict(place.params).items()
    assert dict(map_requests(asked["picked"], INFO)["picked"].params)["rows"] == (3, 5)


def test_an_attack_begins_only_when_it_was_asked_for() -> None:
    assert "attack" not in map_requests(replace(SHOWN, tab="attack"), INFO)


def test_another_kept_map_changes_every_request() -> None:
    choice = replace(SHOWN, place=(0.0, 0.0), picked=(1,), tab="noise")
    before, after = map_requests(choice, INFO), map_requests(replace(choice, fitted=1), INFO)
    assert before.keys() == after.keys()
    assert all(before[key] != after[key] for key in before)


def test_the_plan_holds_what_the_map_asks_for() -> None:
    plan = plan_for(State(map=replace(SHOWN, projection="pca")), INFO)
    assert dict(plan.requests["cloud"].params)["projection"] == "pca"
    assert "map" not in plan_for(State(), INFO).requests


def test_the_choice_and_the_picked_source_survive_being_written() -> None:
    chosen = replace(
        SHOWN,
        colour="expected",
        kind="rich",
        off=(2, 7),
        place=(0.5, -1.25),
        picked=(9, 4),
        tab="attack",
        sigma=0.7,
        fitted=3,
    )
    source = SourceChoice("examples", "/data", numbers=(3, 17))
    state = State(map=chosen, source=source)
    assert from_json(json.loads(json.dumps(to_json(state)))) == state


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("colour", "purple"),
        ("kind", "3d"),
        ("projection", "tsne"),
        ("tab", 3),
        ("picked", ["a"]),
        ("picked", [1.5]),
        ("picked", 4),
        ("place", ["x", "y"]),
        ("place", [float("nan"), 0.0]),
        ("off", [True]),
        ("sigma", "much"),
        ("shown", 1),
    ],
)
def test_bad_values_keep_their_defaults(name: str, bad: object) -> None:
    data = to_json(State(map=replace(SHOWN, steps=77)))
    data["map"][name] = bad
    data["map"]["shown"] = True if name != "shown" else bad
    found = from_json(data).map
    assert getattr(found, name) == getattr(MapChoice(), name)
    assert found.steps == 77  # what is good beside it is kept


def test_whole_numbers_count_as_places_but_texts_do_not_count_as_examples() -> None:
    data = to_json(State())
    data["map"]["place"] = [1, 2]
    data["source"]["numbers"] = [1, "2"]
    state = from_json(data)
    assert state.map.place == (1.0, 2.0)
    assert state.source.numbers == ()


MAP_DATA = MapData(shown=np.array([10, 10, 12, 500]), data="/kept")  # two rows of one picture


def test_picked_rows_become_the_numbers_of_their_pictures_each_once() -> None:
    now = SourceChoice("camera", camera=2, cap=12.0)
    source = examples_source(SHOWN, MAP_DATA, (3, 1, 0, 99, -1), now)
    assert source == replace(now, kind="examples", path="/kept", numbers=(500, 10))
    assert examples_source(replace(SHOWN, data="/own"), MAP_DATA, (2,)).path == "/own"


def test_at_most_two_hundred_are_played_and_they_lie_evenly() -> None:
    cloud = replace(MAP_DATA, shown=np.arange(1000))
    numbers = examples_source(SHOWN, cloud, range(1000)).numbers
    assert len(numbers) == 200
    assert (numbers[0], numbers[-1]) == (0, 999)
    assert set(np.diff(numbers)) == {5, 6}
    assert examples_source(SHOWN, cloud, range(200)).numbers == tuple(range(200))
    assert pick_evenly((4, 5, 6), 1) == (4,)
    assert pick_evenly((), 3) == ()


def test_nothing_to_play_is_said() -> None:
    with pytest.raises(BadInput, match="not kept"):
        examples_source(SHOWN, replace(MAP_DATA, data=""), (1,))
    with pytest.raises(BadInput, match="No pictures were picked"):
        examples_source(SHOWN, MAP_DATA, (77,))


def test_a_picked_board_runs(tmp_path: Path) -> None:
    cells = np.zeros((5, 9), np.uint8)
    cells[1, 2:5] = 1
    picked = SelectedExamples(rows=np.array([4]), boards=(write_rle(cells),))
    choice = board_source(picked, 0, "periodic")
    assert (choice.rows, choice.columns, choice.border) == (5, 9, "periodic")
    with source_for(choice) as source:
        frame = source.read()
    assert frame is not None
    assert np.array_equal(frame.pixels[:, :, 0], cells * 255)
    with pytest.raises(BadInput, match="No boards"):
        board_source(SelectedExamples())
