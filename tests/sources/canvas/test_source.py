"""The canvas as a source: it grows, is painted on, goes back, and fits any automaton."""

from collections.abc import Iterator

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.life.automaton import fit_channels
from dnnvis.core.life.board import Fill, Paint, Put, Setup
from dnnvis.session.state import SourceChoice
from dnnvis.sources.canvas import source as module
from dnnvis.sources.canvas.source import (
    AutomatonSlot,
    Canvas,
    paint,
    plant,
    resize,
)
from dnnvis.sources.catalog import source_for
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.source import Editable, Movable


class Counter:
    """Adds the step's number + 1 to every cell of channel 4."""

    channels = 6

    def step(self, state: np.ndarray, number: int) -> np.ndarray:
        result = state.copy()
        result[4] += number + 1
        return result


@pytest.fixture
def canvas() -> Iterator[Canvas]:
    with Canvas(10, slot=AutomatonSlot(Counter())) as opened:
        yield opened


def test_it_begins_with_one_seed_and_its_frames_have_the_whole_state(canvas: Canvas) -> None:
    frame = canvas.read()
    assert frame.state is not None
    assert frame.state.shape == (6, 10, 10)
    assert np.array_equal(np.argwhere(frame.pixels.any(2)), [[5, 5]])
    assert (frame.pixels[5, 5] == 255).all()
    assert frame.label == "step 0, 1 cell alive"
    assert isinstance(canvas, Movable)
    assert isinstance(canvas, Editable)
    assert not frame.state.flags.writeable


def test_each_read_is_a_step_and_back_is_exact(canvas: Canvas) -> None:
    values = [float(canvas.read().state[4, 0, 0]) for _ in range(5)]
    assert values == [0, 1, 3, 6, 10]
    canvas.move(-3)
    assert canvas.read().state[4, 0, 0] == 1
    assert canvas.position == 0.25
    canvas.move(0)
    assert canvas.read().state[4, 0, 0] == 1
    assert canvas.read().state[4, 0, 0] == 3  # stored, not computed again
    canvas.seek(1.0)
    assert canvas.read().label == "step 4, 1 cell alive"
    canvas.move(-100)
    assert canvas.read().state[4, 0, 0] == 0


def test_a_stroke_erases_or_plants_and_a_step_back_undoes_it(canvas: Canvas) -> None:
    canvas.read()
    canvas.read()
    canvas.edit(Paint(((5, 5), (5, 6), (99, 2)), alive=False))
    frame = canvas.read()
    assert not frame.state[:, 5, 5].any()
    assert frame.label == "step 1, all cells are empty: plant a seed"
    assert frame.state[4, 0, 0] == 1  # others stay
    canvas.edit(Paint(((2, 3),)))
    assert (canvas.read().state[:, 2, 3] == 1).all()
    canvas.move(-2)
    assert canvas.read().state[0, 5, 5] == 1
    canvas.edit(Paint(((-1, 0), (0, 10)), alive=True))  # outside: nothing
    assert canvas.read().label == "step 1, 1 cell alive"


def test_a_new_canvas_is_empty_or_has_a_seed(canvas: Canvas) -> None:
    canvas.read()
    canvas.edit(Fill("empty"))
    assert not canvas.read().state.any()
    canvas.edit(Fill("seed"))
    assert np.array_equal(canvas.read().state, plant(6, 10))


def test_size_and_speed_change_while_it_runs(canvas: Canvas) -> None:
    canvas.read()
    canvas.edit(Setup(size=(14, 14), rate=60.0))
    frame = canvas.read()
    assert frame.state.shape == (6, 14, 14)
    assert np.array_equal(np.argwhere(frame.state[0]), [[7, 7]])
    assert canvas.rate == 30.0  # two steps a frame, for the window shows 30
    assert canvas.read().state[4, 0, 0] == 3
    for wrong in (Setup(rate=0.0), Setup(rate=float("nan")), Setup(size=(4, 4)), Setup(rate=1e9)):
        with pytest.raises(BadInput):
            canvas.edit(wrong)
    with pytest.raises(BadInput, match="The canvas as it was left cannot be read"):
        canvas.edit(Put("x = 3", "dead"))
    assert canvas.read().state.shape == (6, 14, 14)


