import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources import worker as worker_file
from dnnvis.sources.camera import Camera
from dnnvis.sources.demo import Demo
from dnnvis.sources.feeder import Feeder
from dnnvis.sources.pictures import ImageFiles
from dnnvis.sources.video import Video
from helpers.numbered_films import read_number, variable_times, write_film


class Counting:
    """Frame k says k; it ends after ``length`` frames and breaks at frame ``broken``."""

    live = False

    def __init__(self, name="counting", rate=100.0, length=10**6, broken=-1) -> None:
        self.name, self.rate, self.length, self.broken = name, rate, length, broken
        self.at, self.threads, self.closed = 0, set(), threading.Event()

    def __enter__(self) -> Self:
        self.threads.add(threading.current_thread().name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.threads.add(threading.current_thread().name)
        self.closed.set()

    @property
    def position(self) -> float:
        return max(self.at - 1, 0) / (self.length - 1)

    def read(self) -> Frame | None:
        if self.at == self.broken:
            raise BadInput("It broke.")
        if self.at >= self.length:
            return None
        self.at += 1
        return Frame(np.zeros((1, 1, 3), np.uint8), source=self.name, label=str(self.at - 1))

    def move(self, steps: int) -> None:
        self.at = max(self.at - 1 + steps, 0)

    def seek(self, share: float) -> None:
        self.at = round(share * (self.length - 1))


@pytest.fixture
def seen(ear):
    return ear()


@pytest.fixture
def told(ear):
    return ear()


@pytest.fixture
def feeder(seen, told):
    feeder = Feeder(seen, told)
    yield feeder
    assert feeder.stop()


def labels(frames: list[Frame]) -> list[str | None]:
    return [frame.label for frame in frames]


def test_frames_are_read_on_the_source_thread_numbered_and_stamped(feeder, seen, told) -> None:
    source = Counting()
    start = time.perf_counter()
    feeder.open(lambda: source, 0)
    frames = seen.wait(5)
    feeder.stop()
    assert [frame.number for frame in frames[:5]] == [0, 1, 2, 3, 4]
    assert start < frames[0].born < frames[4].born < time.perf_counter()
    assert source.threads == {"dnnvis-source"}
    assert source.closed.is_set()
    assert told.heard == []


def test_frames_come_no_faster_than_the_source_or_the_cap(feeder, seen) -> None:
    feeder.open(lambda: Counting(rate=100), 0)
    times = [frame.born for frame in seen.wait(31)]
    assert times[30] - times[0] >= 0.25
    feeder.open(lambda: Counting("capped", rate=1000), 50)
    before = len(seen.heard) + 1  # one of the old source may still come
    times = [frame.born for frame in seen.wait(before + 11)[before:]]
    assert times[10] - times[0] >= 0.15
    assert 0 < feeder.rate < 150


def test_another_source_takes_over_and_the_old_one_is_closed_on_its_thread(feeder, seen) -> None:
    first = Counting("first")
    feeder.open(lambda: first, 0)
    seen.wait(2)
    feeder.open(lambda: Counting("second"), 0)
    assert first.closed.wait(5)
    assert first.threads == {"dnnvis-source"}
    frames = seen.wait(len(seen.heard) + 3)
    assert frames[-1].source == "second"
    assert [frame.number for frame in frames] == list(range(len(frames)))


def test_while_paused_nothing_comes_and_one_can_step_and_seek(feeder, seen) -> None:
    feeder.pause(True)
    feeder.open(lambda: Counting(length=101), 0)
    seen.wait(1)  # the first frame of a new source is shown all the same
    assert seen.quiet_for(0.1)
    for count, order in enumerate(
        (feeder.next, feeder.next, feeder.previous, lambda: feeder.step(-1), lambda: feeder.step(5))
    ):
        order()
        seen.wait(count + 2)
    feeder.seek(0.5)
    assert labels(seen.wait(7)) == ["0", "1", "2", "1", "0", "5", "50"]
    assert feeder.position == 0.5
    assert feeder.paused
    feeder.pause(False)
    assert labels(seen.wait(9))[7:9] == ["51", "52"]


def test_many_steps_do_not_delay_what_follows(feeder, seen) -> None:
    feeder.pause(True)
    feeder.open(lambda: Counting(rate=10), 0)
    for _ in range(100):
        feeder.next()
    seen.wait(101)
    start = time.perf_counter()
    feeder.pause(False)
    seen.wait(102)
    assert time.perf_counter() - start < 2


def test_of_many_waiting_seeks_the_last_counts(feeder, seen) -> None:
    gate = threading.Event()

    class Slow(Counting):
        def __enter__(self) -> Self:
            assert gate.wait(10)
            return super().__enter__()

    feeder.pause(True)
    feeder.open(lambda: Slow(length=101), 0)
    for share in (0.1, 0.2, 0.3, 0.9):
        feeder.seek(share)
    gate.set()
    seen.wait(2)
    assert seen.quiet_for(0.05)
    assert labels(seen.heard) == ["0", "90"]


def test_the_end_is_said_once_and_one_may_go_back(feeder, seen, told) -> None:
    feeder.open(lambda: Counting("film", length=3), 0)
    (failure,) = told.wait(1)
    assert failure.kind == "Note"
    assert "film has ended" in failure.sentence
    assert seen.quiet_for(0.05)
    assert labels(seen.heard) == ["0", "1", "2"]
    feeder.seek(0.0)
    assert len(told.wait(2)) == 2
    assert labels(seen.heard)[3:] == ["0", "1", "2"]


def test_a_break_is_a_failure_and_the_thread_lives_on(feeder, seen, told) -> None:
    feeder.open(lambda: Counting("film", broken=3), 0)
    (failure,) = told.wait(1)
    assert (failure.sentence, failure.kind, failure.about) == ("It broke.", "BadInput", "film")
    for paused in (True, False, False):
        feeder.pause(paused)
    assert told.quiet_for(0.1), "it is said once, however often one unpauses"
    feeder.seek(0.0)
    told.wait(2)
    assert labels(seen.heard) == ["0", "1", "2"] * 2
    feeder.open(lambda: Counting("other"), 0)
    assert seen.wait(8)[-1].source == "other"


def test_a_source_that_cannot_be_made_is_a_failure(feeder, seen, told, tmp_path: Path) -> None:
    def broken() -> Counting:
        raise RuntimeError("a bug")

    feeder.open(broken, 0)
    assert told.wait(1)[0].sentence == "RuntimeError: a bug"
    feeder.open(lambda: Video(tmp_path / "none.avi"), 0)
    assert "There is no file" in told.wait(2)[1].sentence
    for order in (feeder.next, lambda: feeder.seek(0.5), lambda: feeder.pause(False)):
        order()
    feeder.open(Counting, 0)
    seen.wait(2)
    assert len(told.heard) == 2


def test_orders_without_a_source_are_harmless(feeder) -> None:
    feeder.pause(True)
    feeder.next()
    feeder.seek(0.5)
    assert feeder.stop()
    assert feeder.rate == 0
    assert feeder.position is None


def test_a_still_picture_is_sent_once_and_a_folder_goes_on_when_asked(
    feeder, seen, told, tmp_path: Path
) -> None:
    for k in range(3):
        Image.new("RGB", (2, 2), (k, k, k)).save(tmp_path / f"{k}.png")
    feeder.open(lambda: ImageFiles(tmp_path / "0.png"), 30)
    seen.wait(1)
    assert seen.quiet_for(0.15)
    feeder.open(lambda: ImageFiles(tmp_path, problem=feeder.note), 30)
    seen.wait(2)
    assert seen.quiet_for(0.15)
    (tmp_path / "1.png").write_bytes(b"")
    feeder.next()
    seen.wait(3)
    feeder.next()
    assert [int(f.pixels[0, 0, 0]) for f in seen.wait(4)] == [0, 0, 2, 0]
    assert [(f.kind, "1.png is empty" in f.sentence) for f in told.heard] == [("Note", True)]


def test_a_film_plays_with_its_own_numbers_and_a_broken_one_says_so_and_loops(
    feeder, seen, told, film: Path, half_film: Path
) -> None:
    feeder.open(lambda: Video(film), 0)
    assert [frame.number for frame in seen.wait(3)][:3] == [0, 1, 2]
    feeder.seek(0.5)
    seen.wait(len(seen.heard) + 3)
    assert all(frame.number == round(frame.pixels.mean() / 4) for frame in seen.heard)
    assert max(frame.number for frame in seen.heard) >= 30
    feeder.open(lambda: Video(half_film, on_problem=feeder.note), 0)
    (note,) = told.wait(1)
    assert (note.kind, "breaks off after" in note.sentence) == ("Note", True)
    count = len(seen.heard)
    seen.wait(count + 2)
    feeder.seek(1.0)
    numbers = [frame.number for frame in seen.wait(len(seen.heard) + 4)][count:]
    assert 0 in numbers[2:], "after its last good frame it begins again"
    assert len(told.heard) == 1


def test_the_demo_plays(feeder, seen, told) -> None:
    feeder.open(Demo, 30)
    assert seen.wait(3)[2].label == "cat"
    assert told.heard == []


def test_a_feeder_can_be_opened_again_after_it_was_stopped(feeder, seen) -> None:
    feeder.open(Counting, 0)
    seen.wait(2)
    assert feeder.stop()
    count = len(seen.heard)
    assert seen.quiet_for(0.05)
    feeder.open(Counting, 0)
    assert seen.wait(count + 1)[count].number == count


def test_a_camera_is_unplugged_and_plugged_in_again(
    feeder, seen, told, socket, monkeypatch
) -> None:
    monkeypatch.setattr(worker_file, "RETRY_SECONDS", 0.02)
    feeder.open(lambda: Camera(0), 0)
    seen.wait(3)
    socket.plugged = False
    (lost,) = told.wait(1)
    assert "Camera 0 sends no picture" in lost.sentence
    assert lost.kind == "BadInput"
    socket.opened.clear()
    assert socket.opened.wait(5), "it is tried again"
    assert len(told.heard) == 1
    assert socket.open_now == 0
    count = len(seen.heard)
    socket.plugged = True
    seen.wait(count + 3)
    assert [f.sentence for f in told.heard[1:]] == ["Camera 0 sends pictures now."]


def test_a_camera_that_is_missing_at_first_is_shown_once_it_is_there(
    feeder, seen, told, socket, monkeypatch
) -> None:
    monkeypatch.setattr(worker_file, "RETRY_SECONDS", 0.02)
    socket.plugged = False
    feeder.open(lambda: Camera(0), 0)
    assert "no camera 0" in told.wait(1)[0].sentence
    socket.plugged = True
    seen.wait(2)
    assert len(told.heard) == 2


def test_another_source_ends_the_waiting_for_a_lost_camera(
    feeder, seen, told, socket, monkeypatch
) -> None:
    monkeypatch.setattr(worker_file, "RETRY_SECONDS", 3600.0)
    socket.plugged = False
    feeder.open(lambda: Camera(0), 0)
    told.wait(1)
    feeder.open(Counting, 0)
    seen.wait(1)


def test_a_paused_camera_is_drained_and_fresh_afterwards(feeder, seen, socket) -> None:
    feeder.open(lambda: Camera(0), 0)
    seen.wait(2)
    feeder.pause(True)
    count = len(seen.heard) + 1
    assert socket.drained.wait(10), "20 frames were thrown away"
    assert len(seen.heard) <= count
    count = len(seen.heard)
    feeder.next()  # a fresh one, though paused
    assert len(seen.wait(count + 1)) == count + 1
    feeder.pause(False)
    fresh = seen.wait(count + 2)[count + 1]
    assert int(fresh.pixels[0, 0, 0]) >= 20


def test_a_capped_camera_is_read_at_its_own_pace_and_shown_at_the_cap(feeder, seen, socket) -> None:
    feeder.open(lambda: Camera(0), 40)
    times = [frame.born for frame in seen.wait(21)]
    assert times[20] - times[0] > 0.4
    assert socket.skipped > 10


class Hanging(Counting):
    def __init__(self, gate: threading.Event) -> None:
        super().__init__("hanging")
        self.gate, self.inside = gate, threading.Event()

    def __enter__(self) -> Self:
        self.inside.set()
        self.gate.wait(30)
        return super().__enter__()


def test_a_source_that_hangs_on_opening_is_left_behind_and_never_heard_again(seen, told) -> None:
    gate = threading.Event()
    source, feeder = Hanging(gate), Feeder(seen, told)
    feeder.open(lambda: source, 0)
    assert source.inside.wait(5)
    assert feeder.stop(timeout=0.05) is False
    gate.set()
    assert source.closed.wait(5), "it is closed when it comes back"
    assert seen.heard == []
    assert told.heard == []


def test_a_new_source_does_not_wait_for_one_that_hangs(feeder, seen, monkeypatch) -> None:
    monkeypatch.setattr(worker_file, "RELEASE_SECONDS", 0.0)
    gate = threading.Event()
    source = Hanging(gate)
    feeder.open(lambda: source, 0)
    assert source.inside.wait(5)
    feeder.open(Counting, 0)
    assert seen.wait(3)[2].source == "counting"
    gate.set()
    assert source.closed.wait(5)
    assert {frame.source for frame in seen.heard} == {"counting"}


def test_what_takes_long_to_open_is_reported_once_and_can_be_left(
    feeder, seen, told, monkeypatch
) -> None:
    monkeypatch.setattr(worker_file, "OPENING_SECONDS", 0.0)
    monkeypatch.setattr(worker_file, "RELEASE_SECONDS", 0.2)
    gate = threading.Event()
    source = Hanging(gate)
    feeder.open(lambda: source, 0)
    (note,) = told.wait(1)
    assert note.kind == "Note"
    assert note.sentence.startswith("Opening hanging ...")
    monkeypatch.setattr(worker_file, "OPENING_SECONDS", 60.0)
    for _ in range(5):  # the last of several choices counts
        feeder.open(lambda: Counting("not this"), 0)
    feeder.open(lambda: Counting("this"), 0)
    while seen.wait(1)[-1].source != "this":
        seen.wait(len(seen.heard) + 1)
    gate.set()
    assert source.closed.wait(5)
    assert "hanging" not in {frame.source for frame in seen.heard}
    assert len(told.heard) == 1


def test_a_source_that_is_left_is_closed_before_the_next_one_opens(feeder, seen, socket) -> None:
    feeder.open(lambda: Camera(0), 0)
    seen.wait(1)
    feeder.open(lambda: Camera(0, width=320), 0)
    seen.wait(len(seen.heard) + 5)
    assert socket.most_open == 1


@pytest.mark.slow
def test_a_film_of_a_minute_keeps_its_time_on_the_real_clock(
    feeder, seen, told, tmp_path: Path
) -> None:
    times = [time for time in variable_times(2000, seed=3) if time <= 60]
    path = write_film(tmp_path / "minute.mp4", times, preset="ultrafast")
    feeder.open(lambda: Video(path, loop=False), 0)
    count = 1
    while "has ended" not in told.wait(count, 90)[-1].sentence:
        count += 1  # that it takes long to open
    frames = list(seen.heard)
    assert [frame.number for frame in frames] == [read_number(frame.pixels) for frame in frames]
    start = frames[0].born - times[frames[0].number]
    errors = np.array([frame.born - start - times[frame.number] for frame in frames])
    shortest = min(np.diff(times))
    assert np.median(np.abs(errors)) <= shortest  # other work may hold up single frames
    assert np.median(np.abs(errors[-20:])) <= shortest, "it is not late in the end"
