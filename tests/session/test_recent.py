"""Networks and sources opened lately come back with all that they were opened with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.recent import (
    MAX_RECENT,
    describe_options,
    find_folder,
    first_folder,
    list_networks,
    list_sources,
    remember_network,
    remember_source,
)
from dnnvis.session.state import SourceChoice, State, from_json, to_json

OWN = NetworkChoice(
    "own.py:make",
    checkpoint="w.pt",
    size=(32, 48),
    mean="0.5",
    std=(0.25, 0.5, 0.5),
    labels=("cat", "dog"),
    channels="3",
    trust_code=True,
)


def after(state: State, *choices: NetworkChoice) -> State:
    for choice in choices:
        state = replace(state, **remember_network(state, choice))
    return state


def through_json(state: State) -> State:
    return from_json(json.loads(json.dumps(to_json(state))))


def test_a_network_comes_back_with_its_options_and_without_trust() -> None:
    state = through_json(after(State(), NetworkChoice("net1"), OWN))
    assert list_networks(state) == (OWN.without_trust, NetworkChoice("net1"))
    assert state.recent_networks == ("w.pt", "net1")


def test_the_same_file_with_other_numbers_is_another_one_and_the_latest_is_first() -> None:
    one, other = NetworkChoice("w.pt", mean="0.5"), NetworkChoice("w.pt", mean="0")
    assert list_networks(after(State(), one, other, one)) == (one, other)
    plenty = [NetworkChoice(f"{k}.pt") for k in range(MAX_RECENT + 3)]
    assert list_networks(after(State(), *plenty)) == tuple(plenty[: -MAX_RECENT - 1 : -1])


def test_a_file_of_a_version_before_has_names_alone() -> None:
    old = from_json({"recent_networks": ["net1-mnist", "b.pt"], "recent_sources": ["c.mp4"]})
    assert list_networks(old) == (NetworkChoice("net1-mnist"), NetworkChoice("b.pt"))
    assert list_sources(old) == ("c.mp4",)
    new = after(old, NetworkChoice("own.py:make", checkpoint="b.pt", size="64"))
    assert [choice.net for choice in list_networks(new)] == ["own.py:make", "net1-mnist"]


@pytest.mark.parametrize("bad", ["a", 3, [1], [["net"]], None])
def test_a_malformed_list_is_left_out(bad: Any) -> None:
    state = from_json({"recent_choices": bad, "recent_files": bad, "network_form": bad})
    assert (state.recent_choices, state.recent_files) == ((), ())
    assert state.network_form == State().network_form


def test_a_source_comes_back_with_its_settings_but_no_password_and_no_old_board() -> None:
    film = SourceChoice("video", "a.mp4", mirror=True, cap=5.0, loop=False)
    camera = SourceChoice("stream", "rtsp://me:secret@10.0.0.7/live", cap=10.0)
    board = SourceChoice("life", "glider.rle", rows=20, board="x = 3")
    state = State()
    for source in (film, camera, board, SourceChoice("demo"), SourceChoice("screen", "0,0,9,9")):
        state = replace(state, **remember_source(state, source))
    text = json.dumps(to_json(state))
    assert "secret" not in text
    again = list_sources(from_json(json.loads(text)))
    assert again == (
        replace(board, board=""),
        replace(camera, path="rtsp://me@10.0.0.7/live"),
        film,
    )
    other = replace(film, mirror=False)
    assert list_sources(replace(state, **remember_source(state, other)))[0] == other
    assert len(list_sources(replace(state, **remember_source(state, other)))) == 3


def test_dialogs_begin_where_the_last_file_was(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a.mp4").touch()
    (folder / "own.py").touch()
    state = State()
    state = replace(state, **remember_source(state, SourceChoice("video", str(folder / "a.mp4"))))
    assert state.source_folder == str(folder)
    state = after(state, NetworkChoice("net1"), NetworkChoice(f"{folder / 'own.py'}:make"))
    assert through_json(state).network_folder == str(folder)
    assert find_folder(str(tmp_path)) == str(tmp_path)
    assert find_folder(f"{folder / 'a.mp4'}#model") == str(folder)
    assert find_folder("net1") == find_folder("") == find_folder("\0") == ""
    camera = SourceChoice("stream", "rtsp://10.0.0.7/live")
    assert "source_folder" not in remember_source(state, camera)


def test_what_was_typed_last_gives_way_to_a_network_that_is_opened_later() -> None:
    first, typed = NetworkChoice("net1"), NetworkChoice("resnet18", size="64")
    state = replace(after(State(), first), network_form=typed, form_is_newer=True)
    assert after(state, first).form_is_newer  # the one that ran, again
    assert after(state, typed).form_is_newer
    assert not after(state, NetworkChoice("net2")).form_is_newer
    assert after(state, NetworkChoice("net2")).network_form == typed
    assert through_json(state).form_is_newer


def test_the_options_are_described_for_a_menu() -> None:
    expected = "in own.py:make, size 32x48, channels 3, mean 0.5, std 0.25, 0.5, 0.5"
    assert describe_options(OWN) == f"{expected}, labels of 2 classes"
    assert describe_options(NetworkChoice("net1")) == ""
    pretrained = NetworkChoice("alexnet", weights="pretrained", labels="/data/names.txt")
    assert describe_options(pretrained) == "pretrained, labels names.txt"


def test_a_dialog_begins_in_the_folder_used_last_or_at_home(tmp_path: Path) -> None:
    assert first_folder(str(tmp_path)) == str(tmp_path)
    for folder in ("", str(tmp_path / "gone"), "a\0b", "x" * 5000):
        assert first_folder(folder) == str(Path.home())