def test_without_an_automaton_it_stays_as_it_is_and_another_one_gets_its_channels() -> None:
    slot = AutomatonSlot()
    with Canvas(9, slot=slot) as canvas:
        first = canvas.read()
        assert canvas.read().label == first.label == "step 0, 1 cell alive"
        assert first.state.shape[0] == 16
        slot.automaton = Counter()
        assert canvas.read().state.shape == (6, 9, 9)
        assert canvas.read().label == "step 2, 1 cell alive"
    with pytest.raises(BadInput, match="closed"):
        canvas.read()


def test_as_many_states_are_kept_as_fit(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAST_BYTES", 6 * 10 * 10 * 4 * 8)
    for _ in range(20):
        canvas.read()
    canvas.move(-100)
    assert canvas.read().label == "step 12, 1 cell alive"


def test_states_are_cut_and_filled_up_around_their_middle() -> None:
    state = np.arange(2 * 5 * 5, dtype=np.float32).reshape(2, 5, 5)
    for side in (3, 4, 5, 6, 9):
        other = resize(state, side)
        assert other.shape == (2, side, side)
        assert np.array_equal(other[:, side // 2, side // 2], state[:, 2, 2])
    assert resize(state, 9).sum() == state.sum()
    grown = fit_channels(plant(4, 5), 7)
    assert np.array_equal(grown, plant(7, 5))
    assert len(fit_channels(plant(9, 5), 7)) == 7
    assert np.array_equal(paint(state, (), True), state)


def test_a_text_and_a_choice_open_it() -> None:
    assert choice_from_text("canvas") == {"kind": "canvas", "path": "", "camera": 0}
    fields = choice_from_text("canvas:48,12.5/s")
    assert (fields["canvas_side"], fields["canvas_rate"]) == (48, 12.5)
    assert choice_from_text("canvas:32x32")["canvas_side"] == 32
    for wrong in ("canvas:32x40", "canvas:5", "canvas:9999", "canvas:red", "canvas:9999/s"):
        with pytest.raises(BadInput):
            choice_from_text(wrong)
    with source_for(SourceChoice(kind="canvas", canvas_side=12)) as canvas:
        frame = canvas.read()
    assert frame is not None
    assert frame.pixels.shape == (12, 12, 3)


def test_a_canvas_opens_where_it_was_left(canvas: Canvas) -> None:
    for _ in range(3):
        canvas.read()
    canvas.edit(Paint(((2, 2),), True))
    left = canvas.read()
    text = canvas.saved_state()
    assert text.startswith("canvas 6 x 10 x 10, step 2\n")
    with Canvas(64, slot=AutomatonSlot(Counter()), text=text) as again:
        again.move(0)
        frame = again.read()
        np.testing.assert_array_equal(frame.state, left.state)
        assert frame.label == left.label
        np.testing.assert_array_equal(again.read().state, canvas.read().state)


def test_what_was_there_comes_back_as_a_change_that_can_be_undone(canvas: Canvas) -> None:
    before = canvas.read()
    write = canvas.snapshot()
    assert write is not None
    canvas.edit(Setup(size=(18, 18)))
    canvas.edit(Fill("empty"))
    assert not canvas.read().state.any()
    canvas.edit(Put(write(), "dead"))  # written now, of that moment
    np.testing.assert_array_equal(canvas.read().state, before.state)
    canvas.move(-1)
    assert not canvas.read().state.any()


def test_a_closed_canvas_writes_nothing() -> None:
    assert (Canvas(8, slot=None).saved_state(), Canvas(8, slot=None).snapshot()) == ("", None)
