"""Read the names of classes from a file of any of the usual forms."""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput

MAX_FILE_BYTES = 10_000_000
MAX_YAML_LETTERS = 2_000_000  # of which its reader takes seconds
MAX_LABELS = 1_000_000
#: Keys that hold names by number, the surest first.
NAME_KEYS = ("id2label", "names", "labels", "classes", "class_names", "label_names", "categories")
#: Keys that hold numbers by name.
NUMBER_KEYS = ("label2id", "class_to_idx")
NAME_COLUMNS = ("name", "names", "label", "class_name", "display_name", "class", "category")
NUMBER_COLUMNS = ("id", "index", "idx", "class_id", "label_id", "number", "class_index", "")
_NUMBERED = re.compile(r"\s*(\d+)\s*(?:[:,;\t)]|\s)\s*(\S.*)")
_SYNSET = re.compile(r"\s*(n\d{8})[\s:,;]+(\S.*)")
_SYNSET_ID = re.compile(r"n\d{8}")


@dataclass(frozen=True)
class LabelFile:
    """Names of classes, and how they were numbered."""

    #: Names, in the order of the outputs.
    names: tuple[str, ...]
    #: WordNet's number of each class (n01440764); () where not every one has its own.
    synsets: tuple[str, ...] = ()
    #: Sentences on what was assumed.
    notes: tuple[str, ...] = ()


def read_label_file(path: Path) -> LabelFile:
    """Read names in the order of the network's outputs.

    =======================================  ====================================================
    a name a line                            also behind numbers (``0: tench``) and synsets
    JSON                                     a list; ``{"0": "tench"}``; ``{"0": ["n01440764",
                                             "tench"]}``; ``{"tench": 0}``; any of these under
                                             ``id2label``, ``names`` and the like
    YAML, and Python's ``{0: 'tench'}``      the same
    CSV with a heading                       its column ``name``, in the order of ``id``
    =======================================  ====================================================

    Numbers from 1 to the number of names count from 1, which is said; gaps between others have no
    name.

    Raises:
        BadInput: It is no text, too large, or of none of these forms.
    """
    text = _read_text(path)
    suffix = path.suffix.lower()
    if suffix in (".json", ".yaml", ".yml") or text.lstrip()[:1] in ("{", "["):
        return _name_outputs(_parse_tree(text, path), path)
    if suffix in (".csv", ".tsv"):
        return _read_table(text, path)
    return _read_lines(text, path)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError):
        raise BadInput(f"{path} is no text file with labels that can be read.") from None
    if len(data) > MAX_FILE_BYTES:
        raise BadInput(f"{path} has more than 10 MB; give a file with a label a line.")
    return text


def _parse_tree(text: str, path: Path) -> Any:
    """Parse JSON, or YAML, of which JSON and Python's dictionaries are nearly a part."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > MAX_YAML_LETTERS:
        raise BadInput(
            f"{path} is no whole JSON, and too long for YAML (2 million letters); give JSON, or a "
            "text file with a label a line."
        )
    import yaml  # lazy: few need it

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError):
        raise BadInput(
            f"{path} is neither JSON nor YAML; give a text file with a label a line."
        ) from None


def _name_outputs(tree: Any, path: Path) -> LabelFile:
    """Return the names in a list or mapping, or in the first of its parts that is known."""
    if isinstance(tree, Mapping):
        for key in NAME_KEYS:
            if isinstance(tree.get(key), Mapping | list):
                return _name_outputs(tree[key], path)
        for key in NUMBER_KEYS:
            if isinstance(tree.get(key), Mapping):
                return _name_outputs(tree[key], path)
        return _order_mapping(tree, path)
    if isinstance(tree, list) and tree and len(tree) <= MAX_LABELS:
        names = [_name_entry(entry) for entry in tree]
        if None not in names:
            synsets = _keep_all([_find_synset(entry) for entry in tree])
            return LabelFile(tuple(name for name in names if name is not None), synsets)
    raise _no_labels(path)


def _order_mapping(tree: Mapping[Any, Any], path: Path) -> LabelFile:
    numbers = [_to_number(key) for key in tree]
    if tree and None not in numbers:
        names = [_name_entry(value) for value in tree.values()]
        synsets = [_find_synset(value) for value in tree.values()]
    else:
        numbers = [_to_number(value) for value in tree.values()]
        names = [str(key) for key in tree]
        synsets = [_find_synset(key) for key in tree]
    if not tree or None in numbers or None in names:
        raise _no_labels(path)
    pairs = [
        (number, name)
        for number, name in zip(numbers, names, strict=True)
        if number is not None and name is not None
    ]
    ordered = _order(pairs, path)
    if not _keep_all(synsets):
        return ordered
    by_number = _order(list(zip((number for number, _ in pairs), synsets, strict=True)), path)
    return replace(ordered, synsets=by_number.names)


def _find_synset(entry: Any) -> str:
    """Return WordNet's number that a text is, or a list begins with; "" where there is none."""
    first = entry[0] if isinstance(entry, list) and entry else entry
    return first.strip() if isinstance(first, str) and _SYNSET_ID.fullmatch(first.strip()) else ""


