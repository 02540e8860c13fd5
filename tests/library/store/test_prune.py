"""What is not needed goes, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import Library
from dnnvis.library.store.prune import PruneSummary, disk_size, prune
from dnnvis.network.network import Network

LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()
EARLIER = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def fill(library: Library) -> dict[tuple[str, str], list[tuple[float, int]]]:
    """Noise of different worth: (goal, preset) -> (value, number), as they were made."""
    random = np.random.default_rng(0)
    made: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for goal in ("conv1[0]", "conv1[1]", "conv2"):
        for preset in ("live", "fine"):
            for value in random.permutation(5).tolist():
                pixels = random.random((32, 32, 3)).astype(np.float32)
                number = library.save_picture(
                    goal, pixels, {"preset": preset}, QualityMetrics(value, 0.1, 0.1)
                )
                made.setdefault((goal, preset), []).append((float(value), number))
    return made


def left(library: Library) -> set[int]:
    return {number for (number,) in library.rows("SELECT id FROM pictures")}


@pytest.mark.parametrize("keep", [1, 3, 5, 9])
def test_the_newest_of_each_goal_and_preset_stay(library: Library, keep: int) -> None:
    made = fill(library)
    found = prune(library, keep=keep)
    want = {number for group in made.values() for _, number in group[-keep:]}
    assert left(library) == want
    assert found.pictures == 30 - len(want)


def test_the_best_of_each_goal_and_preset_stay(library: Library) -> None:
    made = fill(library)
    unknown = library.save_picture("conv1[0]", np.ones((4, 4, 3), np.float32), {"preset": "live"})
    prune(library, keep=2, choice="best")
    want = {number for group in made.values() for value, number in group if value >= 3}
    assert left(library) == want
    assert unknown not in want


def test_pictures_stay_where_no_number_is_said(library: Library) -> None:
    fill(library)
    found = prune(library)
    assert (found.pictures, found.rows, len(left(library))) == (0, 0, 30)


def test_the_file_shrinks_by_what_is_said(library: Library) -> None:
    fill(library)
    library.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = library.path.stat().st_size
    found = prune(library, keep=1)
    after = library.path.stat().st_size
    assert (found.bytes_before, found.bytes_after) == (before, after)
    assert after < 0.5 * before
    assert disk_size(library.path) == after
    assert found.rows == 24


def test_a_dry_run_tells_and_changes_nothing(library: Library) -> None:
    fill(library)
    library.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    rows = list(library.connection.iterdump())
    told = prune(library, keep=1, dry_run=True)
    assert list(library.connection.iterdump()) == rows
    assert not library.connection.in_transaction
    done = prune(library, keep=1)
    assert (told.pictures, told.rows) == (done.pictures, done.rows) == (24, 24)
    assert abs(told.bytes_after - done.bytes_after) < 5 * 4096


def test_old_scans_that_did_not_end_go_with_all_that_hangs_on_them(
    library: Library, network: Network, pictures: Path
) -> None:
    scan(network, pictures / "class b", library, layers=["conv1"])
    scan(network, pictures, library, layers=["conv1"])
    library.run("UPDATE scans SET finished = 0 WHERE id = 2")
    assert prune(library, unfinished_before=EARLIER).scans == 0
    assert prune(library).scans == 0
    found = prune(library, unfinished_before=LATER)
    assert (found.scans, found.orphans) == (1, 1)
    assert [one.source for one in library.scans()] == [str(pictures / "class b")]
    for table in ("layers", "naturals", "images"):
        rows = library.rows(f"SELECT DISTINCT data FROM {table}")
        assert rows == [(1,)], table


def test_pictures_that_no_list_holds_go_and_others_stay(
    library: Library, network: Network, pictures: Path
) -> None:
    scan(network, pictures, library, layers=["conv1", "conv2"])
    held = library.rows("SELECT number FROM images ORDER BY number")
    library.run("INSERT INTO images VALUES (1, 999, '', 0, 0, '', 3, x'00')")
    library.run("INSERT INTO data (address, kind, mark, total) VALUES ('/gone', 'x', 'm', 3)")
    found = prune(library)
    assert found.orphans == 2
    assert library.rows("SELECT number FROM images ORDER BY number") == held
    assert all(top.image() is not None for top in library.top("conv1[0]"))
    assert prune(library) == PruneSummary(0, 0, 0, 0, found.bytes_after, found.bytes_after)


def test_a_damaged_list_keeps_its_pictures(
    library: Library, network: Network, pictures: Path
) -> None:
    fill(library)
    scan(network, pictures, library, layers=["conv1"])
    library.run("UPDATE layers SET tops = x'0011'")
    before = list(library.connection.iterdump())
    with pytest.raises(BadInput, match="nothing was pruned"):
        prune(library, keep=1)
    assert list(library.connection.iterdump()) == before


def test_keeping_none_makes_no_sense(library: Library) -> None:
    with pytest.raises(BadInput, match="Keep 1"):
        prune(library, keep=0)
    with pytest.raises(BadInput, match="newest or the best"):
        prune(library, keep=1, choice="worst")  # type: ignore[arg-type]
