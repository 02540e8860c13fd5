"""Write what a window shows into a file that somebody else can open, and read such files.

Nothing in such a file is run: a network of Python code stays untrusted, no address is connected to,
and nothing is written into a library. Paths are relative to the file.
"""

import json
import math
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis import __version__
from dnnvis.core.address import is_address, mask_address
from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import read_stable, write_whole
from dnnvis.session.choices import (
    NO_CHOICES,
    PART_FIELDS_LEFT_OUT,
    SELECTION,
    WINDOW_CHOICES,
    Choices,
    split_choices,
)
from dnnvis.session.state import SourceChoice, State, from_json, to_json

STATE_SUFFIX = ".dnnvis.json"
FORMAT, VERSION = "dnnvis state", 1
MAX_PATH_LETTERS = 160
MAX_FILE_BYTES = 4 << 20
#: Fields that may hold the path of a file.
PATH_FIELDS = (
    ("network", "net"),
    ("network", "checkpoint"),
    ("network", "labels"),
    ("source", "path"),
    ("map", "data"),
)
KINDS_WITHOUT_FILES = ("stream", "screen", "camera", "demo", "maze", "chess", "canvas")
TABLE_SUFFIXES = (".csv", ".tsv")  # of points on the plane; other words name a set of them
#: Choices that belong to one network, and mean nothing in another.
OF_NETWORK = ("network", "meaning", "selection", "pinned", "synthesis.goal", "steps.", "map.")


@dataclass(frozen=True)
class OpenedState:
    """What a file of a state holds, as far as it can be had here."""

    #: The choices to take over.
    choices: Choices = field(default_factory=dict)
    #: Position in the source, in [0, 1]; None: at its start.
    position: float | None = None
    #: Layout of the docks as Qt writes it, base64; "": not saved.
    docks: str = ""
    #: What is not there, each in a few words.
    missing: tuple[str, ...] = ()

    def describe_missing(self, name: str) -> str:
        """Return a sentence about what is missing; "" where nothing is."""
        if not self.missing:
            return ""
        return f"{name} was opened as far as it goes. Missing: {'; '.join(self.missing)}."


def write_state_file(
    path: Path, state: State, *, position: float | None = None, with_docks: bool = False
) -> None:
    """Write the choices of a state; raise BadInput where the file cannot be written.

    Args:
        path: The file; the paths in it are relative to its folder.
        state: The state. Its notes, recent files, and looks are not written.
        position: Position in the source, in [0, 1]; None where it has none.
        with_docks: Whether the layout of the docks is written, too.
    """
    data = to_json(state)
    for name in NO_CHOICES | WINDOW_CHOICES:
        data.pop(name, None)
    for part, names in PART_FIELDS_LEFT_OUT.items():
        values = data[part].values() if part == "panels" else (data[part],)
        for value in values:
            for name in names:
                value.pop(name, None)
    del data["network"]["trust_code"]
    folder = Path(os.path.abspath(path)).parent
    for part, name in PATH_FIELDS:
        if not (part == "source" and state.source.kind in KINDS_WITHOUT_FILES):
            data[part][name] = _make_relative(data[part][name], folder)
    if with_docks:
        data["window_docks"] = state.window_docks
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "program": __version__,
        "position": position,
        "state": data,
    }
    write_whole(path, json.dumps(whole, indent=1), create_folder=False)


def read_state_file(path: Path) -> OpenedState:
    """Read a file of a state, as far as what it names is there.

    Args:
        path: The file.

    Returns:
        The choices to take over, and what is missing.

    Raises:
        BadInput: It is no such file.
    """
    whole = _read_json(path)
    data = whole["state"]
    if isinstance(data.get("network"), dict):
        data["network"].pop("trust_code", None)  # whoever opens it is asked
    lost, missing = _resolve_paths(data, Path(os.path.abspath(path)).parent)
    state = from_json(data)
    unreadable = _find_unreadable(data, state)
    if unreadable:
        missing.append(f"values that this version cannot read ({', '.join(unreadable)})")
    if "source" in data and "source" not in lost:
        reason = _refuse_source(state.source)
        missing += [reason] if reason else []
        lost |= {"source"} if reason else set()
    choices = {
        name: value
        for name, value in split_choices(state).items()
        if _is_given(name, data) and not _is_lost(name, lost) and name not in WINDOW_CHOICES
    }
    docks = state.window_docks if state.unlocked else ""
    position = None if "source" in lost else _read_position(whole.get("position"))
    return OpenedState(choices, position, docks, tuple(missing))


def _resolve_paths(data: dict[str, Any], folder: Path) -> tuple[set[str], list[str]]:
    """Write whole paths into ``data``; return what is lost, and how that is described."""
    lost: set[str] = set()
    missing: list[str] = []
    for part, name in PATH_FIELDS:
        values = data.get(part)
        if not isinstance(values, dict) or not isinstance(values.get(name), str):
            continue
        if part == "source" and values.get("kind") in KINDS_WITHOUT_FILES:
            continue
        values[name], is_there = _resolve(values[name], folder)
        if not is_there:
            lost.add("map.data" if part == "map" else part)
            missing.append(f"{_TITLES[part]} at {_shorten(values[name])}")
    return lost, missing


def _refuse_source(source: SourceChoice) -> str:
    """Return why a source of a file is not opened; "" where it is."""
    if source.kind == "stream":
        address = _shorten(mask_address(source.path))
        text = "which only you connect to (Source > Camera at an address)"
        return f"the camera at {address}, {text}"
    return "" if source_exists(source) else "the pictures, which a map had picked"


