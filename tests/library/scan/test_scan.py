"""Scans of small data sets, against a search through everything by hand."""

import json
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.library.scan import progress
from dnnvis.library.scan.scan import ScanProgress, scan
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.library import Library, open_library
from dnnvis.library.store.queries import resize_for_card
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.sources.datasets import open_data
from dnnvis.sources.pictures import read_picture


def by_hand(network: Network, folder: Path) -> tuple[list[int], dict[str, np.ndarray]]:
    """The numbers of the pictures that can be read, and each layer's maps of them
    (pictures, C, H, W) at its last call."""
    data, numbers, maps = open_data(folder), [], []
    for number in range(len(data)):
        try:
            pixels = data.read(number)[0]
        except BadInput:
            continue
        numbers.append(number)
        recording = network.record(pixels)
        maps.append({row.name: recording.calls(row.name)[-1] for row in network.layers})
    return numbers, {name: np.stack([one[name] for one in maps]) for name in maps[0]}


@pytest.mark.parametrize("batch", [None, 1, 7])
def test_a_scan_finds_what_a_search_by_hand_finds(
    network: Network, library: Library, pictures: Path, batch: int | None
) -> None:
    done = scan(network, pictures, library, k=4, batch=batch, workers=2)
    assert (done.seen, done.total, done.left, len(done.skipped)) == (37, 40, 0, 3)
    numbers, maps = by_hand(network, pictures)
    data = open_data(pictures)
    for name, values in maps.items():
        flat = values.reshape(*values.shape[:2], -1)
        for by, column in (("max", flat.max(2)), ("mean", flat.mean(2))):
            for bottom in (False, True):
                for channel in range(values.shape[1]):
                    found = library.top(Unit(name, channel), 4, by, bottom)  # type: ignore[arg-type]
                    wanted = np.sort(column[:, channel] * (1 if bottom else -1))[:4]
                    ours = np.array([one.value for one in found]) * (1 if bottom else -1)
                    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-5)
                    for one in found:
                        at = numbers.index(one.index)
                        assert one.value == pytest.approx(column[at, channel], rel=1e-4, abs=1e-5)
                        y, x = one.position
                        top = flat[at, channel].max()
                        assert values[at, channel, y, x] == pytest.approx(top, rel=1e-4, abs=1e-5)
                        assert one.label == ("class b" if "class b" in one.path else "")
                        assert Path(one.path) == Path(data.name(one.index)).resolve()
                        shown = resize_for_card(read_picture(one.path), network.card)
                        assert np.array_equal(one.image(), shown)


def test_statistics_are_those_of_all_maps(
    network: Network, library: Library, pictures: Path
) -> None:
    scan(network, pictures, library, batch=8)
    _, maps = by_hand(network, pictures)
    for name, values in maps.items():
        flat = values.reshape(*values.shape[:2], -1).astype(np.float64)
        found = library.statistics(name)
        assert found is not None
        assert found.images == 37
        means = flat.mean(2)
        near = {"rtol": 1e-4, "atol": 1e-5}
        np.testing.assert_allclose(found.mean, means.mean(0), **near)
        np.testing.assert_allclose(found.maximum, flat.max((0, 2)), **near)
        np.testing.assert_allclose(found.minimum, flat.min((0, 2)), **near)
        np.testing.assert_allclose(found.awake, (flat.max(2) > 0).mean(0), **near)
        assert found.dead.tolist() == (flat.max((0, 2)) <= 0).tolist()
        places = 4 if flat.shape[2] > 1 else 1
        assert (found.counts.sum(1) == 37 * places).all()
        if places == 1:
            np.testing.assert_allclose(found.std, flat[:, :, 0].std(0), rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found.active, (flat > 0).mean((0, 2)), **near)
        assert found.correlation is not None
        varies = means.std(0) > 1e-6
        with np.errstate(invalid="ignore"):
            wanted = np.corrcoef(means.T)
        pairs = np.ix_(varies, varies)
        np.testing.assert_allclose(found.correlation[pairs], wanted[pairs], atol=1e-3)


def test_the_colours_of_what_was_scanned(
    network: Network, library: Library, pictures: Path
) -> None:
    scan(network, pictures, library, batch=8)
    data = open_data(pictures)
    shown = []
    for number in range(len(data)):
        try:
            shown.append(resize_for_card(data.read(number)[0], network.card) / 255)
        except BadInput:
            continue
    x = np.stack(shown)
    found = library.natural()
    assert found is not None
    assert found.images == 37
    np.testing.assert_allclose(found.mean, x.mean((0, 1, 2)), rtol=1e-5)
    covariance = np.cov(x.reshape(-1, 3).T, bias=True)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-4)
    spectrum = np.abs(np.fft.rfft2(x, axes=(1, 2))).mean(0).transpose(2, 0, 1)
    np.testing.assert_allclose(found.spectrum, spectrum, rtol=1e-3, atol=1e-3)


