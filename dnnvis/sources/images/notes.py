"""Say what was assumed of a picture, once for each kind of assumption."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class PictureNote(NamedTuple):
    """What was assumed when a picture was decoded."""

    #: Which assumption it is; a second note of one kind says nothing new.
    kind: str
    #: The end of a sentence that begins with the picture's name.
    text: str


class NoteFilter:
    """Pass on the first note of each kind."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._kinds: set[str] = set()

    def report_new(self, name: str, notes: Iterable[PictureNote]) -> None:
        """Report which of ``notes`` on the picture ``name`` are of a kind not yet reported."""
        for note in notes:
            if note.kind not in self._kinds:
                self._kinds.add(note.kind)
                self._report(f"{name}: {note.text}.")
