"""Put what can be computed of a maze beside what a network imagines of it, step by step."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Array
from dnnvis.core.mazes.controls import FollowControl
from dnnvis.core.mazes.maze import Mazes, read_mazes
from dnnvis.lenses.lens import Scene
from dnnvis.network.values import to_float32
from dnnvis.sources.mazes.follow import follow, read_controls, read_speeds
from dnnvis.sources.mazes.truths import CANDIDATES, NEVER, MazeTruths

SHOWN_CANDIDATES = ("wave from the start", "wave from the goal", "dead ends filled")  # in the strip
NO_WAY = "No way leads from start to goal: there is no path to mark."


@dataclass
class StripParts:
    """Rows and notes of a strip while it is built."""

    #: Name of each row -> pictures.
    rows: dict[str, Array]
    #: Text below each column.
    marks: tuple[str, ...] = ()
    #: Name of each score -> value.
    scores: dict[str, float] = field(default_factory=dict)
    #: Sentences for the reader.
    notes: list[str] = field(default_factory=list)
    #: 1 where the walls of a maze are (H, W); None where it is of none.
    walls: Array | None = None
    #: Name of a score -> what it is held against.
    controls: dict[str, FollowControl] = field(default_factory=dict)


def add_maze_truth(scene: Scene, parts: StripParts) -> None:
    """Add the path, what a search would know at each step, and how closely the steps follow it.

    A picture that is no maze gets a note instead, and a maze without a way too.
    """
    assert scene.recording is not None
    imagined = parts.rows["imagination"]  # (N + 1, H, W, 1)
    try:
        maze = _read_maze(to_float32(scene.recording.x.detach()[0]))
    except BadInput as error:
        parts.notes.append(str(error))
        return
    if imagined.shape[1:] != (*maze.floor.shape[1:], 1):
        return
    truths, about = MazeTruths(maze), scene.network.card.about
    speeds, untrained = read_speeds(about.get("scores")), _count_untrained(about, len(imagined))
    marked = imagined[..., 0][:, None] >= scene.params.threshold  # (N + 1, 1, H, W)
    floor = maze.floor[0]
    right = (marked[:, 0] == truths.path[0])[:, floor].mean(1)  # (N + 1,)
    parts.rows["truth"] = np.repeat(truths.path.astype(np.float32), len(imagined), 0)[..., None]
    for name in SHOWN_CANDIDATES:
        shown = [truths.at(name, step, speeds[name])[0] for step in range(len(imagined))]
        parts.rows[name] = np.stack(shown)[..., None].astype(np.float32)
    parts.walls = (~floor).astype(np.float32)
    parts.marks = tuple(
        f"{np.floor(1000 * share) / 10:.1f} %, {'matches' if share == 1 else 'no match'}"
        f"{', trained' if step >= untrained else ''}"
        for step, share in enumerate(right)
    )
    steps = range(1, untrained)
    if len(steps):
        parts.scores = {
            name: follow(marked, truths, name, speeds[name], steps).mcc for name in CANDIDATES
        }
        parts.controls = read_controls(about.get("scores"))
    parts.notes.append(_describe_result(right, int(truths.length[0])))


def _read_maze(picture: NDArray[np.float32]) -> Mazes:
    """Return the maze in a network's input (3, H, W) in [0, 1]; raise BadInput for another."""
    return read_mazes(255 * picture.transpose(1, 2, 0)[None])


def _count_untrained(about: dict[str, Any], states: int) -> int:
    """Return the number of the first state that a training could end at."""
    setting = about.get("setting")
    learned = setting.get("learned_steps") if isinstance(setting, dict) else None
    return min(learned if isinstance(learned, int) and learned > 0 else states - 1, states)


def _describe_result(right: NDArray[np.float64], length: int) -> str:
    """Return from which step on the path is exact, and where it is not."""
    if length >= NEVER:
        return NO_WAY
    wrong = np.flatnonzero(right < 1)
    if not len(wrong):
        return f"The path of {length} steps is exact from the first state on."
    first = int(wrong[-1]) + 1
    if first < len(right):
        return f"The path of {length} steps is exact from state {first} on."
    return f"The path of {length} steps is not found: {right[-1]:.0%} of the floor is right."
