"""Undo and redo, by property: random deeds, all taken back, all done again."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.choices import (
    NO_CHOICES,
    PART_FIELDS_LEFT_OUT,
    find_changes,
    split_choices,
    with_choices,
)
from dnnvis.session.history import JOIN_SECONDS, MAX_STEPS
from dnnvis.session.modes import enter_mode, unlock_panels
from dnnvis.session.session import Session
from dnnvis.session.state import (
    COLORMAPS,
    CONTRASTS,
    GAMMAS,
    MODES,
    QUERIES,
    UNIT_ORDERS,
    SourceChoice,
    State,
)

Deed = Callable[[Session, random.Random], None]


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def session_at(clock: Clock, state: State | None = None) -> Session:
    session = Session(state)
    session.history._clock = clock
    return session


def lens(session: Session, rng: random.Random) -> None:
    panels = dict(session.state.panels)
    key = rng.choice(list(panels))
    change: dict[str, Any] = rng.choice(
        [{"lens": "guided"}, {"lens": "inversion"}, {"view": "raw"}, {"seed": "one"}, {"to": "b"}]
    )
    session.update(panels={**panels, key: replace(panels[key], **change)})


def grow(session: Session, rng: random.Random) -> None:
    change: dict[str, Any] = rng.choice(
        [{"preset": "maco"}, {"seed": rng.randrange(9)}, {"seeds": 9}, {"params": (("lr", 0.1),)}]
    )
    session.update(synthesis=replace(session.state.synthesis, **change))


def network(session: Session, rng: random.Random) -> None:
    choice = NetworkChoice(net=rng.choice("abc"))
    if choice == session.state.network:
        return
    session.update(network=choice, meaning="auto")
    with session.adjusting(of_network=True):  # as it opens
        layer = rng.choice(["x", "y"])
        session.update(layer=layer, unit=Unit(layer, rng.randrange(3)))


DEEDS: tuple[Deed, ...] = (
    lambda session, rng: session.select(Unit(rng.choice("xyz"), rng.randrange(9))),
    lambda session, rng: session.select(Unit("output", rng.randrange(9))),
    lambda session, rng: session.select(Unit("x", rng.randrange(9)), False),
    lambda session, rng: session.back() and None,
    lambda session, rng: session.update(layer=rng.choice("xyz")),
    lambda session, rng: session.update(pinned=session.state.unit),
    lambda session, rng: session.update(gamma=rng.choice(GAMMAS)),
    lambda session, rng: session.update(colours=rng.choice(COLORMAPS)),
    lambda session, rng: session.update(contrast=rng.choice(CONTRASTS), per_unit=True),
    lambda session, rng: session.update(order=rng.choice(UNIT_ORDERS)),
    lambda session, rng: session.update(query=rng.choice(QUERIES)),
    lambda session, rng: session.update(**enter_mode(session.state, rng.choice(MODES))),
    lambda session, rng: session.update(**unlock_panels(session.state)),
    lambda session, rng: session.update(source=SourceChoice(kind="video", path=rng.choice("ab"))),
    lambda session, rng: session.update(
        map=replace(session.state.map, tab=rng.choice(["noise", "attack"]))
    ),
    lens,
    grow,
    network,
)


@pytest.mark.parametrize("seed", range(60))
def test_undo_all_is_the_first_state_and_redo_all_the_last(seed: int) -> None:
    rng, clock = random.Random(seed), Clock()
    session = session_at(clock)
    session.update(layer="x", unit=Unit("x", 0))
    session.history._undo.clear()
    first = split_choices(session.state)
    steps = []
    for _ in range(rng.randrange(1, 60)):
        clock.now += rng.choice([0.1, 5.0])
        rng.choice(DEEDS)(session, rng)
        steps.append(split_choices(session.state))
    count = 0
    while session.undo():
        count += 1
    assert split_choices(session.state) == first
    assert not session.history.undo_text(session.state)
    while session.redo():
        count -= 1
    assert split_choices(session.state) == steps[-1]
    assert count == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_new_choice_drops_what_was_undone_and_keeps_the_rest(seed: int) -> None:
    rng, clock = random.Random(seed), Clock()
    session = session_at(clock)
    states = [split_choices(session.state)]
    while len(states) < 12:
        clock.now += 5.0
        rng.choice(DEEDS)(session, rng)
        if split_choices(session.state) != states[-1]:
            states.append(split_choices(session.state))
    back = rng.randrange(1, 11)
    for k in range(back):
        assert session.undo()
        assert split_choices(session.state) == states[-2 - k]
    clock.now += 5.0
    session.update(gamma=0.3 if session.state.gamma != 0.3 else 1.0)
    assert not session.redo()
    assert session.undo()
    assert split_choices(session.state) == states[-1 - back]


def test_every_field_of_the_state_is_a_choice_or_named_as_none() -> None:
    """Who adds a field decides whether it is undone."""
    names = {name.partition(".")[0] for name in split_choices(State())} - {"selection"}
    assert names | NO_CHOICES | {"layer", "unit", "call"} == {item.name for item in fields(State)}
    for part, left_out in PART_FIELDS_LEFT_OUT.items():
        value = getattr(State(), part)
        value = value["lens1"] if part == "panels" else value
        assert left_out <= {item.name for item in fields(value)}


def test_choices_taken_from_one_state_make_another_the_same() -> None:
    first, other = State(), State(gamma=0.3, layer="x", unit=Unit("x", 1), captions=False)
    mixed = with_choices(other, split_choices(first))
    assert split_choices(mixed) == split_choices(first)
    assert not mixed.captions
    assert not find_changes(first, mixed)


def test_a_key_that_is_held_is_one_step_and_two_clicks_are_two() -> None:
    clock = Clock()
    session = session_at(clock, State(layer="x", unit=Unit("x", 0)))
    for k in range(1, 9):
        clock.now += 0.03
        session.select(Unit("x", k), False)
    assert session.history.undo_text(session.state) == "select unit 8"
    assert session.undo()
    assert session.state.unit == Unit("x", 0)
    assert not session.undo()
    for k in (3, 4):
        clock.now += 0.2
        session.select(Unit("x", k))
    session.undo()
    assert session.state.unit == Unit("x", 3)


def test_a_drag_is_one_step_however_slow_and_a_pause_begins_another() -> None:
    clock = Clock()
    session = session_at(clock)
    session.history.is_dragging = lambda: True
    for k in range(5):
        clock.now += 2 * JOIN_SECONDS
        session.update(fixed=(0.0, 2.0 + k))
    session.history.is_dragging = lambda: False
    clock.now += 2 * JOIN_SECONDS
    session.update(fixed=(0.0, 9.0))
    session.undo()
    assert session.state.fixed == (0.0, 6.0)
    session.undo()
    assert session.state.fixed == State().fixed


def test_a_run_of_changes_that_ends_where_it_began_is_no_step() -> None:
    session = session_at(Clock())
    session.update(per_unit=True)
    session.update(per_unit=False)
    assert not session.undo()


def test_what_comes_by_itself_is_no_step_and_leaves_redo() -> None:
    session = session_at(Clock())
    session.update(gamma=0.3)
    session.undo()
    with session.adjusting():
        session.update(unit=Unit("x", 1), layer="x")
    assert session.history.redo_text(session.state) == "gamma 0.3"
    session.redo()
    session.undo()
    assert session.state.unit == Unit("x", 1)


def test_a_refused_network_leaves_no_step_behind() -> None:
    session = session_at(Clock())
    first = session.state.network
    session.update(network=NetworkChoice(net="no such"))
    with session.adjusting(of_network=True):
        session.update(network=first)
    assert session.history.undo_text(session.state) == ""
    assert not session.undo()


def test_to_undo_a_unit_does_not_stop_the_board_and_to_undo_a_stroke_puts_it_back() -> None:
    clock = Clock()
    session = session_at(clock, State(source=SourceChoice(kind="life", board="first")))
    board = ["first"]
    session.read_source = lambda: replace(session.state.source, board=board[0])
    session.record_board("draw on the board")
    board[0] = "drawn"
    clock.now += 5
    session.select(Unit("x", 1))
    board[0] = "ran on"
    session.undo()
    assert session.state.unit is None
    assert session.state.source.board == "first"  # as it was opened: nothing is put back
    assert session.undo()
    assert session.state.source.board == "first"
    board[0] = "first"  # the source puts it back
    session.redo()
    assert session.state.source.board == "ran on"


def test_counters_and_what_is_paused_stay_as_they_are() -> None:
    session = session_at(Clock())
    synthesis = replace(session.state.synthesis, preset="maco", run=3, keep=2, paused=True)
    session.update(synthesis=synthesis)
    session.undo()
    assert session.state.synthesis == replace(synthesis, preset=State().synthesis.preset)


def test_memory_is_bounded() -> None:
    clock = Clock()
    session = session_at(clock, State(source=SourceChoice(kind="life")))
    session.read_source = lambda: replace(session.state.source, board="o" * 3_000_000)
    for k in range(20):
        clock.now += 5
        session.record_board(f"draw {k}")
    assert len(session.history._undo) == 6
    session = session_at(clock)
    for k in range(MAX_STEPS + 50):
        session.select(Unit("x", k))
    assert len(session.history._undo) == MAX_STEPS


def test_changes_of_one_step_are_undone_together() -> None:
    session = session_at(Clock(), State(layer="x", unit=Unit("x", 0), per_unit=True))
    with session.one_step("reset"):
        session.select(None)
        session.update(per_unit=False)
    session.select(Unit("x", 3))
    assert session.undo()
    assert session.history.undo_text(session.state) == "reset"
    assert session.undo()
    assert (session.state.unit, session.state.per_unit) == (Unit("x", 0), True)
    assert not session.undo()


def test_theme_letters_and_a_held_picture_are_undone() -> None:
    clock = Clock()
    session = session_at(clock)
    texts = []
    for changes in ({"theme": "light"}, {"letters": 14.0}, {"frozen": True}):
        clock.now += 5
        session.update(**changes)
        texts.append(session.history.undo_text(session.state))
    assert texts == ["theme light", "size of the letters", "hold the picture or let it go on"]
    while session.undo():
        pass
    assert session.state == State()


class Film:
    """A source with a position, as a session sees one."""

    def __init__(self, session: Session) -> None:
        self.position: float | None = 0.0
        session.history.read_position = lambda: self.position
        session.seek = self.seek

    def seek(self, position: float) -> None:
        self.position = position


def test_undo_goes_back_to_the_position_in_a_film() -> None:
    clock = Clock()
    session = session_at(clock)
    film = Film(session)
    for position in (0.2, 0.3, 0.35):  # a drag, then a jump
        clock.now += 0.1 if position < 0.35 else 5
        session.record_position("go on", frozen=position == 0.35)
        film.position = position
    film.position = 0.4  # the film goes on
    assert session.history.undo_text(session.state) == "go on"
    assert session.undo()
    assert (film.position, session.state.frozen) == (0.3, False)
    assert session.undo()
    assert film.position == 0.0
    assert not session.undo()
    assert session.redo()
    assert film.position == 0.3
    assert session.redo()
    assert (film.position, session.state.frozen) == (0.4, True)


def test_undo_of_another_source_goes_back_to_where_the_film_was() -> None:
    clock = Clock()
    session = session_at(clock, State(source=SourceChoice(kind="video", path="a")))
    film = Film(session)
    film.position = 0.7
    clock.now += 5
    session.update(source=SourceChoice(kind="camera"))
    film.position = None
    session.record_position("go on")  # a camera goes nowhere
    clock.now += 5
    session.update(gamma=0.3)
    session.undo()
    assert session.undo()
    assert (session.state.source.path, film.position) == ("a", 0.7)
    assert not session.undo()
    film.position = 0.1
    assert session.redo()
    assert (session.state.source.kind, film.position) == ("camera", 0.1)


def test_a_change_soon_after_a_jump_is_a_step_of_its_own() -> None:
    session = session_at(Clock())
    film = Film(session)
    session.record_position("go on")
    film.position = 0.5
    session.update(gamma=0.3)
    session.record_position("go on")
    film.position = 0.9
    assert session.undo()
    assert (film.position, session.state.gamma) == (0.5, 0.3)
    assert session.undo()
    assert (film.position, session.state.gamma) == (0.5, State().gamma)
    assert session.undo()
    assert film.position == 0.0


def test_a_stroke_writes_no_board_until_it_is_undone() -> None:
    clock = Clock()
    session = session_at(clock, State(source=SourceChoice(kind="life", board="opened")))
    written: list[str] = []
    boards = ["first"]

    def read_board() -> Callable[[], str]:
        board = boards[-1]

        def write() -> str:
            written.append(board)
            return board

        return write

    session.read_board = read_board
    session.read_source = lambda: replace(session.state.source, board=boards[-1])
    for k in range(3):
        clock.now += 5
        session.record_board("draw on the board")
        boards.append(f"drawn {k}")
    assert written == []
    assert session.undo()
    assert (session.state.source.board, written) == ("drawn 1", ["drawn 1"])
    boards.append("drawn 1")  # the source puts it back
    assert session.undo()
    assert (session.state.source.board, written) == ("drawn 0", ["drawn 1", "drawn 0"])
    boards.append("drawn 0")
    assert session.redo()
    assert session.state.source.board == "drawn 1"


def test_boards_that_are_not_written_count_by_their_cells() -> None:
    clock = Clock()
    session = session_at(clock, State(source=SourceChoice(kind="life", rows=3000, columns=3000)))
    session.read_board = lambda: lambda: "o"
    for k in range(9):
        clock.now += 5
        session.record_board(f"draw {k}")
    assert len(session.history._undo) == 2
