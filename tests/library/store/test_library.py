"""The library's file: what goes in comes out, from any process, whatever happens to it."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.unit import Unit
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.library import Library, library_path, open_library
from dnnvis.library.store.summary import summarize_library
from dnnvis.network.network import Network

ROOT = Path(__file__).resolve().parents[3]
MEASURES = QualityMetrics(**{name: 0.25 for name in QualityMetrics.__dataclass_fields__})


def grown(seed: int, channels: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (9, 7, channels)).astype(np.float32) / 255


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_kept_picture_comes_back_as_it_was(library: Library, channels: int) -> None:
    curve = np.arange(6, dtype=np.float32).reshape(3, 2)
    values = grown(0, channels)
    number = library.save_picture(
        "conv1[2]", values, {"preset": "fine", "seed": 3}, MEASURES, curve
    )
    (kept,) = library.pictures("conv1[2]")
    assert kept.id == number
    assert kept.objective == "conv1[2]"
    assert kept.preset == "fine"
    np.testing.assert_array_equal(kept.pixels, np.rint(values * 255))
    assert kept.recipe == {"preset": "fine", "seed": 3}
    assert kept.measures == MEASURES
    assert kept.curve is not None
    assert np.array_equal(kept.curve, curve)
    assert library.picture(number).created == kept.created


def test_pictures_are_listed_newest_first_and_by_channel(library: Library) -> None:
    for seed, goal in enumerate(["conv1[2]", "conv1[2]", "conv1[0]", "conv1[2]@1,1", "conv2[1]"]):
        library.save_picture(goal, grown(seed), {})
    assert [kept.id for kept in library.pictures(Unit("conv1", 2))] == [2, 1]
    assert {channel: kept.id for channel, kept in library.newest_by_channel("conv1").items()} == {
        0: 3,
        2: 2,
    }
    library.delete_picture(2)
    assert library.newest_by_channel("conv1")[2].id == 1
    with pytest.raises(BadInput, match="no picture 2"):
        library.picture(2)


@pytest.mark.parametrize(
    "values", [np.zeros((3, 3)), np.zeros((0, 3, 3)), np.full((2, 2, 3), np.nan)]
)
def test_what_is_no_picture_is_not_kept(library: Library, values: Any) -> None:
    with pytest.raises(BadInput, match="finite"):
        library.save_picture("conv1[0]", values, {})
    assert library.pictures("conv1[0]") == []


def test_notes_and_bookmarks(library: Library) -> None:
    library.write_note("conv2[1]", "likes edges; \N{GREEK SMALL LETTER MU} > 0")
    library.write_note("conv1[0]", "first")
    library.write_note("conv1[0]", "second")
    assert library.notes() == {
        "conv1[0]": "second",
        "conv2[1]": "likes edges; \N{GREEK SMALL LETTER MU} > 0",
    }
    assert library.notes("conv1[0]") == {"conv1[0]": "second"}
    library.write_note("conv1[0]", "  ")
    assert list(library.notes()) == ["conv2[1]"]
    for unit in ("b[1]", "a[1]", "b[1]"):
        library.bookmark(unit)
    assert library.bookmarks() == ["b[1]", "a[1]"]
    library.bookmark("b[1]", on=False)
    assert library.bookmarks() == ["a[1]"]


def test_an_empty_library_knows_nothing(library: Library) -> None:
    assert library.top("conv1[0]") == []
    assert library.best("conv1[0]") is None
    assert library.statistics("conv1") is None
    assert library.natural() is None
    assert library.scans() == []
    assert library.pictures("conv1[0]") == []


def test_the_library_of_a_network_lies_under_its_fingerprint(network: Network) -> None:
    with dnnvis.library(network) as made:
        assert made.path == library_path(network.fingerprint)
        assert made.path.is_file()
        assert network.fingerprint[:16] in made.path.name
        made.write_note("conv1[0]", "here")
    with open_library(network, create=False) as again:
        assert again.notes() == {"conv1[0]": "here"}
        assert again.card is not None
        assert again.card.size == network.card.size
    again.path.unlink()
    with pytest.raises(BadInput, match="no library"):
        open_library(network, create=False)


def test_another_networks_library_is_refused_by_name(library: Library) -> None:
    with pytest.raises(BadInput, match="belongs to the network small"):
        Library(library.path, "f" * 64, "other")
    with Library(library.path) as any_:
        assert any_.network == "small"


def test_another_version_is_refused_and_left_as_it_is(library: Library) -> None:
    library.run("PRAGMA user_version = 7")
    library.close()
    before = library.path.read_bytes()
    with pytest.raises(BadInput, match="version 7"):
        Library(library.path, library.fingerprint)
    assert library.path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"Dear diary, " * 400, "not a library"), (None, "another program"), ("folder", "a folder")],
)
def test_what_is_no_library_is_refused_and_left_as_it_is(
    tmp_path: Path, content: Any, words: str
) -> None:
    place = tmp_path / "diary"
    if content is None:
        connection = sqlite3.connect(place)
        connection.execute("CREATE TABLE pages (text)")
        connection.close()
    elif content == "folder":
        place.mkdir()
    else:
        place.write_bytes(content)
    before = place.read_bytes() if place.is_file() else b""
    with pytest.raises(BadInput, match=words):
        Library(place, "f" * 64)
    assert not place.is_file() or place.read_bytes() == before


def test_a_damaged_library_is_told_in_a_sentence(library: Library) -> None:
    for seed in range(40):
        library.save_picture("conv1[0]", grown(seed), {"preset": "x" * 500})
    library.close()
    data = bytearray(library.path.read_bytes())
    data[8192:] = os.urandom(len(data) - 8192)
    library.path.write_bytes(data)
    words = r"damaged|not a library|cannot be used"
    with pytest.raises(BadInput, match=words), Library(library.path) as damaged:
        damaged.pictures("conv1[0]")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_library_is_read_and_writing_is_refused(library: Library) -> None:
    library.write_note("conv1[0]", "here")
    library.close()
    library.path.chmod(0o400)
    library.path.parent.chmod(0o500)
    try:
        with Library(library.path, library.fingerprint) as only:
            assert only.notes() == {"conv1[0]": "here"}
            with pytest.raises(BadInput, match="read-only"):
                only.write_note("conv1[0]", "more")
    finally:
        library.path.parent.chmod(0o700)


def test_a_library_on_a_disk_that_cannot_be_written_is_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for root, whom the system lets write everything."""
    library.write_note("conv1[0]", "here")
    library.close()
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK)
    with Library(library.path, library.fingerprint) as only:
        assert only.notes() == {"conv1[0]": "here"}
        with pytest.raises(BadInput, match="read-only"):
            only.write_note("conv1[0]", "more")
    assert [file.name for file in library.path.parent.iterdir()] == ["l.sqlite"]


