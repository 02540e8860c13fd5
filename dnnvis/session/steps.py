"""List the steps of a network, and what every panel shows at one of them.

A step is a call of a layer: (layer, call). The call that is the layer's last is -1 in State and
Unit, for what libraries and notes know of a unit is known of its last call.
"""

from dataclasses import replace
from typing import Any

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.state import State, Visibility

Step = tuple[str, int]


def steps_of(state: State, info: NetworkInfo | None) -> tuple[Step, ...]:
    """Return (layer, call) of each step, in order.

    These are the hidden states of a network whose card names them, else the calls of the layer on
    show where one pass makes several, else none.
    """
    if info is None:
        return ()
    if info.states:
        return info.states
    layer = info.layer(state.layer)
    calls = layer.calls if layer else 1
    return tuple((state.layer, call) for call in range(calls)) if calls > 1 else ()


def first_number(info: NetworkInfo | None) -> int:
    """Return the number that people call the first step by.

    Hidden states count from 0, which is the encoder's; calls count from 1.
    """
    return 0 if has_states(info) else 1


def step_of(state: State, info: NetworkInfo | None) -> int:
    """Return the index, in ``steps_of``, of the step on show.

    It is that of the layer on show, else that of the selected unit, else the last. 0 where there
    are no steps.
    """
    steps = steps_of(state, info)
    if info is None or not steps:
        return 0
    candidates = [(state.layer, state.call)]
    if state.unit is not None:
        candidates.append((state.unit.layer, state.unit.call))
    for layer, call in candidates:
        index = _index(steps, info, layer, call)
        if index is not None:
            return index
    return len(steps) - 1


def at_step(state: State, info: NetworkInfo | None, k: int) -> dict[str, Any]:
    """Return the changes of ``state`` that bring every panel to a step.

    A layer inside of a state's becomes the same layer inside of the next state's, where there
    is such a one of the same kind; else the state's own. The unit keeps its channel, and its
    position, where they exist; a unit that belongs to no step stays as it is.

    Args:
        state: The current state.
        info: The network that runs.
        k: Index of the step in ``steps_of``; clamped to its ends.

    Returns:
        New values of ``layer``, ``call`` and ``unit``; {} without steps.
    """
    steps = steps_of(state, info)
    if info is None or not steps:
        return {}
    step = steps[min(max(k, 0), len(steps) - 1)]
    layer, call = _same_layer_at(steps, info, state.layer, step) or step
    changes: dict[str, Any] = {"layer": layer, "call": call_of(info.layer(layer), call)}
    if state.unit is not None:
        changes["unit"] = _unit_at(state.unit, steps, info, step)
    return changes


def call_of(layer: LayerInfo | None, call: int) -> int:
    """Return ``call`` as State and Unit write it.

    It is -1 for the layer's last, and where it has no such call; else counted from 0.
    """
    calls = layer.calls if layer else 1
    if not -calls <= call < calls:
        return -1
    return call % calls if call % calls < calls - 1 else -1


def at_call(unit: Unit, info: NetworkInfo | None, call: int) -> Unit:
    """Return ``unit`` at another call of its layer.

    Args:
        unit: The unit.
        info: The network that runs; None: not known yet.
        call: The call; the last is taken where the layer has no such call.

    Returns:
        The unit at that call.
    """
    return replace(unit, call=call_of(info.layer(unit.layer) if info else None, call))


def is_open(state: State, info: NetworkInfo | None) -> bool:
    """Return whether the panel of the steps is on screen.

    It is where the user opened it, and, unless it was closed, where the network has hidden
    states to show.
    """
    choice = state.steps.wish
    return choice == "open" or (choice == "auto" and has_states(info))


def choice_for_visibility(is_open: bool, info: NetworkInfo | None) -> Visibility:
    """Return the choice of a user who opens or closes the panel while this network runs."""
    if is_open == has_states(info):
        return "auto"
    return "open" if is_open else "closed"


def has_states(info: NetworkInfo | None) -> bool:
    """Return whether the network's card names its hidden states."""
    return info is not None and bool(info.states)


def snapshot_index(state: State, moments: tuple[int, ...]) -> int:
    """Return the index, in ``moments``, of the snapshot on show.

    It is the last where none or no such one is chosen, and -1 where there are none.
    """
    chosen = state.steps.moment
    return chosen if 0 <= chosen < len(moments) else len(moments) - 1


def _unit_at(unit: Unit, steps: tuple[Step, ...], info: NetworkInfo, step: Step) -> Unit:
    target = _same_layer_at(steps, info, unit.layer, step)
    if target is None:
        return unit if has_states(info) else at_call(unit, info, step[1])
    layer = info.layer(target[0])
    if layer is None:
        return unit
    channels, height, width = layer.shape
    position = unit.position
    if position is not None and (position[0] >= height or position[1] >= width):
        position = None
    channel = min(unit.channel, channels - 1)
    return Unit(layer.name, channel, position, call_of(layer, target[1]))


def _index(steps: tuple[Step, ...], info: NetworkInfo, layer: str, call: int) -> int | None:
    """Return the step at which ``layer`` makes that call; None where it lies outside of them."""
    stem = _stem(steps, layer)
    row, outer = info.layer(layer), info.layer(stem)
    if not stem or row is None or outer is None or row.calls % outer.calls:
        return None
    call = call % row.calls if -row.calls <= call < row.calls else row.calls - 1
    step = stem, call // (row.calls // outer.calls)
    return steps.index(step) if step in steps else None


def _same_layer_at(
    steps: tuple[Step, ...], info: NetworkInfo, layer: str, step: Step
) -> Step | None:
    """Return the layer at ``step`` that is what ``layer`` is at its own.

    None where ``layer`` lies outside of the steps.
    """
    stem, outer = _stem(steps, layer), info.layer(step[0])
    source = info.layer(layer)
    if not stem or outer is None or source is None:
        return None
    match = info.layer(step[0] + layer[len(stem) :])
    is_same_kind = match is not None and match.kind == source.kind and not match.calls % outer.calls
    if match is None or layer == stem or not is_same_kind:
        return step
    inside = match.calls // outer.calls  # of one call of the state's layer; the last is taken
    return match.name, (step[1] + 1) * inside - 1


def _stem(steps: tuple[Step, ...], layer: str) -> str:
    """Return the layer of the steps that ``layer`` is or lies in; "" where there is none."""
    stems = (name for name, _ in steps if layer == name or layer.startswith(name + "."))
    return max(stems, key=len, default="")
