import gc
import itertools
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.film import Film, RgbConverter, apply_display_matrix, is_film
from dnnvis.sources.opencv import opencv
from helpers.numbered_films import (
    blank_frames,
    draw_number,
    read_number,
    variable_times,
    write_film,
)

SQUARE: Any = SimpleNamespace(sample_aspect_ratio=None)
FORMATS = {
    "mp4": ("a.mp4", "libx264", {"g": "50"}),
    "open groups": ("b.mkv", "libx264", {"g": "20", "x264-params": "open-gop=1:bframes=3"}),
    "one keyframe": ("c.mp4", "libx264", {"g": "9999", "sc_threshold": "0"}),
    "refreshed in columns": ("d.mp4", "libx264", {"g": "30", "x264-params": "intra-refresh=1"}),
    "webm": ("e.webm", "libvpx", {"g": "40", "deadline": "realtime", "cpu-used": "8"}),
    "mpeg4": ("f.avi", "mpeg4", {"bf": "2"}),
    "transport": ("g.ts", "libx264", {"g": "30"}),
    "program stream": ("j.mpg", "mpeg2video", {"bf": "2", "g": "12", "b": "2000000"}),
    "reordered": ("k.avi", "libx264", {"g": "25", "bf": "3"}),
    "old": ("l.flv", "flv", {"b": "2000000"}),
    "raw": ("h.h264", "libx264", {"g": "30"}),
    "lossless": ("i.mkv", "ffv1", {}),
}


@pytest.mark.parametrize("case", FORMATS)
def test_any_number_gives_that_frame_in_any_order(tmp_path: Path, case: str) -> None:
    name, codec, options = FORMATS[case]
    is_even = name.endswith((".avi", ".h264", ".mpg"))  # files that know one rate only
    times = [k / 30 for k in range(100)] if is_even else variable_times(100)
    base = Fraction(1, 30) if is_even else Fraction(1, 30_000)
    film = Film(write_film(tmp_path / name, times, codec=codec, time_base=base, **options))
    assert len(film) == 100
    order = [*range(12), *np.random.default_rng(0).permutation(100)[:30], 99, 0, 98, 1]
    assert [read_number(film.read(int(number))) for number in order] == order
    assert film.damaged == 0
    film.close()


def test_a_frame_that_is_jumped_to_has_the_pixels_of_one_that_is_played_to(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 96, 160, 3), np.uint8)
    pictures = [*noise]
    path = write_film(tmp_path / "a.mp4", variable_times(60), pictures=pictures, g="12")
    film, other = Film(path), Film(path)
    played = [film.read(number) for number in range(60)]
    for number in (45, 12, 11, 59, 30, 31, 0):
        assert np.array_equal(other.read(number), played[number])
    film.close()
    other.close()


def test_frames_are_those_of_another_reader(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [k / 25 for k in range(30)])
    capture, film = opencv().VideoCapture(str(path)), Film(path)
    for number in range(30):
        good, theirs = capture.read()
        assert good
        ours = film.read(number).astype(int)
        assert np.abs(ours - theirs[:, :, ::-1]).mean() < 1.5
    capture.release()
    film.close()


