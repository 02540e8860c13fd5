"""The state as a file: what is written is what is read, elsewhere, and whatever is in it."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.choices import split_choices, with_choices
from dnnvis.session.plan_for import plan_for
from dnnvis.session.state import SourceChoice, State, Synthesis
from dnnvis.session.state_file import (
    check_preset,
    read_state_file,
    source_exists,
    write_state_file,
)
from helpers.fuzz.mutations import change_json

INFO = NetworkInfo("toy", (LayerInfo("a", "Conv2d", (4, 2, 2)),), (), (2, 2), 3)


@pytest.fixture(name="shown")
def shown_fixture(tmp_path: Path) -> State:
    """A state that names a network and pictures beside the file."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "my.py").write_text("")
    (tmp_path / "nets" / "my.pt").write_text("")
    (tmp_path / "photos").mkdir()
    return State(
        network=NetworkChoice(
            net=f"{tmp_path}/nets/my.py:make",
            checkpoint=str(tmp_path / "nets/my.pt"),
            mean=(0.1, 0.2, 0.3),
            trust_code=True,
        ),
        source=SourceChoice(kind="pictures", path=str(tmp_path / "photos"), mirror=True),
        layer="a",
        unit=Unit("a", 2, (1, 0)),
        synthesis=Synthesis(preset="maco", goal="a[2]", seeds=9, params=(("lr", 0.1),), keep=7),
        mode="map",
        gamma=0.3,
        recent_sources=("/secret",),
    )


def test_a_state_opens_as_it_was_in_another_folder(tmp_path: Path, shown: State) -> None:
    file = tmp_path / "a.dnnvis.json"
    write_state_file(file, shown, position=0.25)
    text = file.read_text()
    assert str(tmp_path) not in text
    assert "secret" not in text
    elsewhere = tmp_path.with_name(f"{tmp_path.name} elsewhere")
    tmp_path.rename(elsewhere)
    opened = read_state_file(elsewhere / "a.dnnvis.json")
    assert (opened.missing, opened.position, opened.docks) == ((), 0.25, "")
    state = with_choices(State(theme="light", synthesis=Synthesis(keep=1)), opened.choices)
    network = NetworkChoice(
        net=f"{elsewhere}/nets/my.py:make",
        checkpoint=f"{elsewhere}/nets/my.pt",
        mean=(0.1, 0.2, 0.3),  # and it is not trusted
    )
    source = replace(shown.source, path=str(elsewhere / "photos"))
    expected = replace(shown, network=network, source=source)
    assert split_choices(state) == split_choices(replace(expected, theme="light"))
    assert (state.theme, state.synthesis.keep, state.recent_sources) == ("light", 1, ())


@pytest.mark.parametrize("columns", ["", "#a,b,kind"])
def test_a_table_of_points_is_named_from_the_files_folder(tmp_path: Path, columns: str) -> None:
    (tmp_path / "here").mkdir()
    table, file = tmp_path / "here" / "points.csv", tmp_path / "here" / "a.json"
    table.write_text("a,b,kind\n")
    source = SourceChoice("plane", f"{table}{columns}")
    write_state_file(file, State(source=source))
    elsewhere = (tmp_path / "here").rename(tmp_path / "there")
    opened = read_state_file(elsewhere / "a.json")
    assert opened.missing == ()
    assert opened.choices["source"].path == f"{elsewhere / 'points.csv'}{columns}"
    (elsewhere / "points.csv").unlink()
    gone = read_state_file(elsewhere / "a.json")
    assert "the pictures at" in gone.missing[0]
    assert "source" not in gone.choices


@pytest.mark.parametrize(
    ("data", "there"),
    [("circle", True), ("painted", True), ("gone.csv", False), ("g.TSV#a,b,c", False)],
)
def test_points_are_there_by_their_name_or_as_a_file(data: str, there: bool) -> None:
    assert source_exists(SourceChoice("plane", data)) == there


def test_what_is_missing_is_named_and_all_else_is_opened(tmp_path: Path, shown: State) -> None:
    file = tmp_path / "a.dnnvis.json"
    write_state_file(file, shown)
    (tmp_path / "nets" / "my.pt").unlink()
    (tmp_path / "photos").rmdir()
    opened = read_state_file(file)
    sentence = opened.describe_missing("a.dnnvis.json")
    assert sentence.startswith("a.dnnvis.json was opened as far as it goes. Missing: the network ")
    assert "my.pt" in sentence
    assert "the pictures at" in sentence
    assert sentence.count(". ") == 1
    state = with_choices(State(), opened.choices)
    assert (state.network, state.unit, state.source) == (NetworkChoice(), None, SourceChoice())
    assert (state.gamma, state.mode, state.synthesis.preset) == (0.3, "map", "maco")
    assert state.synthesis.goal == ""


def test_a_board_travels_in_the_file_and_the_layout_where_it_is_chosen(tmp_path: Path) -> None:
    board = SourceChoice(kind="life", board="x = 3, y = 3\nbob$2bo$3o!\n", rule="B36/S23")
    state = State(source=board, unlocked=True, window_docks="QUJD", window_geometry="REVG")
    for with_docks in (False, True):
        write_state_file(tmp_path / "b.dnnvis.json", state, with_docks=with_docks)
        opened = read_state_file(tmp_path / "b.dnnvis.json")
        assert opened.choices["source"] == board
        assert opened.docks == ("QUJD" if with_docks else "")
        assert "REVG" not in (tmp_path / "b.dnnvis.json").read_text()


