"""Edits of a board on the source thread: done at once, told where they cannot be."""

import threading
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Fill, Paint, Setup
from dnnvis.sources import worker
from dnnvis.sources.feeder import Feeder
from dnnvis.sources.life.rle import read_rle
from dnnvis.sources.life.source import Life

BLINKER = ((2, 1), (2, 2), (2, 3))


def cells(frame: Frame) -> np.ndarray:
    assert frame.pixels.dtype == np.uint8
    assert set(np.unique(frame.pixels)) <= {0, 255}
    return frame.pixels[:, :, 0] // 255


def empty(size: tuple[int, int] = (5, 5), **more: object) -> Life:
    return Life(size, start="empty", **more)


class Seen:
    """Frames as they are handed on; ``wait`` for one that fits."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.threads: set[str] = set()
        self.changed = threading.Condition()

    def __call__(self, frame: Frame) -> None:
        with self.changed:
            self.frames.append(frame)
            self.threads.add(threading.current_thread().name)
            self.changed.notify_all()

    def wait(self, fits: object) -> Frame:
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(fits, self.frames)), 10)
            return next(filter(fits, self.frames))


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def told(ear):
    return ear()


@pytest.fixture
def feeder(seen: Seen, told):
    feeder = Feeder(seen, told)
    yield feeder
    assert feeder.stop()


def alive(count: int):
    return lambda frame: int(cells(frame).sum()) == count


def test_an_edit_is_handed_on_at_once_also_while_paused(feeder, seen, told) -> None:
    feeder.pause(True)
    feeder.open(lambda: empty(rate=0.001), 0)
    seen.wait(alive(0))
    feeder.edit(Paint(BLINKER))
    frame = seen.wait(alive(3))
    assert frame.number == 1
    assert frame.label.startswith("generation 0,")
    feeder.edit(Paint(((2, 1),), alive=False))
    seen.wait(alive(2))
    feeder.step(-1)
    feeder.step(-1)
    feeder.edit(Fill("block"))
    seen.wait(alive(4))
    assert [int(cells(f).sum()) for f in seen.frames] == [0, 3, 2, 3, 0, 4]
    assert seen.threads == {"dnnvis-source"}
    assert told.heard == []
    assert feeder.paused


def test_an_edit_is_handed_on_at_once_while_a_slow_board_runs(feeder, seen) -> None:
    feeder.open(lambda: empty(rate=0.001), 0)  # the next step is due in a quarter of an hour
    feeder.edit(Paint(BLINKER))
    seen.wait(alive(3))


def test_another_speed_counts_from_the_next_frame_on(feeder, seen) -> None:
    feeder.open(lambda: Life((9, 9), start="blinker", rate=0.001), 0)
    feeder.edit(Setup(rate=500))
    seen.wait(lambda frame: frame.label.startswith("generation 9,"))


def test_the_cap_is_the_most_that_a_board_runs(feeder, seen) -> None:
    feeder.open(lambda: Life((9, 9), rate=1000), 40)
    frames = [seen.wait(lambda f, k=k: f.label.startswith(f"generation {k},")) for k in (1, 11)]
    assert frames[1].born - frames[0].born >= 0.2


def test_an_edit_that_cannot_be_done_is_told_and_the_board_goes_on(feeder, seen, told) -> None:
    feeder.open(lambda: Life((9, 9), start="blinker", rate=200), 0)
    feeder.edit(Fill("gosper-gun"))
    (failure,) = told.wait(1)
    assert "needs a board of at least 9 x 36" in failure.sentence
    assert failure.about == "board"
    count = len(seen.frames)
    seen.wait(lambda frame: frame.number > count + 3)
    assert read_rle(feeder.saved_state()).cells.sum() == 3


def test_sources_that_cannot_be_edited_and_none_at_all_stay_as_they_are(
    feeder, seen, told, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.sources.video import Video

    monkeypatch.setattr(worker, "OPENING_SECONDS", 60.0)  # a busy machine says nothing of it
    feeder.edit(Fill("empty"))
    assert feeder.saved_state() == ""
    feeder.pause(True)
    feeder.open(lambda: Video(film), 0)
    feeder.edit(Fill("empty"))
    feeder.step(1)
    seen.wait(lambda frame: frame.number == 1)
    assert len(seen.frames) == 2
    assert told.heard == []
    assert feeder.saved_state() == ""


def test_many_strokes_from_several_threads_all_arrive(feeder, seen) -> None:
    feeder.pause(True)
    feeder.open(lambda: empty((8, 8)), 0)

    def paint(row: int) -> None:
        for column in range(8):
            feeder.edit(Paint(((row, column),), new_stroke=False))

    threads = [threading.Thread(target=paint, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.wait(alive(64))
