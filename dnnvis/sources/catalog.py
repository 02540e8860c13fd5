"""List the sources there are, and open them."""

from collections.abc import Callable
from typing import Protocol

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.sources.camera import Camera
from dnnvis.sources.canvas.source import AutomatonSlot, Canvas
from dnnvis.sources.chess.source import ChessSource
from dnnvis.sources.dataset_source import DatasetSource
from dnnvis.sources.demo import Demo
from dnnvis.sources.life.source import Life
from dnnvis.sources.mazes.source import MazeSource
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.plane.source import Plane
from dnnvis.sources.recordings.source import RecordedFrames
from dnnvis.sources.screen import Screen
from dnnvis.sources.source import ProblemCallback, Source, ignore_problem
from dnnvis.sources.stream import Stream
from dnnvis.sources.video import Video


class Choice(Protocol):
    """What must be known of a source to open it; the session's SourceChoice is one."""

    @property
    def kind(self) -> str:
        """Return the kind, a key of SOURCES."""
        ...

    @property
    def path(self) -> str:
        """Return a path, an address, a region of the screen, a position, or data on the plane."""
        ...

    @property
    def camera(self) -> int:
        """Return the number of the camera."""
        ...

    @property
    def mirror(self) -> bool:
        """Return whether left and right are swapped."""
        ...

    @property
    def width(self) -> int:
        """Return the width requested of a camera, in pixels."""
        ...

    @property
    def height(self) -> int:
        """Return the height requested of a camera, in pixels."""
        ...

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the data set's pictures; () for all."""
        ...

    @property
    def loop(self) -> bool:
        """Return whether a video starts over at its end."""
        ...

    @property
    def rows(self) -> int:
        """Return the rows of a board."""
        ...

    @property
    def columns(self) -> int:
        """Return the columns of a board."""
        ...

    @property
    def border(self) -> str:
        """Return the border of a board."""
        ...

    @property
    def rule(self) -> str:
        """Return the rule of a board; "" for the one that it names."""
        ...

    @property
    def rate(self) -> float:
        """Return the steps per second of a board."""
        ...

    @property
    def start(self) -> str:
        """Return how a board starts; see ``life.board.create_board``."""
        ...

    @property
    def density(self) -> float:
        """Return the probability that a cell is alive, for a random start."""
        ...

    @property
    def board(self) -> str:
        """Return the board as RLE text; "" for a new one."""
        ...

    @property
    def maze(self) -> MazeChoice:
        """Return what is chosen of mazes."""
        ...

    @property
    def cap(self) -> float:
        """Return the frames per second that are handed on at most."""
        ...

    @property
    def canvas_side(self) -> int:
        """Return the rows, and the columns, of a canvas."""
        ...

    @property
    def canvas_rate(self) -> float:
        """Return the steps per second of a canvas."""
        ...

    @property
    def canvas(self) -> str:
        """Return the canvas as text; "" for a new one."""
        ...


SOURCES: dict[str, Callable[[Choice, ProblemCallback], Source]] = {
    "demo": lambda choice, problem: Demo(),
    "camera": lambda choice, problem: Camera(
        choice.camera,
        width=choice.width,
        height=choice.height,
        mirror=choice.mirror,
        on_problem=problem,
    ),
    "stream": lambda choice, problem: Stream(choice.path),
    "screen": lambda choice, problem: Screen(choice.path),  # the window's own can read it
    "video": lambda choice, problem: Video(choice.path, loop=choice.loop, on_problem=problem),
    "recording": lambda choice, problem: RecordedFrames(
        choice.path, loop=choice.loop, on_problem=problem
    ),
    "pictures": lambda choice, problem: ImageFiles(choice.path, problem=problem),
    "life": lambda choice, problem: Life(
        (choice.rows, choice.columns),
        border=choice.border,
        rule=choice.rule,
        rate=choice.rate,
        start=choice.start,
        density=choice.density,
        path=choice.path,
        board=choice.board,
        on_problem=problem,
    ),
    "maze": lambda choice, problem: MazeSource(choice.maze),
    "chess": lambda choice, problem: ChessSource(choice.path),
    "plane": lambda choice, problem: Plane(choice.path),
    "examples": lambda choice, problem: DatasetSource(
        choice.path, choice.numbers, on_problem=problem
    ),
    "canvas": lambda choice, problem: open_canvas(choice, None),  # the window's own can grow
}


def open_canvas(choice: Choice, slot: AutomatonSlot | None) -> Canvas:
    """Return the canvas of ``choice``, not opened; the automaton in ``slot`` runs on it."""
    return Canvas(
        choice.canvas_side,
        rate=choice.canvas_rate,
        cap=choice.cap,
        slot=slot,
        text=choice.canvas,
    )


def source_for(choice: Choice, problem: ProblemCallback = ignore_problem) -> Source:
    """Return the source of ``choice``, not opened; raise BadInput for an unknown kind."""
    if choice.kind not in SOURCES:
        raise BadInput(f"There is no source '{choice.kind}'; there are {', '.join(SOURCES)}.")
    return SOURCES[choice.kind](choice, problem)
