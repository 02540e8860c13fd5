"""Which sources there are."""

from collections.abc import Callable
from typing import Protocol

from dnnvis.core.errors import BadInput
from dnnvis.sources.camera import Camera
from dnnvis.sources.dataset_source import DatasetSource
from dnnvis.sources.demo import Demo
from dnnvis.sources.life.source import Life
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.source import ProblemCallback, Source, ignore_problem
from dnnvis.sources.video import Video


class Choice(Protocol):
    """What must be known of a source to open it; the session's SourceChoice is one."""

    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def camera(self) -> int: ...
    @property
    def mirror(self) -> bool: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def numbers(self) -> tuple[int, ...]: ...
    @property
    def loop(self) -> bool: ...
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    @property
    def border(self) -> str: ...
    @property
    def rate(self) -> float: ...
    @property
    def start(self) -> str: ...
    @property
    def density(self) -> float: ...
    @property
    def board(self) -> str: ...


SOURCES: dict[str, Callable[[Choice, ProblemCallback], Source]] = {
    "demo": lambda choice, problem: Demo(),
    "camera": lambda choice, problem: Camera(
        choice.camera, width=choice.width, height=choice.height, mirror=choice.mirror
    ),
    "video": lambda choice, problem: Video(choice.path, loop=choice.loop),
    "pictures": lambda choice, problem: ImageFiles(choice.path, problem=problem),
    "life": lambda choice, problem: Life(
        (choice.rows, choice.columns),
        border=choice.border,
        rate=choice.rate,
        start=choice.start,
        density=choice.density,
        path=choice.path,
        board=choice.board,
    ),
    "examples": lambda choice, problem: DatasetSource(
        choice.path, choice.numbers, on_problem=problem
    ),
}


def source_for(choice: Choice, problem: ProblemCallback = ignore_problem) -> Source:
    """The source of ``choice``, not opened. Raises BadInput for an unknown kind."""
    if choice.kind not in SOURCES:
        raise BadInput(f"There is no source '{choice.kind}'; there are {', '.join(SOURCES)}.")
    return SOURCES[choice.kind](choice, problem)
