"""Pictures by number, out of folders, tar files, MNIST's files and films."""

import gzip
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.library.scan.prefetch import decode_batch, prefetch
from dnnvis.network.card import Card
from dnnvis.sources.datasets import IdxImages, TarArchive, VideoFrames, open_data
from dnnvis.sources.images.version import DECODER_VERSION
from helpers.numbered_films import read_number, variable_times, write_film


def save(place: Path, seed: int, side: int = 8) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(place)
    return pixels


def test_a_folder_gives_its_pictures_by_name_with_their_folder_as_class(tmp_path: Path) -> None:
    made = {
        name: save(tmp_path / name, n)
        for n, name in enumerate(["b.png", "cat/a.png", "cat/z/c.png", "a.bmp"])
    }
    save(tmp_path / ".hidden/x.png", 9)
    save(tmp_path / ".y.png", 9)
    (tmp_path / "notes.txt").write_text("no picture")
    data = open_data(tmp_path)
    names = [Path(data.name(n)).relative_to(tmp_path).as_posix() for n in range(len(data))]
    assert names == ["a.bmp", "b.png", "cat/a.png", "cat/z/c.png"]
    for number, name in enumerate(names):
        pixels, origin = data.read(number)
        assert np.array_equal(pixels, made[name])
        assert Path(origin.path) == (tmp_path / name).resolve()
        assert origin.size == (tmp_path / name).stat().st_size
    assert [data.read(n)[1].label for n in range(4)] == ["", "", "cat", "z"]


def test_the_mark_changes_with_the_list_of_files(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 0)
    before = open_data(tmp_path).mark
    assert open_data(tmp_path).mark == before
    save(tmp_path / "b.png", 1)
    assert open_data(tmp_path).mark != before


@pytest.mark.parametrize("kind", ["folder", "picture", "tar", "stack.npy", "pages.tif"])
def test_the_mark_changes_when_pictures_are_decoded_otherwise(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "set"
    pixels = save(path / "a.png", 0)
    if kind == "tar":
        path = tar_of(path, tmp_path / "set.tar")
    elif kind == "picture":
        path = path / "a.png"
    elif kind == "stack.npy":
        path = tmp_path / kind
        np.save(path, np.stack([pixels, pixels]))
    elif kind == "pages.tif":
        path = tmp_path / kind
        page = Image.fromarray(pixels)
        page.save(path, save_all=True, append_images=[page])
    marks = []
    for version in (DECODER_VERSION, DECODER_VERSION + 1, DECODER_VERSION):
        monkeypatch.setattr("dnnvis.sources.data.dataset.DECODER_VERSION", version)
        data = open_data(path)
        marks.append(data.mark)
        data.close()
    assert marks[0] == marks[2] != marks[1]


def tar_of(folder: Path, place: Path, mode: str = "w") -> Path:
    with tarfile.open(place, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, "set")
    return place


def test_a_tar_file_and_a_folder_in_it_give_the_same_pictures(tmp_path: Path) -> None:
    names = ["test/dog/1.png", "test/cat/2.png", "train/cat/3.png"]
    made = {name: save(tmp_path / "set" / name, n) for n, name in enumerate(names)}
    (tmp_path / "set/test/dog/broken.png").write_bytes(b"x" * 50)
    archive = tar_of(tmp_path / "set", tmp_path / "all.tar")
    whole, part = open_data(archive), open_data(archive / "set" / "test")
    assert isinstance(whole, TarArchive)
    assert len(whole) == 4
    assert len(part) == 3
    for data in (whole, part):
        for number in range(len(data)):
            name = data.name(number).removeprefix("set/")
            if "broken" in name:
                with pytest.raises(BadInput, match="broken"):
                    data.read(number)
                continue
            pixels, origin = data.read(number)
            assert np.array_equal(pixels, made[name])
            assert (origin.path, origin.label) == ("", Path(name).parent.name)
        data.close()
    assert whole.address != part.address


def test_a_tar_file_is_read_rightly_by_many_threads(tmp_path: Path) -> None:
    made = [save(tmp_path / f"set/{n:02d}.png", n) for n in range(12)]
    data = open_data(tar_of(tmp_path / "set", tmp_path / "all.tar"))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: data.read(n)[0], list(range(12)) * 5))
    assert all(np.array_equal(pixels, made[n % 12]) for n, pixels in enumerate(found))
    data.close()


@pytest.mark.parametrize(("suffix", "mode"), [("gz", "w:gz"), ("bz2", "w:bz2"), ("xz", "w:xz")])
def test_a_packed_tar_file_gives_its_pictures_in_any_order(
    tmp_path: Path, suffix: str, mode: str
) -> None:
    made = {f"cat/{n}.png": save(tmp_path / f"set/cat/{n}.png", n) for n in range(4)}
    data = open_data(tar_of(tmp_path / "set", tmp_path / f"all.tar.{suffix}", mode))
    assert data.in_order
    for number in (3, 0, 2, 1):
        pixels, origin = data.read(number)
        assert np.array_equal(pixels, made[data.name(number).removeprefix("set/")])
        assert origin.label == "cat"
    data.close()


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.astype(np.uint8).tobytes()


