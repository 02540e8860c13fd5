"""Show a picture, or a folder of them."""

from pathlib import Path
from types import TracebackType
from typing import Self

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.data.folders import PictureFiles, class_finder, list_pictures
from dnnvis.sources.image_files import read_picture as read_picture  # others import it from here
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.images.formats import IMAGE_SUFFIXES as IMAGE_SUFFIXES
from dnnvis.sources.images.notes import NoteFilter
from dnnvis.sources.source import ProblemCallback, ignore_problem


class ImageFiles:
    """The picture in a file, or those of a folder in the natural order of their names.

    A folder gives its own pictures, then those of its subfolders at any depth; ``label`` is the
    class that a subfolder is of (``data.folders.class_finder``). A picture that cannot be read is
    skipped and the reason given to ``problem``, as is what was assumed of a picture, once for each
    kind of assumption, and every folder below that cannot be read. ``move`` goes round from the
    last to the first. Folders are listed when they are needed, so that the first picture of many
    does not wait for the others.
    """

    live = False
    rate = 0.0

    def __init__(self, path: str | Path, *, problem: ProblemCallback = ignore_problem) -> None:
        self.path = Path(path)
        self.name = self.path.name or str(self.path)
        self.files = PictureFiles(self.path)
        self._on_problem = problem
        self._notes = NoteFilter(problem)
        self._find_class = class_finder([])
        self._last = -1
        self._next = 0
        self._direction = 1
        self._wraps_around = False

    def __enter__(self) -> Self:
        """List the pictures as far as the first; raise BadInput where there is none."""
        self.files = list_pictures(self.path, self._on_problem, lazily=True)
        self._find_class = class_finder(self.files.iterate_folders())
        if not self.files.holds(0):
            raise BadInput(f"There is no picture in the folder {self.path}; choose another.")
        self._last, self._next, self._direction, self._wraps_around = -1, 0, 1, False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.files = PictureFiles(self.path)

    @property
    def position(self) -> float:
        """Return the position of the last picture in the folder, in [0, 1]."""
        if self._last <= 0:  # needs no number of all
            return 0.0
        return self._last / max(len(self.files) - 1, 1)

    def read(self) -> Frame | None:
        """Read the next picture that can be read; None past the end of the folder.

        Raises BadInput for a single file that cannot be read, or where no file can.
        """
        failed = 0
        while self.files.holds(self._next):
            index, self._next = self._next, self._next + self._direction
            try:
                frame = self._frame(index)
            except BadInput as error:
                failed += 1
                self._skip_broken(error, failed)
                continue
            self._last, self._next, self._direction, self._wraps_around = index, index + 1, 1, False
            return frame
        return None

    def move(self, steps: int) -> None:
        """Move by so many pictures; a bad one is skipped in the direction of ``steps``."""
        self._set_next((self._last + steps) % len(self.files), -1 if steps < 0 else 1)

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the folder."""
        self._set_next(round(min(max(fraction, 0.0), 1.0) * (len(self.files) - 1)), 1)

    def jump(self, index: int) -> None:
        """Make the next read give the picture number ``index``, from 0."""
        self._set_next(min(max(index, 0), len(self.files) - 1), 1)

    def _set_next(self, index: int, direction: int) -> None:
        self._next, self._direction, self._wraps_around = index, direction, True

    def _frame(self, index: int) -> Frame:
        file = self.files[index]
        decoded = read_with_notes(file)
        self._notes.report_new(file.name, decoded.notes)
        number = index if self.files.holds(1) else None
        label = self._find_class(self.files.parents(index)) or None
        return Frame(decoded.pixels, source=file.name, label=label, index=number)

    def _skip_broken(self, error: BadInput, failed: int) -> None:
        if not self.files.holds(1):
            raise error
        self._on_problem(str(error))
        if not self.files.holds(failed):
            raise BadInput(
                f"None of the {failed} pictures in {self.path} can be read; choose another folder."
            )
        if self._wraps_around:
            self._next %= len(self.files)
