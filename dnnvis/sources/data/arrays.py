"""Hold a data set's pictures as one array in memory, or one for each size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.sources.data.dataset import Origin, Pixels, compute_mark, read_stat
from dnnvis.sources.images.notes import PictureNote
from dnnvis.sources.images.value_range import ValueWindow, choose_window, to_uint8


class ArrayImages:
    """Pictures of arrays (N, H, W, C) of any real type, one range of values for all."""

    in_order = False

    def __init__(
        self,
        path: Path,
        kind: str,
        arrays: Sequence[NDArray[Any]],
        labels: Sequence[str],
        files: Sequence[Path],
        notes: tuple[PictureNote, ...] = (),
    ) -> None:
        """Take over arrays.

        Args:
            path: What the data is opened by.
            kind: Kind of the data.
            arrays: Pictures (N, H, W, C); those of a part have one size.
            labels: The class of each picture, "" for none.
            files: The files that the mark is made of.
            notes: What was assumed of the whole.
        """
        self.address = str(path.resolve())
        self.kind = kind
        self.mark = compute_mark(read_stat(file) for file in files)
        self.parts: tuple[int, ...] = tuple(len(part) for part in arrays)
        self._arrays, self._labels = list(arrays), labels
        self._windows = [choose_window(part) for part in arrays]
        self._notes = notes

    def __len__(self) -> int:
        return sum(self.parts)

    def name(self, number: int) -> str:
        """Return the name of an image."""
        return f"image {number}"

    def label(self, number: int) -> str:
        """Return the class of an image, "" for none."""
        return self._labels[number]

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Return an image uint8 (H, W, C), and its label."""
        index, part = number, 0
        while index >= self.parts[part]:
            index, part = index - self.parts[part], part + 1
        window: ValueWindow = self._windows[part]
        pixels = to_uint8(self._arrays[part][index], window)
        notes = self._notes + ((PictureNote("range", window.note),) if window.note else ())
        return np.ascontiguousarray(pixels), Origin(label=self._labels[number], notes=notes)

    def close(self) -> None:
        """Do nothing: no file stays open."""
        pass
