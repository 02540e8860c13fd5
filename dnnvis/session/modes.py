"""Define what each mode of the window shows, and what therefore runs: pure functions."""

from dataclasses import replace
from typing import Any

from dnnvis.session.state import Mode, State, Visibility

#: What each mode is for, in a sentence.
MODE_HELP: dict[Mode, str] = {
    "explore": "One layer, and everything about one of its units",
    "synthesis": "The picture that a unit wants, as large as it goes",
    "time": "The steps of a recurrent network, a board, and training",
    "map": "Where the network's whole inner state is",
}


def enter_mode(state: State, mode: Mode) -> dict[str, Any]:
    """Return the changes of ``state`` that bring the window into a mode.

    What the mode does not show is not computed. A picture that grows is only paused (see
    ``hides_synthesis``), so that it keeps its steps.

    Args:
        state: The present state.
        mode: The mode to enter.

    Returns:
        New values of ``mode``, ``unlocked`` and of what is on screen.
    """
    wish: Visibility = "open" if mode == "time" else "closed"
    shown = mode == "explore"
    panels = {key: replace(panel, shown=shown) for key, panel in state.panels.items()}
    is_large = mode == "synthesis"
    return {
        "mode": mode,
        "unlocked": False,
        "panels": panels,
        "synthesis": replace(state.synthesis, shown=True),
        "examples": replace(state.examples, shown=mode in ("explore", "synthesis")),
        "statistics": replace(state.statistics, shown=is_large, on_top=is_large),
        "steps": replace(state.steps, wish=wish),
        "train": replace(state.train, shown=mode == "time"),
        "map": replace(state.map, shown=mode == "map"),
        "graph": replace(state.graph, shown=False),
        "compare": replace(state.compare, shown=False),
        "playground": replace(state.playground, shown=False),
    }


def enter_mode_again(state: State) -> dict[str, Any]:
    """Return the changes of ``state`` with which a window begins: its mode, as it was left.

    The playground is on screen again where it was.
    """
    return enter_mode(state, state.mode) | {"playground": state.playground}


def unlock_panels(state: State) -> dict[str, Any]:
    """Return the changes of ``state`` that put every panel into a dock."""
    changes = enter_mode(state, "explore")
    return changes | {
        "mode": state.mode,
        "unlocked": True,
        "statistics": replace(state.statistics, shown=True, on_top=False),
        "steps": replace(state.steps, wish="auto"),
    }


def shows_saved(state: State) -> bool:
    """Return whether the mode shows the saved pictures of the layer."""
    return not state.unlocked and state.mode == "synthesis"


def shows_kernels(state: State) -> bool:
    """Return whether the kernels of the layer on show are on screen."""
    return state.kernels.shown and (state.unlocked or state.mode == "explore")


def shows_check(state: State) -> bool:
    """Return whether the check of the network is on screen."""
    return state.check.shown and (state.unlocked or state.mode == "explore")


def hides_synthesis(state: State) -> bool:
    """Return whether the mode shows no picture that grows, which then takes no steps."""
    return not state.unlocked and state.mode in ("time", "map")
