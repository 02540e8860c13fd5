"""A recording as a source: its frames at their pace."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.session.state import SourceChoice
from dnnvis.sources.catalog import source_for
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.recordings import chunks
from dnnvis.sources.recordings.source import DEFAULT_SECONDS, MAX_SECONDS, RecordedFrames
from dnnvis.sources.source import Movable, Source, Timed
from helpers.recordings import live_of, record

BORN = (5.0, 5.1, 5.4, 45.0)


@pytest.fixture
def path(tmp_path):
    lives = [live_of(number, 16) for number in range(len(BORN))]
    lives = [
        replace(live, frame=replace(live.frame, born=born))
        for live, born in zip(lives, BORN, strict=True)
    ]
    record(tmp_path / "a.dnnrec", lives)
    return tmp_path / "a.dnnrec"


def test_frames_come_back_in_order_and_with_their_pixels(path):
    with RecordedFrames(path, loop=False) as source:
        assert isinstance(source, Timed)
        assert isinstance(source, Movable)
        frames = list(iter(source.read, None))
        assert source.position == 1.0
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    for number, frame in enumerate(frames):
        assert np.array_equal(frame.pixels, live_of(number, 16).frame.pixels)
        assert (frame.source, frame.label) == ("camera 0", "cat")


def test_each_frame_is_shown_for_as_long_as_then_and_a_pause_is_shortened(path):
    seconds = []
    with RecordedFrames(path) as source:
        for _ in BORN:
            seconds.append(source.next_seconds)
            source.read()
        assert source.next_seconds == pytest.approx(0.1)  # the first one again
    assert seconds == pytest.approx([0.1, 0.3, MAX_SECONDS, DEFAULT_SECONDS])


def test_one_can_move_seek_and_skip(path):
    with RecordedFrames(path) as source:
        source.seek(1.0)
        assert source.read().index == 3
        source.move(-2)
        assert source.read().index == 1
        source.skip()
        assert source.read().index == 3
        assert source.read().index == 0  # it begins again


def test_a_damaged_frame_is_left_out_and_reported_once(path):
    data = bytearray(path.read_bytes())
    second = data.find(chunks.FRAME, data.find(chunks.FRAME) + 10)
    data[second + 900] ^= 1
    path.write_bytes(data)
    problems = []
    with RecordedFrames(path, on_problem=problems.append) as source:
        assert [source.read().index for _ in range(6)] == [0, 2, 3, 0, 2, 3]
    assert len(problems) == 1
    assert "frame 1" in problems[0]


def test_a_file_that_is_none_is_refused_when_it_is_opened(tmp_path):
    (tmp_path / "b.dnnrec").write_bytes(b"GIF89a")
    with pytest.raises(BadInput, match="no recording"), RecordedFrames(tmp_path / "b.dnnrec"):
        pass


def test_one_of_another_machine_needs_none_of_its_paths(tmp_path):
    network = r"D:\nets\own.py:net"
    lives = [live_of(number, 16, network) for number in range(3)]
    there = [
        replace(live, frame=replace(live.frame, source=r"C:\films\cat.avi", label=""))
        for live in lives
    ]
    record(tmp_path / "there.dnnrec", there)
    problems = []
    with RecordedFrames(
        tmp_path / "there.dnnrec", on_problem=problems.append, loop=False
    ) as source:
        frames = list(iter(source.read, None))
    assert problems == []
    assert [frame.source for frame in frames] == [r"C:\films\cat.avi"] * 3
    for frame, live in zip(frames, there, strict=True):
        assert np.array_equal(frame.pixels, live.frame.pixels)


def test_a_text_that_names_one_opens_it_whatever_its_suffix(path):
    other = path.rename(path.with_suffix(".bin"))
    fields = choice_from_text(str(other))
    assert fields["kind"] == "recording"
    source: Source = source_for(SourceChoice(**fields))
    with source:
        assert source.read().index == 0
