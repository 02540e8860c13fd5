"""Let an automaton grow as a source: it can be damaged, planted on, and goes back."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.life.automaton import ALPHA, COLORS, State, fit_channels
from dnnvis.core.life.board import Cells, Change, Fill, Paint, Put, Setup
from dnnvis.sources.canvas.codec import MAX_SIDE, MIN_SIDE, parse_canvas, write_canvas

SIDES = MIN_SIDE, MAX_SIDE  # cells of a side, at least and at most
MAX_STEPS_PER_SECOND = 240.0
PAST_BYTES = 64_000_000  # of states to go back to
MIN_PAST_STATES = 4
ALIVE = 0.1  # alpha above which a cell is counted
EMPTY = "empty"  # of Fill: nothing; any other start is one seed in the middle


class Automaton(Protocol):
    """What makes the next state of another one."""

    @property
    def channels(self) -> int:
        """Return the channels of a state."""
        ...

    def step(self, state: State, number: int) -> State:
        """Return the next state; ``number`` is that of the step."""
        ...


@dataclass
class AutomatonSlot:
    """Where one thread leaves the automaton on show, and a canvas on another finds it."""

    #: The automaton; None: the network on show is none.
    automaton: Automaton | None = None


class PastState(NamedTuple):
    """A state and its step."""

    state: State
    number: int


class Canvas:
    """A square canvas of ``side`` cells, ``rate`` steps a second; it begins with one seed.

    The automaton in ``slot`` makes each next state; while there is none the canvas stays as it is.
    At most ``cap`` frames a second are handed on, with several steps a frame where ``rate`` is
    higher. Frames have the whole state, and its colors over black as pixels. Stepping back undoes
    strokes, too.
    """

    name = "canvas"
    live = False

    def __init__(
        self,
        side: int = 64,
        *,
        rate: float = 30.0,
        cap: float = 30.0,
        slot: AutomatonSlot | None,
        text: str = "",
    ) -> None:
        self._side, self._cap, self._text = validate_side(side), cap, text
        self._slot = AutomatonSlot() if slot is None else slot
        self._set_speed(rate)
        self._past: deque[PastState] = deque()
        self._index = -1
        self._frames = 0

    def __enter__(self) -> Self:
        """Go on where the text left it, else plant the first seed; raise BadInput for no such."""
        if self._text:
            state, number = parse_canvas(self._text)
            self._side = state.shape[1]
            self._restart(state, number)
        else:
            self._restart(plant(self._channels, self._side))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._past.clear()
        self._index = -1

    def read(self) -> Frame:
        """Return the next frame; never the last."""
        self._require_open()
        self._fit_automaton()
        frames, self._frames = self._frames, 1
        if frames < 0:
            self._index = max(self._index + frames, 0)
        for _ in range(frames * self._steps_per_frame):
            self._forward()
        now = self._now
        pixels = np.clip(now.state[:COLORS] * 255, 0, 255).round().astype(np.uint8)
        return Frame(
            np.ascontiguousarray(pixels.transpose(1, 2, 0)),
            source=self.name,
            label=describe(now),
            state=now.state,
        )

    @property
    def position(self) -> float:
        """Return the position of the state in what is stored, in [0, 1]."""
        return self._index / (len(self._past) - 1) if len(self._past) > 1 else 1.0

    def move(self, steps: int) -> None:
        """Make the next read give the frame so many further; states that are stored come back."""
        self._frames = steps

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of what is stored."""
        self._require_open()
        self._index = round(min(max(fraction, 0.0), 1.0) * (len(self._past) - 1))
        self._frames = 0

    def edit(self, change: Change) -> None:
        """Apply the change, which the next read shows; BadInput leaves all as it was.

        Cells become empty, or seeds; a new canvas begins empty or with one seed; one that was there
        comes back.
        """
        self._require_open()
        self._fit_automaton()
        if isinstance(change, Paint):
            self._append(paint(self._now.state, change.cells, change.alive), self._now.number)
        elif isinstance(change, Fill):
            state = plant(self._channels, self._side)
            self._append(state * 0 if change.start == EMPTY else state, 0)
        elif isinstance(change, Setup):
            self._set_up(change)
        elif isinstance(change, Put):
            state, number = parse_canvas(change.board)
            self._side = state.shape[1]
            self._append(state, number)
            self._fit_automaton()
        else:
            raise BadInput("A board is no canvas; open it as a board.")
        self._frames = 0

    def saved_state(self) -> str:
        """Return the state as text, see ``codec``; "" where it is closed. From any thread."""
        write = self.snapshot()
        return "" if write is None else write()

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the state of this moment as text; None where it is closed.

        States are never written to, so that this costs nothing until it is called. From any thread.
        """
        past, index = self._past, self._index
        try:
            now = past[index]
        except IndexError:  # closed, or just being closed
            return None
        return partial(write_canvas, now.state, now.number)

    @property
    def _now(self) -> PastState:
        return self._past[self._index]

    @property
    def _channels(self) -> int:
        automaton = self._slot.automaton
        return 16 if automaton is None else automaton.channels

    def _set_speed(self, steps_per_second: float) -> None:
        """Set steps and frames a second; BadInput leaves both."""
        count = validate_rate(steps_per_second) / self._cap if self._cap > 0 else 1
        self._steps_per_frame = max(1, round(count))
        self.rate = steps_per_second / self._steps_per_frame

    def _set_up(self, change: Setup) -> None:
        if change.rate is not None:
            validate_rate(change.rate)
        if change.size is not None and change.size != (self._side, self._side):
            side = validate_side(max(change.size))
            state, number = resize(self._now.state, side), self._now.number
            self._side = side
            self._restart(state, number)
        if change.rate is not None:
            self._set_speed(change.rate)

    def _restart(self, state: State, number: int = 0) -> None:
        self._past.clear()
        self._index = -1
        self._append(state, number)
        self._frames = 0

    def _forward(self) -> None:
        """Go one step on: to a state that is stored, else to a new one."""
        if self._index + 1 < len(self._past):
            self._index += 1
            return
        automaton, now = self._slot.automaton, self._now
        if automaton is not None:
            self._append(automaton.step(now.state, now.number), now.number + 1)

    def _fit_automaton(self) -> None:
        """Give the present state the channels of the automaton on show; its past is another's."""
        automaton, now = self._slot.automaton, self._now
        if automaton is not None and len(now.state) != automaton.channels:
            self._past.clear()
            self._index = -1
            self._append(fit_channels(now.state, automaton.channels), now.number)

    def _append(self, state: State, number: int) -> None:
        """Go on from a state; those that came after the present one are dropped."""
        while len(self._past) > self._index + 1:
            self._past.pop()
        state.flags.writeable = False  # other threads read it
        self._past.append(PastState(state, number))
        if len(self._past) > max(PAST_BYTES // state.nbytes, MIN_PAST_STATES):
            self._past.popleft()
        self._index = len(self._past) - 1

    def _require_open(self) -> None:
        if not self._past:
            raise BadInput("The canvas is closed; open it first.")


def plant(channels: int, side: int) -> State:
    """Return a state (channels, side, side) with one seed in the middle: 1 in every channel."""
    state = np.zeros((channels, side, side), np.float32)
    state[:, side // 2, side // 2] = 1
    return state


def paint(state: State, cells: Cells, alive: bool) -> State:
    """Return a copy of a state in which cells (row, column) are seeds, or empty.

    Cells outside are left out.
    """
    result = state.copy()
    _, height, width = state.shape
    inside = [(y, x) for y, x in cells if 0 <= y < height and 0 <= x < width]
    if inside:
        rows, columns = np.array(inside).T
        result[:, rows, columns] = alive
    return result


def resize(state: State, side: int) -> State:
    """Return the state cut, or filled up with empty cells, to a square around its middle."""
    channels, height, width = state.shape
    result = np.zeros((channels, side, side), np.float32)
    down, across = side // 2 - height // 2, side // 2 - width // 2
    part = state[:, max(-down, 0) : side - down, max(-across, 0) : side - across]
    top, left = max(down, 0), max(across, 0)
    result[:, top : top + part.shape[1], left : left + part.shape[2]] = part
    return result


def describe(past: PastState) -> str:
    """Describe step and living cells, for a label."""
    alive = int(np.count_nonzero(past.state[ALPHA] > ALIVE))
    if not alive:
        return f"step {past.number:,}, all cells are empty: plant a seed"
    return f"step {past.number:,}, {alive:,} {'cell' if alive == 1 else 'cells'} alive"


def validate_side(side: int) -> int:
    """Return ``side``; raise BadInput where no canvas has it."""
    if not SIDES[0] <= side <= SIDES[1]:
        raise BadInput(f"A canvas has {SIDES[0]} to {SIDES[1]} cells on each side, not {side}.")
    return side


def validate_rate(rate: float) -> float:
    """Return ``rate``; raise BadInput where no canvas can run so fast or slowly."""
    if not 0 < rate <= MAX_STEPS_PER_SECOND:  # NaN neither
        raise BadInput(
            f"A canvas makes up to {MAX_STEPS_PER_SECOND:.0f} steps a second, not {rate}."
        )
    return float(rate)