def test_mnists_files_give_images_and_labels_training_first(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (7, 5, 4), dtype=np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images[:4]))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(4)))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images[4:])))
    data = open_data(tmp_path)
    assert isinstance(data, IdxImages)
    assert len(data) == 7
    for number in range(7):
        pixels, origin = data.read(number)
        assert np.array_equal(pixels[:, :, 0], images[number])
        assert origin.label == (str(number) if number < 4 else "")
    assert len(open_data(tmp_path / "train-images-idx3-ubyte")) == 4


def test_labels_that_do_not_fit_are_told(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((3, 5, 4))))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(2)))
    with pytest.raises(BadInput, match="labels"):
        open_data(tmp_path)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """30 gray frames, each 8 brighter than the one before."""
    place = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(place), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for number in range(30):
        writer.write(np.full((32, 32, 3), 8 * number, np.uint8))
    writer.release()
    return place


@pytest.mark.parametrize("every", [1, 7])
def test_a_film_gives_each_so_many_frames_in_any_order(film: Path, every: int) -> None:
    data = open_data(film, every)
    assert isinstance(data, VideoFrames)
    assert len(data) == len(range(0, 30, every))
    numbers = list(range(len(data)))
    for number in [*numbers, *numbers[::-1]]:
        pixels, origin = data.read(number)
        assert abs(pixels.mean() - 8 * number * every) < 2
        assert origin.path == ""
    assert data.name(2) == f"frame {2 * every}"
    data.close()


@pytest.mark.parametrize("make", ["nothing", "empty folder", "no tar", "no picture"])
def test_what_is_no_data_is_refused_in_words(tmp_path: Path, make: str) -> None:
    place = tmp_path / "there"
    if make == "empty folder":
        place.mkdir()
    elif make == "no tar":
        place.write_text("text")
        place = place / "inside"
    elif make == "no picture":
        place = tmp_path / "a.mp4"
        place.write_bytes(b"no film")
    with pytest.raises(BadInput, match=str(tmp_path)):
        open_data(place)
    with pytest.raises(BadInput, match="Every 0th"):
        open_data(place, 0)


def test_pictures_that_cannot_be_read_are_left_out_with_the_reason(pictures: Path) -> None:
    data, card = open_data(pictures), Card("any", (12, 10), 1)
    chunk = decode_batch(data, card, range(len(data)), threading.Event())
    assert chunk.pixels.shape == (37, 1, 12, 10)
    assert len(chunk.origins) == 37
    assert sorted([*chunk.numbers, *chunk.skipped]) == list(range(40))
    assert {Path(data.name(n)).stem for n in chunk.skipped} == {"005", "006", "007"}
    assert all(data.name(n) in why for n, why in chunk.skipped.items())


def test_decoding_ends_when_it_is_told_to_stop(pictures: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        decode_batch(open_data(pictures), Card("any", (8, 8)), [0], stop)


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_made_ahead_comes_in_order_and_not_all_at_once(workers: int) -> None:
    begun: list[int] = []

    def make(item: int) -> int:
        begun.append(item)
        return item * item

    made = prefetch(range(50), make, workers)
    assert next(made) == 0
    assert len(begun) <= workers + 2
    assert list(made) == [n * n for n in range(1, 50)]
    assert sorted(begun) == list(range(50))


def test_an_error_in_a_thread_comes_out_and_the_threads_end() -> None:
    def make(item: int) -> int:
        if item == 3:
            raise BadInput("three")
        return item

    made, before = prefetch(range(9), make, 2), threading.active_count()
    with pytest.raises(BadInput, match="three"):
        list(made)
    assert threading.active_count() == before


@pytest.mark.parametrize("every", [1, 7])
def test_a_scan_that_goes_on_reads_the_frames_of_a_whole_one(tmp_path: Path, every: int) -> None:
    path = write_film(tmp_path / "a.mp4", variable_times(200), g="60")
    data = open_data(path, every)
    assert len(data) == len(range(0, 200, every))
    whole = [data.read(number)[0] for number in range(len(data))]
    data.close()
    for start in (len(data) - 1, len(data) // 2, 3):
        data = open_data(path, every)
        for number in (start, *range(start + 1, min(start + 4, len(data)))):
            pixels, _ = data.read(number)
            assert data.name(number) == f"frame {read_number(pixels)}" == f"frame {number * every}"
            assert np.array_equal(pixels, whole[number])
        data.close()
