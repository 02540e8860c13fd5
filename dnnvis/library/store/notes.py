"""Notes and bookmarks, written for the window."""

from typing import Any

from dnnvis.core.notes import Marks, Noted
from dnnvis.library.store.library import library_path, open_library
from dnnvis.network.network import Network


def write_marks(net: Network, choice: Any, marks: Marks) -> Noted:
    """Write those of ``marks`` that are of ``choice`` into the library of ``net``, all or none;
    what it holds then. No file is made where nothing is written. Raises BadInput."""
    own = tuple(mark for mark in marks if mark.choice == choice)
    if not own and not library_path(net.fingerprint).is_file():
        return Noted(choice)
    with open_library(net, create=bool(own)) as library:
        if own:
            with library.writing():
                for mark in own:
                    if mark.text is not None:
                        library.write_note(mark.unit, mark.text)
                    if mark.bookmarked is not None:
                        library.bookmark(mark.unit, mark.bookmarked)
        return Noted(choice, library.notes(), tuple(library.bookmarks()), own)
