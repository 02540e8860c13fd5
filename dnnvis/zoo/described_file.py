"""Read what a checkpoint, or the folder around it, says of the network's input and its classes."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dnnvis.network.checkpoint import Checkpoint
from dnnvis.zoo.input_options import InputOptions, list_values

LIST_KEYS = ("class_names", "classes", "labels", "class_labels", "label_names", "categories")
#: Dictionaries of numbers -> names, and of names -> numbers.
NAME_KEYS = ("id2label", "idx_to_class", "idx2label", "index_to_class")
NUMBER_KEYS = ("class_to_idx", "label2id", "label_to_idx")
SIZE_KEYS = ("input_size", "image_size", "img_size", "imgsz", "crop_size")
CONFIG_KEYS = ("pretrained_cfg", "default_cfg", "data_config")
PLACEHOLDER = re.compile(r"LABEL_\d+")  # transformers' for classes that nobody named
MAX_JSON_BYTES = 16 << 20
MAX_SIDE_PIXELS = 10_000
MAX_CLASSES = 1_000_000
BYTE = 255.0  # of means for pixels from 0 to 255


@dataclass(frozen=True)
class FileDescription:
    """What a file or its folder says; None where it says nothing."""

    #: Where it is said, such as ``the file`` or ``preprocessor_config.json``.
    origin: str = ""
    size: tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
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
    for described in (_read_facts(checkpoint.meta), *_read_folder(folder)):
        taken = {
            name: value
            for name in ("size", "mean", "std")
            if (value := getattr(described, name)) and not getattr(options, name)
        }
        labels = labels or described.labels
        if not taken:
            continue
        options = replace(options, **taken)
        values = list_values(taken)
        scaled = ", divided by 255" if described.was_in_bytes and "mean" in taken else ""
        notes.append(f"{values} of {checkpoint.path.name} are from {described.origin}{scaled}.")
    if labels and "class_names" not in checkpoint.meta:
        checkpoint = replace(checkpoint, meta={**checkpoint.meta, "class_names": list(labels)})
    return checkpoint, options, tuple(notes)


def _read_facts(facts: Mapping[str, Any], origin: str = "the file") -> FileDescription:
    """Return what plain values beside the weights say."""
    described = FileDescription(origin, labels=_read_labels(facts))
    for config in (facts, *(facts.get(key) for key in CONFIG_KEYS)):
        if not isinstance(config, Mapping):
            continue
        mean = _numbers(config.get("mean") or config.get("image_mean"))
        std = _numbers(config.get("std") or config.get("image_std"))
        size = next((s for key in SIZE_KEYS if (s := _read_size(config.get(key)))), None)
        is_scale = bool(mean) and len(mean) == len(std) and all(value > 0 for value in std)
        in_bytes = is_scale and max(*mean, *std) > 1
        described = FileDescription(
            origin,
            described.size or size,
            described.mean or (_scale(mean, in_bytes) if is_scale else None),
            described.std or (_scale(std, in_bytes) if is_scale else None),
            described.labels or _read_labels(config),
            described.was_in_bytes or in_bytes,
        )
    return described


def _scale(values: tuple[float, ...], in_bytes: bool) -> tuple[float, ...]:
    return tuple(value / BYTE for value in values) if in_bytes else values


def _read_folder(folder: Path) -> list[FileDescription]:
    """Return what the configurations of transformers and timm in a folder say."""
    result = []
    for name in ("preprocessor_config.json", "config.json"):
        data = read_json(folder / name)
        if data is None:
            continue
        if data.get("do_normalize") is False:
            data = {**data, "image_mean": None, "image_std": None}
        described = _read_facts(data, name)
        if name == "preprocessor_config.json" and data.get("crop_size") is None:
            described = replace(described, size=_read_size(data.get("size")) or described.size)
        result.append(described)
    return result


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
        if isinstance(numbers, Mapping):
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
    except (TypeError, ValueError):
        return None
    if sorted(by_number) != list(range(len(names))):
        return None
    labels = tuple(by_number[number] for number in range(len(names)))
    return None if all(map(PLACEHOLDER.fullmatch, labels)) else labels


def _read_size(value: Any) -> tuple[int, int] | None:
    """Return (H, W) of a number, (H, W), (C, H, W), or a dictionary as transformers has it."""
    if isinstance(value, Mapping):
        if "shortest_edge" in value:
            value = value["shortest_edge"]
        else:
            value = (value.get("height"), value.get("width"))
    sides = value if isinstance(value, list | tuple) else (value,)
    sides = sides[-2:] if len(sides) == 3 else sides
    if len(sides) not in (1, 2):
        return None
    is_size = all(
        isinstance(s, int) and not isinstance(s, bool) and 1 <= s <= MAX_SIDE_PIXELS for s in sides
    )
    return (sides[0], sides[-1]) if is_size else None


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple):
        return ()
    fits = all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    return tuple(map(float, value)) if fits else ()
