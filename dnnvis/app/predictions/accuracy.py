"""Count how often the network is right, over the labeled pictures seen so far."""

from collections.abc import Sequence

import numpy as np

from dnnvis.core.frame import find_class
from dnnvis.core.messages import Live


class Accuracy:
    """The answers to the labeled pictures of a source; one that comes again counts once."""

    def __init__(self) -> None:
        self._is_right: dict[tuple[str, str | None, int | None], bool] = {}

    def reset(self) -> None:
        """Forget all answers."""
        self._is_right.clear()

    def add(self, live: Live, labels: Sequence[str], synsets: Sequence[str] = ()) -> None:
        """Take in the answer to a frame, where its label names a class of the network."""
        output, frame = live.output.reshape(-1), live.frame
        number = find_class(frame.label, labels, len(output), synsets)
        if number is None or live.classes is not None or np.isnan(output).any():
            return
        key = frame.source, frame.label, frame.index
        self._is_right[key] = int(output.argmax()) == number

    def describe(self) -> str:
        """Return "3 of 4 right so far (75 %)"; "" while fewer than two pictures were seen."""
        count, right = len(self._is_right), sum(self._is_right.values())
        return (
            f"{right:,} of {count:,} right so far ({100 * right / count:.0f} %)"
            if count > 1
            else ""
        )