def test_writing_is_refused_in_words_where_sqlite_says_read_only(library: Library) -> None:
    library.write_note("conv1[0]", "here")
    library.run("PRAGMA query_only = ON")
    with pytest.raises(BadInput, match="read-only"):
        library.write_note("conv1[0]", "more")
    assert library.notes() == {"conv1[0]": "here"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be made"):
        Library(tmp_path / "file" / "l.sqlite", "f" * 64)


def test_a_full_disk_says_so_and_loses_nothing(library: Library) -> None:
    library.save_picture("conv1[0]", grown(0), {"n": 0})
    (pages,) = library.rows("PRAGMA page_count")[0]
    library.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(BadInput, match="disk is full"):
        for number in range(1, 99):
            library.save_picture("conv1[0]", grown(number), {"n": number, "text": "x" * 3000})
    held = [kept.recipe["n"] for kept in library.pictures("conv1[0]")]
    assert held == list(range(len(held)))[::-1]
    assert len(held) >= 1
    library.run("PRAGMA max_page_count = 100000")
    library.save_picture("conv1[0]", grown(99), {"n": 99})
    assert len(library.pictures("conv1[0]")) == len(held) + 1
    assert library.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_disk_that_takes_no_more_bytes_says_so(tmp_path: Path) -> None:
    """A real limit of the system, on a process of its own."""
    code = (
        "import resource, signal, sys, numpy as np\n"
        "from dnnvis.library.store.library import Library\n"
        "from dnnvis.core.errors import BadInput\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "library = Library(sys.argv[1], 'f' * 64)\n"
        "library.save_picture('a[0]', np.zeros((4, 4, 3)), {})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n"
        "    for n in range(99):\n"
        "        library.save_picture('a[0]', np.random.rand(64, 64, 3), {})\n"
        "except BadInput as why:\n"
        "    print(len(library.pictures('a[0]')), why)\n"
    )
    place = tmp_path / "l.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", code, str(place)], capture_output=True, text=True, cwd=ROOT
    )
    count, words = done.stdout.split(" ", 1)
    assert "disk" in words, done
    with Library(place) as after:
        assert len(after.pictures("a[0]")) == int(count) >= 1


def _write(path: str, who: int, count: int, barrier: Any) -> None:
    barrier.wait()
    with Library(path, "f" * 64) as mine:
        for number in range(count):
            mine.save_picture(f"conv1[{who}]", grown(number), {"n": number})
            mine.write_note(f"conv1[{number}]", f"by {who}")


