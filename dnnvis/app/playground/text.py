"""Texts of the Playground panel, without any Qt."""

from collections.abc import Sequence

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_value
from dnnvis.core.learning.plane import PlanePoints
from dnnvis.core.learning.plane_network import FEATURE_NAMES, Mlp2dSpec, parse_spec
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import State

FEATURE_TITLES = dict(
    zip(FEATURE_NAMES, ("x", "y", "x²", "y²", "xy", "sin x", "sin y"), strict=True)
)
DATA_TITLES = {
    "circle": "circle",
    "xor": "xor",
    "gaussians": "Gaussians",
    "spiral": "spiral",
    "moons": "moons",
    "checkerboard": "checkerboard",
    "painted": "painted",
}
SPEEDS = {0.0: "full speed", 1.0: "1 step/s", 10.0: "10 steps/s", 100.0: "100 steps/s"}
RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
BATCHES = (1, 2, 5, 10, 32, 100, 300)
OTHER_NETWORK = (
    "The playground needs a network over the plane: choose data above, and one opens. What runs "
    "now goes on until then."
)
OTHER_SOURCE = "The playground needs the plane as its source: choose data above."
NO_TRAINING = "The training starts ... (a few seconds the first time)"
CHOOSE_LESSON, CHOOSE_TABLE = "Lesson ...", "CSV file ..."
NOTHING_PAINTED = (
    "Nothing is painted yet: drag over the large picture, with the left button for blue, the right "
    "one for orange."
)
ONLY_BLUE = "Only blue is painted yet: drag with the right button for orange."
ONLY_ORANGE = "Only orange is painted yet: drag with the left button for blue."
BAD_WIDTHS = "Units of each hidden layer are numbers, such as 8-8-8, or 0 for none; not '{widths}'."
NO_FEATURES = "The network has to be given something: x, y, or what is made of them."
PRESS_PLAY = "Press Play, or Space: the network begins to learn."


def explain_painted(points: Sequence[float]) -> str:
    """Return what painted points lack before a network can learn them; "" where nothing.

    Args:
        points: x, y and label -1 or 1 of each, one after the other.
    """
    labels = set(points[2::3])
    if not labels:
        return tr(NOTHING_PAINTED)
    if len(labels) > 1:
        return ""
    return tr(ONLY_ORANGE if labels == {-1.0} else ONLY_BLUE)


def gather_painted(points: Sequence[float]) -> PlanePoints | None:
    """Return painted points as they are drawn before there are two classes; None without any."""
    rows = np.asarray(points[: len(points) // 3 * 3], np.float32).reshape(-1, 3)
    if not len(rows):
        return None
    return PlanePoints(rows[:, :2], rows[:, 2], np.zeros(len(rows), bool))


def describe_status(status: LearningStatus, is_on: bool) -> str:
    """Return one line on how the training goes."""
    if status.ended:
        return tr("{reason} Reset begins anew.", reason=status.ended)
    if not is_on or not status.moments:
        return tr(NO_TRAINING)
    warning = status.error or status.warning
    if warning:
        return warning
    if status.step == 0 and not status.is_playing:
        return tr(PRESS_PLAY)
    train, test = (format_value(loss, ".4f") for loss in status.losses)
    parts = [
        tr("step {step:,}", step=status.shown_step),
        tr("loss {loss}", loss=train),
        tr("test {loss}", loss=test),
    ]
    if status.shown >= 0 and status.shown_step != status.step:
        parts.append(tr("learning goes on at step {step:,}", step=status.step))
    elif status.is_playing:
        parts.append(tr("{speed:,} steps/s", speed=round(status.speed)))
    return " · ".join(parts)


def read_spec(net: str) -> Mlp2dSpec | None:
    """Return the structure in a network's name; None for a file, another, and one that is wrong."""
    try:
        return parse_spec(net)
    except BadInput:  # it cannot be opened, which is said where that is tried
        return None


def parse_widths(text: str) -> tuple[int, ...] | None:
    """Return the widths in ``8-8-8`` or ``8, 8``; None where it holds none."""
    parts = text.replace(",", "-").replace(" ", "-").split("-")
    numbers = [part for part in parts if part]
    if not all(part.isdecimal() and len(part) < 5 for part in numbers):
        return None
    widths = tuple(map(int, numbers))
    return () if widths in ((), (0,)) else widths


def title_units(layer: str, count: int, features: Sequence[str]) -> tuple[str, ...]:
    """Return what the units of a column are called."""
    if layer == "features" and len(features) == count:
        return tuple(FEATURE_TITLES[name] for name in features)
    if layer == "answer":
        return (tr("answer"),)
    return tuple(f"{layer}[{k}]" for k in range(count))


def describe_source(state: State) -> str:
    """Return the data on the plane; "" where the source is another."""
    return state.source.path if state.source.kind == "plane" else ""