def _keep_all(synsets: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers where every class has one of its own, else ()."""
    return tuple(synsets) if all(synsets) and len(set(synsets)) == len(synsets) else ()


def _order(pairs: Sequence[tuple[int, str]], path: Path) -> LabelFile:
    """Return names by number; where they count from 1 without a gap, from the first on."""
    names = dict(pairs)
    if len(names) < len(pairs):
        raise BadInput(f"{path} gives a number twice; give each class one of its own.")
    if max(names) >= MAX_LABELS:
        raise BadInput(f"{path} numbers a class {max(names):,}; the most is {MAX_LABELS:,}.")
    if sorted(names) == list(range(1, len(names) + 1)):
        ordered = tuple(names[number] for number in sorted(names))
        note = (
            f"The numbers in {path.name} count from 1, and 1 is taken for the first output "
            f"('{ordered[0]}' for output 0). If output 0 is another class, such as the "
            "background, add it to the file as number 0."
        )
        return LabelFile(ordered, notes=(note,))
    return LabelFile(tuple(names.get(number, "") for number in range(max(names) + 1)))


def _name_entry(entry: Any) -> str | None:
    """Return the name in a text, a number, ``[synset, name]`` or ``{"name": ...}``; else None."""
    if isinstance(entry, str):
        return entry.strip()
    if isinstance(entry, int | float) and not isinstance(entry, bool):
        return str(entry)
    if isinstance(entry, list) and entry and all(isinstance(part, str) for part in entry):
        is_synset = len(entry) == 2 and re.fullmatch(r"n\d{8}|n\w*\d+", entry[0]) is not None
        return str(entry[1] if is_synset else ", ".join(entry))
    if isinstance(entry, Mapping):
        return next((str(entry[key]) for key in NAME_COLUMNS if key in entry), None)
    return None


def _to_number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    is_number = isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal()
    return int(value) if is_number and len(value) < 10 else None


def _read_table(text: str, path: Path) -> LabelFile:
    separator = "\t" if "\t" in text.split("\n", 1)[0] else ","
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error:
        raise _no_labels(path) from None
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    name_column = _find_column(heading, NAME_COLUMNS)
    if name_column is None:
        return _read_lines(text, path)
    number_column = _find_column(heading, NUMBER_COLUMNS)
    body = [row + [""] * len(heading) for row in rows[1:]]
    names = [row[name_column].strip() for row in body]
    numbers = [] if number_column is None else [_to_number(row[number_column]) for row in body]
    pairs = [(k, name) for k, name in zip(numbers, names, strict=False) if k is not None]
    if pairs and len(pairs) == len(names):
        return _order(pairs, path)
    if not names:
        raise _no_labels(path)
    return LabelFile(tuple(names), _keep_all([_find_synset(name) for name in names]))


def _find_column(heading: Sequence[str], known: Sequence[str]) -> int | None:
    return next((heading.index(name) for name in known if name in heading), None)


def _read_lines(text: str, path: Path) -> LabelFile:
    lines = [line.strip() for line in text.rstrip().splitlines()]
    if not any(lines):
        raise _no_labels(path)
    filled = [line for line in lines if line]
    readers: tuple[Callable[[list[str], Path], LabelFile | None], ...] = (
        _read_numbered,
        _read_synsets,
    )
    for read in readers:
        labels = read(filled, path)
        if labels is not None:
            return labels
    return LabelFile(tuple(lines), _keep_all([_find_synset(line) for line in lines]))


def _read_numbered(lines: list[str], path: Path) -> LabelFile | None:
    """Return names behind numbers, where every line has one and they leave no gap."""
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    pairs = [(int(match[1]), match[2].strip()) for match in matches if match is not None]
    numbers = sorted(number for number, _ in pairs)
    first = numbers[0] if numbers else 0
    is_gapless = numbers == list(range(first, first + len(lines))) and first <= 1
    return _order(pairs, path) if is_gapless and len(lines) > 1 else None


def _read_synsets(lines: list[str], path: Path) -> LabelFile | None:
    """Return names behind WordNet's numbers, where every line has one."""
    matches = [_SYNSET.fullmatch(line) for line in lines]
    pairs = [(match[1], match[2].strip()) for match in matches if match is not None]
    if len(pairs) < len(lines):
        return None
    return LabelFile(tuple(name for _, name in pairs), _keep_all([synset for synset, _ in pairs]))


def _no_labels(path: Path) -> BadInput:
    return BadInput(f"{path} names no classes in a known form; give a text file, a label a line.")
