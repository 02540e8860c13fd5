"""Hold the state; the only place where it changes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis.core.stable_file import write_whole
from dnnvis.core.unit import Unit
from dnnvis.session.history import History, Restored
from dnnvis.session.state import SourceChoice, State, Synthesis, from_json, to_json


class Session:
    """The state, which changes through ``update`` and ``select`` alone.

    Both notify every listener, on the calling thread (the window's), and can be undone but within
    ``adjusting``. ``back`` returns to past selections.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.history = History()
        #: Returns the source as it is now: a board goes on by itself.
        self.read_source: Callable[[], SourceChoice] = lambda: self.state.source
        #: Returns what writes that board as text later, which takes long for a large one; None
        #: where ``read_source`` has it.
        self.read_board: Callable[[], Callable[[], str] | None] = lambda: None
        #: Moves the source to a position in [0, 1] of its film or folder.
        self.seek: Callable[[float], None] = lambda position: None
        self._adjusting: list[bool] = []  # whether each of these belongs to the latest step
        self._text = ""  # what a step is called, where the changes do not tell
        self._is_jump = False
        self._joins = False  # whether the next change belongs to the last step, come what may
        self._listeners: list[Callable[[State], None]] = []
        self._past: list[tuple[str, Unit | None]] = []
        #: Where the classes of the network have their logits, "" where the output is those.
        self.logits = ""

    def listen(self, listener: Callable[[State], None]) -> None:
        """Call ``listener`` with every new state from now on."""
        self._listeners.append(listener)

    def update(self, **changes: Any) -> None:
        """Replace fields of the state; nothing happens where nothing differs."""
        state = replace(self.state, **changes)
        if state == self.state:
            return
        if not self._adjusting:
            previous = self._read_present() if "source" in changes else self.state
            is_recorded = self.history.record(
                previous, state, text=self._text, is_jump=self._is_jump, joins=self._joins
            )
            self._joins = self._joins or (is_recorded and bool(self._text))
        elif self._adjusting[-1]:
            self.history.amend(self.state, state)
        self._show(state)

    def _show(self, state: State) -> None:
        """Notify every listener of a new state; what they change on it is no step of its own."""
        self.state = state
        with self.adjusting():
            for listener in self._listeners:
                if self.state is not state:  # a listener changed it again, which notified all
                    return
                listener(state)

    @contextmanager
    def adjusting(self, *, of_network: bool = False) -> Iterator[None]:
        """Record no step within: something came by itself, and the user chose nothing.

        Args:
            of_network: Whether it followed from opening a network, and is undone with that.
        """
        self._adjusting.append(of_network)
        try:
            yield
        finally:
            self._adjusting.pop()

    @contextmanager
    def one_step(self, text: str) -> Iterator[None]:
        """Make all that is changed within one step, of that text in the menu Edit."""
        self._text, self._is_jump, self._joins = text, True, False
        try:
            yield
        finally:
            self._text, self._is_jump, self._joins = "", False, False

    def record_board(self, text: str) -> None:
        """Record that the board is about to change; what is undone is the board as it is now."""
        write_board = self.read_board()
        source = self.read_source() if write_board is None else self.state.source
        self.history.record_board(source, text, self.state, write_board)

    def record_position(self, text: str, **changes: Any) -> None:
        """Record that the source is about to go elsewhere, and what changes with that.

        Args:
            text: What is done, for the menu Edit.
            changes: New values of fields of the state.
        """
        joins, self._joins = self._joins, self.history.record_position(text, self.state)
        try:
            self.update(**changes)
        finally:
            self._joins = joins

    def undo(self) -> bool:
        """Take back the last step; False where there is none."""
        present = self._read_present()
        return self._return_to(self.history.undo(present), present)

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        present = self._read_present()
        return self._return_to(self.history.redo(present), present)

    def _return_to(self, restored: Restored | None, present: State) -> bool:
        if restored is None:
            return False
        state, position = restored
        if state.source == present.source:  # the board goes on
            state = replace(state, source=self.state.source)
        self._show(state)
        if position is not None:
            self.seek(position)
        return True

    def _read_present(self) -> State:
        source = self.read_source()
        return self.state if source == self.state.source else replace(self.state, source=source)

    def settle(self, **changes: Any) -> None:
        """Replace fields of the state that is saved, without notifying: all that ran has ended."""
        self.state = replace(self.state, **changes)

    def select(self, unit: Unit | None, remember: bool = True, *, call: int | None = None) -> None:
        """Select a unit, and show its layer and call.

        Where the state says so, the unit also becomes the objective of the synthesis. A class,
        which has no maps, leaves layer and call as they are.

        Args:
            unit: The unit; None for no selection.
            remember: Whether ``back`` can return to the previous selection.
            call: The call to show instead of the unit's own.
        """
        if remember and (self.state.unit is not None) and unit != self.state.unit:
            self._past.append((self.state.layer, self.state.unit))
            del self._past[:-200]
        shown: dict[str, Any] = {}
        if unit is not None and unit.layer != "output":
            shown = {"layer": unit.layer, "call": unit.call}
        if unit is not None and call is not None:
            shown["call"] = call
        # a walk from unit to unit is one step, a jump is its own
        is_jump, self._is_jump = self._is_jump, remember or self._is_jump
        try:
            self.update(unit=unit, synthesis=self._growing(unit), **shown)
        finally:
            self._is_jump = is_jump

    def step(self, changes: dict[str, Any]) -> None:
        """Show another step, as ``steps.at_step`` has it; the synthesis follows the unit."""
        unit = changes.get("unit", self.state.unit)
        growing = {} if unit == self.state.unit else {"synthesis": self._growing(unit)}
        self.update(**changes, **growing)

    def grow(self, unit: Unit) -> None:
        """Start a synthesis of ``unit``, from scratch if it is the one that runs."""
        synthesis = self.state.synthesis.awake
        objective = self._objective_text(unit, synthesis)
        run = synthesis.run + (objective == synthesis.goal)
        self.update(
            synthesis=replace(
                synthesis, goal=objective, run=run, paused=False, shown=True, saved=-1
            )
        )

    def _growing(self, unit: Unit | None) -> Synthesis:
        synthesis = self.state.synthesis
        if not (synthesis.on_click and synthesis.shown):
            return synthesis
        objective = "" if unit is None else self._objective_text(unit, synthesis)
        return (
            synthesis
            if objective == synthesis.goal
            else replace(synthesis.awake, goal=objective, paused=False, saved=-1)
        )

    def _objective_text(self, unit: Unit, synthesis: Synthesis) -> str:
        """Return what grows for a unit: for a class its logit, which no softmax flattens."""
        is_class = unit.layer == "output" and self.logits
        return objective_text(replace(unit, layer=self.logits) if is_class else unit, synthesis)

    def back(self) -> bool:
        """Return to the previous selection; False where there is none."""
        if not self._past:
            return False
        layer, unit = self._past.pop()
        call = unit.call if unit is not None and unit.layer == layer else self.state.call
        self.update(layer=layer, unit=unit, call=call, synthesis=self._growing(unit))
        return True

    def save(self, path: Path) -> None:
        """Write the state as JSON, whole or not at all; raise BadInput where that fails."""
        write_state(path, self.state)


def write_state(path: Path, state: State) -> None:
    """Write a state as JSON, whole or not at all; raise BadInput where that fails."""
    write_whole(path, json.dumps(to_json(state), indent=1))


def objective_text(unit: Unit, synthesis: Synthesis) -> str:
    """Return a unit as an objective, with its position only where ``at_place`` says so."""
    return str(unit if synthesis.at_place else unit.whole())


def load_state(path: Path) -> State:
    """Return the state in ``path``; the default one where there is none or it cannot be read."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return State()
