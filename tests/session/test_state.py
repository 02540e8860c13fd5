import json
from typing import Annotated, Any, Literal, get_args, get_type_hints

import pytest

from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.imaging.colormaps import COLORMAPS
from dnnvis.introspect.error_estimator import KINDS as ESTIMATES
from dnnvis.lenses.catalog import LENSES as CATALOG
from dnnvis.session.map_state import Estimate
from dnnvis.session.state import (
    CELLS,
    LENSES,
    LONG,
    Colormap,
    ExamplesChoice,
    LensPanel,
    SourceChoice,
    SourceKind,
    State,
    Synthesis,
    Theme,
    from_json,
    legal_values,
    to_json,
)
from dnnvis.sources.catalog import SOURCES
from dnnvis.zoo.life import CELL_KERNELS as LIFE_CELLS

FULL = State(
    network=NetworkChoice(
        "resnet18", "a.pt", size=(64, 48), mean=(0.5, 0.4, 0.3), std="1,1,1", labels=("a", "b")
    ),
    source=SourceChoice("video", "film.mp4", 2, True, 12.5, 320, 200, False),
    frozen=True,
    layer="conv5",
    unit=Unit("conv5", 151, (6, 7), 2),
    pinned=Unit("layer1.0.relu", 3),
    call=1,
    panels={"lens1": LensPanel("guided", "norm", "one", "conv1", False), "x": LensPanel()},
    synthesis=Synthesis(
        False,
        False,
        "0.5*conv5[1] + conv5[2]",
        "maco",
        (("blur", True), ("lr", 0.5)),
        9,
        7,
        True,
        True,
        3,
        2,
        1,
    ),
    examples=ExamplesChoice(False, "mean", True, 4, "memory", "guided", 2.5, 6),
    grid="backward",
    contrast="fixed",
    fixed=(-1.5, 2.0),
    gamma=0.5,
    per_unit=True,
    colours="magma",
    overlay="active",
    theme="dark",
    language="de",
    recent_networks=("net1-mnist", "b.pt"),
    recent_sources=("c.mp4",),
    window_geometry="AdnQyw==",
    window_docks="AAAA/w==",
)


@pytest.mark.parametrize("state", [State(), FULL], ids=["default", "full"])
def test_a_state_comes_back_from_its_json(state: State) -> None:
    text = json.dumps(to_json(state))
    assert from_json(json.loads(text)) == state


def test_units_are_written_as_people_write_them() -> None:
    data = to_json(FULL)
    assert data["unit"] == "conv5[151]@6,7#2"
    assert data["pinned"] == "layer1.0.relu[3]"


def test_leave_to_run_code_is_never_written() -> None:
    state = State(network=NetworkChoice("mine.py:make", trust_code=True))
    assert "true" not in json.dumps(to_json(state)["network"])
    assert from_json(to_json(state)).network == NetworkChoice("mine.py:make")


def test_leave_to_run_code_is_never_read() -> None:
    data = {"network": {"net": "evil.py:make", "trust_code": True}}
    assert from_json(data).network.trust_code is False


