"""Split a state into its single choices, which are undone or opened one by one."""

from dataclasses import fields, replace
from typing import Any

from dnnvis.session.boards.source_board import strip_board
from dnnvis.session.state import LensPanel, State

#: A choice by its name, such as ``gamma``, ``synthesis.preset`` or ``panels.lens1.view``.
Choices = dict[str, Any]

#: Fields that no undo changes: what was opened, what goes by itself.
NO_CHOICES = frozenset(
    {
        *("explained_class", "marks", "check", "captions", "held_edit", "recording"),
        *("recent_networks", "recent_sources", "recent_choices", "recent_files", "network_form"),
        *("form_is_newer", "source_folder", "network_folder", "data_folder", "save_folder"),
        *("state_folder", "lesson_folder"),
        *("window_geometry", "window_docks", "hints_done", "language"),
    }
)
#: Choices that are undone, but are of one window and one moment: no file of a state has them.
WINDOW_CHOICES = frozenset({"frozen", "theme", "letters"})
#: Counters and what follows the mouse, by the part of the state that they belong to.
PART_FIELDS_LEFT_OUT = {
    "panels": frozenset({"run"}),
    "synthesis": frozenset({"paused", "run", "keep", "which", "kept"}),
    "examples": frozenset({"run"}),
    "statistics": frozenset({"run"}),
    "tuning": frozenset({"run"}),
    "blocks": frozenset({"run", "concepts_run"}),
    "playground": frozenset({"pictures"}),
    "map": frozenset({"place", "noise_run", "attack_run", "fitted"}),
}
PARTS = (
    *("synthesis", "examples", "statistics", "tuning", "blocks"),
    *("steps", "train", "map", "playground"),
)
SELECTION = ("layer", "unit", "call")  # one choice: a unit is at a call of a layer
SOURCE_RATES = ("rate", "density")  # of a board, which goes on when they change


def _plain_names() -> tuple[str, ...]:
    left_out = {*NO_CHOICES, *PARTS, *SELECTION, "panels", "source"}
    return tuple(item.name for item in fields(State) if item.name not in left_out)


def _part_names(part: str, value: Any) -> tuple[str, ...]:
    left_out = PART_FIELDS_LEFT_OUT.get(part, frozenset())
    return tuple(item.name for item in fields(value) if item.name not in left_out)


PLAIN_NAMES = _plain_names()
PART_NAMES = {part: _part_names(part, getattr(State(), part)) for part in PARTS}
PANEL_NAMES = _part_names("panels", LensPanel())


def split_choices(state: State) -> Choices:
    """Return every choice of a state by its name."""
    choices: Choices = {name: getattr(state, name) for name in PLAIN_NAMES}
    choices["selection"] = tuple(getattr(state, name) for name in SELECTION)
    choices["source"] = state.source
    for name in SOURCE_RATES:
        choices[f"source.{name}"] = getattr(state.source, name)
    for part, names in PART_NAMES.items():
        value = getattr(state, part)
        choices |= {f"{part}.{name}": getattr(value, name) for name in names}
    for key, panel in state.panels.items():
        choices |= {f"panels.{key}.{name}": getattr(panel, name) for name in PANEL_NAMES}
    return choices


def with_choices(state: State, choices: Choices) -> State:
    """Return a state with some of its choices replaced; all else stays."""
    parts: dict[str, Choices] = {}
    changes: Choices = {}
    for name, value in choices.items():
        part, _, field = name.rpartition(".")
        if name == "selection":
            changes |= dict(zip(SELECTION, value, strict=True))
        elif part:
            parts.setdefault(part, {})[field] = value
        else:
            changes[name] = value
    source = replace(changes.pop("source", state.source), **parts.pop("source", {}))
    panels = {
        key: replace(panel, **parts.pop(f"panels.{key}", {})) for key, panel in state.panels.items()
    }
    for part, values in parts.items():
        if not part.startswith("panels."):  # of a panel that this state has not
            changes[part] = replace(getattr(state, part), **values)
    return replace(state, source=source, panels=panels, **changes)


def find_changes(previous: State, state: State) -> Choices:
    """Return the choices of ``previous`` that ``state`` changed.

    A board that ran on is no change, and neither is its speed for the choice of the source.
    """
    old, new = split_choices(previous), split_choices(state)
    changed = {name: value for name, value in old.items() if name in new and new[name] != value}
    source = changed.get("source")
    if source is not None and strip_board(source) == strip_board(state.source):
        del changed["source"]
    return changed
