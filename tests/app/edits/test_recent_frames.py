"""The frames that a sweep over what just ran takes."""

from pathlib import Path

import numpy as np

from dnnvis.app.edits.recent_frames import MAX_BYTES, MAX_FRAMES, RecentFrames
from dnnvis.core.frame import Frame
from dnnvis.sources.datasets import open_data


def frame(number: int, born: float, shape: tuple[int, int, int] = (4, 5, 3)) -> Frame:
    return Frame(np.full(shape, number, np.uint8), number, "test", born=born)


def test_two_a_second_the_latest_ones_written_as_a_data_set(tmp_path: Path) -> None:
    frames = RecentFrames()
    for number in range(100):
        frames.add(frame(number, number * 0.25))
    assert len(frames) == MAX_FRAMES
    frames.write(tmp_path / "frames.npz")
    data = open_data(tmp_path / "frames.npz")
    assert len(data) == MAX_FRAMES
    values = [int(data.read(k)[0].max()) for k in range(MAX_FRAMES)]
    assert values == list(range(98 - 2 * (MAX_FRAMES - 1), 99, 2))
    data.close()


def test_another_shape_starts_over_and_memory_is_bounded() -> None:
    frames = RecentFrames()
    frames.add(frame(1, 0.0))
    frames.add(frame(2, 0.1, (1024, 2048, 3)))
    assert len(frames) == 1
    for number in range(20):
        frames.add(frame(number, 10.0 + number, (1024, 2048, 3)))
    assert len(frames) == MAX_BYTES // (1024 * 2048 * 3)
