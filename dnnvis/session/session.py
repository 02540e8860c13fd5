"""Hold the state; the only place where it changes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis.core.stable_file import write_whole
from dnnvis.core.unit import Unit
from dnnvis.session.state import State, Synthesis, from_json, to_json


class Session:
    """The state, which changes through ``update`` and ``select`` alone.

    Both notify every listener, on the calling thread (the window's). ``back`` returns to past
    selections.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
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
        self.state = state
        for listener in self._listeners:
            if self.state is not state:  # a listener changed it again, which notified all
                return
            listener(state)

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
        growing = self._growing(unit)
        if unit is None:
            self.update(unit=None, synthesis=growing)
        else:
            shown = {} if unit.layer == "output" else {"layer": unit.layer, "call": unit.call}
            if call is not None:
                shown["call"] = call
            self.update(unit=unit, synthesis=growing, **shown)

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
        self.update(layer=layer, unit=unit, call=call)
        return True

    def save(self, path: Path) -> None:
        """Write the state as JSON, whole or not at all; raise BadInput where that fails."""
        write_whole(path, json.dumps(to_json(self.state), indent=1))


def objective_text(unit: Unit, synthesis: Synthesis) -> str:
    """Return a unit as an objective, with its position only where ``at_place`` says so."""
    return str(unit if synthesis.at_place else unit.whole())


def load_state(path: Path) -> State:
    """Return the state in ``path``; the default one where there is none or it cannot be read."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return State()