def test_no_address_is_connected_to_and_no_password_is_written(tmp_path: Path) -> None:
    state = State(source=SourceChoice(kind="stream", path="rtsp://me:secret@cam/1"))
    write_state_file(tmp_path / "c.dnnvis.json", state)
    assert "secret" not in (tmp_path / "c.dnnvis.json").read_text()
    opened = read_state_file(tmp_path / "c.dnnvis.json")
    assert "source" not in opened.choices
    assert "which only you connect to" in opened.describe_missing("c")


def test_a_short_file_changes_what_it_names_alone(tmp_path: Path) -> None:
    data = {"format": "dnnvis state", "version": 1, "state": {"synthesis": {"preset": "maco"}}}
    (tmp_path / "d.dnnvis.json").write_text(json.dumps(data))
    opened = read_state_file(tmp_path / "d.dnnvis.json")
    assert opened.choices == {"synthesis.preset": "maco"}
    assert opened.missing == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("\x00\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "does not say so"),
        ('{"layer": "a"}', "does not say so"),
        ('{"format": "dnnvis state", "version": 2, "state": {}}', "newer dnnvis"),
        ('{"format": "dnnvis state", "version": "1", "state": {}}', "newer dnnvis"),
        ('{"format": "dnnvis state", "version": 1, "state": [1]}', "incomplete"),
        (" " * (5 << 20), "too large"),
    ],
)
def test_what_is_no_state_is_refused_with_a_sentence(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "e.dnnvis.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=reason):
        read_state_file(file)
    with pytest.raises(BadInput, match="cannot be read"):
        read_state_file(tmp_path)


@pytest.mark.parametrize(
    "path", ["../" * 40 + "etc/no-such", "a/\0b", "/" + "x" * 5000, "./" + "y/" * 3000, "\\\\h/s"]
)
def test_hostile_paths_are_missing_and_nothing_more(tmp_path: Path, path: str) -> None:
    state: dict[str, Any] = {
        "network": {"net": path, "trust_code": True},
        "source": {"kind": "pictures", "path": path},
        "map": {"data": path},
        "gamma": 0.3,
    }
    data = {"format": "dnnvis state", "version": 1, "state": state}
    (tmp_path / "f.dnnvis.json").write_text(json.dumps(data))
    opened = read_state_file(tmp_path / "f.dnnvis.json")
    assert set(opened.choices) == {"gamma"}
    assert len(opened.missing) == 3


def test_wrong_values_are_named_and_left_out(tmp_path: Path) -> None:
    state = {"gamma": "dark", "layer": 3, "synthesis": {"seeds": 5}, "lens": 1, "order": "index"}
    data = {"format": "dnnvis state", "version": 1, "state": state}
    (tmp_path / "g.dnnvis.json").write_text(json.dumps(data))
    (missing,) = read_state_file(tmp_path / "g.dnnvis.json").missing
    assert (
        missing == "values that this version cannot read (gamma, layer, synthesis.seeds, and more)"
    )


def test_changed_files_open_or_are_refused(tmp_path: Path, shown: State) -> None:
    """By lot: whatever a file holds, a sentence or a state that a plan can be made of."""
    file = tmp_path / "h.dnnvis.json"
    write_state_file(file, replace(shown, network=NetworkChoice(net="toy")))
    whole, refused = file.read_bytes(), 0
    for seed in range(150):
        file.write_bytes(change_json(whole, random.Random(seed)))
        try:
            opened = read_state_file(file)
        except BadInput:
            refused += 1
            continue
        state = with_choices(State(), opened.choices)
        assert list(state.panels) == ["lens1", "lens2", "lens3"]
        assert not state.network.trust_code
        plan_for(state, INFO)
        opened.describe_missing("h")
    assert 0 < refused < 150


def test_a_preset_that_there_is_not_is_missing(tmp_path: Path, shown: State) -> None:
    write_state_file(tmp_path / "i.dnnvis.json", shown)
    opened = check_preset(read_state_file(tmp_path / "i.dnnvis.json"), ("live", "fine"))
    assert opened.missing == ("the preset 'maco'",)
    assert with_choices(State(), opened.choices).synthesis.preset == "live"


def test_no_file_changes_the_looks_or_holds_the_picture(tmp_path: Path) -> None:
    file = tmp_path / "a.dnnvis.json"
    write_state_file(file, State(theme="light", letters=20.0, frozen=True, gamma=0.3))
    data = json.loads(file.read_text())
    assert not {"theme", "letters", "frozen"} & data["state"].keys()
    data["state"] |= {"theme": "light", "letters": 20.0, "frozen": True}
    file.write_text(json.dumps(data))
    opened = read_state_file(file)
    assert not {"theme", "letters", "frozen"} & opened.choices.keys()
    assert (opened.choices["gamma"], opened.missing) == (0.3, ())
