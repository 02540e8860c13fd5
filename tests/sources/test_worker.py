"""The thread that plays a film, on a clock of wood: no second of these is waited for."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Failure
from dnnvis.sources import worker as worker_file
from dnnvis.sources.video import Video
from dnnvis.sources.worker import Opening, SourceThread
from helpers.numbered_films import read_number, variable_times, write_film


class WoodenClock:
    """A condition whose ``wait`` moves the time on, a little too far as real ones do."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lateness = np.random.default_rng(2).uniform(0, 0.004, 10_000)
        self.waits = 0

    def perf_counter(self) -> float:
        return self.now

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def notify(self) -> None:
        pass

    def wait(self, seconds: float | None) -> None:
        assert seconds is not None, "nothing would ever come"
        self.now += seconds + self.lateness[self.waits]
        self.waits += 1


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A film of 60 seconds and of variable rate."""
    times = [time for time in variable_times(2000, seed=3) if time <= 60]
    path = tmp_path_factory.mktemp("films") / "minute.mp4"
    return write_film(path, times, preset="ultrafast"), times


def play(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    until: float,
    cap: float = 0,
    on_frame: Callable[[WoodenClock, Frame], None] = lambda clock, frame: None,
) -> list[tuple[float, int, int]]:
    """Return (seconds since the first frame, number of the film, number painted) of each."""
    clock = WoodenClock()
    monkeypatch.setattr(worker_file, "time", SimpleNamespace(perf_counter=clock.perf_counter))
    frames: list[tuple[float, int, int]] = []
    failures: list[Failure] = []

    def receive(frame: Frame) -> None:
        assert frame.index is not None
        frames.append((clock.now, frame.index, read_number(frame.pixels)))
        on_frame(clock, frame)
        if clock.now - frames[0][0] > until:
            thread.quit()

    thread = SourceThread(Opening(lambda: Video(path), cap, False), receive, failures.append)
    thread._changed = clock  # type: ignore[assignment]
    thread.run()  # on this thread, which is all there is
    assert failures == []
    start = frames[0][0]
    return [(now - start, number, painted) for now, number, painted in frames]


def test_each_frame_of_a_minute_comes_at_its_time_under_its_number(
    minute: tuple[Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, times = minute
    frames = play(path, monkeypatch, until=times[-1] - 0.01)
    assert [number for _, number, _ in frames] == [painted for _, _, painted in frames]
    assert [number for _, number, _ in frames] == [*range(len(times))], "none is dropped"
    errors = [now - times[number] for now, number, _ in frames]
    assert max(np.abs(errors)) < 0.006, "within the clock's own lateness"


def test_a_second_round_begins_when_the_last_frame_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [0.0, 0.1, 0.15, 0.4]
    path = write_film(tmp_path / "a.mkv", times, time_base=Fraction(1, 1000))
    frames = play(path, monkeypatch, until=5)
    first_again = next(now for now, number, _ in frames[1:] if number == 0)
    rounds = [now for now, number, _ in frames if number == 0]
    assert np.allclose(np.diff(rounds), first_again, atol=0.01)
    assert first_again > times[-1] + 0.02


def test_a_cap_drops_frames_and_does_not_slow_the_film(
    minute: tuple[Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, times = minute
    frames = play(path, monkeypatch, until=20, cap=8)
    errors = [now - times[number] for now, number, _ in frames]
    assert max(np.abs(errors)) < 0.006
    assert 100 < len(frames) <= 8 * 20 * 1.1
    assert all(number == painted for _, number, painted in frames)


def test_after_a_halt_the_film_catches_up_by_dropping_frames(
    minute: tuple[Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, times = minute

    def halt(clock: WoodenClock, frame: Frame) -> None:
        if frame.index == 50:
            clock.now += 0.8

    frames = play(path, monkeypatch, until=10, on_frame=halt)
    errors = np.array([now - times[number] for now, number, _ in frames])
    assert errors.max() > 0.3
    assert np.abs(errors[-20:]).max() < 0.006
    assert len(frames) < frames[-1][1]


def test_after_a_long_halt_it_goes_on_from_where_it_was(
    minute: tuple[Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = minute

    def sleep(clock: WoodenClock, frame: Frame) -> None:
        if frame.index == 50:
            clock.now += 3600

    frames = play(path, monkeypatch, until=3605, on_frame=sleep)
    numbers = [number for _, number, _ in frames]
    after = numbers[numbers.index(50) + 1]
    assert after <= 53
    assert np.max(np.diff(numbers)) <= 3
