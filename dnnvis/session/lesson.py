"""Read lessons: files in which a teacher writes what the window shows, step by step.

A lesson is TOML. It names choices that one could also click, out of COMMANDS; nothing in it is
code, and nothing that it names is run as code.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NoReturn, get_args

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_network import parse_spec
from dnnvis.core.lens_results import VIEWS
from dnnvis.core.paths import is_factory
from dnnvis.core.translation.catalog import ACTIVE, TRANSLATIONS
from dnnvis.session.learning.playground import is_plane_name
from dnnvis.session.state import CONTRASTS, MODES, OVERLAYS, PANEL_LENSES, UNIT_ORDERS

Wait = Literal["unit", "layer", "step", "enlarged", "picture", "frame", "grown"]
WAITS: tuple[Wait, ...] = get_args(Wait)
Value = str | int | float | bool

MAX_FILE_BYTES = 1 << 20
MAX_STEPS = 100
MAX_TEXT_LETTERS = 600  # of a step: what one reads without scrolling
MAX_QUOTED_LETTERS = 60  # of a wrong value, in the sentence about it
SEEDS = (1, 9)
GRID_MODES = {"activations": "forward", "backward": "backward", "patterns": "patterns"}
STATE_VIEWS = ("raw", "cells")


@dataclass(frozen=True)
class CommandRule:
    """What a command of a step takes."""

    #: Types of its value.
    kinds: tuple[type, ...]
    #: What it does, in a few words.
    help: str
    #: The only values, () for any of those types.
    choices: tuple[Value, ...] = ()
    #: Returns what is wrong with a value, "" for nothing.
    check: Callable[[Any], str] = lambda value: ""


def _check_number(value: float) -> str:
    return "" if value >= 0 else "it has to be 0 or more"


def _check_fraction(value: float) -> str:
    return "" if 0 <= value <= 1 else "it has to lie between 0 and 1"


def _check_network(name: str) -> str:
    if is_factory(name) or name.endswith((".py", ".pt2", ".onnx")):
        return "a lesson runs no code and no programs; name a network that ships, or weights"
    if not is_plane_name(name):
        return _check_file(name)
    try:
        parse_spec(name)
    except BadInput as error:
        return str(error).rstrip(".")
    return ""


def _check_source(name: str) -> str:
    kind, _, rest = name.partition(":")
    if kind in ("demo", "life", "maze", "chess") or (kind == "plane" and rest.isalpha()):
        return ""
    if kind in ("webcam", "screen", "http", "https", "rtsp"):
        return (
            "a lesson opens no camera, screen or address; name demo, life, plane:xor, or a file "
            "beside it"
        )
    return _check_file(name)


def _check_file(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or ":" in path.as_posix()
    return "files are named as they lie beside the lesson, without '..'" if outside else ""


def _check_unit(value: int | str) -> str:
    return _check_number(value) if isinstance(value, int) else ""


#: Every command, in the order in which those of a step are carried out.
COMMANDS: dict[str, CommandRule] = {
    "mode": CommandRule((str,), "shows the cards of a mode", MODES),
    "network": CommandRule((str,), "opens a network", check=_check_network),
    "source": CommandRule(
        (str,), "opens demo, life (life:20x20), plane:spiral, or a file", check=_check_source
    ),
    "position": CommandRule(
        (float, int), "goes to a place in the source, 0 to 1", check=_check_fraction
    ),
    "frozen": CommandRule((bool,), "holds the picture still, or lets it go on"),
    "layer": CommandRule((str,), "shows the units of a layer"),
    "unit": CommandRule(
        (int, str), "selects a unit: its number, or layer[number]", check=_check_unit
    ),
    "class": CommandRule((str,), "selects a class by its name, and grows it"),
    "at_step": CommandRule(
        (int,), "shows a step of a recurrent network, from 0", check=_check_number
    ),
    "lens": CommandRule((str,), "chooses the method of the first backward card", PANEL_LENSES),
    "view": CommandRule((str,), "chooses how backward pictures are drawn", VIEWS),
    "tiles": CommandRule((str,), "chooses what the units' tiles show", tuple(GRID_MODES)),
    "order": CommandRule((str,), "chooses which tile stands first", UNIT_ORDERS),
    "contrast": CommandRule((str,), "chooses where the range of colors comes from", CONTRASTS),
    "overlay": CommandRule((str,), "blends the unit's map into the input", OVERLAYS),
    "kernels": CommandRule((bool,), "shows the kernels of a convolution below the layers"),
    "preset": CommandRule((str,), "chooses the preset of what grows"),
    "seeds": CommandRule((int,), "grows one picture or nine", SEEDS),
    "seed": CommandRule((int,), "chooses the random number that it begins with", (), _check_number),
    "grow": CommandRule((bool,), "grows a picture of the selected unit", (True,)),
    "drawn": CommandRule((str,), "draws imagined boards as they are, or as cells", STATE_VIEWS),
    "enlarge": CommandRule((str,), 'enlarges a card; "" puts it back'),
}
#: The keys of a step that are no commands.
STEP_KEYS = {
    "title": "a few words over the text",
    "text": "what the learner reads, up to 600 letters",
    "point": "the card with a frame around it",
    "wait": "what the learner or the program has to do until Next goes on",
}
LESSON_KEYS = {
    "title": "the name of the lesson",
    "about": "a sentence on what one learns",
    "step": "the steps, each under [[step]]",
}
#: The keys that may stand in a lesson once more for each language, as in ``title_de``.
TRANSLATED_KEYS = tuple(
    f"{key}_{language}" for key in ("title", "about", "text") for language in TRANSLATIONS
)


@dataclass(frozen=True)
class LessonCommand:
    """One choice that a step makes."""

    #: A key of COMMANDS.
    name: str
    #: Its value, as COMMANDS has it.
    value: Value


@dataclass(frozen=True)
class LessonStep:
    """One step of a lesson."""

    #: What the learner reads.
    text: str
    #: A few words over it; "" for none.
    title: str = ""
    #: Name of the card with a frame around it; "" for none.
    point: str = ""
    #: What the step does, in the order of COMMANDS.
    commands: tuple[LessonCommand, ...] = ()
    #: What has to happen until Next goes on; None: nothing.
    wait: Wait | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson that can be played."""

    #: Its name.
    title: str
    #: What one learns, in a sentence.
    about: str
    #: Its steps, at least one.
    steps: tuple[LessonStep, ...]
    #: The folder that files in it lie in.
    folder: Path = Path()