def test_two_processes_make_and_fill_the_same_file_at_once(tmp_path: Path) -> None:
    place, context = tmp_path / "l.sqlite", multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    both = [context.Process(target=_write, args=(str(place), who, 30, barrier)) for who in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    with Library(place) as made:
        for who in (0, 1):
            held = [kept.recipe["n"] for kept in made.pictures(f"conv1[{who}]")]
            assert held == list(range(30))[::-1]
        assert len(made.notes()) == 30
        assert made.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_kill_in_the_middle_of_keeping_loses_the_running_picture_at_most(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from dnnvis.library.store.library import Library\n"
        "library = Library(sys.argv[1], 'f' * 64)\n"
        "for n in range(10**9):\n"
        "    library.save_picture('a[0]', np.full((64, 64, 3), n % 256 / 255), {'n': n})\n"
        "    print(n, flush=True)\n"
    )
    place = tmp_path / "l.sqlite"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout is not None
    told = 0
    for line in child.stdout:
        if (told := int(line)) == 25:
            child.kill()
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    with Library(place) as after:
        held = [kept.recipe["n"] for kept in after.pictures("a[0]")]
        assert held in (list(range(told + 1))[::-1], list(range(told + 2))[::-1])
        assert after.rows("PRAGMA integrity_check") == [("ok",)]
        after.save_picture("a[0]", grown(0), {"n": -1})


def test_a_busy_file_is_told_after_a_while(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.library.store.database.BUSY_TIMEOUT_SECONDS", 0.05)
    with LibraryFile(library.path) as other, library.transaction():
        library.write_note("conv1[0]", "mine")
        began = time.monotonic()
        with pytest.raises(BadInput, match="busy"):
            other.run("DELETE FROM notes")
        assert time.monotonic() - began < 5
    assert library.notes() == {"conv1[0]": "mine"}


def test_a_transaction_that_fails_writes_nothing(library: Library) -> None:
    with pytest.raises(ZeroDivisionError), library.transaction():
        library.write_note("conv1[0]", "half")
        _ = 1 / 0
    assert library.notes() == {}


VALUES = {
    "png": (b"", b"\x89PNG\r\n\x1a\n", "text", 7),
    "channels": (0, -1, 2, "x", 2**62),
    "recipe": ("{", "[" * 100_000, 5.5),
    "measures": ("[1]", '{"no": 1}', "{"),
    "curve": (b"x", "text", 3, bytes(8)),
}


@pytest.mark.parametrize(("column", "value"), [(c, v) for c, many in VALUES.items() for v in many])
def test_a_cell_of_another_kind_is_told_in_a_sentence(
    library: Library, column: str, value: object
) -> None:
    curve = np.arange(4, dtype=np.float32)
    library.save_picture("conv1[0]", grown(0), {}, MEASURES, curve)
    assert len(library.pictures("conv1[0]")) == 1
    library.run(f"UPDATE pictures SET {column} = ?", value)
    with pytest.raises(BadInput, match=r"is damaged\.$"):
        library.pictures("conv1[0]")


@pytest.mark.parametrize("blob", [b"", b"x" * 20, 7, "text", bytes(16)])
def test_a_damaged_list_of_a_scan_is_told_in_a_sentence(library: Library, blob: object) -> None:
    library.run("INSERT INTO data VALUES (1, 'a', 'tar', '', 1)")
    library.run("INSERT INTO scans VALUES (1, 1, '[]', 1, x'', '{', 1, '')")
    library.run("INSERT INTO layers VALUES (1, 'conv1', 1, ?, ?)", blob, blob)
    library.run("INSERT INTO naturals VALUES (1, 1, ?)", blob)
    for read in (
        lambda: library.top("conv1[0]"),
        lambda: library.best("conv1[0]"),
        lambda: library.statistics("conv1"),
        library.natural,
        library.scans,
        lambda: summarize_library(library),
    ):
        with pytest.raises(BadInput, match="is damaged: it holds values"):
            read()


@pytest.mark.parametrize("card", ["{", "[1]", '{"size": 3}', "7", "[" * 100_000])
def test_a_library_whose_card_is_none_is_refused(library: Library, card: str) -> None:
    library.run("INSERT INTO data VALUES (1, 'a', 'tar', '', 1)")
    library.run("INSERT OR REPLACE INTO about VALUES ('card', ?)", card)
    with pytest.raises(BadInput, match="is damaged: it holds values"):
        Library(library.path, library.fingerprint)
