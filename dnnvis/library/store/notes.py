"""Save notes and bookmarks for the window."""

from typing import Any

from dnnvis.core.notes import Marks, SavedNotes
from dnnvis.library.store.dissections import ConceptReader
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.network.network import Network

BUSY_SECONDS = 0.1  # another writer is waited for; the live view waits meanwhile


def write_marks(
    net: Network, choice: Any, marks: Marks, concepts: ConceptReader | None = None
) -> SavedNotes:
    """Save the notes and bookmarks of one network, all or none.

    No file is created where nothing is written.

    Args:
        net: The network.
        choice: The network's choice; other marks are ignored.
        marks: Notes and bookmarks.
        concepts: Reads the names that dissections gave to units; None: they are not read.

    Returns:
        All that the library holds then.

    Raises:
        Busy: Another process writes into the library; the same works later.
        BadInput: The library cannot be used.
    """
    own_marks = tuple(mark for mark in marks if mark.choice == choice)
    if not own_marks and not own_library_path(net).is_file():
        return SavedNotes(choice, concepts=None if concepts is None else ())
    with open_library(net, create=bool(own_marks), busy_seconds=BUSY_SECONDS) as library:
        if own_marks:
            with library.transaction():
                for mark in own_marks:
                    if mark.text is not None:
                        library.write_note(mark.unit, mark.text)
                    if mark.bookmarked is not None:
                        library.bookmark(mark.unit, mark.bookmarked)
        names = None if concepts is None else concepts.read(library)
        return SavedNotes(choice, library.notes(), tuple(library.bookmarks()), own_marks, names)
