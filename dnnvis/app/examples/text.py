"""What the Examples panel draws and says, without Qt."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.lens_results import Example, Examples
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize

WAITING = "Looking for pictures that {unit} fires on ..."


def pixels_of(example: Example, shown_as: str) -> NDArray[np.uint8]:
    """The example as uint8 (h, w, 3), contiguous; its crop where the backward picture is not
    there yet."""
    if shown_as == "whole":
        drawn = colorize.three(example.whole)
    elif shown_as in example.backs:
        drawn = colorize.crop_rgb(example.backs[shown_as])
    else:
        drawn = colorize.three(example.pixels)
    return np.ascontiguousarray(drawn)


def box_of(example: Example) -> tuple[float, float, float, float]:
    """The receptive field in the whole picture, as x, y, width, height."""
    y, x, height, width = example.box
    return float(x), float(y), float(width), float(height)


def details(example: Example, unit: str) -> str:
    """All that is known of one example, over several lines."""
    y, x = example.place
    parts = [f"{unit} = {messages.number(example.value)} at {y},{x}"]
    parts += [f"class: {example.label}"] if example.label else []
    parts += [example.where] if example.where else []
    return "\n".join(parts)


def why_empty(info: NetworkInfo | None, unit: Unit | None, got: Examples | None) -> str:
    """Why there are no examples to see."""
    if info is None:
        return messages.NO_NETWORK
    if unit is None:
        return messages.NO_UNIT
    if got is None or got.unit != str(unit.whole()):
        return WAITING.format(unit=unit.whole())
    return got.words or f"Nothing is known of {got.unit} yet."


def why_stale(got: Examples, unit: Unit | None, network: str | None) -> str:
    """Why the examples are not those of the selected unit; "" where they are."""
    if got.network and network and got.network != network:
        return f"found with {got.network}, now {network} runs"
    if unit is None or got.unit != str(unit.whole()):
        return f"of {got.unit}, no longer the selected unit"
    return ""


def counts(found: tuple[tuple[str, int], ...]) -> str:
    """``cat 5 · dog 3 · ship 1``."""
    return " · ".join(f"{name} {count}" for name, count in found)


def is_file(example: Example) -> bool:
    """Whether the picture can be opened as a source."""
    return bool(example.where) and Path(example.where).is_file()
