"""What is said about notes and bookmarks, without Qt."""

from dataclasses import dataclass

from dnnvis.core.notes import Noted

STAR = "★"
LONG = 40  # letters of a note in the list


@dataclass(frozen=True)
class Group:
    """Some of the list: ``units`` with the words that stand for each."""

    title: str
    units: tuple[tuple[str, str], ...]


def groups(noted: Noted) -> tuple[Group, ...]:
    """The units with a bookmark, then those that only have a note."""
    marked = tuple((unit, line(unit, noted)) for unit in noted.bookmarks)
    others = sorted(unit for unit in noted.notes if unit not in noted.bookmarks)
    noted_only = tuple((unit, line(unit, noted)) for unit in others)
    both = (Group("Bookmarks", marked), Group("Notes", noted_only))
    return tuple(group for group in both if group.units)


def line(unit: str, noted: Noted) -> str:
    """``conv2[3]   fires on wheels``: the unit and how its note begins. An & is doubled, as
    menus want it."""
    first = noted.notes.get(unit, "").strip().partition("\n")[0]
    first = first if len(first) <= LONG else first[: LONG - 1].rstrip() + "…"
    return f"{unit}   {first}".rstrip().replace("&", "&&")


def title(noted: Noted) -> str:
    """What stands on the button of the list."""
    units = len({*noted.bookmarks, *noted.notes})
    return f"{units} marked" if units else "none marked"


def placeholder(unit: str) -> str:
    """What stands where nothing is written yet."""
    return f"a note to {unit} ..." if unit else "Select a unit to write a note to it."


def standing(waits: bool, kept: bool) -> str:
    """Whether the note is safe."""
    if waits:
        return "to be written ..."
    return "kept in the library" if kept else ""