@pytest.mark.parametrize("rotation", [0, 90, -90, 180])
def test_a_turned_film_stands_upright_as_another_reader_turns_it(
    tmp_path: Path, rotation: int
) -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:48, :80] = (250, 0, 0)  # red at the upper left, green below it
    picture[48:, :80] = (0, 250, 0)
    path = write_film(
        tmp_path / "a.mp4", [0.0, 0.1, 0.2], pictures=[picture] * 3, rotation=rotation
    )
    capture, film = opencv().VideoCapture(str(path)), Film(path)
    _, theirs = capture.read()
    ours = film.read(0)
    assert ours.shape == theirs.shape
    assert ours.flags.c_contiguous
    assert np.abs(ours.astype(int) - theirs[:, :, ::-1]).mean() < 2
    capture.release()
    film.close()
    quarter = np.rot90(picture, rotation // 90)  # counterclockwise, as FFmpeg counts
    assert np.abs(ours.astype(int) - quarter).mean() < 4


@pytest.mark.parametrize("matrix", list(itertools.product((-1, 0, 1), repeat=4)))
def test_a_display_matrix_moves_every_pixel_where_it_says(matrix: tuple[int, ...]) -> None:
    a, b, c, d = matrix
    if abs(a * d - b * c) != 1 or a * b + c * d:
        return  # no turn by quarters
    pixels = np.arange(2 * 3, dtype=np.uint8).reshape(2, 3, 1)
    corners = [(a * x + c * y, b * x + d * y) for x in range(3) for y in range(2)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    shown = apply_display_matrix(pixels, (a, b, c, d))
    for x, y in itertools.product(range(3), range(2)):
        assert shown[b * x + d * y - top, a * x + c * y - left, 0] == pixels[y, x, 0]
    assert np.array_equal(apply_display_matrix(pixels, None), pixels)


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("libx264", "yuv420p10le"),
        ("ffv1", "yuv422p10le"),
        ("ffv1", "gray16le"),
        ("ffv1", "bgra"),
        ("libx264", "yuv444p"),
    ],
)
def test_deeper_and_other_pixels_are_the_same_picture(
    tmp_path: Path, codec: str, pixel_format: str
) -> None:
    path = write_film(tmp_path / "a.mkv", [0.0, 0.1], codec=codec, pixel_format=pixel_format)
    film = Film(path)
    for number in range(2):
        pixels = film.read(number)
        assert pixels.dtype == np.uint8
        assert np.abs(pixels.astype(int) - draw_number(number)).mean() < 3
    film.close()


