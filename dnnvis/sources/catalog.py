"""Which sources there are."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dnnvis.core.errors import BadInput
from dnnvis.sources.camera import Camera
from dnnvis.sources.cv import opencv
from dnnvis.sources.demo import Demo
from dnnvis.sources.pictures import SUFFIXES, Pictures
from dnnvis.sources.reading import is_picture
from dnnvis.sources.source import Note, Source, nothing
from dnnvis.sources.video import Video

FILMS = {".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ogv", ".flv"}


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
    def loop(self) -> bool: ...


SOURCES: dict[str, Callable[[Choice, Note], Source]] = {
    "demo": lambda choice, problem: Demo(),
    "camera": lambda choice, problem: Camera(
        choice.camera, width=choice.width, height=choice.height, mirror=choice.mirror
    ),
    "video": lambda choice, problem: Video(choice.path, loop=choice.loop),
    "pictures": lambda choice, problem: Pictures(choice.path, problem=problem),
}


def source_for(choice: Choice, problem: Note = nothing) -> Source:
    """The source of ``choice``, not opened. Raises BadInput for an unknown kind."""
    if choice.kind not in SOURCES:
        raise BadInput(f"There is no source '{choice.kind}'; there are {', '.join(SOURCES)}.")
    return SOURCES[choice.kind](choice, problem)


def source_from_text(text: str) -> tuple[str, str, int]:
    """(kind, path, camera) of ``webcam:0``, ``demo``, a FILE or a FOLDER.

    A file whose suffix says nothing is looked into. Raises BadInput for anything else.
    """
    kind, _, number = text.partition(":")
    if kind in ("webcam", "camera"):
        return "camera", "", _camera_number(number or "0")
    path = Path(text).expanduser()
    if path.is_dir():
        return "pictures", str(path), 0
    if path.is_file():
        return _kind_of(path), str(path), 0
    if text in SOURCES and text != "video" and text != "pictures":
        return text, "", 0
    raise BadInput(
        f"There is no file or folder '{text}'; give webcam:0, demo, a picture, a film or a folder."
    )


def _camera_number(text: str) -> int:
    if not text.isdecimal():
        raise BadInput(f"'{text}' is no camera; write webcam:0 for the first.")
    return int(text)


def _kind_of(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or suffix in FILMS:
        return "pictures" if suffix in SUFFIXES else "video"
    if is_picture(path):
        return "pictures"
    capture = opencv().VideoCapture(str(path))
    is_film = capture.isOpened()
    capture.release()
    if is_film:
        return "video"
    raise BadInput(f"{path} is neither a picture nor a film that can be opened.")
