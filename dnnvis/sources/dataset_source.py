"""Play pictures of a data set as a source: all of them, or those selected on a map."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.datasets import Dataset, open_data
from dnnvis.sources.images.notes import NoteFilter
from dnnvis.sources.source import ProblemCallback, ignore_problem

PICTURES_PER_SECOND = 2.0  # pictures a second


class DatasetSource:
    """The pictures ``numbers`` of the data in ``path``, in this order (none: all of them).

    ``path`` is as for ``datasets.open_data``. Each has its class as ``label`` and its own name as
    ``source``.

    Several play by themselves, ``PICTURES_PER_SECOND`` a second, round and round; one is a still.
    ``move`` goes round too. A picture that cannot be read is skipped and the reason given to
    ``on_problem``.
    """

    live = False

    def __init__(
        self,
        path: str | Path,
        numbers: Sequence[int],
        *,
        on_problem: ProblemCallback = ignore_problem,
    ) -> None:
        """Set the pictures to play; raise BadInput for invalid numbers."""
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in numbers):
            raise BadInput(f"Pictures of a data set have whole numbers from 0, not {numbers}.")
        self.path, self.numbers = str(path), tuple(numbers)
        self._is_whole = not numbers
        self.rate = PICTURES_PER_SECOND if len(self.numbers) != 1 else 0.0
        name = PurePath(self.path).name or self.path
        picked = "one picked" if len(self.numbers) == 1 else f"{len(self.numbers)} picked"
        self.name = name if self._is_whole else f"{name}, {picked}"
        self._on_problem = on_problem
        self._notes = NoteFilter(on_problem)
        self._data: Dataset | None = None
        self._last, self._next, self._direction = -1, 0, 1

    def __enter__(self) -> Self:
        """Open the data; raise BadInput where there is none, or no such number in it."""
        data = open_data(self.path)
        if self._is_whole:
            self.numbers = tuple(range(len(data)))
        if max(self.numbers) >= len(data):
            data.close()
            raise BadInput(
                f"{self.path} has {len(data):,} pictures, no number {max(self.numbers):,}; choose "
                "the data that the map was fitted on."
            )
        self._data, self._last, self._next, self._direction = data, -1, 0, 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._data is not None:
            self._data.close()
        self._data = None

    @property
    def position(self) -> float:
        """Return the position of the last frame in the source, in [0, 1]."""
        return max(self._last, 0) / max(len(self.numbers) - 1, 1)

    def read(self) -> Frame | None:
        """Read the next picture that can be read, after the last the first.

        Of a still None once it was read, until it is moved.

        Raises BadInput where none can be read, or the source is closed.
        """
        data = self._data
        if data is None:
            raise BadInput("These pictures are closed; open them first.")
        if self._next >= len(self.numbers):
            if not self.rate:
                return None
            self._next = 0
        for _ in self.numbers:
            at, self._next = self._next, (self._next + self._direction) % len(self.numbers)
            try:
                pixels, origin = data.read(self.numbers[at])
            except BadInput as error:
                self._on_problem(str(error))
                continue
            self._last, self._next, self._direction = at, at + 1, 1
            number = self.numbers[at]
            name = data.name(number)
            self._notes.report_new(name, origin.notes)
            source = PurePath(name).name if origin.path else name
            return Frame(pixels, source=source, label=origin.label or None, index=number)
        raise BadInput(f"None of the {len(self.numbers)} pictures in {self.path} can be read.")

    def move(self, steps: int) -> None:
        """Move by so many pictures; a bad one is skipped in the direction of ``steps``."""
        self._next = (self._last + steps) % len(self.numbers)
        self._direction = -1 if steps < 0 else 1

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the pictures."""
        self._next = round(min(max(fraction, 0.0), 1.0) * (len(self.numbers) - 1))
        self._direction = 1
