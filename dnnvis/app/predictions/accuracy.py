"""Count how often the network is right, over the labeled pictures seen so far."""

import re
from collections.abc import Sequence

import numpy as np

from dnnvis.core.frame import SYNSET, find_class
from dnnvis.core.messages import Live
from dnnvis.core.translation.catalog import tr

_COUNTER = re.compile(r"[\s._-]*\(?\d+\)?$")  # of several files with one name: cat.12, cat (3)


def find_class_in_name(
    name: str, labels: Sequence[str], count: int, synsets: Sequence[str] = ()
) -> int | None:
    """Return which class the name of a picture's file names; None where it names none.

    ``n01440764_tench.JPEG`` and ``great_white_shark (3).jpg`` name one; a number alone does not.

    Args:
        name: Name of the file.
        labels: See ``find_class``.
        count: See ``find_class``.
        synsets: See ``find_class``.
    """
    stem = name.rpartition("/")[2].rpartition(".")[0]
    plain = SYNSET.sub("", stem).strip(" _-.")
    for text in (stem, plain, _COUNTER.sub("", plain)):
        if text and not text.isdecimal():
            number = find_class(text, labels, count, synsets)
            if number is not None:
                return number
    return None


def find_true_class(
    live: Live, labels: Sequence[str], synsets: Sequence[str] = (), *, reads_name: bool = False
) -> int | None:
    """Return which class the picture of a frame is of; None where nothing says it.

    Args:
        live: The frame with the network's answer.
        labels: Names of the classes.
        synsets: WordNet's numbers of the classes.
        reads_name: Whether the name of its file may say so where it has no label.
    """
    frame, count = live.frame, live.output.size
    if frame.label is not None or not reads_name:
        return find_class(frame.label, labels, count, synsets)
    return find_class_in_name(frame.source, labels, count, synsets)


class Accuracy:
    """The answers to the labeled pictures of a source; one that comes again counts once."""

    def __init__(self) -> None:
        self._is_right: dict[tuple[str, str | None, int | None], bool] = {}

    def reset(self) -> None:
        """Forget all answers."""
        self._is_right.clear()

    def add(self, live: Live, number: int | None) -> None:
        """Take in the answer to a frame of a class; None where that is not known."""
        output, frame = live.output.reshape(-1), live.frame
        if number is None or live.classes is not None or np.isnan(output).any():
            return
        key = frame.source, frame.label, frame.index
        self._is_right[key] = int(output.argmax()) == number

    def describe(self) -> str:
        """Return "3 of 4 right so far (75 %)"; "" while fewer than two pictures were seen."""
        count, right = len(self._is_right), sum(self._is_right.values())
        return (
            tr(
                "{right:,} of {count:,} right so far ({percent:.0f} %)",
                right=right,
                count=count,
                percent=100 * right / count,
            )
            if count > 1
            else ""
        )
