from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.opencv import opencv
from dnnvis.sources.source import Movable
from dnnvis.sources.video import Video


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


def test_a_film_that_breaks_off_says_at_which_frame_and_can_be_read_before_it(
    half_film: Path,
) -> None:
    with Video(half_film, loop=True) as source:
        seen = 0
        with pytest.raises(BadInput) as caught:
            for _ in range(100):
                source.read()
                seen += 1
        assert 10 < seen < 50
        assert f"breaks off at frame {seen} of 60" in str(caught.value)
        source.seek(0.1)
        assert number(source.read()) == 6


@pytest.mark.parametrize("data", [b"", b"hello" * 1000, b"RIFF\0\0\0\0AVI LIST"])
def test_what_is_no_film_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.avi").write_bytes(data)
    with pytest.raises(BadInput, match="not a film"), Video(tmp_path / "a.avi"):
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
