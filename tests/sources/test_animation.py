"""Animated pictures play as films do, frame by frame and at their own times."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources import animation
from dnnvis.sources.animation import Animation, open_moving_picture
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.video import Video

FORMATS = ["gif", "png", "webp", "avif"]
MILLISECONDS = [50, 100, 200, 50, 400, 50]


@pytest.fixture(params=FORMATS)
def animated(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Six frames, number k of gray 40 k, each shown for its own time."""
    frames = [Image.new("RGB", (20, 12), (40 * k,) * 3) for k in range(6)]
    path = tmp_path / f"a.{request.param}"
    options = {"lossless": True} if request.param == "webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=MILLISECONDS, **options)
    return path


def gray(pixels: np.ndarray) -> int:
    return round(pixels.mean() / 40)


def test_it_is_a_film_to_the_window_and_to_a_scan(animated: Path) -> None:
    assert source_from_text(str(animated))[0] == "video"
    data = open_data(animated)
    assert [gray(data.read(n)[0]) for n in (5, 0, 3, 1, 4, 2)] == [5, 0, 3, 1, 4, 2]
    assert (data.kind, len(data), data.name(3)) == ("video", 6, "frame 3")
    data.close()


def test_it_plays_at_its_own_times_and_can_be_moved(animated: Path) -> None:
    with Video(animated, loop=False) as source:
        played = []
        for _ in range(6):
            seconds = source.next_seconds
            frame = source.read()
            assert frame is not None
            played.append((frame.index, gray(frame.pixels), round(1000 * seconds)))
        assert source.read() is None
        assert played == [(k, k, MILLISECONDS[k]) for k in range(6)]
        source.seek(0.4)
        frame = source.read()
        assert frame is not None
        assert (frame.index, gray(frame.pixels)) == (2, 2)


def test_a_single_picture_is_none(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.gif")
    assert source_from_text(str(tmp_path / "a.gif"))[0] == "pictures"


def test_a_frame_that_is_cut_off_is_refused_by_its_number(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 40, 40, 3), dtype=np.uint8)
    frames = [Image.fromarray(pixels) for pixels in noise]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    film = open_moving_picture(path)
    assert isinstance(film, Animation)
    assert film.read(1).shape == (40, 40, 3)
    with pytest.raises(BadInput, match=r"Frame 5 of .*a\.gif"):
        film.read(5)
    film.close()


def test_a_broken_animation_is_refused_as_a_broken_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 12), (90 * k,) * 3) for k in range(3)]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)
    data, played, refused = path.read_bytes(), 0, 0
    for length in range(20, len(data) - 1):
        path.write_bytes(data[:length])
        is_film = source_from_text(str(path))[0] == "video"
        try:
            with Video(path, loop=False) if is_film else ImageFiles(path) as source:
                played += len(list(iter(source.read, None)))
        except BadInput:
            refused += 1
    assert min(played, refused) > 0


def test_an_animation_of_many_pixels_is_refused_by_its_header(
    animated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Animation(animated).close()
    monkeypatch.setattr(animation, "MAX_MOVING_PIXELS", 20 * 12 - 1)
    with pytest.raises(BadInput, match="20 x 12 = 0 megapixels"):
        Animation(animated)
