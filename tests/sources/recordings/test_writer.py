"""Writing recordings: kills, budgets, full disks, slow disks."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo, RecordingStatus
from dnnvis.sources.recordings.reader import FrameRecording
from dnnvis.sources.recordings.writer import (
    END_BYTES,
    QUEUE_FRAMES,
    RecordingOptions,
    RecordingWriter,
)
from helpers.recordings import FullDisk, live_of, offer_slowly


def test_all_that_was_offered_is_read_back_bit_for_bit(tmp_path):
    path = tmp_path / "a.dnnrec"
    lives = [live_of(number) for number in range(40)]
    info = NetworkInfo("net", (), ("cat", "dog"), (32, 32), 3)
    writer = RecordingWriter(path, RecordingOptions(source="a camera"))
    offer_slowly(writer, [replace(live, fingerprint="ab") for live in lives], info)
    status = writer.stop()
    assert not status.failed
    assert status.size == path.stat().st_size
    with FrameRecording(path) as recording:
        assert recording.is_whole
        assert recording.notes == () or status.dropped
        assert recording.header.source == "a camera"
        network = recording.networks[0]
        assert (network.name, network.fingerprint, network.labels) == ("net", "ab", ("cat", "dog"))
        read = list(recording.frames())
        for live, each in zip(lives, read, strict=True):
            assert np.array_equal(live.frame.pixels, each.frame.pixels)
            assert np.array_equal(live.output, each.output)
            assert (each.frame.number, each.frame.label) == (live.frame.number, "cat")
            assert each.seconds == pytest.approx(live.frame.number / 20)


def test_layers_are_recorded_as_float16_where_they_are_requested(tmp_path):
    live = live_of(1)
    writer = RecordingWriter(tmp_path / "a.dnnrec", RecordingOptions(maps=True))
    writer.offer(live)
    writer.stop()
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        values = recording.read(0).maps["conv1"]
    assert np.array_equal(values, live.maps["conv1"].astype(np.float16).astype(np.float32))


def test_the_same_frame_is_recorded_once(tmp_path):
    live = live_of(1)
    writer = RecordingWriter(tmp_path / "a.dnnrec")
    for _ in range(3):
        writer.offer(replace(live))
    assert writer.stop().frames == 1


def test_a_frame_that_is_looked_at_again_is_not_recorded_again(tmp_path):
    lives = [live_of(number) for number in range(4)]
    writer = RecordingWriter(tmp_path / "a.dnnrec")
    offer_slowly(writer, lives[:3])
    for live in (lives[0], lives[1]):
        writer.offer(replace(live))
    offer_slowly(writer, lives[3:])
    status = writer.stop()
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        times = [recording.seconds_at(number) for number in range(len(recording))]
    assert times == pytest.approx([0.0, 0.05, 0.1, 0.15])
    assert status.seconds == pytest.approx(0.15)


def test_another_network_on_the_way_is_another_in_the_file(tmp_path):
    writer = RecordingWriter(tmp_path / "a.dnnrec")
    offer_slowly(writer, [live_of(1), live_of(2, network="other"), live_of(3)])
    writer.stop()
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        names = [recording.network_of(each).name for each in recording.frames()]
    assert names == ["net", "other", "net"]


@pytest.mark.parametrize("max_mb", [1, 2, 5])
def test_the_budget_is_never_passed_and_used_up_to_a_frame(tmp_path, max_mb):
    path = tmp_path / "a.dnnrec"
    writer = RecordingWriter(path, RecordingOptions(max_bytes=max_mb << 20))
    number = 0
    while not writer.status.ended:
        writer.offer(live_of(number, 64))
        number += 1
        time.sleep(0.0005)
    status = writer.stop()
    size = path.stat().st_size
    frame_bytes = 64 * 64 * 3 + 1000
    assert (max_mb << 20) - frame_bytes - END_BYTES <= size <= max_mb << 20
    assert "budget" in status.ended
    assert status.failed
    with FrameRecording(path) as recording:
        assert len(recording) == status.frames
        assert recording.is_whole


def test_a_budget_too_small_is_refused(tmp_path):
    with pytest.raises(BadInput, match="budget"):
        RecordingWriter(tmp_path / "a.dnnrec", RecordingOptions(max_bytes=1000))


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "a.dnnrec").write_bytes(b"mine")
    with pytest.raises(BadInput, match="already"):
        RecordingWriter(tmp_path / "a.dnnrec")
    assert (tmp_path / "a.dnnrec").read_bytes() == b"mine"


def test_a_full_disk_ends_the_recording_and_keeps_what_was_written(tmp_path):
    path = tmp_path / "a.dnnrec"
    statuses: list[RecordingStatus] = []
    writer = RecordingWriter(path, None, statuses.append, FullDisk)
    number = 0
    while not writer.status.ended:
        writer.offer(live_of(number))
        number += 1
        time.sleep(0.001)
    status = writer.stop()
    assert status.ended.startswith("The disk is full")
    assert str(path) in status.ended
    assert statuses[-1] == status
    with FrameRecording(path) as recording:
        assert len(recording) == status.frames > 20
        assert "cut short" in recording.notes[0]
        assert all(each.frame.pixels.shape == (32, 32, 3) for each in recording.frames())


def test_a_slow_disk_has_frames_left_out_and_says_how_many(tmp_path):
    may_write = threading.Event()
    may_write.set()

    class SlowDisk(FullDisk):
        def write(self, data: memoryview) -> int:
            may_write.wait(10)
            return self._file.write(data)

    writer = RecordingWriter(tmp_path / "a.dnnrec", None, open_file=SlowDisk)
    may_write.clear()
    for number in range(QUEUE_FRAMES + 10):
        writer.offer(live_of(number))
    dropped = writer.status.dropped
    may_write.set()
    status = writer.stop()
    assert 9 <= dropped <= 10  # one may have been taken out of the queue
    assert status.frames + dropped == QUEUE_FRAMES + 10
    assert "left out" in status.ended
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        assert f"{dropped} frames were left out" in recording.notes[0]


WRITE_UNTIL_KILLED = """
import sys, time
import numpy as np
from pathlib import Path
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.sources.recordings.writer import RecordingWriter
writer = RecordingWriter(Path(sys.argv[1]))
rng = np.random.default_rng(0)
start, number = time.perf_counter(), 0
while True:
    pixels = rng.integers(0, 256, (240, 320, 3), dtype=np.uint8)
    output = np.full(10, number, np.float32)
    writer.offer(Live(Frame(pixels, number), "net", pixels, {}, output, 0.0))
    print(f"{time.perf_counter() - start:.4f}", flush=True)
    number += 1
    time.sleep(0.01)
"""
KILLS = 20


@pytest.mark.slow
def test_twenty_kills_leave_all_but_the_last_second(tmp_path):
    delays = np.random.default_rng(18).uniform(0.3, 1.5, KILLS)
    for kill, delay in enumerate(delays):
        path = tmp_path / f"{kill}.dnnrec"
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()  # it writes
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        offered = process.communicate()[0].split()
        with FrameRecording(path) as recording:
            read = list(recording.frames())
            assert len(read) == len(recording)
            assert "cut short" in recording.notes[0]
        last = float(offered[-1]) if offered else 0.0
        assert read[-1].seconds >= last - 1.0
        assert [each.frame.number for each in read] == sorted({e.frame.number for e in read})
        assert all(np.all(each.output == each.frame.number) for each in read)
