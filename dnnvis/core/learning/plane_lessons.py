"""Name the trainings that a lecture shows, each by one word."""

from dataclasses import dataclass, field
from typing import Any

from dnnvis.core.errors import BadInput


@dataclass(frozen=True)
class PlaneLesson:
    """A network, points and settings that show one thing."""

    #: A few words.
    title: str
    #: What one sees.
    text: str
    #: The network.
    net: str
    #: The data on the plane.
    data: str
    #: Fields of the session's PlaygroundChoice that differ from the usual.
    setting: dict[str, Any] = field(default_factory=dict)


PLANE_LESSONS: dict[str, PlaneLesson] = {
    "redundant": PlaneLesson(
        "redundant units",
        "Eight units where one would do: most of them draw nearly the same line. Switch any of "
        "them off (Shift+X), and hardly anything changes.",
        "mlp-2d:8,tanh,x,y",
        "gaussians",
        {"rate": 0.01},
    ),
    "failed": PlaneLesson(
        "a rate that destroys",
        "The learning rate is a hundred times too large: the first steps throw every unit to its "
        "limit, where it no longer learns. Choose 0.03, and begin anew.",
        "mlp-2d:6-4,tanh,x,y",
        "circle",
        {"rate": 3.0},
    ),
    "spiral": PlaneLesson(
        "many features",
        "Seven features of x and y are given to one small layer: with sines it bends along the "
        "spiral at once. Leave x and y alone, and it takes three layers of eight.",
        "mlp-2d:8,tanh,x,y,xx,yy,xy,sinx,siny",
        "spiral",
        {"rate": 0.03},
    ),
}


def find_plane_lesson(name: str) -> PlaneLesson:
    """Return a lesson by its name; raise BadInput, naming those there are."""
    if name not in PLANE_LESSONS:
        names = ", ".join(PLANE_LESSONS)
        raise BadInput(f"There is no lesson '{name}' of the playground; there are {names}.")
    return PLANE_LESSONS[name]
