"""Parse which source a text stands for, as a user writes it or drops it on the window."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dnnvis.core.address import address_suffix, is_address, mask_address
from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import BORDERS, STARTS
from dnnvis.core.life.life_rule import format_rule
from dnnvis.sources.chess.krk import exact_play
from dnnvis.sources.chess.positions import parse_position
from dnnvis.sources.data.layouts import find_layout
from dnnvis.sources.film import VIDEO_SUFFIXES, is_film
from dnnvis.sources.image_files import holds_animation, is_picture
from dnnvis.sources.life.board import validate_size
from dnnvis.sources.life.files import BOARD_SUFFIXES, inspect_board_file, is_board_file
from dnnvis.sources.life.patterns import patterns
from dnnvis.sources.life.source import validate_rate
from dnnvis.sources.mazes.parse import parse_maze_choice
from dnnvis.sources.pictures import IMAGE_SUFFIXES
from dnnvis.sources.plane.source import validate_plane_data
from dnnvis.sources.recordings.reader import is_recording
from dnnvis.sources.recordings.writer import SUFFIX as RECORDING_SUFFIX
from dnnvis.sources.screen import parse_region

LIFE = "life"
MAZE = "maze"
CHESS = "chess"
PLANE = "plane"
RECORDING = "recording"
SCREEN = "screen"
EXAMPLE_SOURCES = (
    "webcam:0, demo, life, maze:9x9, chess, plane, a picture, a film, a recording, a board "
    f"({', '.join(sorted(BOARD_SUFFIXES))}), a folder, screen:, or the address of a camera "
    "(rtsp://, http://)"
)
MAX_NAME_LENGTH = 200  # letters of a name that are shown in an error
EXAMPLES = "examples"  # pictures of a data set: dataset_source.DatasetSource


def source_from_text(text: str) -> tuple[str, str, int]:
    """Return (kind, path, camera) of ``webcam:0``, ``demo``, ``life``, a FILE, a FOLDER.

    ``chess`` are positions, ``chess:8/8/8/3k4/8/8/8/R3K3`` is this one; of ``plane``,
    ``plane:spiral`` or ``plane:FILE.csv`` the path names the data on the plane.

    An address (``rtsp://``, ``http://``) is a ``stream``, ``/dev/video0`` a camera, and
    ``screen:`` or ``screen:x,y,width,height`` the screen.

    The kind of every data set that is not a plain folder (``data.layouts``) is ``examples``.

    A file whose suffix says nothing is looked into. Raises BadInput for anything else.
    """
    if not text.strip():
        raise BadInput(f"An empty name stands for no source; give {EXAMPLE_SOURCES}.")
    try:
        return _parse_device(text) or _parse_path(text)
    except OSError:  # a name that no file can have, or a folder that may not be entered
        raise BadInput(_missing_message(text)) from None


def _parse_device(text: str) -> tuple[str, str, int] | None:
    """Return what a text stands for that names no file; None for any other."""
    kind, _, number = text.partition(":")
    if kind in (LIFE, MAZE):
        return kind, "", 0
    if kind == CHESS:
        if number:
            parse_position(number, exact_play())
        return CHESS, number, 0
    if kind == PLANE:
        return PLANE, validate_plane_data(number), 0
    if kind in ("webcam", "camera"):
        return "camera", "", _parse_camera_number(number or "0")
    if kind == SCREEN and text != kind:  # a file may have that name
        region = parse_region(number)
        return SCREEN, ",".join(map(str, region or ())), 0
    if match := re.fullmatch(r"/dev/video(\d+)", text):
        return "camera", "", int(match[1])
    return ("stream", _check_address(text), 0) if is_address(text) else None


def _parse_path(text: str) -> tuple[str, str, int]:
    path = Path(text).expanduser()
    if find_layout(path) is not None:
        return EXAMPLES, str(path), 0
    if path.is_dir():
        return "pictures", str(path), 0
    if path.is_file():
        return _detect_kind(path), str(path), 0
    if text == "demo":
        return text, "", 0
    raise BadInput(_missing_message(text))


def _missing_message(text: str) -> str:
    name = text if len(text) <= MAX_NAME_LENGTH else f"{text[:MAX_NAME_LENGTH]}..."
    return f"There is no file or folder '{name}'; give {EXAMPLE_SOURCES}."


def choice_from_text(text: str) -> dict[str, Any]:
    """Return the fields of a Choice that ``text`` stands for.

    These are the results of ``source_from_text``, and for a board what follows:
    ``life:60x80,periodic,glider,highlife,12/s`` (rows x columns; also a density such as 0.3, and
    a rule such as B36/S23, else it is Conway's). ``life`` alone leaves the board as it is.
    ``maze:13x13,2/s,seed 5`` are mazes. Raises BadInput, also for a file that holds no board.
    """
    kind, path, camera = source_from_text(text)
    fields: dict[str, Any] = {"kind": kind, "path": path, "camera": camera}
    if kind == EXAMPLES:
        return {**fields, "numbers": ()}  # all of them
    if kind == MAZE:
        return {**fields, "maze": parse_maze_choice(text)}
    if kind != LIFE:
        return fields
    if path:
        return {**fields, "board": "", "rule": "", **_read_board_size(path)}
    board_options = text.removeprefix(LIFE).removeprefix(":")
    for option in filter(None, board_options.split(",")):
        fields = {"board": "", "rule": "", **fields, **_parse_board_option(option.strip())}
    return fields


def _read_board_size(path: str) -> dict[str, Any]:
    """Return border and size, where the file names them.

    A bad one is refused here, before it replaces a good board.
    """
    summary = inspect_board_file(path)
    if summary.size is None:
        return {}
    rows, columns = summary.size
    return {"border": summary.border, "rows": rows, "columns": columns}


_BOARD_OPTIONS: tuple[tuple[str, Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (
        r"(\d{1,7})x(\d{1,7})",
        lambda m: dict(
            zip(("rows", "columns"), validate_size((int(m[1]), int(m[2]))), strict=True)
        ),
    ),
    (r"(\d{1,4}(\.\d+)?)/s", lambda m: {"rate": validate_rate(float(m[1]))}),
    (r"(0?\.\d+|0|1)", lambda m: {"start": "random", "density": float(m[1])}),
)


def _parse_board_option(option: str) -> dict[str, Any]:
    """Return the fields that one option after ``life:`` stands for."""
    if option in BORDERS:
        return {"border": option}
    if option in STARTS or option in [pattern.name for pattern in patterns()]:
        return {"start": option}
    for regex, to_fields in _BOARD_OPTIONS:
        if match := re.fullmatch(regex, option):
            return to_fields(match)
    with suppress(BadInput):
        return {"rule": format_rule(option)}
    names = ", ".join((*BORDERS, *STARTS, *(pattern.name for pattern in patterns())))
    raise BadInput(
        f"'{option}' says nothing about a board; write a size (60x80), a density (0.3), a speed "
        f"(12/s), a rule (B36/S23, highlife), or one of {names}."
    )


def _check_address(address: str) -> str:
    if address_suffix(address) in IMAGE_SUFFIXES:
        raise BadInput(
            f"{mask_address(address)} is a picture at a web address; save it first, and open the "
            "file."
        )
    return address


def _parse_camera_number(text: str) -> int:
    if not text.isdecimal():
        raise BadInput(f"'{text}' is no camera; write webcam:0 for the first.")
    return int(text)


def _detect_kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix == RECORDING_SUFFIX or is_recording(path):
        return RECORDING
    if suffix not in IMAGE_SUFFIXES | VIDEO_SUFFIXES and is_board_file(path):
        return LIFE
    if holds_animation(path):
        return "video"
    if suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES:
        return "pictures" if suffix in IMAGE_SUFFIXES else "video"
    if is_picture(path):
        return "pictures"
    if is_film(path):
        return "video"
    raise BadInput(f"{path} is neither a picture nor a film that can be opened, nor a board.")
