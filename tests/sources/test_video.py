from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.opencv import opencv
from dnnvis.sources.source import Movable
from dnnvis.sources.video import Video
from helpers.numbered_films import blank_frames, read_number, variable_times, write_film


def number(frame: Frame | None) -> int:
    """Which frame of the film this is, by its gray."""
    assert frame is not None
    return round(float(frame.pixels.mean()) / 4)


def test_a_film_gives_every_frame_in_order_and_ends(film: Path) -> None:
    with Video(film, loop=False) as source:
        assert source.rate == 50
        assert source.count == 60
        assert [number(frame) for frame in iter(source.read, None)] == list(range(60))
        assert source.read() is None
        assert source.position == 1


def test_a_film_in_a_loop_begins_again(film: Path) -> None:
    with Video(film, loop=True) as source:
        seen = [number(source.read()) for _ in range(125)]
    assert seen == [k % 60 for k in range(125)]


def test_scrubbing_goes_to_a_share_of_the_film(film: Path) -> None:
    with Video(film, loop=False) as source:
        for share, frame in ((0.5, 30), (1.0, 59), (0.0, 0), (2.0, 59), (-1.0, 0)):
            source.seek(share)
            assert number(source.read()) == frame
            assert source.position == pytest.approx(frame / 59)


def test_one_can_step_to_and_fro(film: Path) -> None:
    with Video(film, loop=False) as source:
        assert isinstance(source, Movable)
        source.seek(0.5)
        seen = [number(source.read())]
        for steps in (1, -1, -1, 0, 5, -100):
            source.move(steps)
            seen.append(number(source.read()))
    assert seen == [30, 31, 30, 29, 29, 34, 0]


def test_after_the_end_one_can_step_back(film: Path) -> None:
    with Video(film, loop=False) as source:
        list(iter(source.read, None))
        source.move(-1)
        assert number(source.read()) == 58


def test_a_film_that_breaks_off_says_so_and_begins_again(half_film: Path) -> None:
    notes: list[str] = []
    with Video(half_film, loop=True, on_problem=notes.append) as source:
        assert 10 < source.count < 50
        seen = [number(source.read()) for _ in range(2 * source.count)]
        assert seen == [*range(source.count)] * 2
        source.seek(1.0)
        assert number(source.read()) == source.count - 1
    (note,) = notes
    assert f"half.avi breaks off after {len(seen) // 2} of the 60 frames" in note
    with Video(half_film, loop=False) as source:
        assert len(list(iter(source.read, None))) == len(seen) // 2


def test_every_frame_has_its_number_in_the_film_however_it_is_reached(tmp_path: Path) -> None:
    times = variable_times(200)
    path = write_film(tmp_path / "a.mp4", times, g="60")
    with Video(path) as source:
        assert source.count / source.rate == pytest.approx(times[-1], abs=0.15)
        for fraction in (0.0, 0.31, 0.99, 0.5, 1.0):
            source.seek(fraction)
            for at in range(3):  # past the last the first follows
                frame = source.read()
                assert frame is not None
                assert frame.index == read_number(frame.pixels)
                assert frame.index == (round(199 * fraction) + at) % 200
        source.seek(0.0)
        for passed in range(150):
            assert source.next_seconds == pytest.approx(times[passed + 1] - times[passed], abs=1e-4)
            source.skip()
        frame = source.read()
        assert frame is not None
        assert frame.index == read_number(frame.pixels) == 150


def test_the_last_frame_is_never_skipped(film: Path) -> None:
    with Video(film, loop=False) as source:
        for _ in range(100):
            source.skip()
        assert number(source.read()) == 59
        assert source.read() is None


@pytest.mark.parametrize("suffix", [".h264", ".webm"])
def test_a_film_without_a_length_plays_and_begins_again(tmp_path: Path, suffix: str) -> None:
    codec = "libx264" if suffix == ".h264" else "libvpx"
    path = tmp_path / f"a{suffix}"
    live = {"live": "1"} if suffix == ".webm" else {}
    write_film(path, [k / 25 for k in range(30)], codec=codec, container_options=live)
    with Video(path) as source:
        frames = [source.read() for _ in range(62)]
        source.seek(1.0)
        frames.append(source.read())
    numbers = [read_number(frame.pixels) for frame in frames if frame is not None]
    assert numbers == [*range(30), *range(30), 0, 1, 29]
    assert [frame.index for frame in frames if frame is not None] == numbers


def test_damaged_frames_are_left_out_and_reported_once(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", [k / 25 for k in range(40)], codec="mjpeg",
                      pixel_format="yuvj420p")  # fmt: skip
    blank_frames(path, [20, 21, 39])
    notes: list[str] = []
    with Video(path, loop=True, on_problem=notes.append) as source:
        seen = [source.read() for _ in range(80)]
    indices = [frame.index for frame in seen if frame is not None]
    good = [k for k in range(40) if k not in (20, 21, 39)]
    assert indices == (good * 3)[:80]
    assert [read_number(frame.pixels) for frame in seen if frame is not None] == indices
    assert len(notes) == 1
    assert "damaged near frame 20" in notes[0]


@pytest.mark.parametrize("data", [b"hello" * 1000, b"RIFF\0\0\0\0AVI LIST"])
def test_what_is_no_film_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.avi").write_bytes(data)
    with pytest.raises(BadInput), Video(tmp_path / "a.avi"):
        pass


def test_a_missing_film_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file .*a\.avi"), Video(tmp_path / "a.avi"):
        pass


def test_a_film_without_one_good_picture_is_refused(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    (tmp_path / "a.avi").write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(BadInput), Video(tmp_path / "a.avi") as source:
        source.read()


def test_colours_are_red_green_blue(tmp_path: Path) -> None:
    cv2 = opencv()
    path = str(tmp_path / "red.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(5):
        writer.write(np.full((48, 64, 3), (0, 0, 250), np.uint8))  # BGR
    writer.release()
    with Video(path) as source:
        frame = source.read()
    assert frame is not None
    assert frame.pixels.flags.c_contiguous
    assert np.abs(frame.pixels[20, 20].astype(int) - (250, 0, 0)).max() < 12
