from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dnnvis.sources.film import Film
from dnnvis.sources.film_index import FilmIndex, index_film, nearest_keyframes
from dnnvis.sources.pyav import find_pictures, open_film
from helpers.numbered_films import read_number, variable_times, write_film


def index(path: Path) -> FilmIndex:
    with open_film(path, raw=True) as container:
        return index_film(container, find_pictures(container, str(path)))


@pytest.mark.parametrize(
    ("suffix", "codec", "tolerance"),
    [
        (".mp4", "libx264", 1e-4),
        (".mkv", "libx264", 6e-4),
        (".webm", "libvpx-vp9", 6e-4),
        (".mov", "mpeg4", 1e-4),
    ],
)
def test_frames_are_listed_at_the_times_at_which_they_were_written(
    tmp_path: Path, suffix: str, codec: str, tolerance: float
) -> None:
    times = variable_times(150)
    fast = {"deadline": "realtime", "cpu-used": "8"} if suffix == ".webm" else {}
    listed = index(write_film(tmp_path / f"film{suffix}", times, codec=codec, **fast))
    assert np.abs(listed.times - times).max() < tolerance
    assert listed.seconds == pytest.approx(times[-1], abs=0.15)
    assert listed.seconds > times[-1]
    assert sum(listed.duration(k) for k in range(150)) == pytest.approx(listed.seconds)
    assert listed.shortfall == ""
    assert listed.keyframes[0].number == 0


def test_pictures_of_vp8_that_are_never_shown_are_no_frames(tmp_path: Path) -> None:
    times = [k / 25 for k in range(30)]
    path = write_film(tmp_path / "a.webm", times, codec="libvpx", deadline="realtime")
    hidden = {7, 20}
    with av.open(str(path)) as source, av.open(str(tmp_path / "b.webm"), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux() if packet.size):
            data = bytearray(packet)
            data[0] &= 0xEF if number in hidden else 0xFF  # show_frame, RFC 6386, section 9.1
            packet.update(bytes(data))
            packet.stream = stream
            copy.mux(packet)
    film = Film(tmp_path / "b.webm")
    shown = [number for number in range(30) if number not in hidden]
    assert [read_number(film.read(k)) for k in range(len(film))] == shown
    assert read_number(film.read(19)) == 21
    film.close()


def test_a_raw_stream_has_numbers_and_no_stamps(tmp_path: Path) -> None:
    listed = index(write_film(tmp_path / "film.h264", [k / 25 for k in range(50)]))
    assert len(listed) == 50
    assert listed.stamps is None
    assert listed.keyframes == ()
    assert listed.find_number(None, 7) == 7
    assert np.allclose(np.diff(listed.times), 1 / 25)


def test_stamps_that_start_over_are_not_sorted_by(tmp_path: Path) -> None:
    part = write_film(tmp_path / "part.ts", [k / 25 for k in range(100)]).read_bytes()
    (tmp_path / "twice.ts").write_bytes(part + part)
    listed = index(tmp_path / "twice.ts")
    assert len(listed) == 200
    assert listed.stamps is None


def test_a_header_that_promises_more_is_noticed(tmp_path: Path) -> None:
    times = [k / 25 for k in range(100)]
    for suffix, text in ((".mp4", "of the 100 frames"), (".mkv", "of the 4.0 seconds")):
        whole = write_film(tmp_path / f"whole{suffix}", times, movflags="faststart", g="10")
        if suffix == ".mp4":
            whole = faststart(whole)
        data = whole.read_bytes()
        part = tmp_path / f"part{suffix}"
        part.write_bytes(data[: int(len(data) * 0.7)])
        listed = index(part)
        assert 20 < len(listed) < 95
        assert text in listed.shortfall
        assert index(whole).shortfall == ""


def faststart(path: Path) -> Path:
    """Rewrite an MP4 with its index in front."""
    target = path.with_name(f"front-{path.name}")
    with (
        av.open(str(path)) as source,
        av.open(str(target), "w", container_options={"movflags": "faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return target


def test_frames_before_an_edit_are_no_frames(shared: Path) -> None:
    listed = index(shared / "cases/discovery/films/cut.mp4")
    assert len(listed) == 390
    assert listed.shortfall == ""
    assert listed.times[0] == 0


def test_decoding_begins_at_the_keyframe_before_then_at_earlier_ones(tmp_path: Path) -> None:
    times = [k / 25 for k in range(100)]
    listed = index(write_film(tmp_path / "a.mkv", times, g="10", sc_threshold="0"))
    assert [key.number for key in listed.keyframes] == list(range(0, 100, 10))
    assert [key.number for key in nearest_keyframes(listed, 57)] == [50, 40, 30, 10]
    assert next(nearest_keyframes(listed, 50)).number == 50
    for start in range(0, 100, 7):
        for number in range(100):
            between = any(start < key <= number for key in range(0, 100, 10))
            assert listed.has_keyframe(start, number) == between


def test_a_stamp_that_is_listed_gives_its_number_and_another_the_expected_one() -> None:
    stamps = np.array([0, 10, 40, 50])
    listed = FilmIndex(stamps / 10, stamps, (), 6.0)
    assert [listed.find_number(int(stamp), 0) for stamp in stamps] == [0, 1, 2, 3]
    assert listed.find_number(39, 1) == 1
    assert listed.find_number(60, 4) == 4
    assert listed.find_number(None, 3) == 3
    assert Fraction(listed.duration(3)) == 1
