"""Texts and pixels of the Examples panel, without Qt."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Example, Examples
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize

_SYNSET = re.compile(r"^n\d{8}[_-]")  # before the class in the names of ImageNet's files
EXAMPLES_PENDING = "Looking for pictures that {unit} fires on ..."


def example_pixels(example: Example, shown_as: str) -> NDArray[np.uint8]:
    """Return the example as uint8 (h, w, 3), contiguous.

    It is the crop where the backward picture is not there yet.
    """
    if shown_as == "whole":
        pixels = colorize.to_three_channels(example.whole)
    elif shown_as in example.backs:
        pixels = colorize.crop_to_rgb(example.backs[shown_as])
    else:
        pixels = colorize.to_three_channels(example.pixels)
    return np.ascontiguousarray(pixels)


def is_pending(example: Example, shown_as: str) -> bool:
    """Return whether the crop stands for a backward picture that is not there yet."""
    return shown_as not in ("crop", "whole") and shown_as not in example.backs


def to_view_box(example: Example) -> tuple[float, float, float, float]:
    """Return the receptive field in the whole picture, as x, y, width, height."""
    y, x, height, width = example.box
    return float(x), float(y), float(width), float(height)


def describe_example(example: Example, unit: str) -> str:
    """Describe all that is known of one example, over several lines."""
    y, x = example.position
    parts = [f"{unit} = {format_number(example.value)} {tr('at {y},{x}', y=y, x=x)}"]
    parts += [tr("class: {name}", name=example.label)] if example.label else []
    parts += [example.where] if example.where else []
    return "\n".join(parts)


def name_example(example: Example) -> str:
    """Return what stands in an example's tile: its class, else its file without a synset."""
    if example.label or not is_file(example):
        return example.label
    return _SYNSET.sub("", Path(example.where).stem).replace("_", " ")


def format_caption(example: Example) -> str:
    """Return the line below an example: its value, and its file where the class stands above."""
    value = format_number(example.value)
    name = Path(example.where).name if example.label else ""
    return f"{value} · {name}" if name else value


def explain_empty(info: NetworkInfo | None, unit: Unit | None, examples: Examples | None) -> str:
    """Return why there are no examples on show.

    Args:
        info: The network that runs; None without one.
        unit: The selected unit; None without one.
        examples: What arrived last; None before anything did.

    Returns:
        One sentence.
    """
    if info is None:
        return ""
    if unit is None:
        return tr(messages.NO_UNIT)
    if examples is None or examples.unit != str(unit.whole()):
        return tr(EXAMPLES_PENDING, unit=unit.whole())
    return examples.message or tr("Nothing is known of {unit} yet.", unit=examples.unit)


def explain_stale(examples: Examples, unit: Unit | None, network: str | None) -> str:
    """Return why the examples are not those of the selected unit; "" where they are.

    Args:
        examples: The examples on show.
        unit: The selected unit.
        network: Name of the network that runs.

    Returns:
        A few words or "".
    """
    if examples.network and network and examples.network != network:
        text = "found with {previous}, now {network} runs"
        return tr(text, previous=examples.network, network=network)
    if unit is None or examples.unit != str(unit.whole()):
        return tr("of {unit}, no longer the selected unit", unit=examples.unit)
    return examples.stale


def format_counts(class_counts: tuple[tuple[str, int], ...]) -> str:
    """Format counts of classes: ``cat 5 · dog 3 · ship 1``."""
    return " · ".join(f"{name} {count}" for name, count in class_counts)


def is_file(example: Example) -> bool:
    """Return whether the picture can be opened as a source."""
    return bool(example.where) and Path(example.where).is_file()
