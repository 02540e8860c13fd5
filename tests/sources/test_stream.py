import math
import time
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources import worker as worker_file
from dnnvis.sources.feeder import Feeder
from dnnvis.sources.source import Skippable
from dnnvis.sources.stream import Stream
from helpers.numbered_films import read_number, write_film
from helpers.picture_server import serve_pictures


def test_a_camera_at_an_address_gives_its_pictures_in_order() -> None:
    with serve_pictures() as server, Stream(server.address(user="me:secret@")) as source:
        assert isinstance(source, Skippable)
        assert source.live
        assert source.rate == math.inf
        frames = [source.read() for _ in range(10)]
        source.skip()
        frames.append(source.read())
        numbers = [read_number(frame.pixels) for frame in frames if frame is not None]
        assert numbers == [*range(10), 11]
        assert frames[0] is not None
        assert frames[0].source == server.address()
        assert "secret" not in source.name


def test_a_connection_that_ends_is_a_sentence() -> None:
    with serve_pictures(3) as server, Stream(server.address()) as source:
        with pytest.raises(BadInput, match="sends no more pictures"):
            for _ in range(10):
                source.read()
        with pytest.raises(BadInput, match="sends no more pictures"):
            source.skip()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/401", "name and a password"),
        ("/404", "nothing to show there"),
        ("/page", "sends no moving pictures"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(path: str, reason: str) -> None:
    with serve_pictures() as server:
        source = Stream(server.address(path, user="me:secret@"))
        with pytest.raises(BadInput, match=reason) as caught, source:
            pass
    assert "secret" not in str(caught.value)
    assert "HTTP " not in str(caught.value)
    assert not source.live, "it is not tried again"


def test_nobody_there_or_nothing_said_is_a_timeout() -> None:
    with serve_pictures() as server:
        gone = server.address()
        with (
            pytest.raises(BadInput, match="does not answer"),
            Stream(server.address("/silent"), timeout=0.2),
        ):
            pass
    with pytest.raises(BadInput, match="does not answer"), Stream(gone):
        pass


def test_a_camera_that_stops_in_the_middle_is_a_timeout() -> None:
    with (
        serve_pictures(12) as server,
        Stream(server.address("/halting"), timeout=0.5) as source,
        pytest.raises(BadInput, match="sends no more pictures"),
    ):
        for _ in range(20):
            source.read()


def test_a_lost_connection_is_reported_once_and_taken_up_again(
    ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_file, "RETRY_SECONDS", 0.01)
    seen, told = ear(), ear()
    feeder = Feeder(seen, told)
    with serve_pictures(5) as server:
        feeder.open(lambda: Stream(server.address()), 0)
        numbers = [read_number(frame.pixels) for frame in seen.wait(12)]
        assert feeder.stop()
        assert server.requests >= 3
    assert numbers[:12] == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert "sends no more pictures" in told.heard[0].sentence
    assert told.heard[1].sentence.endswith("sends pictures now.")


def test_another_source_is_not_held_up_by_an_address_that_is_silent(
    ear, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.sources.video import Video

    monkeypatch.setattr(worker_file, "RELEASE_SECONDS", 0.05)
    seen = ear()
    feeder = Feeder(seen, ear())
    with serve_pictures() as server:
        start = time.perf_counter()
        feeder.open(lambda: Stream(server.address("/silent"), timeout=20), 0)
        feeder.open(lambda: Video(film), 0)
        assert seen.wait(1)[0].source == film.name
        assert time.perf_counter() - start < 10
        assert feeder.stop()


def test_a_film_at_an_address_plays_once_and_ends(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", [k / 25 for k in range(30)])
    with serve_pictures() as server:
        server.film = film.read_bytes()
        with Stream(server.address("/film.mkv")) as source:
            assert not source.live
            frames = list(iter(source.read, None))
    assert [read_number(frame.pixels) for frame in frames] == list(range(30))