def test_of_equal_pictures_the_first_are_kept_whatever_the_batches(
    network: Network, tmp_path: Path
) -> None:
    folder = tmp_path / "same"
    folder.mkdir()
    for number in range(20):
        Image.new("RGB", (12, 12), (9, 200, 40)).save(folder / f"{number:02d}.png")
    for batch in (1, 3, 20):
        with Library(tmp_path / f"{batch}.sqlite", network.fingerprint, card=network.card) as made:
            scan(network, folder, made, k=3, batch=batch)
            for bottom in (False, True):
                found = made.top("conv2[1]", 3, bottom=bottom)
                assert [one.index for one in found] == [0, 1, 2]


def test_pictures_out_of_a_tar_file_are_kept_in_the_library(
    network: Network, library: Library, pictures: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        tar.add(pictures, "set")
    done = scan(network, tmp_path / "all.tar", library, k=2, batch=4)
    assert done.kind == "tar"
    assert (done.seen, len(done.skipped)) == (37, 3)
    data = open_data(tmp_path / "all.tar")
    found = library.top("conv2[3]", 2)
    for one in found:
        assert one.path == ""
        assert one.source == data.address
        assert np.array_equal(one.image(), resize_for_card(data.read(one.index)[0], network.card))
    data.close()
    held = {number for (number,) in library.rows("SELECT number FROM images")}
    lists = {
        one.index
        for row in network.layers
        for channel in range(library.statistics(row.name).mean.size)  # type: ignore[union-attr]
        for by in ("max", "mean")
        for bottom in (False, True)
        for one in library.top(Unit(row.name, channel), 2, by, bottom)  # type: ignore[arg-type]
    }
    assert held == lists, "what left all lists is not kept"


def test_each_so_many_frames_of_a_film(network: Network, library: Library, tmp_path: Path) -> None:
    place = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(place), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for number in range(30):
        writer.write(np.full((32, 32, 3), 8 * number, np.uint8))
    writer.release()
    done = scan(network, place, library, every=4, workers=3, batch=2)
    assert (done.seen, done.kind) == (8, "video")
    brightest = max(library.top("conv1[0]", 8), key=lambda one: one.image().mean())
    assert abs(brightest.image().mean() - 8 * 28) < 4
    assert brightest.index == 7


def test_at_most_so_many_pictures_evenly_spread(
    network: Network, library: Library, pictures: Path
) -> None:
    done = scan(network, pictures, library, limit=4, layers=["conv1"])
    assert (done.seen, done.total, done.skipped) == (4, 4, {})
    assert {one.index for one in library.top("conv1[0]", 9)} == {0, 10, 20, 30}
    (known,) = library.scans()
    assert known.finished
    assert known.seen == 4
    assert known.total == 40
    assert scan(network, pictures, library, limit=4, layers=["conv1"]).layers == ()
    assert scan(network, pictures, library, layers=["conv1"]).seen == 33
    assert library.statistics("conv1").images == 37  # type: ignore[union-attr]


def test_only_what_is_not_known_is_looked_at(
    network: Network, library: Library, pictures: Path
) -> None:
    assert scan(network, pictures, library, layers=["conv1"], k=3).layers == ("conv1",)
    before = library.top("conv1[0]", 3)
    second = scan(network, pictures, library, layers=["conv2", "conv1"], k=3)
    assert second.layers == ("conv2",)
    assert len(second.skipped) == 3
    third = scan(network, pictures, library, layers=["conv2", "conv1"], k=3)
    assert third.layers == ()
    assert third.seen == 0
    assert len(third.skipped) == 3
    assert [one.index for one in library.top("conv1[0]", 3)] == [one.index for one in before]
    longer = scan(network, pictures, library, layers=["conv1"], k=5)
    assert longer.layers == ("conv1",)
    assert len(library.top("conv1[0]", 9)) == 5
    anew = scan(network, pictures, library, layers=["conv2"], again=True)
    assert anew.layers == ("conv2",)
    assert library.top("conv1[0]") == []
    assert [one.layers for one in library.scans()] == [("conv2",)]


def test_data_that_has_changed_is_looked_at_anew(
    network: Network, library: Library, pictures: Path
) -> None:
    scan(network, pictures, library, layers=["conv1"])
    Image.new("RGB", (9, 9), (255, 255, 255)).save(pictures / "zz.png")
    done = scan(network, pictures, library, layers=["conv1"])
    assert (done.seen, done.total) == (38, 41)
    assert len(library.scans()) == 1


def test_a_picture_that_is_gone_or_has_changed_is_told_when_it_is_asked_for(
    network: Network, library: Library, pictures: Path
) -> None:
    scan(network, pictures, library, layers=["conv1"])
    first, second = library.top("conv1[0]", 2)
    Path(first.path).unlink()
    Image.new("RGB", (9, 9)).save(second.path)
    with pytest.raises(BadInput, match="is gone"):
        first.image()
    with pytest.raises(BadInput, match="has changed"):
        second.image()


def test_several_data_sets_add_up(
    network: Network, library: Library, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(pictures, other, ignore=shutil.ignore_patterns("00*"))
    scan(network, pictures, library, layers=["conv1"])
    scan(network, other, library, layers=["conv1"])
    found = library.top("conv1[2]", 4)
    assert [one.value for one in found][::2] == [one.value for one in found][1::2]
    assert len({one.source for one in found}) == 2
    assert library.statistics("conv1").images == 37 + 30  # type: ignore[union-attr]


def test_nonsense_is_refused_in_words(network: Network, library: Library, pictures: Path) -> None:
    with pytest.raises(UnknownUnit, match="conv7"):
        scan(network, pictures, library, layers=["conv7"])
    for wish in ({"k": 0}, {"limit": 0}, {"batch": 0}, {"workers": -1}):
        with pytest.raises(BadInput, match="1 or more"):
            scan(network, pictures, library, **wish)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="no file or folder"):
        scan(network, pictures / "nowhere", library)
    assert library.scans() == []


def test_where_no_picture_can_be_read_that_is_an_error(
    network: Network, library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(b"bad")
    with pytest.raises(BadInput, match="None of the 3 pictures"):
        scan(network, folder, library)


def test_another_networks_library_and_other_eyes_are_refused(
    network: Network, library: Library, pictures: Path, as_trained: Callable[..., Any]
) -> None:
    other = wrap(as_trained(nn.Sequential(nn.Conv2d(3, 2, 3))), size=8)
    with pytest.raises(BadInput, match="belongs to"):
        scan(other, pictures, library)
    scan(network, pictures, library, layers=["conv1"])
    darker = wrap(network.module, size=12, mean=(0.1, 0.2, 0.3))
    with pytest.raises(BadInput, match="another library"):
        scan(darker, pictures, library.path)


def test_the_network_gets_its_memory_format_back(
    network: Network, library: Library, pictures: Path
) -> None:
    before = network.memory_format
    scan(network, pictures, library, limit=3)
    assert network.memory_format == before


def test_a_network_that_cannot_run_in_channels_last_is_scanned_all_the_same(
    pictures: Path, tmp_path: Path, as_trained: Callable[..., Any]
) -> None:
    """``view`` fails on a map whose channels lie last in memory."""

    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 100, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.conv(x).view(-1, 4 * 100))

    net = wrap(as_trained(Views()), size=12, name="views")
    place = tmp_path / "views.sqlite"
    done = scan(net, pictures, place)
    assert (done.seen, net.memory_format) == (37, torch.contiguous_format)
    with open_library(net, place) as library:
        found = library.top(Unit("head", 2), 1)[0].value
    values = by_hand(net, pictures)[1]["head"]
    assert found == pytest.approx(float(values[:, 2].max()), rel=1e-4)


def test_how_far_it_is_is_told(network: Network, library: Library, pictures: Path) -> None:
    told: list[ScanProgress] = []
    scan(network, pictures, library, batch=8, report=told.append)
    assert [one.done for one in told] == [0, 8, 16, 24, 32, 40]
    assert {one.total for one in told} == {40}
    assert told[-1].skipped == 3
    assert told[0].seconds_left is None
    assert told[-1].seconds_left == 0
    assert all(one.seconds_left > 0 for one in told[2:-1])  # type: ignore[operator]


def test_a_scan_that_another_process_goes_on_with_gives_way(
    network: Network, library: Library, pictures: Path
) -> None:
    def meddle(standing: ScanProgress) -> None:
        if standing.done == 8:
            with LibraryFile(library.path) as other:
                other.run("UPDATE scans SET changed = 'now'")

    with pytest.raises(BadInput, match="Another process"):
        scan(network, pictures, library, batch=8, report=meddle)


def test_two_scans_of_the_same_data_keep_each_others_pictures(
    network: Network, library: Library, pictures: Path, often: None
) -> None:
    """The second begins and ends while the first is on its way, and drops pictures."""

    def second(standing: ScanProgress) -> None:
        if standing.done == 16:
            with Library(library.path) as other:
                scan(network, pictures, other, layers=["conv2"], k=2, batch=8)

    scan(network, pictures, library, layers=["conv1"], k=1, batch=8, report=second)
    for layer in ("conv1", "conv2"):
        for channel in range(6):
            for one in library.top(Unit(layer, channel), 2, bottom=channel % 2 == 0):
                assert one.image().shape == (12, 12, 3)


def test_what_a_killed_rank_left_over_is_taken_in(
    network: Network, library: Library, pictures: Path, tmp_path: Path
) -> None:
    left = library.path.with_name(library.path.name + ".scan.rank1")
    with LibraryFile(left, network.fingerprint, card=network.card) as part:
        scan(network, pictures, part, limit=20, batch=4)
    done = scan(network, pictures, library, batch=4)
    assert done.seen == 37
    assert not left.exists()
    told: list[ScanProgress] = []
    with Library(tmp_path / "w.sqlite", network.fingerprint, card=network.card) as whole:
        scan(network, pictures, whole, batch=4, report=told.append)
        assert whole.statistics("conv2").images == library.statistics("conv2").images == 37  # type: ignore[union-attr]
        for channel in range(9):
            pair = (made.top(f"conv2[{channel}]", 9) for made in (library, whole))
            ours, theirs = ([one.index for one in found] for found in pair)
            assert ours == theirs


def test_a_part_that_was_merged_already_is_not_merged_twice(
    network: Network, library: Library, pictures: Path, tmp_path: Path
) -> None:
    with LibraryFile(tmp_path / "part", network.fingerprint, card=network.card) as part:
        scan(network, pictures, part, layers=["conv1"], limit=10)
    scan(network, pictures, library, layers=["conv1"], limit=10)
    (number,) = library.rows("SELECT id FROM scans")[0]
    job = progress.load_job(library, number)
    assert not progress.absorb(library, job, tmp_path / "part")
    assert library.statistics("conv1").images == 10  # type: ignore[union-attr]


def test_a_stopped_scan_says_what_is_left(
    network: Network, library: Library, pictures: Path
) -> None:
    stop = threading.Event()
    done = scan(
        network,
        pictures,
        library,
        batch=4,
        stop=stop,
        report=lambda standing: stop.set() if standing.done >= 12 else None,
    )
    assert done.left > 0
    assert done.seen + len(done.skipped) == 40 - done.left
    (known,) = library.scans()
    assert not known.finished
    assert known.seen == 40 - done.left
    assert json.loads(json.dumps(done.skipped)) == done.skipped


def test_pictures_run_one_by_one_where_a_batch_would_change_them(
    tmp_path: Path, pictures: Path
) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False))
    network = wrap(module, size=16)
    network.read = read_picture
    with open_library(network, tmp_path / "batch.sqlite") as library:
        scan(network, pictures, library, k=3, batch=8)
        numbers, maps = by_hand(network, pictures)
        best = maps["1"].max((2, 3))  # (pictures, C)
        for channel in range(4):
            found = [one.value for one in library.top(Unit("1", channel), 3)]
            np.testing.assert_allclose(found, np.sort(best[:, channel])[::-1][:3], rtol=1e-5)
    assert len(numbers) == 37


class Bright(nn.Module):
    """Runs a part on bright pictures only."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.extra = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        return (self.extra(maps) if x.mean() > 0.7 else maps).mean((2, 3))


def test_layers_that_run_on_some_pictures_only_are_left_out_unless_named(
    tmp_path: Path, pictures: Path
) -> None:
    network = wrap(Bright(), size=16)
    network.read = read_picture
    with open_library(network, tmp_path / "rare.sqlite") as library:
        done = scan(network, pictures, library, k=3)
        assert set(done.layers) == {"conv", "output"}
        with pytest.raises(BadInput, match="leave it out"):
            scan(network, pictures, library, layers=["extra"], k=3)


def test_an_earlier_scan_that_is_discarded_is_named(
    network: Network, library: Library, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(network, pictures, library, limit=4)
    assert scan(network, pictures, library, limit=4).notes == ()
    monkeypatch.setattr("dnnvis.sources.data.dataset.DECODER_VERSION", 99)
    again = scan(network, pictures, library, limit=4)
    assert again.seen > 0
    assert again.notes[0].startswith("Pictures changed, or are decoded otherwise now")
    assert str(pictures) in again.notes[0]
