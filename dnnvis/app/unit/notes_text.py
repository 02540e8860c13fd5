"""Texts about notes and bookmarks, without Qt."""

from dataclasses import dataclass

from dnnvis.core.notes import SavedNotes
from dnnvis.core.translation.catalog import tr

STAR = "★"
MAX_NOTE_LETTERS = 40  # letters of a note in the list


@dataclass(frozen=True)
class NoteGroup:
    """A titled part of the list."""

    #: Heading of the part.
    title: str
    #: The units, each with its label.
    units: tuple[tuple[str, str], ...]


def group_units(notes: SavedNotes) -> tuple[NoteGroup, ...]:
    """Group the units: those with a bookmark, then those that only have a note."""
    bookmarked = tuple((unit, summarize_note(unit, notes)) for unit in notes.bookmarks)
    others = sorted(unit for unit in notes.notes if unit not in notes.bookmarks)
    noted_only = tuple((unit, summarize_note(unit, notes)) for unit in others)
    both = (NoteGroup(tr("Bookmarks"), bookmarked), NoteGroup(tr("Notes"), noted_only))
    return tuple(group for group in both if group.units)


def summarize_note(unit: str, notes: SavedNotes) -> str:
    """Summarize ``conv2[3]   fires on wheels``: the unit and how its note begins.

    An & is doubled, as menus need it.
    """
    first_line = notes.notes.get(unit, "").strip().partition("\n")[0]
    first_line = (
        first_line
        if len(first_line) <= MAX_NOTE_LETTERS
        else first_line[: MAX_NOTE_LETTERS - 1].rstrip() + "…"
    )
    return f"{unit}   {first_line}".rstrip().replace("&", "&&")


def title(notes: SavedNotes) -> str:
    """Return the label of the list's button."""
    units = len({*notes.bookmarks, *notes.notes})
    return tr("{units} marked", units=units) if units else tr("no bookmarks")


def placeholder_text(unit: str) -> str:
    """Return the text shown where nothing is written yet."""
    return (
        tr("a note to {unit} ...", unit=unit)
        if unit
        else tr("Select a unit to write a note to it.")
    )


def describe_saving(is_pending: bool, is_saved: bool) -> str:
    """Describe whether the note is saved."""
    if is_pending:
        return tr("to be written ...")
    return tr("kept in the library") if is_saved else ""
