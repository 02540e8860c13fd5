"""What people write down about the units of a network: notes and bookmarks."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Mark:
    """Something to be written down about ``unit`` of the network that ``choice`` names: its
    note ``text`` ("" removes it), whether it is ``bookmarked``; None leaves either as it is."""

    choice: Any
    unit: str
    text: str | None = None
    bookmarked: bool | None = None

    def then(self, later: "Mark") -> "Mark":
        """Both in one, for the same unit."""
        text = self.text if later.text is None else later.text
        on = self.bookmarked if later.bookmarked is None else later.bookmarked
        return replace(self, text=text, bookmarked=on)


Marks = tuple[Mark, ...]


def add_mark(marks: Marks, new: Mark) -> Marks:
    """``marks`` with one more, one for each unit."""
    same = [mark for mark in marks if (mark.choice, mark.unit) == (new.choice, new.unit)]
    others = tuple(mark for mark in marks if mark not in same)
    return (*others, same[0].then(new) if same else new)


@dataclass(frozen=True)
class SavedNotes:
    """What is written down for the network ``choice``: ``notes`` unit -> text, ``bookmarks``,
    the first set first; ``done``: what was written just now."""

    choice: Any
    notes: dict[str, str] = field(default_factory=dict)
    bookmarks: tuple[str, ...] = ()
    done: Marks = ()

    def after(self, marks: Iterable[Mark]) -> "SavedNotes":
        """As it will be when those of ``marks`` that are of this network are written."""
        notes, bookmarks = dict(self.notes), dict.fromkeys(self.bookmarks)
        for mark in marks:
            if mark.choice != self.choice:
                continue
            if mark.text is not None:
                notes[mark.unit] = mark.text
            if mark.bookmarked:
                bookmarks.setdefault(mark.unit)
            elif mark.bookmarked is not None:
                bookmarks.pop(mark.unit, None)
        notes = {unit: text for unit, text in notes.items() if text.strip()}
        return replace(self, notes=notes, bookmarks=tuple(bookmarks))
