"""Two libraries become one, or the one stays as it was."""

import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.library.scan import scan as scanning
from dnnvis.library.scan.merge import MergeSummary, merge
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import Library
from dnnvis.library.store.records import Scan
from dnnvis.network.network import Network

LAYERS = ("conv1", "conv2", "head")
Make = Callable[[str], Library]


@pytest.fixture
def other(tmp_path: Path, network: Network) -> Any:
    """A second library of the same network, still open."""
    with Library(tmp_path / "o.sqlite", network.fingerprint, "small", card=network.card) as made:
        yield made


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((8, 8, 3)).astype(np.float32)


def dump(library: Library) -> list[str]:
    """Everything that is in it, as SQL."""
    return list(library.connection.iterdump())


def scan_of(library: Library) -> Scan:
    (found,) = library.scans()
    return found


def test_pictures_come_once(library: Library, other: Library) -> None:
    for place, seeds in ((library, (0, 1)), (other, (1, 2))):
        for seed in seeds:
            place.save_picture("conv1[3]", picture(seed), {"preset": "live", "seed": seed})
    (first,) = merge([other.path], library)
    assert (first.pictures, first.known) == (1, 1)
    kept = library.pictures("conv1[3]")
    assert sorted(one.recipe["seed"] for one in kept) == [0, 1, 2]
    for one in kept:
        want = np.rint(picture(one.recipe["seed"]) * 255).astype(np.uint8)
        assert np.array_equal(one.pixels, want)
    assert merge([other.path], library) == [MergeSummary(known=2)]


def test_a_picture_comes_with_all_that_is_known_of_it(library: Library, other: Library) -> None:
    curve = np.arange(6, dtype=np.float32).reshape(3, 2)
    other.save_picture(
        "2*conv1[3] - head[0]", picture(5), {"preset": "maco"}, QualityMetrics(3, 0.1, 0.2), curve
    )
    merge([other.path], library)
    (mine,), (theirs,) = (one.pictures("2*conv1[3] - head[0]") for one in (library, other))
    assert (mine.measures, mine.created, mine.preset) == (theirs.measures, theirs.created, "maco")
    assert mine.curve is not None
    assert np.array_equal(mine.curve, curve)


def test_an_older_picture_that_comes_in_does_not_become_the_newest(
    library: Library, other: Library
) -> None:
    other.save_picture("conv1[3]", picture(1), {"preset": "old"})
    library.save_picture("conv1[3]", picture(2), {"preset": "new"})
    merge([other.path], library)
    assert [one.preset for one in library.pictures("conv1[3]")] == ["new", "old"]
    assert library.newest_by_channel("conv1")[3].preset == "new"


def test_notes_that_differ_stand_together_and_are_named(library: Library, other: Library) -> None:
    library.write_note("conv1[0]", "edges")
    library.write_note("conv1[1]", "the same")
    library.write_note("conv1[2]", "red\nand green")
    for unit, text in (
        ("conv1[0]", "corners"),
        ("conv1[1]", "the same"),
        ("conv1[2]", "red"),
        ("head", "all"),
    ):
        other.write_note(unit, text)
    (first,) = merge([other.path], library)
    assert (first.notes, first.joined) == (1, ("conv1[0]",))
    want = {
        "conv1[0]": "edges\n\ncorners",
        "conv1[1]": "the same",
        "conv1[2]": "red\nand green",
        "head": "all",
    }
    assert library.notes() == want
    assert merge([other.path], library) == [MergeSummary()]
    assert library.notes() == want


def test_a_note_that_only_begins_alike_is_another_note(library: Library, other: Library) -> None:
    library.write_note("conv1[0]", "redder")
    other.write_note("conv1[0]", "red")
    merge([other.path], library)
    assert library.notes() == {"conv1[0]": "redder\n\nred"}


def test_bookmarks_come_together(library: Library, other: Library) -> None:
    library.bookmark("conv1[0]")
    other.bookmark("conv1[0]")
    other.bookmark("conv2[1]")
    (first,) = merge([other.path], library)
    assert first.bookmarks == 1
    assert library.bookmarks() == ["conv1[0]", "conv2[1]"]


def same_examples(a: Library, b: Library, layer: str, units: int) -> None:
    for by in ("max", "mean"):
        for bottom in (False, True):
            for unit in range(units):
                mine, theirs = (
                    [
                        (t.value, t.position, t.index, t.label, t.path)
                        for t in one.top(f"{layer}[{unit}]", 9, by, bottom)
                    ]
                    for one in (a, b)
                )
                assert len(mine) == 9
                assert [row[1:] for row in mine] == [row[1:] for row in theirs]
                assert np.allclose([r[0] for r in mine], [r[0] for r in theirs], atol=1e-5)