@pytest.mark.parametrize("size", [(161, 97), (149, 33), (151, 31)])
def test_odd_sizes_are_read_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_film(tmp_path / "a.mkv", [0.0, 0.1], codec="ffv1", pixel_format="bgr0", size=size)
    film = Film(path)
    assert np.array_equal(film.read(1), draw_number(1, size))
    film.close()
    path = write_film(tmp_path / "b.mkv", [0.0], codec="ffv1", pixel_format="yuv420p", size=size)
    film = Film(path)
    assert film.read(0).shape == (size[1], size[0], 3)
    film.close()


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_colors_are_those_of_the_frames_own_matrix(matrix: str) -> None:
    y, u, v = 150, 90, 180
    frame = av.VideoFrame(64, 48, "yuv420p")
    for plane, value in zip(frame.planes, (y, u, v), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace = 5 if matrix == "bt601" else 1
    kr, kb = (0.299, 0.114) if matrix == "bt601" else (0.2126, 0.0722)
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    expected = 255 * np.array([red, green, blue])
    assert np.abs(RgbConverter(SQUARE).convert(frame)[10, 10] - expected).max() < 2.5


def test_a_damaged_frame_is_left_out_counted_and_the_others_keep_their_numbers(
    tmp_path: Path,
) -> None:
    path = write_film(tmp_path / "a.mkv", [k / 25 for k in range(40)], codec="mjpeg",
                      pixel_format="yuvj420p")  # fmt: skip
    blank_frames(path, [20])
    film = Film(path)
    with pytest.raises(BadInput, match=r"Frame 20 of .* cannot be decoded"):
        film.read(20)
    assert film.damaged > 0
    assert [read_number(film.read(number)) for number in (19, 21, 39)] == [19, 21, 39]
    decoded = film.decode(20)
    assert decoded is not None
    assert decoded.number == 21
    film.close()


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", [k / 25 for k in range(20)]).read_bytes()
    files = {
        "half.mp4": (whole[: len(whole) // 2], r"no index \(moov\)"),
        "empty.mp4": (b"", r"is empty \(0 bytes\)"),
        "other.mp4": (b"hello" * 1000, "not a film that can be opened"),
        "list.mp4": (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nwhole.mp4\n", "not a film"),
        "concat.mp4": (b"ffconcat version 1.0\nfile whole.mp4\n", "not a film"),
    }
    for name, (data, reason) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=reason):
            Film(tmp_path / name)
    with pytest.raises(BadInput, match=r"no file .*gone\.mp4"):
        Film(tmp_path / "gone.mp4")


def test_a_file_with_sound_only_is_said_to_have_no_pictures(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(BadInput, match="no moving pictures"):
        Film(tmp_path / "a.mkv")
    assert not is_film(tmp_path / "a.mkv")


def test_films_are_known_by_content_and_lists_and_pictures_are_none(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [0.0, 0.1])
    film.rename(tmp_path / "without suffix")
    assert is_film(tmp_path / "without suffix")
    opencv().imwrite(str(tmp_path / "a.jpg"), draw_number(3))
    (tmp_path / "list").write_text("#EXTM3U\n#EXTINF:1,\nwithout suffix\n")
    np.save(tmp_path / "a.npy", np.zeros((20, 32, 32, 3), np.uint8))
    for name in ("a.jpg", "list", "a.npy"):
        assert not is_film(tmp_path / name)


def test_a_name_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "a.mp4", [0.0, 0.1]).rename(tmp_path / "http:a.mp4")
    monkeypatch.chdir(tmp_path)
    film = Film(Path("http:a.mp4"))
    assert read_number(film.read(1)) == 1
    film.close()


def test_a_film_that_is_written_anew_meanwhile_is_not_mixed_with_its_old_list(
    tmp_path: Path,
) -> None:
    path = write_film(tmp_path / "a.mp4", variable_times(60))
    other = write_film(tmp_path / "b.mp4", [k / 25 for k in range(30)])
    film = Film(path)
    assert read_number(film.read(40)) == 40
    other.replace(path)
    with pytest.raises(BadInput, match="has changed since it was opened"):
        film.read(0)
    with pytest.raises(BadInput, match="has changed since it was opened"):
        film.read(0)
    path.unlink()
    with pytest.raises(BadInput, match="no file"):
        film.read(0)
    film.close()


def test_a_title_in_an_old_encoding_keeps_no_film_from_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Biene-Maja"
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "bgr0"
        stream.metadata["title"] = "Biene-Maja"
        frame = av.VideoFrame.from_ndarray(draw_number(5), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = path.read_bytes()
    assert data.count(b"Biene-Maja") == 2
    path.write_bytes(data.replace(b"Biene-Maja", "Käse-Möhre".encode("latin-1")))
    film = Film(path)
    assert read_number(film.read(0)) == 5
    film.close()


def test_frames_that_were_read_are_freed_at_once(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [k / 25 for k in range(60)], rotation=90)
    film = Film(path)
    gc.collect()
    gc.disable()
    try:
        others = count_frames()
        for number in range(60):
            film.read(number)
        left = count_frames() - others
    finally:
        gc.enable()
    assert left < 10
    film.close()


def count_frames() -> int:
    return sum(type(thing) is av.VideoFrame for thing in gc.get_objects())


@pytest.mark.parametrize(
    ("aspect", "rotation", "shape"),
    [
        (Fraction(16, 11), 0, (96, 233)),
        (Fraction(4, 5), 0, (120, 160)),
        (Fraction(2), 90, (320, 96)),
        (Fraction(100, 1), 0, (96, 160)),
    ],
)
def test_pixels_that_are_not_square_are_stretched(
    tmp_path: Path, aspect: Fraction, rotation: int, shape: tuple[int, int]
) -> None:
    path = write_film(tmp_path / "a.mp4", [0.0, 0.1], aspect=aspect, rotation=rotation)
    film = Film(path)
    pixels = film.read(1)
    assert pixels.shape == (*shape, 3)
    stretched = shape != (96, 160)
    assert bool(film.describe_shape()) == stretched
    upright = np.rot90(pixels, -rotation // 90)
    height, width = upright.shape[:2]
    columns = np.arange(160) * width // 160
    rows = np.arange(96) * height // 96
    assert read_number(upright[rows][:, columns]) == 1
    film.close()