_TITLES = {"network": "the network", "source": "the pictures", "map": "the map's pictures"}


def source_exists(source: SourceChoice) -> bool:
    """Return whether there is something to open for a source."""
    if source.kind == "life" and (source.board or not source.path):
        return True
    if source.kind == "examples" and source.numbers:
        return False  # they were picked on a map, and are no more
    if source.kind == "stream":
        return is_address(source.path)
    path = Path(_split_addition(source.path)[0])
    if source.kind == "plane" and path.suffix.lower() not in TABLE_SUFFIXES:
        return True
    if source.kind == "examples" and any(parent.is_file() for parent in path.parents):
        return True  # a folder inside a tar file
    return source.kind in KINDS_WITHOUT_FILES or path.exists()


def _read_json(path: Path) -> dict[str, Any]:
    """Return the content of the file; raise BadInput with a sentence where it is no state."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"{path.name} is too large to be the state of a window.")
        whole = json.loads(read_stable(path).decode("utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError):
        raise BadInput(
            f"{path.name} is no state of a window: it is not JSON. Open a file that "
            "File > Save state as … wrote."
        ) from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise BadInput(
            f"{path.name} is no state of a window: it does not say so. Open a file that "
            "File > Save state as … wrote."
        )
    version = whole.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise BadInput(f"{path.name} was written by a newer dnnvis; install that to open it.")
    if not isinstance(whole.get("state"), dict):
        raise BadInput(f"{path.name} holds no state: it is incomplete.")
    return whole


def _make_relative(text: Any, folder: Path) -> Any:
    """Return the path in a field relative to a folder; what is no path stays."""
    if not isinstance(text, str):
        return text
    path, mark, addition = _split_addition(text)
    if not _names_file(path) or not Path(path).exists():
        return text
    try:
        relative = Path(os.path.relpath(os.path.abspath(path), folder)).as_posix()
    except ValueError:  # another drive
        return text
    if "/" not in relative:
        relative = f"./{relative}"
    return f"{relative}{mark}{addition}"


def _resolve(text: str, folder: Path) -> tuple[str, bool]:
    """Return a field with the path in it from the file's folder, and whether it is there."""
    path, mark, addition = _split_addition(text)
    if not _names_file(path):
        return text, True
    try:
        whole = os.path.normpath(folder / path)
        is_there = os.path.lexists(whole) or any(p.is_file() for p in Path(whole).parents)
    except (OSError, ValueError):  # a text that no file can be named
        return text, False
    return f"{whole}{mark}{addition}", is_there


def _shorten(path: str) -> str:
    """Return a path as one can read it."""
    text = "".join(letter if letter.isprintable() else "?" for letter in path)
    return text if len(text) <= MAX_PATH_LETTERS else f"…{text[1 - MAX_PATH_LETTERS :]}"


def _split_addition(text: str) -> tuple[str, str, str]:
    """Return ``file.py``, ``:`` and ``function`` of a network of Python code, else the text.

    Of a table of points: ``file.csv``, ``#`` and the names of its columns.
    """
    for mark, suffixes in ((":", (".py",)), ("#", TABLE_SUFFIXES)):
        path, found, rest = text.rpartition(mark)
        if path.lower().endswith(suffixes):
            return path, found, rest
    return text, "", ""


def _names_file(text: str) -> bool:
    """Return whether a text is a path, rather than the name of a network or a package."""
    return bool(text) and not is_address(text) and ("/" in text or os.sep in text)


def _find_unreadable(data: dict[str, Any], state: State) -> list[str]:
    """Return the names of fields whose values were not taken over."""
    read = json.loads(json.dumps(to_json(state)))
    names = []
    for name, value in data.items():
        if name in NO_CHOICES | WINDOW_CHOICES:
            continue
        if name not in read:
            names.append(name)
        elif isinstance(value, dict) and isinstance(read[name], dict):
            names += [
                f"{name}.{part}"
                for part, inner in value.items()
                if part not in read[name] or not _is_same(inner, read[name][part])
            ]
        elif not _is_same(value, read[name]):
            names.append(name)
    texts = [name if len(name) <= 40 else f"{name[:39]}…" for name in names]
    return [*texts[:3], "and more"] if len(texts) > 3 else texts


def _is_same(value: Any, read: Any) -> bool:
    """Return whether a value was taken over; one part of a lens panel need not be given."""
    if isinstance(value, dict) and isinstance(read, dict):
        return all(name in read and _is_same(inner, read[name]) for name, inner in value.items())
    return bool(value == read)


def _is_given(name: str, data: dict[str, Any]) -> bool:
    """Return whether the file has a value of that choice."""
    if name == "selection":
        return any(part in data for part in SELECTION)
    value: Any = data
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _is_lost(name: str, lost: set[str]) -> bool:
    """Return whether a choice belongs to what is missing."""
    if "network" in lost and name.startswith(OF_NETWORK):
        return True
    if "network" in lost and name.startswith("panels.") and name.endswith(".to"):
        return True
    return any(name == part or name.startswith(f"{part}.") for part in lost - {"network"})


def _read_position(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and 0 <= value <= 1 else None


def check_preset(opened: OpenedState, presets: tuple[str, ...]) -> OpenedState:
    """Return a state without a preset that there is not."""
    preset = opened.choices.get("synthesis.preset")
    if not presets or preset is None or preset in presets:
        return opened
    choices = {
        name: value
        for name, value in opened.choices.items()
        if name not in ("synthesis.preset", "synthesis.params", "synthesis.back")
    }
    missing = (*opened.missing, f"the preset '{preset[:40]}'")
    return replace(opened, choices=choices, missing=missing)
