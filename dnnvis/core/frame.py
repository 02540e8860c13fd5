"""Define one picture on its way from a source to a network."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

SYNSET = re.compile(r"n\d{8}(?!\d)")  # n01440764, n01440764-tench


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source."""

    #: Pixels uint8 (H, W, C), C = 1 or 3 (RGB); a life board has C = 1, values 0 and 255; the
    #: plane has C = 2, its coordinates.
    pixels: NDArray[np.uint8]
    #: The feeder's count of frames, or ``index`` where the source has one.
    number: int = 0
    source: str = ""
    label: str | None = None
    #: The time.perf_counter() at which the picture was read.
    born: float = field(default_factory=time.perf_counter)
    #: The rule of a life board in B/S notation; "" for any other picture.
    rule: str = ""
    #: Its number in its film, in presentation order, or among the pictures of its data; from 0;
    #: None where it has none.
    index: int | None = None
    #: What was changed in the picture since it was read, in a few words; "": nothing.
    perturbed: str = ""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.dtype != np.uint8 or 0 in self.pixels.shape:
            raise BadInput(
                f"A frame is uint8 (H, W, C), not {self.pixels.dtype} {self.pixels.shape}."
            )


@lru_cache(maxsize=4)
def _number_classes(labels: tuple[str, ...]) -> dict[str, int]:
    """Return the class that each name stands for: itself first, then each of its synonyms."""
    numbers: dict[str, int] = {}
    for names in ([[label] for label in labels], [label.split(",") for label in labels]):
        for number, synonyms in enumerate(names):
            for name in synonyms:
                numbers.setdefault(_simplify(name), number)
    return numbers


def _simplify(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def find_class(
    label: str | None, labels: Sequence[str], count: int, synsets: Sequence[str] = ()
) -> int | None:
    """Return which class a picture's label names; None where it names none.

    Args:
        label: The label; case, underscores and which of several synonyms do not matter.
        labels: Names of the classes, such as "tench, Tinca tinca".
        count: Number of classes; a label that is a number below it and no name is that class.
        synsets: WordNet's numbers of the classes; a label that begins with one is that class.
    """
    if not label:
        return None
    number = _number_classes(tuple(labels)).get(_simplify(label))
    if number is None and synsets and (match := SYNSET.match(label)):
        number = _number_classes(tuple(synsets)).get(match[0])
    if number is None and label.isascii() and label.isdecimal() and len(label) < 10:
        number = int(label)
    return number if number is not None and number < count else None
