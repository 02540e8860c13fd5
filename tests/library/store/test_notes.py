"""Notes and bookmarks from the window, in the library."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.notes import Mark, SavedNotes
from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.library.store.dissections import ConceptReader, save_dissection
from dnnvis.library.store.library import library_path, open_library
from dnnvis.library.store.notes import write_marks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    return wrap(nn.Sequential(nn.Conv2d(3, 4, 3)), size=8)


def test_what_is_written_is_what_the_noted_value_foretold(net: Network) -> None:
    marks = (
        Mark("here", "0[1]", "round things", True),
        Mark("here", "0[2]", "corners"),
        Mark("else", "0[3]", "not of this network", True),
    )
    written = write_marks(net, "here", marks)
    notes = {"0[1]": "round things", "0[2]": "corners"}
    assert written == SavedNotes("here", notes, ("0[1]",), marks[:2])
    foretold = SavedNotes("here").after(marks)
    assert (foretold.notes, foretold.bookmarks) == (written.notes, written.bookmarks)
    more = (Mark("here", "0[1]", bookmarked=False), Mark("here", "0[2]", ""))
    assert write_marks(net, "here", more).notes == written.after(more).notes
    with open_library(net) as library:
        assert library.notes() == {"0[1]": "round things"}
        assert library.bookmarks() == []


def test_looking_makes_no_file(net: Network) -> None:
    assert write_marks(net, "here", ()) == SavedNotes("here")
    assert write_marks(net, "here", (Mark("else", "0[1]", "x"),)) == SavedNotes("here")
    assert not library_path(net.fingerprint).exists()


def test_names_of_units_are_read_again_where_they_change(net: Network) -> None:
    reader = ConceptReader()
    assert write_marks(net, "here", (), reader).concepts == ()
    with open_library(net) as library:
        save_dissection(library, dissected(0.3), "a")
    (first,) = write_marks(net, "here", (), reader).concepts or ()
    assert first.names == {1: ("red", pytest.approx(0.3))}
    marks = (Mark("here", "0[1]", "a note"),)
    assert write_marks(net, "here", marks, reader).concepts == (first,)  # the very same
    with open_library(net) as library:
        save_dissection(library, dissected(0.4), "b")
        save_dissection(library, replace(dissected(0.2), control=True), "c")
    (second,) = write_marks(net, "here", (), reader).concepts or ()
    assert second.names == {1: ("red", pytest.approx(0.4))}
    assert second.control == {"red": 1}
    assert write_marks(net, "here", ()).concepts is None


def dissected(score: float) -> DissectedLayer:
    scores = np.full((4, 1), 0.01, np.float32)
    scores[1] = score
    nothing = np.zeros(4, np.float32)
    return DissectedLayer("", "0", "made", ("red",), "iou", scores, nothing, nothing, 9)


def test_writing_the_same_again_changes_nothing(net: Network) -> None:
    marks = (Mark("here", "0[1]", "once", True),)
    assert write_marks(net, "here", marks) == write_marks(net, "here", marks)


def test_a_library_that_cannot_be_used_says_so_and_keeps_what_it_had(net: Network) -> None:
    write_marks(net, "here", (Mark("here", "0[1]", "once"),))
    place = library_path(net.fingerprint)
    with sqlite3.connect(place) as other:
        other.execute("ALTER TABLE bookmarks RENAME TO gone")
    other.close()
    with pytest.raises(BadInput, match="not a whole library"):
        write_marks(net, "here", (Mark("here", "0[1]", "twice", True),))
    with open_library(net) as library:
        assert library.notes() == {"0[1]": "once"}  # all or nothing