def read_lesson(path: Path, known: Mapping[str, Collection[str]]) -> Lesson:
    """Read the lesson in a file.

    Args:
        path: The file.
        known: Values that only the window knows: of ``point`` and ``enlarge`` (cards) and of
            ``preset``.

    Returns:
        The lesson.

    Raises:
        BadInput: It cannot be read; the sentence says in which line it is wrong.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"{path} is larger than a lesson can be (1 MB).")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not text in UTF-8; save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"The lesson {path} cannot be read: {reason}.") from None
    return parse_lesson(text, path.name, known, path.parent)


def parse_lesson(
    text: str, name: str, known: Mapping[str, Collection[str]], folder: Path = Path()
) -> Lesson:
    """Return the lesson in a text.

    Args:
        text: TOML.
        name: What it is called in sentences.
        known: As in ``read_lesson``.
        folder: The folder that files in it lie in.

    Raises:
        BadInput: It is wrong; the sentence names the line.
    """
    return _Reader(text.replace("\r\n", "\n"), name, known).read(folder)


#: What Python's tomllib says -> what we do.
TOML_REASONS = {
    "Invalid value": "there is no value that TOML knows (texts stand in quotes)",
    "Illegal character": "there is a character that TOML does not allow",
    "Invalid statement": "a line has to begin with a key or a [table]",
    "Expected '='": "there is no = behind a key",
    "Expected newline": "a line goes on behind its value",
    "Cannot": "a key or table stands a second time",
    "Unterminated string": "a text has no closing quote",
    "Expected '\"": "a text has no closing quote",
    "Unclosed": "a bracket is not closed",
    "Expected ']": "a bracket is not closed",
    "Exceeds": "a number has thousands of digits",
}


class _Reader:
    """Reads one lesson; every complaint names a line."""

    def __init__(self, text: str, name: str, known: Mapping[str, Collection[str]]) -> None:
        self._text, self._name, self._known = text, name, known

    def _explain(self, error: str) -> str:
        """Return where the parser stopped, and why in our words."""
        match = re.search(r"at line (\d+), column (\d+)", error)
        position = f"line {match[1]}, column {match[2]}" if match else ""
        if "at end of document" in error:
            position = f"its end, line {len(self._text.splitlines())}"
        reason = next((ours for theirs, ours in TOML_REASONS.items() if theirs in error), "")
        return ": ".join(filter(None, (position, reason))) or "it is not understood"

    def read(self, folder: Path) -> Lesson:
        try:
            data = tomllib.loads(self._text)
        except ValueError as error:  # also a number of thousands of digits
            raise BadInput(f"{self._name} is not TOML: {self._explain(str(error))}.") from None
        except RecursionError:
            raise BadInput(f"{self._name} is no lesson: it is nested too deeply.") from None
        self._require_keys(data, LESSON_KEYS, None)
        title = self._choose_text(data, "title", None)
        rows = data.get("step")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._fail("a lesson has steps, each under [[step]]", None, "step")
        if not title.strip():
            self._fail("a lesson has a title", None, "title")
        if not 0 < len(rows) <= MAX_STEPS:
            self._fail(f"a lesson has between 1 and {MAX_STEPS} steps", None, "step")
        steps = tuple(self._read_step(row, k) for k, row in enumerate(rows))
        return Lesson(title, self._choose_text(data, "about", None), steps, folder)

    def _read_step(self, row: dict[str, Any], k: int) -> LessonStep:
        self._require_keys(row, STEP_KEYS | {key: "" for key in COMMANDS}, k)
        if not self._text_of(row, "text", k).strip():
            self._fail("a step has a text", k)
        text = " ".join(self._choose_text(row, "text", k).split())
        point, wait = self._text_of(row, "point", k), row.get("wait")
        if point:
            self._require_known("point", point, k)
        if wait is not None and wait not in WAITS:
            self._fail(f"'wait' is one of {_join(WAITS)}, not {_quote(wait)}", k, "wait")
        commands = tuple(
            LessonCommand(key, self._read_value(key, rule, row[key], k))
            for key, rule in COMMANDS.items()
            if key in row
        )
        return LessonStep(text, self._choose_text(row, "title", k), point, commands, wait)

    def _read_value(self, key: str, rule: CommandRule, value: Any, k: int) -> Value:
        is_kind = isinstance(value, rule.kinds) and isinstance(value, bool) == (bool in rule.kinds)
        if not is_kind:
            kinds = " or ".join(_KIND_NAMES[kind] for kind in rule.kinds)
            self._fail(f"'{key}' is {kinds}, not {_quote(value)}", k, key)
        if rule.choices and value not in rule.choices:
            self._fail(f"'{key}' is one of {_join(rule.choices)}, not {_quote(value)}", k, key)
        if (reason := rule.check(value)) != "":
            self._fail(f"'{key}' cannot be {_quote(value)}: {reason}", k, key)
        if value != "":
            self._require_known(key, value, k)
        elif key != "enlarge":
            self._fail(f"'{key}' is empty", k, key)
        result: Value = value
        return result

    def _require_known(self, key: str, value: Any, k: int) -> None:
        if key in self._known and value not in self._known[key]:
            self._fail(
                f"'{key}' is one of {_join(sorted(self._known[key]))}, not {_quote(value)}", k, key
            )

    def _require_keys(
        self, data: Mapping[str, Any], keys: Mapping[str, str], k: int | None
    ) -> None:
        for key in data:
            if key not in keys and key not in TRANSLATED_KEYS:
                whole = "a lesson" if k is None else "a step"
                self._fail(f"{whole} has no '{key}'; it may have {_join(keys)}", k, key)

    def _choose_text(self, data: Mapping[str, Any], key: str, k: int | None) -> str:
        """Return a text in the window's language, in English where it has no other."""
        texts = {"": self._text_of(data, key, k)}
        for language in TRANSLATIONS:
            name = f"{key}_{language}"
            texts[language] = self._text_of(data, name, k)
        for language, text in texts.items():
            letters = len(" ".join(text.split()))
            if key == "text" and letters > MAX_TEXT_LETTERS:
                name = f"{key}_{language}" if language else key
                limit = f"{letters} letters of at most {MAX_TEXT_LETTERS}"
                self._fail(f"the text has {limit}", k, name)
        return texts.get(ACTIVE.language, "") or texts[""]

    def _text_of(self, data: Mapping[str, Any], key: str, k: int | None) -> str:
        value = data.get(key, "")
        if not isinstance(value, str):
            self._fail(f"'{key}' is text in quotes, not {_quote(value)}", k, key)
        return str(value)

    def _fail(self, complaint: str, k: int | None, key: str = "") -> NoReturn:
        line = find_line(self._text, k, key)
        step = "" if k is None else f" (step {k + 1})"
        raise BadInput(f"{self._name}, line {line}{step}: {complaint}.")


_KIND_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _quote(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_QUOTED_LETTERS else f"{text[:MAX_QUOTED_LETTERS]} ..."


def _join(values: Collection[Value] | Mapping[str, str]) -> str:
    return ", ".join(str(value) for value in values)


def find_line(text: str, step: int | None, key: str = "") -> int:
    """Return the number of the line, from 1, in which a key stands.

    Args:
        text: TOML that could be read.
        step: Index of the step that the key belongs to; None: of the lesson itself.
        key: The key; "" for the line of the step.

    Returns:
        The line of the key, else of its step, else 1.
    """
    index, inside, best = -1, "", 1
    for number, line in enumerate(text.split("\n"), 1):
        quoted, inside = bool(inside), _follow_quotes(line, inside)
        if quoted:
            continue
        if re.match(r"\s*\[\[\s*[\"']?step[\"']?\s*\]\]", line):
            index += 1
            if index == step:
                best = number
        here = index == (-1 if step is None else step)
        if here and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return best


def _follow_quotes(line: str, inside: str) -> str:
    """Return the quotes of a text of several lines that is still open after a line."""
    for quotes in re.findall(r'"""|\'\'\'', line):
        if not inside:
            inside = quotes
        elif quotes == inside:
            inside = ""
    return inside
