"""A scan that is killed, stopped, cut off by an error or a full disk, or split over processes."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.library.scan.scan import ScanProgress, scan
from dnnvis.library.store.blobs import unpack_arrays
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network
from dnnvis.network.state.free_memory import release_free_memory
from dnnvis.sources.datasets import Origin
from dnnvis.zoo.catalog import open_network
from helpers.image_folders import write_pictures

ROOT = Path(__file__).resolve().parents[3]


def rows_of(library: Path) -> dict[str, Any]:
    """All that a scan has written, without times."""
    with Library(library) as made:
        layers = made.rows("SELECT layer, tops, statistics FROM layers ORDER BY layer")
        return {
            "data": made.rows("SELECT address, kind, mark, total FROM data"),
            "scans": made.rows("SELECT layers, k, done, skipped, finished FROM scans"),
            "images": made.rows("SELECT * FROM images ORDER BY number"),
            "naturals": [
                unpack_arrays(blob) for (blob,) in made.rows("SELECT numbers FROM naturals")
            ],
            "layers": {name: (unpack_arrays(a), unpack_arrays(b)) for name, a, b in layers},
        }


def assert_same(a: Any, b: Any) -> None:
    """The same to the last bit."""
    if isinstance(a, dict):
        assert set(a) == set(b)
        for name in a:
            assert_same(a[name], b[name])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


def _scan_until_killed(network: Network, pictures: Path, place: Path, at: int) -> None:
    def report(standing: ScanProgress) -> None:
        if standing.done >= at:
            os.kill(os.getpid(), signal.SIGKILL)

    scan(network, pictures, place, batch=4, report=report)


def test_after_kills_in_the_middle_a_scan_gives_the_same_rows(
    network: Network, pictures: Path, tmp_path: Path, often: None
) -> None:
    scan(network, pictures, tmp_path / "whole.sqlite", batch=4)
    place, done = tmp_path / "killed.sqlite", [0]
    context = multiprocessing.get_context("fork")
    for at in (12, 16):
        child = context.Process(target=_scan_until_killed, args=(network, pictures, place, at))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        with Library(place) as half:
            (known,) = half.scans()
            assert not known.finished
            assert known.seen % 8 == 0
            assert half.rows("PRAGMA integrity_check") == [("ok",)]
            assert known.seen > done[-1], "it went on from where the one before was"
            done.append(known.seen)
    told: list[ScanProgress] = []
    last = scan(network, pictures, place, batch=4, report=told.append)
    assert told[0].total == 40 - done[-1]
    assert last.left == 0
    assert_same(rows_of(place), rows_of(tmp_path / "whole.sqlite"))


def end_by(how: str, stop: threading.Event, network: Network, patch: Any) -> Any:
    """The report that ends a scan when 20 pictures are behind, in that way."""
    summaries, passes = network.stream_layers, []

    def summing(*given: Any) -> None:
        passes.append(1)
        if len(passes) == 8:  # after two gray ones and five batches of four
            stop.set()
        summaries(*given)

    if how == "in a batch":
        patch.setattr(network, "stream_layers", summing)
    errors = {"error": BadInput("enough"), "ctrl-c": KeyboardInterrupt()}

    def report(standing: ScanProgress) -> None:
        if standing.done >= 20 and how in errors:
            raise errors[how]
        if standing.done >= 20 and how == "stop":
            stop.set()

    return report


@pytest.mark.parametrize("how", ["stop", "error", "ctrl-c", "in a batch"])
def test_whatever_ends_a_scan_what_was_seen_is_kept(
    network: Network, pictures: Path, tmp_path: Path, how: str
) -> None:
    scan(network, pictures, tmp_path / "whole.sqlite", batch=4)
    place, stop = tmp_path / "ended.sqlite", threading.Event()
    kind: Any = {"error": BadInput, "ctrl-c": KeyboardInterrupt}.get(how)
    with pytest.MonkeyPatch.context() as patch:
        report = end_by(how, stop, network, patch)
        with nullcontext() if kind is None else pytest.raises(kind):
            assert scan(network, pictures, place, batch=4, report=report, stop=stop).left > 0
    with Library(place) as half:
        (known,) = half.scans()
        assert known.seen == 20
        assert not known.finished
    assert scan(network, pictures, place, batch=4).left == 0
    ours, whole = rows_of(place), rows_of(tmp_path / "whole.sqlite")
    for name in ("data", "scans", "images"):
        assert_same(ours[name], whole[name])
    for name, (tops, sums) in whole["layers"].items():
        assert_same(ours["layers"][name][0], tops)
        for key, value in sums.items():  # added up in other groups
            np.testing.assert_allclose(ours["layers"][name][1][key], value, rtol=1e-5, atol=1e-5)


def test_a_full_disk_in_the_middle_says_so_and_the_scan_goes_on_later(
    network: Network, library: Library, pictures: Path, tmp_path: Path, often: None
) -> None:
    scan(network, pictures, tmp_path / "whole.sqlite", batch=4)

    def fill(standing: ScanProgress) -> None:
        if standing.done == 12:
            (pages,) = library.rows("PRAGMA page_count")[0]
            library.run(f"PRAGMA max_page_count = {pages}")

    library.save_picture("conv1[0]", np.zeros((4, 4, 3), np.float32), {"preset": "mine"})
    with pytest.raises(BadInput, match="disk is full"):
        scan(network, pictures, library, batch=4, report=fill)
    (known,) = library.scans()
    assert 0 < known.seen < 40
    assert known.seen % 8 == 0
    assert len(library.top("conv2[0]", 4)) == 4
    assert len(library.pictures("conv1[0]")) == 1
    library.run("PRAGMA max_page_count = 1000000")
    assert scan(network, pictures, library, batch=4).left == 0
    assert_same(rows_of(library.path), rows_of(tmp_path / "whole.sqlite"))


def test_two_processes_of_torchrun_give_the_rows_of_one(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    files = write_pictures(folder, 50, side=28)
    files[9].write_bytes(b"bad")
    for number in (20, 21, 30):  # of equals the first counts, whoever saw it
        files[number].write_bytes(files[10].read_bytes())
    net = open_network("net1-mnist")
    scan(net, folder, tmp_path / "one.sqlite", batch=4, k=5)
    place = tmp_path / "two.sqlite"
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "dnnvis"]
    words += ["scan", "net1-mnist", "--data", str(folder), "--batch", "4", "-k", "5", "--json"]
    ended = subprocess.run(
        [sys.executable, *words, "--library", str(place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert lines[-1]["seen"] == 49
    assert lines[-1]["done"] == lines[-1]["total"] == 50
    assert len([line for line in lines if "seen" in line]) == 1, "only one of them speaks"
    assert sorted(p.name for p in tmp_path.glob("two*")) == ["two.sqlite"], "merged and gone"
    one, two = rows_of(tmp_path / "one.sqlite"), rows_of(place)
    for name in ("data", "scans", "images"):
        assert_same(two[name], one[name])
    for name, (tops, sums) in one["layers"].items():
        ours, theirs = two["layers"][name]
        np.testing.assert_array_equal(ours["numbers"], tops["numbers"], err_msg=name)
        np.testing.assert_array_equal(ours["places"], tops["places"])
        np.testing.assert_allclose(ours["values"], tops["values"], rtol=1e-4, atol=1e-4)
        for key, value in sums.items():
            np.testing.assert_allclose(theirs[key], value, rtol=1e-4, atol=1e-4, err_msg=key)
    for a, b in zip(one["naturals"], two["naturals"], strict=True):
        for key, value in a.items():
            np.testing.assert_allclose(b[key], value, rtol=1e-4)


class Endless:
    """Pictures from memory, round and round."""

    address, kind, mark, in_order = "memory", "noise", "1", False

    def __init__(self, total: int) -> None:
        random = np.random.default_rng(0)
        self._made = random.integers(0, 256, (100, 12, 12, 3), dtype=np.uint8)
        self._total = total

    def __len__(self) -> int:
        return self._total

    def read(self, number: int) -> tuple[np.ndarray, Origin]:
        return np.roll(self._made[number % 100], number // 100, 0), Origin()

    def name(self, number: int) -> str:
        return str(number)

    def close(self) -> None:
        raise AssertionError("who opened the data closes it")


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a process is Linux's")
def test_the_memory_stays_flat_over_ten_thousand_pictures(
    network: Network, library: Library
) -> None:
    sizes: dict[int, int] = {}

    def report(standing: ScanProgress) -> None:
        if standing.done // 1000 not in sizes:
            release_free_memory()  # what other tests left free in this process goes back first
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            sizes[standing.done // 1000] = pages * 4096

    scan(network, Endless(10_000), library, batch=50, report=report)
    assert sizes[10] - sizes[2] < 5e6  # 500 bytes a picture would show
    assert len(library.top(Unit("conv2", 0), 9)) == 9