def test_unknown_keys_are_passed_over_at_every_depth() -> None:
    data = to_json(FULL)
    data["from the future"] = 1
    data["network"]["quantised"] = True
    data["source"]["speed"] = 2
    data["panels"]["lens1"]["zoom"] = 3
    assert from_json(data) == FULL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network", "net1-mnist"),
        ("network", None),
        ("source", [1, 2]),
        ("frozen", "yes"),
        ("frozen", 1),
        ("layer", 5),
        ("layer", None),
        ("unit", "conv5"),
        ("unit", 7),
        ("pinned", {"layer": "conv1"}),
        ("call", 1.5),
        ("call", True),
        ("panels", []),
        ("panels", {}),
        ("panels", {"lens1": "guided"}),
        ("grid", "sideways"),
        ("synthesis", "conv5[1]"),
        ("synthesis", [1]),
        ("examples", None),
        ("contrast", "loud"),
        ("fixed", [1]),
        ("fixed", [0.0, "1"]),
        ("fixed", [0.0, float("nan")]),
        ("fixed", 3),
        ("gamma", 0.33),
        ("gamma", "1.0"),
        ("per_unit", 0),
        ("colours", "jet"),
        ("overlay", 1),
        ("theme", "purple"),
        ("recent_networks", "net1-mnist"),
        ("recent_networks", [["a"]]),
        ("recent_sources", {"a": 1}),
    ],
)
def test_what_is_malformed_keeps_its_default_and_the_rest_is_read(name: str, value: Any) -> None:
    data = to_json(FULL) | {name: value}
    state = from_json(data)
    assert getattr(state, name) == getattr(State(), name)
    others = set(State.__dataclass_fields__) - {name}
    assert all(getattr(state, other) == getattr(FULL, other) for other in others)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("network", "net", 5),
        ("network", "size", 7),
        ("network", "mean", [[1, 2]]),
        ("network", "device", None),
        ("source", "cap", "fast"),
        ("source", "cap", float("inf")),
        ("source", "mirror", "no"),
        ("source", "width", True),
        ("synthesis", "goal", 5),
        ("synthesis", "seeds", 4),
        ("synthesis", "on_click", "yes"),
        ("synthesis", "params", 3),
        ("synthesis", "params", [["lr"], ["lr", [1]], [1, 2], ["lr", float("nan")]]),
        ("examples", "by", "median"),
        ("examples", "k", 2.5),
        ("examples", "shown_as", "xray"),
    ],
)
def test_a_malformed_part_of_a_choice_keeps_its_default(place: str, name: str, value: Any) -> None:
    data = to_json(FULL)
    data[place][name] = value
    choice, default = getattr(from_json(data), place), getattr(State(), place)
    assert getattr(choice, name) == getattr(default, name)
    assert hash(choice) is not None
    for other in set(type(choice).__dataclass_fields__) - {name}:
        assert getattr(choice, other) == getattr(getattr(FULL, place), other)


def test_a_panel_with_a_lens_of_another_version_shows_one_there_is() -> None:
    data = to_json(FULL)
    data["panels"]["lens1"] |= {"lens": "xray", "view": "3d"}
    assert from_json(data).panels["lens1"] == LensPanel("deconvnet", "clear", "one", "conv1", False)


def test_whole_numbers_do_where_broken_ones_are_meant() -> None:
    assert from_json({"gamma": 1, "fixed": [0, 2]}) == State(gamma=1.0, fixed=(0.0, 2.0))


def test_the_choices_are_those_that_exist() -> None:
    from dnnvis.app.widgets.theme import THEMES

    assert get_args(Colormap) == ("auto", *COLORMAPS)
    assert get_args(Theme) == THEMES
    assert set(LENSES + LONG) <= set(CATALOG)
    assert set(get_args(SourceKind)) == set(SOURCES)
    assert set(CELLS) == set(LIFE_CELLS)
    assert get_args(Estimate) == ESTIMATES


#: Every field of the state with few legal values, as a file may hold them.
LEGAL: dict[tuple[str, str], tuple[Any, ...]] = {
    ("", "mode"): ("explore", "synthesis", "time", "map"),
    ("", "query"): ("default", "class", "mean", "position", "rollout"),
    ("", "meaning"): (
        *(
            "auto",
            "logits",
            "probabilities",
            "sigmoids",
            "embedding",
            "map",
            "segmentation",
            "boxes",
        ),
        "values",
    ),
    ("", "grid"): ("forward", "backward", "patterns", "difference"),
    ("", "contrast"): ("clip", "frame", "running", "fixed"),
    ("", "gamma"): (1.0, 0.7, 0.6, 0.5, 0.3),
    ("", "colours"): ("auto", "viridis", "gray", "cividis", "magma", "turbo", "signed"),
    ("", "order"): ("strongest", "index", "variance", "selectivity", "name", "effect"),
    ("", "overlay"): ("off", "active", "inactive"),
    ("", "theme"): ("system", "light", "dark"),
    ("", "language"): ("", "en", "de"),
    ("source", "kind"): (
        *("demo", "camera", "stream", "screen", "video", "pictures", "life", "maze"),
        *("chess", "plane", "examples", "recording"),
    ),
    ("source", "border"): ("dead", "periodic"),
    ("panels", "lens"): (
        *("deconvnet", "guided", "gradient", "layercam", "inversion", "occlusion", "integrated"),
    ),
    ("panels", "patch"): ("gray", "mean", "blurred"),
    ("panels", "side"): (0, 2, 4, 8, 16, 32, 64),
    ("panels", "baseline"): ("black", "gray", "blurred"),
    ("panels", "view"): ("raw", "gray", "norm", "normblur", "positive", "histogram", "clear"),
    ("panels", "seed"): ("activation", "one"),
    ("synthesis", "seeds"): (1, 9),
    ("examples", "by"): ("max", "mean"),
    ("examples", "where"): ("library", "memory"),
    ("examples", "shown_as"): ("crop", "whole", "deconvnet", "guided"),
    ("steps", "wish"): ("auto", "open", "closed"),
    ("steps", "drawn"): ("raw", "cells"),
    ("steps", "speed"): (0.5, 1.0, 2.0, 4.0, 8.0),
    ("train", "cell"): ("lean", "faithful"),
    ("train", "border"): ("dead", "periodic"),
    ("map", "colour"): ("class", "predicted", "error", "expected"),
    ("map", "kind"): ("2d", "rich"),
    ("map", "part"): ("all", "train", "test"),
    ("map", "projection"): ("map", "pca", "umap"),
    ("map", "tab"): ("selected", "pattern", "noise", "attack", "errors", "learning", "atlas"),
    ("map", "pattern"): ("frame", "place", "brainbow", "owner", "expected"),
    ("map", "unit_order"): ("class", "original"),
}


