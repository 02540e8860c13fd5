"""Undo and redo what the user chose, one step after the other."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from dnnvis.session.boards.source_board import board_text, count_letters, with_board
from dnnvis.session.choices import Choices, find_changes, split_choices, with_choices
from dnnvis.session.state import SourceChoice, State
from dnnvis.session.step_text import describe_step

MAX_STEPS = 200
MAX_LETTERS = 20_000_000  # of the boards that steps hold
JOIN_SECONDS = 0.75  # between two changes of one thing that are one step: keys held, typing
_OPENED = frozenset({"network", "source"})  # what each is a step of its own
DRAG_SECONDS = 10.0  # the same while a button of the mouse is held


@dataclass
class UndoStep:
    """One deed of the user, undone as a whole."""

    #: Values to return to: those from before the deed, or from after it once it is undone.
    values: Choices
    #: What was done, as in "Undo: select unit 20".
    text: str
    #: When it was last added to, in seconds.
    time: float
    #: Whether the next change of the same choices belongs to it.
    is_open: bool = True
    #: Where in its film or folder the source was, in [0, 1]; None where that is not part of it.
    position: float | None = None
    #: Writes the board of ``values["source"]`` as text; None where it is written.
    write_board: Callable[[], str] | None = None

    def write(self) -> None:
        """Write the board that the step returns to, which takes long for a large one."""
        if self.write_board is not None:
            source = self.values["source"]
            board = self.write_board() or board_text(source)
            self.values = {**self.values, "source": with_board(source, board)}
            self.write_board = None


class Restored(NamedTuple):
    """What undo or redo returns to."""

    #: The state.
    state: State
    #: Where the source is to go, in [0, 1]; None: it goes nowhere.
    position: float | None


Steps = list[UndoStep] | deque[UndoStep]


class History:
    """The steps that can be undone and redone; the oldest go where they are too many.

    A step holds the choices that it changed, and no others: to undo the choice of a unit does not
    stop a board that went on meanwhile. One that moved or replaced the source holds where that was
    in its film or folder. Undone, a step holds what redo returns to.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._undo: deque[UndoStep] = deque(maxlen=MAX_STEPS)
        self._redo: list[UndoStep] = []
        #: Whether a button of the mouse is down.
        self.is_dragging: Callable[[], bool] = lambda: False
        #: Returns where in the source the last frame lies, in [0, 1]; None where one cannot seek.
        self.read_position: Callable[[], float | None] = lambda: None

    def undo_text(self, state: State) -> str:
        """Return what ``undo`` would take back; "" where there is nothing."""
        return self._next_text(self._undo, state)

    def redo_text(self, state: State) -> str:
        """Return what ``redo`` would do again; "" where there is nothing."""
        return self._next_text(self._redo, state)

    def _next_text(self, steps: Steps, state: State) -> str:
        matter = (step.text for step in reversed(steps) if self._matters(step, state))
        return next(matter, "")

    def record(
        self,
        previous: State,
        state: State,
        *,
        text: str = "",
        is_jump: bool = False,
        joins: bool = False,
    ) -> bool:
        """Record the step from ``previous`` to ``state``; what was undone is gone.

        Args:
            previous: The state before the deed.
            state: The state after it.
            text: What was done; "": as the changes tell.
            is_jump: Whether it is a step of its own, however soon it comes after another.
            joins: Whether it belongs to the last step, whatever it changes.

        Returns:
            Whether it changed a choice.
        """
        values = find_changes(previous, state)
        if values and joins and self._undo:
            last = self._undo[-1]
            last.values = {**values, **last.values}
        elif values:
            self._redo.clear()
            position = self.read_position() if "source" in values else None
            is_jump = is_jump or not _OPENED.isdisjoint(values)
            self._push(values, text, state, is_jump, position)
        return bool(values)

    def record_board(
        self,
        source: SourceChoice,
        text: str,
        state: State,
        write_board: Callable[[], str] | None = None,
    ) -> None:
        """Record that a board is about to change, by a stroke or otherwise.

        Args:
            source: The source with the board from before.
            text: What is done to the board.
            state: The present state.
            write_board: Writes the board from before, once the step is undone; None: the source
                has it.
        """
        self._redo.clear()
        is_jump = text.startswith("draw")
        self._push({"source": source}, text, state, is_jump, write_board=write_board)

    def record_position(self, text: str, state: State) -> bool:
        """Record that the source is about to go elsewhere in its film or folder.

        Args:
            text: What is done.
            state: The present state.

        Returns:
            Whether the source has a position to return to.
        """
        position = self.read_position()
        if position is None:
            return False
        self._redo.clear()
        self._push({}, text, state, is_jump=False, position=position)
        return True

    def amend(self, previous: State, state: State) -> None:
        """Add to the step that opened a network or a state what followed from it."""
        owners = (step for step in reversed(self._undo) if "network" in step.values)
        step = next(owners, None)
        if step is not None:
            step.values = {**find_changes(previous, state), **step.values}

    def undo(self, state: State) -> Restored | None:
        """Return what was before the last step; None where there is none."""
        return self._exchange(self._undo, self._redo, state)

    def redo(self, state: State) -> Restored | None:
        """Return what was after the step that was undone last; None where there is none."""
        return self._exchange(self._redo, self._undo, state)

    def _push(
        self,
        values: Choices,
        text: str,
        state: State,
        is_jump: bool,
        position: float | None = None,
        write_board: Callable[[], str] | None = None,
    ) -> None:
        now, last = self._clock(), self._undo[-1] if self._undo else None
        if last is not None and not is_jump and self._continues(last, values, text, now):
            last.values, last.time = {**values, **last.values}, now
            values = last.values
            if not text:
                last.text = describe_step(values, split_choices(state))
            if "source" not in values and not self._matters(last, state):
                self._undo.pop()  # back where it began
            return
        text = text or describe_step(values, split_choices(state))
        self._undo.append(UndoStep(values, text, now, not is_jump, position, write_board))
        while sum(map(_count_letters, self._undo)) > MAX_LETTERS and len(self._undo) > 1:
            self._undo.popleft()

    def _continues(self, last: UndoStep, values: Choices, text: str, now: float) -> bool:
        """Return whether a change belongs to the last step: the same choice, soon after."""
        limit = DRAG_SECONDS if self.is_dragging() else JOIN_SECONDS
        is_same = values.keys() <= last.values.keys() and (not text or text == last.text)
        is_same = is_same and (bool(values) or last.position is not None)
        return last.is_open and is_same and now - last.time < limit

    def _exchange(self, steps: Steps, others: Steps, state: State) -> Restored | None:
        """Take back the last of ``steps`` that matters, and put it to the ``others``."""
        while steps:
            step = steps.pop()
            if not self._matters(step, state):
                continue
            present = split_choices(state)
            restored = with_choices(state, step.values)
            values = {name: present[name] for name in step.values if name in present}
            has_position = step.position is not None or "source" in step.values
            position = self.read_position() if has_position else None
            others.append(UndoStep(values, step.text, step.time, False, position))
            return Restored(restored, step.position)
        return None

    def _matters(self, step: UndoStep, state: State) -> bool:
        """Return whether a step would change anything; one whose network was refused would not."""
        step.write()
        if with_choices(state, step.values) != state:
            return True
        return step.position is not None and self.read_position() not in (None, step.position)


def _count_letters(step: UndoStep) -> int:
    source = step.values.get("source")
    if step.write_board is not None and isinstance(source, SourceChoice):
        return count_letters(source)
    return len(board_text(source)) if isinstance(source, SourceChoice) else 0
