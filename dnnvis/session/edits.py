"""What the user has changed in the network: its edits, each with a switch."""

from dataclasses import replace
from typing import Any

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import ATTENTION_HEADS, DIRECTIONS, LayerInfo, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.state import State


def active_edits(state: State, info: NetworkInfo | None) -> tuple[str, ...]:
    """Return the edits that are on and that this network has, in order, as text.

    The edit of a held key comes last.
    """
    texts = [text for text in state.edits if text not in state.edits_off]
    texts += [state.held_edit] if state.held_edit else []
    return tuple(text for text in texts if not edit_error(text, info))


def edit_error(text: str, info: NetworkInfo | None) -> str:
    """Return why this network cannot have an edit; "" where it can."""
    if info is None:
        return tr("No network runs.")
    try:
        edit = Edit.parse(text, info.names)
    except BadInput as error:
        return str(error)
    layer = info.layer(edit.layer)
    if layer is None:
        return tr("{name} has no layer '{layer}'.", name=info.name, layer=edit.layer)
    channels, height, width = layer.shape
    numbers = (*edit.channels, *((edit.other,) if edit.action == "swap" else ()))
    region = edit.region or (0, 0, 0, 0)
    is_inside = region[2] <= height and region[3] <= width
    calls_fit = edit.call is None or -layer.calls <= edit.call < layer.calls
    if any(number >= channels for number in numbers) or not (is_inside and calls_fit):
        return tr(
            "{target} lies outside: {layer} is {shape}, called {calls}x.",
            target=edit.target,
            layer=edit.layer,
            shape=" x ".join(map(str, layer.shape)),
            calls=layer.calls,
        )
    if layer.kind != ATTENTION_HEADS:
        return _explain_part(layer, edit)
    if edit.region is not None or not (edit.is_off or edit.action == "scale"):
        return tr(
            "{target}: a whole attention head is switched off, or scaled.", target=edit.target
        )
    return ""


def _explain_part(layer: LayerInfo, edit: Edit) -> str:
    """Return why a row inside of a recurrent module cannot be edited; "" for any other."""
    if not layer.part_of or layer.kind == DIRECTIONS:
        return ""
    return tr(
        "{target}: a gate or state inside of {owner} cannot be edited; edit {owner}, its hidden "
        "state.",
        target=edit.target,
        owner=layer.part_of,
    )


def with_edit(state: State, text: str) -> dict[str, Any]:
    """Return the changes of ``state`` that add an edit, switched on; one that is there comes on.

    Raises:
        BadInput: The text is no edit.
    """
    written = str(Edit.parse(text))
    edits = state.edits if written in state.edits else (*state.edits, written)
    return {"edits": edits, "edits_off": _without(state.edits_off, written)}


def without_edit(state: State, text: str) -> dict[str, Any]:
    """Return the changes of ``state`` that remove an edit."""
    return {
        "edits": _without(state.edits, text),
        "edits_off": _without(state.edits_off, text),
    }


def with_switch(state: State, text: str, is_on: bool) -> dict[str, Any]:
    """Return the changes of ``state`` that switch an edit on or off."""
    others = _without(state.edits_off, text)
    return {"edits_off": others if is_on else (*others, text)}


def with_unit_switched(state: State, unit: Unit, info: NetworkInfo | None = None) -> dict[str, Any]:
    """Return the changes of ``state`` that switch a unit off, or on where an edit did that."""
    text = held_edit(unit, info)
    is_off = text in state.edits and text not in state.edits_off
    return without_edit(state, text) if is_off else with_edit(state, text)


def held_edit(unit: Unit | None, info: NetworkInfo | None = None) -> str:
    """Return the edit of a held key: the selected unit off; "" without one.

    Of an attention head the whole head is off, whatever position is selected.
    """
    if unit is None:
        return ""
    layer = None if info is None else info.layer(unit.layer)
    is_head = layer is not None and layer.kind == ATTENTION_HEADS
    return str(Edit.switch_off(replace(unit, position=None) if is_head else unit))


def describe_edits(state: State, info: NetworkInfo | None) -> str:
    """Return ``3 edits: conv4[5] off, ...``; "" without any that are on."""
    titles = [Edit.parse(text).title for text in active_edits(state, info)]
    if not titles:
        return ""
    listed = ", ".join(titles)
    if len(titles) == 1:
        return tr("1 edit: {listed}", listed=listed)
    return tr("{count} edits: {listed}", count=len(titles), listed=listed)


def _without(texts: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(each for each in texts if each != text)