def part_of(state: State, place: str) -> Any:
    """The part of a state that a field of LEGAL belongs to."""
    if place == "panels":
        return state.panels["lens1"]
    return getattr(state, place) if place else state


def with_value(place: str, name: str, value: Any) -> State:
    """The default state, with one value as a file holds it."""
    data = json.loads(json.dumps(to_json(State())))
    inside = data[place] if place else data
    (inside["lens1"] if place == "panels" else inside)[name] = value
    return from_json(data)


@pytest.mark.parametrize(("place", "name"), LEGAL)
def test_each_legal_value_is_read_and_no_other(place: str, name: str) -> None:
    default = getattr(part_of(State(), place), name)
    assert default in LEGAL[place, name]
    for value in LEGAL[place, name]:
        read = getattr(part_of(with_value(place, name, value), place), name)
        assert read == value
        assert type(read) is type(default)
    for value in ("", "purple", 5, 0.33, None, True, [LEGAL[place, name][0]]):
        state = with_value(place, name, value)
        assert state == State(), value


@pytest.mark.parametrize(
    ("place", "kind"),
    [("", State), ("panels", LensPanel)]
    + [(name, type(getattr(State(), name))) for name in ("source", "synthesis", "examples")]
    + [(name, type(getattr(State(), name))) for name in ("steps", "train", "map", "network")],
)
def test_the_legal_values_are_those_of_the_types(place: str, kind: type) -> None:
    found = {
        (place, name): legal_values(hint)
        for name, hint in get_type_hints(kind, include_extras=True).items()
        if legal_values(hint)
    }
    assert found == {key: values for key, values in LEGAL.items() if key[0] == place}


def test_a_field_of_another_part_with_the_same_name_is_free() -> None:
    read = from_json({"synthesis": {"seed": 5}, "train": {"seed": 7}, "map": {"moment": 3}})
    assert (read.synthesis.seed, read.train.seed, read.map.moment) == (5, 7, 3)


def test_a_type_without_few_values_allows_all() -> None:
    assert legal_values(int) == legal_values(str | None) == legal_values(tuple[int, ...]) == ()
    assert legal_values(Literal["a"] | str) == ()
    assert legal_values(Literal["a"] | Literal["b", "c"]) == ("a", "b", "c")
    assert legal_values(Annotated[float, (1.0, 2.0)]) == (1.0, 2.0)


def test_the_origin_is_the_pinned_unit_or_the_selected_one() -> None:
    one, two = Unit("a", 1), Unit("b", 2)
    assert State().origin is None
    assert State(unit=one).origin == one
    assert State(unit=one, pinned=two).origin == two


def test_the_readable_ones_of_the_settings_are_read() -> None:
    params = [["lr", 0.5], ["steps", [1]], ["blur", True], "x", ["preset"]]
    read = from_json({"synthesis": {"params": params}}).synthesis
    assert read.params == (("blur", True), ("lr", 0.5))


@pytest.mark.parametrize("name", ["recent_sources", "recent_networks"])
def test_a_list_of_texts_takes_nothing_else(name: str) -> None:
    state = from_json({name: ["a", 1.5]})
    assert getattr(state, name) == ()
    assert to_json(state)[name] in ([], ())
    assert getattr(from_json({name: ["a", "b"]}), name) == ("a", "b")
