import json
import os
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session, load_state
from dnnvis.session.state import SourceChoice, State, Synthesis, to_json

A, B, C = Unit("conv1", 1), Unit("conv2", 2), Unit("conv2", 3, (1, 1))


def test_a_listener_hears_of_every_change_and_of_nothing_else() -> None:
    session, heard = Session(), []
    session.listen(heard.append)
    session.update(gamma=0.5)
    session.update(gamma=0.5)
    session.update(layer="conv1", call=2)
    assert [(s.gamma, s.layer, s.call) for s in heard] == [(0.5, "", -1), (0.5, "conv1", 2)]
    assert heard[-1] is session.state


def test_an_unknown_field_is_a_mistake_of_ours_and_changes_nothing() -> None:
    session = Session()
    with pytest.raises(TypeError):
        session.update(colour="red")
    assert session.state == State()


def test_a_listener_that_changes_the_state_does_not_bring_the_old_one_back() -> None:
    """The last state a listener hears of is the present one."""
    session = Session()
    heard: list[int] = []

    def corrects(state: State) -> None:
        if state.call == 1:
            session.update(call=2)

    session.listen(corrects)
    session.listen(lambda state: heard.append(state.call))
    session.update(call=1)
    assert heard[-1] == session.state.call == 2
    assert heard == [2]


def test_selecting_a_unit_shows_its_layer() -> None:
    session = Session()
    session.select(A)
    assert session.state.unit == A
    assert session.state.layer == "conv1"
    session.select(B)
    assert session.state.layer == "conv2"


def test_selecting_a_class_keeps_the_layer_on_show() -> None:
    session = Session()
    session.select(A)
    session.select(Unit("output", 3))
    assert session.state.unit == Unit("output", 3)
    assert session.state.layer == "conv1"


def test_back_returns_through_past_selections() -> None:
    session = Session()
    for unit in (A, B, C):
        session.select(unit)
    assert session.back()
    assert (session.state.unit, session.state.layer) == (B, "conv2")
    assert session.back()
    assert (session.state.unit, session.state.layer) == (A, "conv1")
    assert not session.back()
    assert session.state.unit == A


def test_the_same_unit_twice_is_one_step_back() -> None:
    session = Session()
    for unit in (A, B, B):
        session.select(unit)
    session.back()
    assert session.state.unit == A


def test_selections_that_are_not_to_be_remembered_are_not() -> None:
    session = Session()
    session.select(A)
    session.select(B, remember=False)
    session.select(C)
    session.back()
    assert session.state.unit == B
    assert not session.back()


def test_selecting_nothing_can_be_taken_back() -> None:
    session = Session()
    session.select(A)
    session.select(None)
    assert session.state.unit is None
    session.back()
    assert session.state.unit == A


def test_the_past_does_not_grow_without_end() -> None:
    session = Session()
    for channel in range(1000):
        session.select(Unit("conv1", channel))
    steps = 0
    while session.back():
        steps += 1
    assert steps == 200


def test_a_saved_state_is_read_again(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "er" / "window.json"
    session = Session(State(layer="conv1", unit=A, gamma=0.7))
    session.save(place)
    assert load_state(place) == session.state
    assert json.loads(place.read_text()) == json.loads(json.dumps(to_json(session.state)))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"t"', "7", '{"unit": 3}', "[" * 100_000, f'{{"gamma": {10**400}}}'],
)
def test_a_broken_file_gives_the_default_state(tmp_path: Path, content: str) -> None:
    place = tmp_path / "window.json"
    place.write_text(content)
    assert load_state(place) == State()


def test_a_missing_file_or_a_binary_one_gives_the_default_state(tmp_path: Path) -> None:
    assert load_state(tmp_path / "none.json") == State()
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00\x80")
    assert load_state(tmp_path / "b.json") == State()


def test_a_save_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "window.json"
    Session(State(layer="old")).save(place)
    seen: list[bool] = []

    def no_room(source: Path, target: Path) -> None:
        seen.append(Path(source).parent == tmp_path)  # the same disk, so that it is one act
        json.loads(Path(source).read_text())
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", no_room)
    with pytest.raises(BadInput, match="cannot be written"):
        Session(State(layer="new")).save(place)
    assert seen == [True]
    assert load_state(place).layer == "old"


def test_a_selected_unit_becomes_what_grows() -> None:
    session = Session()
    session.select(A)
    assert session.state.synthesis.goal == "conv1[1]"
    session.select(C)
    assert session.state.synthesis.goal == "conv2[3]"
    session.update(synthesis=Synthesis(goal="conv2[3]", at_place=True, paused=True))
    session.select(C)
    assert session.state.synthesis.goal == "conv2[3]@1,1"
    assert not session.state.synthesis.paused
    session.select(None)
    assert session.state.synthesis.goal == ""


def test_another_place_of_the_same_unit_grows_nothing_anew() -> None:
    session = Session()
    session.select(C)
    before = session.state.synthesis
    session.select(Unit("conv2", 3, (0, 1)))
    assert session.state.synthesis is before


@pytest.mark.parametrize("idle", [Synthesis(on_click=False), Synthesis(shown=False)])
def test_a_click_grows_nothing_where_nobody_wants_it(idle: Synthesis) -> None:
    session = Session(State(synthesis=idle))
    session.select(A)
    assert session.state.synthesis == idle
    session.grow(A)
    assert session.state.synthesis.goal == "conv1[1]"
    assert session.state.synthesis.shown


def test_growing_the_same_unit_again_begins_afresh() -> None:
    session = Session()
    session.select(A)
    session.update(synthesis=Synthesis(goal="conv1[1]", paused=True))
    session.grow(A)
    assert (session.state.synthesis.run, session.state.synthesis.paused) == (1, False)
    session.grow(B)
    assert (session.state.synthesis.run, session.state.synthesis.goal) == (1, "conv2[2]")


def test_settings_are_overridden_and_given_back_to_the_preset() -> None:
    one = Synthesis().with_param("lr", 0.1).with_param("decay", 0.5).with_param("lr", 0.2)
    assert one.params == (("decay", 0.5), ("lr", 0.2))
    assert one.with_param("lr", None).params == (("decay", 0.5),)


def test_passwords_of_cameras_are_in_memory_only(tmp_path: Path) -> None:
    address = "rtsp://me:hunter2@10.0.0.7/live?token=hunter2"
    source = SourceChoice("stream", address)
    state = State(source=source, recent_sources=(address, "rtsp://me@10.0.0.7/live", "film.mp4"))
    session = Session(state)
    session.save(tmp_path / "window.json")
    assert "hunter2" not in (tmp_path / "window.json").read_text()
    again = load_state(tmp_path / "window.json")
    assert again.source == SourceChoice("stream", "rtsp://me@10.0.0.7/live")
    assert again.recent_sources == ("rtsp://me@10.0.0.7/live", "film.mp4")
    assert session.state.source.path == address


def test_a_class_grows_by_its_logit_and_stays_the_selected_unit() -> None:
    session = Session()
    session.logits = "out"
    session.select(Unit("output", 3))
    assert (session.state.unit, session.state.synthesis.goal) == (Unit("output", 3), "out[3]")
    session.select(A)
    assert session.state.synthesis.goal == str(A)
    session.grow(Unit("output", 4))
    assert session.state.synthesis.goal == "out[4]"