def same_statistics(a: Library, b: Library, layer: str) -> None:
    mine, theirs = a.statistics(layer), b.statistics(layer)
    assert mine is not None
    assert theirs is not None
    assert mine.images == theirs.images
    for name in ("mean", "std", "minimum", "maximum", "active", "awake", "correlation"):
        assert np.allclose(getattr(mine, name), getattr(theirs, name), atol=2e-4), name
    assert np.array_equal(mine.counts, theirs.counts)


def test_two_halves_of_a_scan_are_the_whole_scan(
    library: Library,
    other: Library,
    network: Network,
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = np.random.default_rng(0).permutation(40) < 20
    for place, mask in ((library, half), (other, ~half)):
        monkeypatch.setattr(scanning, "_spread_evenly", lambda total, limit, mask=mask: mask)
        scan(network, pictures, place, layers=LAYERS, batch=8)
    monkeypatch.undo()
    with Library(tmp_path / "w.sqlite", network.fingerprint, card=network.card) as whole:
        scan(network, pictures, whole, layers=LAYERS, batch=8)
        assert merge([other.path], library) == [MergeSummary(added=1)]
        found = scan_of(library)
        assert (found.seen, found.finished, len(found.skipped)) == (40, True, 3)
        for layer, units in (("conv1", 6), ("conv2", 9), ("head", 4)):
            same_examples(library, whole, layer, units)
            same_statistics(library, whole, layer)
        mine, all_at_once = library.natural(), whole.natural()
        assert mine is not None
        assert all_at_once is not None
        assert mine.images == 37
        assert np.allclose(mine.covariance, all_at_once.covariance)
    before = dump(library)
    assert merge([other.path], library) == [MergeSummary(worse=1)]
    assert dump(library) == before


@pytest.mark.parametrize("here", [True, False], ids=["here", "there"])
def test_of_the_same_data_the_scan_that_saw_more_is_kept(
    library: Library, other: Library, network: Network, pictures: Path, here: bool
) -> None:
    more, less = (library, other) if here else (other, library)
    scan(network, pictures, more, layers=LAYERS)
    scan(network, pictures, less, layers=LAYERS, limit=10)
    (found,) = merge([other.path], library)
    assert (found.scans, found.worse) == ((0, 1) if here else (1, 0))
    assert scan_of(library).seen == 40
    assert scan_of(library).finished
    same_examples(library, more, "conv2", 9)
    same_statistics(library, more, "conv2")
    natural = library.natural()
    assert natural is not None
    assert natural.images == 37
    used = {
        top.index
        for layer, many in (("conv1", 6), ("conv2", 9), ("head", 4))
        for unit in range(many)
        for by in ("max", "mean")
        for bottom in (False, True)
        for top in library.top(f"{layer}[{unit}]", 9, by, bottom)
    }
    assert {number for (number,) in library.rows("SELECT number FROM images")} == used


def test_longer_lists_of_as_many_pictures_are_better(
    library: Library, other: Library, network: Network, pictures: Path
) -> None:
    scan(network, pictures, library, layers=LAYERS, k=3)
    scan(network, pictures, other, layers=LAYERS, k=9)
    merge([other.path], library)
    assert len(library.top("conv1[0]", 99)) == 9


def test_each_layer_keeps_its_own_better_scan(
    library: Library, other: Library, network: Network, pictures: Path
) -> None:
    scan(network, pictures, library, layers=["conv1"])
    scan(network, pictures, library, layers=["conv2"], limit=10)
    scan(network, pictures, other, layers=["conv1", "conv2"], limit=20)
    merge([other.path], library)
    saw = {layer: one.seen for one in library.scans() for layer in one.layers}
    assert saw == {"conv1": 40, "conv2": 20}
    same_statistics(library, other, "conv2")
    for unit in range(6):
        assert all(top.image().shape == (12, 12, 3) for top in library.top(f"conv1[{unit}]"))


def test_different_data_are_both_kept(
    library: Library, other: Library, network: Network, pictures: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "more.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(pictures / "class b", "class c")
    scan(network, pictures, library, layers=LAYERS)
    scan(network, archive, other, layers=LAYERS)
    want = {top.index: top.image() for top in other.top("conv1[2]")}
    archive.unlink()
    (found,) = merge([other.path], library)
    assert (found.scans, found.apart) == (1, ())
    statistics = library.statistics("conv1")
    assert statistics is not None
    assert statistics.images == 37 + 18
    tops = library.top("conv1[2]", 99)
    assert [t.value for t in tops] == sorted((t.value for t in tops), reverse=True)
    came = {t.index: t.image() for t in tops if t.source == str(archive)}
    assert came.keys() == want.keys()
    assert all(np.array_equal(came[k], want[k]) for k in want)


def test_data_that_changed_between_the_scans_are_both_kept(
    library: Library, other: Library, network: Network, pictures: Path
) -> None:
    scan(network, pictures, library, layers=LAYERS)
    (pictures / "000.png").unlink()
    scan(network, pictures, other, layers=LAYERS)
    (found,) = merge([other.path], library)
    assert len(found.apart) == 1
    assert str(pictures) in found.apart[0]
    assert [one.total for one in library.scans()] == [40, 39]
    before = dump(library)
    assert merge([other.path], library) == [MergeSummary(worse=1)]
    assert dump(library) == before


def test_a_library_without_scans_learns_how_the_network_sees(
    other: Library, network: Network, pictures: Path, tmp_path: Path
) -> None:
    scan(network, pictures, other, layers=["conv1"])
    with Library(tmp_path / "n.sqlite", network.fingerprint) as bare:
        merge([other.path], bare)
        assert bare.card is not None
        assert bare.has_same_preprocessing(network.card)
        assert bare.top("conv1[0]")[0].image().shape == (12, 12, 3)


def spoiled(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def as_another_network(path: Path) -> None:
    spoiled(path, "UPDATE about SET value = 'ffff' WHERE name = 'fingerprint'")


def as_another_version(path: Path) -> None:
    spoiled(path, "PRAGMA user_version = 7")


def as_text(path: Path) -> None:
    path.write_text("a letter, not a library " * 400)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def with_bad_lists(path: Path) -> None:
    spoiled(path, "UPDATE layers SET tops = x'00112233445566778899' WHERE layer = 'head'")


def with_a_bad_picture(path: Path) -> None:
    spoiled(path, "UPDATE pictures SET png = x'00ff'")


def with_a_bad_recipe(path: Path) -> None:
    spoiled(path, "UPDATE pictures SET recipe = '{'")


def without_pictures_of_its_lists(path: Path) -> None:
    spoiled(path, "DELETE FROM images WHERE number > 3")


def without_a_table(path: Path) -> None:
    spoiled(path, "DROP TABLE notes")


def gone(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (as_another_network, "belongs to the network"),
        (as_another_version, "version 7"),
        (as_text, "not a library"),
        (cut_off, "damaged"),
        (with_bad_lists, "damaged"),
        (with_a_bad_picture, "damaged"),
        (with_a_bad_recipe, "damaged"),
        (without_pictures_of_its_lists, "damaged"),
        (without_a_table, "not a whole library"),
        (gone, "no library"),
        (empty, "no library"),
    ],
)
def test_a_library_that_cannot_be_used_changes_nothing(
    library: Library,
    network: Network,
    pictures: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    words: str,
) -> None:
    good, bad = tmp_path / "good.sqlite", tmp_path / "bad.sqlite"
    for path in (good, bad):
        with Library(path, network.fingerprint, "small", card=network.card) as made:
            made.save_picture("conv1[3]", picture(1), {"preset": path.stem})
            made.write_note("conv1[3]", path.stem)
            scan(network, pictures, made, layers=LAYERS, limit=10 if path == good else None)
            made.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    spoil(bad)
    library.write_note("conv1[0]", "mine")
    before = dump(library)
    with pytest.raises(BadInput, match=words) as error:
        merge([good, bad], library)
    assert "\n" not in str(error.value)
    assert str(bad) in str(error.value)
    assert dump(library) == before
    (first,) = merge([good], library)
    assert first.pictures == 1


def test_a_library_is_not_merged_into_itself(library: Library) -> None:
    library.save_picture("conv1[3]", picture(1), {})
    with pytest.raises(BadInput, match="name another"):
        merge([library.path], library)
    assert len(library.pictures("conv1[3]")) == 1


def test_scans_at_another_size_are_refused(
    library: Library, network: Network, pictures: Path, tmp_path: Path
) -> None:
    scan(network, pictures, library, layers=["conv1"])
    network.card = replace(network.card, fit="stretch")
    path = tmp_path / "stretched.sqlite"
    with Library(path, network.fingerprint, "small", card=network.card) as other:
        scan(network, pictures, other, layers=["conv1"])
    before = dump(library)
    with pytest.raises(BadInput, match="stretch"):
        merge([path], library)
    assert dump(library) == before
