"""Show mazes as a source: new ones at a rate, or one that is painted on."""

import math
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Change, Fill, Paint, Put, Setup
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.maze import (
    Mazes,
    MoveEnd,
    open_floor,
    parse_maze,
    validate_maze_size,
)
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import NEVER, MazeTruths

MAX_MAZES_PER_SECOND = 60.0
MAX_PAST_MAZES = 1000  # mazes to which one can go back


class MazeSource:
    """Mazes of one size, ``choice.rate`` a second, seeded; see ``core.mazes.choice``.

    Frames are uint8 (H, W, 3): walls black, floor white, start green, goal red; their label says
    how long the way is, or that there is none. A maze that is painted on stays until another is
    requested. Stepping back undoes strokes, too.
    """

    live = False
    name = "maze"

    def __init__(self, choice: MazeChoice) -> None:
        self._choice_rate = validate_maze_rate(choice.rate)
        self._size = validate_maze_size((choice.rows, choice.columns))
        self._seed, self._text = choice.seed, choice.text
        self.rate = self._choice_rate
        self._rng = np.random.default_rng(choice.seed)
        self._past: tuple[Mazes, ...] = ()
        self._index = 0
        self._steps = 0

    def __enter__(self) -> Self:
        """Draw the first maze; raise BadInput where the stored one cannot be read."""
        self._rng = np.random.default_rng(self._seed)
        first = parse_maze(self._text) if self._text else self._draw()
        self.rate = 0.0 if self._text else self._choice_rate  # what was left painted stays
        self._past, self._index, self._steps = (first,), 0, 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._past = ()

    def read(self) -> Frame:
        """Return the next maze; never the last."""
        self._require_open()
        steps, self._steps = self._steps, 1
        for _ in range(self._index + steps - len(self._past) + 1):
            self._append(self._draw(), len(self._past))
        if steps < 0:
            self._index = max(self._index + steps, 0)
        elif steps:
            self._index = min(self._index + steps, len(self._past) - 1)
        maze = self._past[self._index]
        return Frame(maze.pictures()[0], source=self.name, label=describe_maze(maze))

    @property
    def position(self) -> float:
        """Return the position of the maze among those stored, in [0, 1]."""
        last = len(self._past) - 1
        return self._index / last if last > 0 else 1.0

    def move(self, steps: int) -> None:
        """Make the next read give the maze so many further."""
        self._steps = steps

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the mazes stored."""
        self._require_open()
        self._index = round(min(max(fraction, 0.0), 1.0) * (len(self._past) - 1))
        self._steps = 0

    def edit(self, change: Change) -> None:
        """Apply the change, which the next read shows; BadInput leaves all as it was."""
        self._require_open()
        maze = self._past[self._index]
        if isinstance(change, Paint):
            self._keep(maze.paint(change.cells, change.alive), change.new_stroke)
        elif isinstance(change, MoveEnd):
            self._keep(maze.move_end(change.end, change.square), change.new_stroke)
        elif isinstance(change, Put):
            self._keep(parse_maze(change.board), True)  # of any size
        elif isinstance(change, Fill):
            self._append(open_floor(maze) if change.start == "empty" else self._draw())
            self.rate = 0.0 if change.start == "empty" else self._choice_rate
        else:
            self._set_up(change)
        self._steps = 0

    def saved_state(self) -> str:
        """Return the maze as text where it stays; "" where others follow it anyway."""
        write = self.snapshot() if self.rate == 0 else None
        return "" if write is None else write()

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the maze of this moment as text; None where it is closed."""
        past, index = self._past, self._index
        return past[index].text if index < len(past) else None

    def _set_up(self, change: Setup) -> None:
        rate = self._choice_rate if change.rate is None else validate_maze_rate(change.rate)
        size = self._size if change.size is None else validate_maze_size(change.size)
        if size != self._size:
            self._size = size
            self._append(self._draw())
        self._choice_rate = self.rate = rate

    def _keep(self, maze: Mazes, as_new: bool) -> None:
        """Show a maze that the user made, and no other until one is requested."""
        self._append(maze, None if as_new else self._index)
        self.rate = 0.0

    def _append(self, maze: Mazes, at: int | None = None) -> None:
        """Show another maze after the present one, or at an index; those after it are gone."""
        kept = self._past[: self._index + 1 if at is None else at][-MAX_PAST_MAZES:]
        self._past = (*kept, maze)
        self._index = len(self._past) - 1

    def _draw(self) -> Mazes:
        return draw_mazes(1, self._size, self._rng)

    def _require_open(self) -> None:
        if not self._past:
            raise BadInput("The maze is closed; open it first.")


def describe_maze(maze: Mazes) -> str:
    """Describe how far start and goal of a maze lie apart."""
    length = int(MazeTruths(maze[:1]).length[0])
    return "no way leads to the goal" if length >= NEVER else f"the way has {length} steps"


def validate_maze_rate(rate: float) -> float:
    """Return ``rate``; raise BadInput where mazes cannot follow each other so fast."""
    if not (math.isfinite(rate) and 0 <= rate <= MAX_MAZES_PER_SECOND):
        raise BadInput(
            f"Up to {MAX_MAZES_PER_SECOND:.0f} mazes a second can be shown (0: one until another "
            f"is requested), not {rate}."
        )
    return float(rate)
