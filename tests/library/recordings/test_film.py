"""Films and animated pictures of what was on show."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.library.recordings import film
from dnnvis.library.recordings.film import FilmPicture, write_film
from dnnvis.sources.video import Video

COLORS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 220), (10, 10, 10)]


def pictures(size=(32, 48), step=0.1):
    return [
        FilmPicture(np.full((*size, 3), color, np.uint8), 7.0 + step * k)
        for k, color in enumerate(COLORS)
    ]


def read_colors(path):
    """Return the mean color of each frame as our own source of films decodes it."""
    with Video(path, loop=False) as video:
        return [frame.pixels.mean(axis=(0, 1)) for frame in iter(video.read, None)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif"])
def test_what_is_written_is_read_back_in_order(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    assert write_film(pictures(), path) == len(COLORS)
    for color, read in zip(COLORS, read_colors(path), strict=True):
        assert np.abs(np.array(color) - read).max() < 6
    with Video(path) as video:
        assert video.next_seconds == pytest.approx(0.1, abs=0.02)


def test_an_avi_has_one_rate_and_each_picture_for_as_long_as_it_was_on_show(tmp_path):
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "a.avi"
    assert write_film(pictures(), path) == len(COLORS)
    reader = cv2.VideoCapture(str(path))
    assert reader.get(cv2.CAP_PROP_FPS) == pytest.approx(30)
    shown = []
    while (read := reader.read())[0]:
        shown.append(read[1][..., ::-1].mean(axis=(0, 1)))
    reader.release()
    frames = 3  # a tenth of a second at 30 frames a second
    assert len(shown) == frames * (len(COLORS) - 1) + 1
    for color, read in zip(COLORS, shown[::frames], strict=True):
        assert np.abs(np.array(color) - read).max() < 8


def test_opencv_writes_it_where_pyav_is_missing(tmp_path, monkeypatch):
    def refuse():
        raise ImportError("no av")

    monkeypatch.setattr(film, "load_av", refuse)
    write_film(pictures(step=1 / 30), tmp_path / "a.avi")
    for color, read in zip(COLORS, read_colors(tmp_path / "a.avi"), strict=True):
        assert np.abs(np.array(color) - read).max() < 12


def test_without_any_writer_there_is_a_sentence_and_no_file(tmp_path, monkeypatch):
    def refuse():
        raise ImportError("none")

    monkeypatch.setattr(film, "load_av", refuse)
    monkeypatch.setattr(film, "opencv", refuse)
    with pytest.raises(BadInput, match="pip install av"):
        write_film(pictures(), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
    write_film(pictures(), tmp_path / "a.gif")  # which needs neither


def test_odd_sizes_gray_pictures_and_changing_sizes_make_one_film(tmp_path):
    rows = [
        FilmPicture(np.full((31, 33, 1), 200, np.uint8), 0.0),
        FilmPicture(np.full((10, 90, 3), 200, np.uint8), 0.1),
    ]
    assert write_film(rows, tmp_path / "a.mp4") == 2
    with Video(tmp_path / "a.mp4", loop=False) as video:
        shapes = {frame.pixels.shape for frame in iter(video.read, None)}
    assert shapes == {(32, 34, 3)}


@pytest.mark.parametrize("name", ["a.wmv", "a", "a.png"])
def test_another_suffix_is_a_sentence(tmp_path, name):
    with pytest.raises(BadInput, match=r"\.mp4"):
        write_film(pictures(), tmp_path / name)


def test_no_picture_is_a_sentence_and_an_old_film_stays(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(BadInput, match="no picture"):
        write_film([], tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"old"


def test_a_gif_of_too_many_pictures_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "GIF_MAX_PICTURES", 3)
    with pytest.raises(BadInput, match=r"\.mp4"):
        write_film(pictures(), tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
