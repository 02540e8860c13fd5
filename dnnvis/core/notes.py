"""Define what people write down about the units of a network: notes and bookmarks."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it needs NumPy, which a command's help does not
    from dnnvis.core.probing.dissection import LayerConcepts


@dataclass(frozen=True)
class Mark:
    """A change of a unit's note or bookmark; None leaves either as it is."""

    #: Names the network.
    choice: Any
    unit: str
    #: The note; "" removes it.
    text: str | None = None
    #: Whether the unit is bookmarked.
    bookmarked: bool | None = None

    def then(self, later: "Mark") -> "Mark":
        """Return both in one, for the same unit."""
        text = self.text if later.text is None else later.text
        on = self.bookmarked if later.bookmarked is None else later.bookmarked
        return replace(self, text=text, bookmarked=on)


Marks = tuple[Mark, ...]


def add_mark(marks: Marks, new: Mark) -> Marks:
    """Return ``marks`` with one more, at most one for each unit."""
    same = [mark for mark in marks if (mark.choice, mark.unit) == (new.choice, new.unit)]
    others = tuple(mark for mark in marks if mark not in same)
    return (*others, same[0].then(new) if same else new)


@dataclass(frozen=True)
class SavedNotes:
    """What is written down for a network."""

    #: Names the network.
    choice: Any
    #: Unit -> text.
    notes: dict[str, str] = field(default_factory=dict)
    #: Units, the one set first in front.
    bookmarks: tuple[str, ...] = ()
    #: What was just written.
    done: Marks = ()
    #: The names that a dissection gave to units; None where they were not read: those known stay.
    concepts: "tuple[LayerConcepts, ...] | None" = None

    def after(self, marks: Iterable[Mark]) -> "SavedNotes":
        """Return the notes as they will be when those of ``marks`` for this network are written."""
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
