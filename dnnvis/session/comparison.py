"""What the running network is compared with."""

from dataclasses import replace
from typing import Any

from dnnvis.engine.plan import NetworkChoice, SecondNetwork
from dnnvis.session.act_choices import CompareChoice
from dnnvis.session.state import State


def second_network(state: State) -> SecondNetwork | None:
    """Return what runs on the same frames; None while nothing is compared, or nothing is chosen.

    It is compared in its panel, and on the activation map by its own cross.
    """
    if not state.second.net or not (state.compare.shown or shows_second_cross(state)):
        return None
    return SecondNetwork(state.second, state.compare.moment, state.compare.edits)


def shows_second_cross(state: State) -> bool:
    """Return whether a second network that is chosen has a cross on the activation map."""
    return state.map.shown and state.map.second


def with_second(
    state: State, choice: NetworkChoice, moment: int = -1, edits: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the changes of ``state`` that compare with a network, the panel open.

    Args:
        state: The present state.
        choice: The second network.
        moment: Number of the snapshot of its training; -1: the finished network.
        edits: Its edits, as text.

    Returns:
        New values of ``second`` and ``compare``.
    """
    compare = replace(state.compare, shown=True, moment=moment, edits=edits)
    return {"second": choice, "compare": compare}


def without_second(state: State) -> dict[str, Any]:
    """Return the changes of ``state`` that compare with nothing and close the panel."""
    closed = CompareChoice(difference=state.compare.difference)
    return {"second": NetworkChoice(net=""), "compare": closed}
