"""Derive from the state what the playground trains, and on what: pure functions."""

from dataclasses import dataclass, replace
from typing import Any

from dnnvis.core.learning.plane_lessons import PlaneLesson
from dnnvis.core.learning.plane_network import MLP_2D
from dnnvis.core.messages import NetworkInfo
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.modes import enter_mode
from dnnvis.session.state import SourceChoice, State

FEATURES_KIND = "PlaneFeatures"  # of the first layer of a network over the plane
ANSWER = "answer"
SETTING_FIELDS = ("rate", "optimizer", "batch", "l1", "l2", "speed")


@dataclass(frozen=True)
class LearningChoice:
    """What is trained, with which settings."""

    #: Name or file of the network.
    net: str
    #: Fields of the data: name, noise, seed, painted.
    data: tuple[tuple[str, Any], ...] = ()
    #: Fields of the setting, all of which may change while it learns.
    setting: tuple[tuple[str, Any], ...] = ()
    #: Seed of the weights.
    seed: int = 0


def is_plane_network(info: NetworkInfo | None) -> bool:
    """Return whether a network takes the plane and shows every unit as a heat map over it."""
    return info is not None and any(row.kind == FEATURES_KIND for row in info.layers)


def is_plane_name(net: str) -> bool:
    """Return whether a name opens a network over the plane."""
    return net.partition(":")[0] == MLP_2D


def plane_layers(info: NetworkInfo) -> tuple[str, ...]:
    """Return the columns of a network over the plane: features, hidden units, the answer."""
    hidden = [row.name for row in info.layers if row.name.startswith("active")]
    first = [row.name for row in info.layers if row.kind == FEATURES_KIND]
    return (*first, *hidden, ANSWER)


def shown_layers(state: State, info: NetworkInfo) -> tuple[str, ...]:
    """Return the layers that the playground draws; () where it is not on screen."""
    if not state.playground.shown or not is_plane_network(info):
        return ()
    return plane_layers(info)


def learns_in_view(state: State, info: NetworkInfo | None) -> bool:
    """Return whether the weights on show may be others in every frame."""
    return is_plane_network(info) or state.playground.pictures


def learning_choice(state: State, info: NetworkInfo | None) -> LearningChoice | None:
    """Return what is trained while the playground, or its map, is on screen; None: nothing is.

    Args:
        state: The state.
        info: The network that runs; None while it opens.
    """
    choice, source, net = state.playground, state.source, resting_net(state, info)
    is_mapped = state.map.shown and state.map.tab == "learning"
    if not (choice.shown or is_mapped) or not net:
        return None
    data = {"name": source.path, "noise": choice.noise, "seed": choice.seed}
    if source.path == "painted":
        data["painted"] = choice.points
    setting = tuple((name, getattr(choice, name)) for name in SETTING_FIELDS)
    return LearningChoice(net, tuple(data.items()), setting, choice.seed)


def resting_net(state: State, info: NetworkInfo | None) -> str:
    """Return the network whose training stays there, held, while the playground is out of sight.

    "" where another network, or another source, runs.

    Args:
        state: The state.
        info: The network that runs; None while it opens.
    """
    is_known = is_plane_name(state.network.net) if info is None else is_plane_network(info)
    is_there = state.source.kind == "plane" and is_known
    return (state.network.checkpoint or state.network.net) if is_there else ""


def apply_lesson(state: State, lesson: PlaneLesson) -> dict[str, Any]:
    """Return the changes of ``state`` that show a lesson."""
    choice = replace(PlaygroundChoice(points=state.playground.points), **lesson.setting)
    return open_playground(state) | {
        "network": NetworkChoice(net=lesson.net),
        "source": SourceChoice(kind="plane", path=lesson.data),
        "playground": replace(choice, shown=True),
    }


def open_playground(state: State) -> dict[str, Any]:
    """Return the changes of ``state`` that show the playground in the middle of Explore."""
    changes = {} if state.unlocked else enter_mode(state, "explore")
    return changes | {"playground": replace(state.playground, shown=True)}
