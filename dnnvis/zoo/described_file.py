"""Read what a checkpoint, or the folder around it, says of the network's input and its classes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dnnvis.network.card import Origin
from dnnvis.network.checkpoint import Checkpoint
from dnnvis.network.opening.preprocessing_config import is_in_bytes, read_values
from dnnvis.zoo.input_options import InputOptions, list_values

LIST_KEYS = ("class_names", "classes", "labels", "class_labels", "label_names", "categories")
#: Dictionaries of numbers -> names, and of names -> numbers.
NAME_KEYS = ("id2label", "idx_to_class", "idx2label", "index_to_class")
NUMBER_KEYS = ("class_to_idx", "label2id", "label_to_idx")
CONFIG_KEYS = ("pretrained_cfg", "default_cfg", "data_config")
PLACEHOLDER = re.compile(r"LABEL_\d+")  # transformers' for classes that nobody named
MAX_JSON_BYTES = 16 << 20
MAX_CLASSES = 1_000_000


@dataclass(frozen=True)
class FileDescription:
    """What a file or its folder states."""

    #: Where it is stated, such as ``the file`` or ``preprocessor_config.json``.
    source: str = ""
    #: Whose word that is.
    origin: Origin = "file"
    #: Of a card's fields those that are stated; see ``preprocessing_config.read_values``.
    values: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    #: Whether mean and std were those of pixels from 0 to 255.
    was_in_bytes: bool = False


def describe_checkpoint(
    checkpoint: Checkpoint, options: InputOptions
) -> tuple[Checkpoint, InputOptions, tuple[str, ...]]:
    """Fill in what a checkpoint or its folder says and the user did not.

    Args:
        checkpoint: The checkpoint.
        options: What the user said.

    Returns:
        The checkpoint with its labels as a list, the options, and sentences on what was taken from
        where.
    """
    folder = checkpoint.path if checkpoint.path.is_dir() else checkpoint.path.parent
    notes: list[str] = []
    labels: Sequence[str] | None = None
    for described in (_read_facts(checkpoint.meta, "the file", "file"), *_read_folder(folder)):
        new = {k: v for k, v in described.values.items() if k not in options.values}
        labels = labels or described.labels
        if not new:
            continue
        options = options.fill(new, described.origin)
        scaled = ", divided by 255" if described.was_in_bytes and "mean" in new else ""
        values = list_values(new)
        notes.append(f"{values} of {checkpoint.path.name} are from {described.source}{scaled}.")
    if labels and "class_names" not in checkpoint.meta:
        checkpoint = replace(checkpoint, meta={**checkpoint.meta, "class_names": list(labels)})
    return checkpoint, options, tuple(notes)


def _read_facts(facts: Mapping[str, Any], source: str, origin: Origin) -> FileDescription:
    """Return what plain values beside the weights state."""
    values: dict[str, Any] = {}
    labels: tuple[str, ...] | None = None
    in_bytes = False
    for config in (facts, *(facts.get(key) for key in CONFIG_KEYS)):
        if not isinstance(config, Mapping):
            continue
        stated = read_values(config)
        in_bytes = in_bytes or ("mean" in stated and "mean" not in values and is_in_bytes(config))
        values = {**stated, **values}
        labels = labels or _read_labels(config)
    if len(values.get("mean", ())) != values.get("channels", len(values.get("mean", ()))):
        del values["channels"]  # of something else than pictures
    return FileDescription(source, origin, values, labels, in_bytes)


def _read_folder(folder: Path) -> list[FileDescription]:
    """Return what the configurations of transformers and timm in a folder state."""
    names = ("preprocessor_config.json", "config.json")
    configs = ((name, read_json(folder / name)) for name in names)
    return [_read_facts(data, name, "folder") for name, data in configs if data is not None]


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file; None where there is none."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_JSON_BYTES:
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _read_labels(facts: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return names in the order of the outputs; None where there are none."""
    for key in LIST_KEYS:
        names = facts.get(key)
        if isinstance(names, list | tuple) and names and all(isinstance(n, str) for n in names):
            return tuple(names)
    for key in NAME_KEYS:
        labels = _in_order(facts.get(key))
        if labels:
            return labels
    for key in NUMBER_KEYS:
        numbers = facts.get(key)
        if isinstance(numbers, Mapping) and all(isinstance(n, int | str) for n in numbers.values()):
            labels = _in_order({number: name for name, number in numbers.items()})
            if labels:
                return labels
    return None


def _in_order(names: Any) -> tuple[str, ...] | None:
    """Return the names of a dictionary by their numbers, which must be 0 to N - 1."""
    if not isinstance(names, Mapping) or not 0 < len(names) <= MAX_CLASSES:
        return None
    try:
        by_number = {int(number): str(name) for number, name in names.items()}
    except (TypeError, ValueError, OverflowError):
        return None
    if sorted(by_number) != list(range(len(names))):
        return None
    labels = tuple(by_number[number] for number in range(len(names)))
    return None if all(map(PLACEHOLDER.fullmatch, labels)) else labels
