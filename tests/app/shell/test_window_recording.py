"""Scrub back, click; record, kill, replay through another network; film a panel."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog

from dnnvis.app.runtime.open_files import open_path
from dnnvis.app.testing import click
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.session.state import SourceChoice
from dnnvis.sources.recordings.reader import FrameRecording
from dnnvis.sources.recordings.writer import RecordingOptions, RecordingWriter
from dnnvis.sources.video import Video
from helpers.application_window import Stage, pictures, toy
from helpers.recordings import FullDisk


class Camera:
    """A live source that cannot step: each frame is of one gray, brighter than the one before."""

    name, live, rate = "test camera", True, 20.0

    def __enter__(self) -> "Camera":
        self.number = 0
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def read(self) -> Frame:
        self.number += 1
        rng = np.random.default_rng(self.number)
        pixels = rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)
        return Frame(pixels, source=self.name)


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = Stage(qtbot, tmp_path, toy(tmp_path), SourceChoice("pictures", str(pictures(tmp_path))))
    made.runs()
    return made


def watch_camera(stage: Stage) -> None:
    stage.window.backend.feeder.open(Camera, 20.0)
    stage.until(lambda: stage.window.mosaic.live.frame.source == Camera.name)


def test_scrub_back_three_seconds_and_click_a_unit(stage: Stage) -> None:
    watch_camera(stage)
    ring = stage.window.backend.recorder.ring
    stage.until(lambda: ring.status.seconds > 3.5)
    bar = stage.window.source_bar
    bar.past.show_position()
    assert bar.past.slider.isEnabled()
    entries = ring.entries()
    ago = 3.0 / ring.status.seconds
    bar.past.slider.sliderMoved.emit(round(1000 * (1 - ago)))
    stage.until(lambda: stage.window.mosaic.live.frame is stage.window.recording.player.frame)
    shown = stage.window.mosaic.live
    assert stage.state.frozen
    assert 2 < stage.window.recording.player.seconds_ago < 4
    entry = next(each for each in entries if each.frame is shown.frame)
    np.testing.assert_allclose(entry.output, shown.output, rtol=1e-5)  # fused or exact
    assert "s ago" in bar.state_label.text()
    stage.until(lambda: stage.window.mosaic.grid is not None)
    click(stage.window.mosaic.canvas, 2.0, 2.0)
    stage.until(lambda: stage.state.unit is not None)
    stage.bot.wait(300)
    assert stage.window.unit.live.frame is shown.frame  # still the past one
    assert stage.window.mosaic.live.frame is shown.frame


def test_keys_step_in_the_last_seconds_of_a_camera_and_space_comes_back(stage: Stage) -> None:
    watch_camera(stage)
    ring = stage.window.backend.recorder.ring
    stage.until(lambda: len(ring) > 8)
    stage.window.run_action("step_back")
    stage.until(lambda: stage.window.mosaic.live.frame is stage.window.recording.player.frame)
    first = stage.window.mosaic.live.frame
    stage.window.run_action("step_back")
    stage.until(lambda: stage.window.mosaic.live.frame is not first)
    assert stage.window.mosaic.live.frame.number < first.number
    stage.window.run_action("step")
    stage.until(lambda: stage.window.mosaic.live.frame is first)
    stage.window.run_action("play")
    assert stage.window.recording.player.frame is None
    stage.until(lambda: stage.window.mosaic.live.frame.number > first.number)


def test_the_last_seconds_loop_until_the_key_again(stage: Stage) -> None:
    watch_camera(stage)
    stage.until(lambda: len(stage.window.backend.recorder.ring) > 8)
    stage.window.run_action("loop_past")
    player, numbers = stage.window.recording.player, set()

    def note() -> bool:
        numbers.add(stage.window.mosaic.live.frame.number)
        return len(numbers) > 5

    stage.until(note)
    assert player.loops
    assert stage.window.source_bar.past.loop.isChecked()
    stage.window.run_action("loop_past")
    assert not player.loops


def test_the_status_line_says_what_is_kept_and_the_budget_is_a_choice(stage: Stage) -> None:
    watch_camera(stage)
    ring = stage.window.backend.recorder.ring
    stage.until(lambda: "last" in stage.window.status._past.text())
    assert "MB" in stage.window.status._past.text()
    choice = stage.state.recording
    stage.session.update(recording=type(choice)(ring_mb=0))
    assert len(ring) == 0
    stage.until(lambda: stage.window.status._past.text() == "")


def test_record_and_stop_leave_a_file_that_holds_what_was_on_show(stage: Stage) -> None:
    watch_camera(stage)
    stage.bot.keyClick(stage.window, Qt.Key.Key_R, modifier=Qt.KeyboardModifier.AltModifier)
    recorder = stage.window.backend.recorder
    assert recorder.is_on
    path = Path(recorder.status.path)
    stage.until(lambda: recorder.status.frames > 5)
    stage.until(lambda: "recording" in stage.window.status._past.text())
    stage.window.source_bar.past.record.click()
    stage.until(lambda: recorder.status.ended)
    assert stage.window.toast.isVisible()
    assert path.name in stage.window.toast.label.text()
    with FrameRecording(path) as recording:
        assert recording.is_whole
        frame = recording.read(3)
        network = recording.network_of(frame)
        assert network.labels == ("cat", "dog", "ship", "truck")
        assert [len(each.fingerprint) for each in recording.networks] == [64]
    open_path(stage.window, stage.window.backend, str(path))
    stage.until(lambda: stage.state.source.kind == "recording")
    stage.until(lambda: stage.window.mosaic.live.frame.index is not None)
    assert stage.window.mosaic.live.frame.source == Camera.name


def test_record_kill_and_replay_through_another_network(stage: Stage, tmp_path: Path) -> None:
    """The window of another process is killed while it records."""
    program = tmp_path / "record.py"
    program.write_text(
        f"""
import sys
import threading
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from dnnvis.app.main import create_application, create_runtime, create_window
from dnnvis.session.state import SourceChoice, State
from helpers.application_window import toy
app = create_application("light")
state = State(network=toy(Path({str(tmp_path)!r})), source=SourceChoice("demo"), unlocked=True)
parts = create_runtime(state, 1)
window = create_window(parts)
window.show()
window.backend.start()
recorder = window.backend.recorder
path = Path({str(tmp_path / "killed.dnnrec")!r})
while True:
    app.processEvents()
    if window.frame_stats.count and not recorder.is_on:
        window.backend.start_recording(path)
    if recorder.status is not None:
        print(recorder._recorder.status.frames, flush=True)
"""
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as job:
        limit = threading.Timer(100, job.kill)  # nobody waits longer for 20 frames
        limit.start()
        written = 0
        while written < 20:
            line = job.stdout.readline()
            assert line, f"the window ended by itself, or had only {written} frames"
            written = int(line)
        os.kill(job.pid, signal.SIGKILL)
        limit.cancel()
        limit.join()
    path = tmp_path / "killed.dnnrec"
    with FrameRecording(path) as recording:
        assert len(recording) >= written
        assert "cut short" in recording.notes[0]
        source = recording.read(0).frame.source
    stage.window.backend.run(toy(tmp_path, "dictionary"))  # another network
    open_path(stage.window, stage.window.backend, str(path))
    stage.until(lambda: stage.state.source.kind == "recording")

    def is_replayed() -> bool:
        live, info = stage.window.mosaic.live, stage.window.backend.info
        return live is not None and live.frame.source == source and "conv" in info.names

    stage.until(is_replayed)
    assert any("cut short" in sentence for sentence in stage.problems())
    stage.session.select(Unit("conv", 1))
    stage.until(lambda: "conv" in stage.window.mosaic.live.maps)
    assert stage.window.mosaic.live.frame.source == source


def test_the_last_seconds_are_saved_as_a_film(stage: Stage, tmp_path: Path) -> None:
    watch_camera(stage)
    ring = stage.window.backend.recorder.ring
    stage.until(lambda: len(ring) > 8)
    lives = ring.entries()
    for name in ("a.mp4", "a.gif", "a.npz", "a.dnnrec"):
        stage.window.recording.export(lives, tmp_path / name)
        stage.until(lambda name=name: (tmp_path / name).exists())
    with Video(tmp_path / "a.mp4", loop=False) as film:
        assert len(list(iter(film.read, None))) == len(lives)
    stage.until(lambda: stage.window.toast.isVisible())


def test_a_panel_is_filmed_for_the_next_seconds(stage: Stage, tmp_path: Path) -> None:
    watch_camera(stage)
    desk = stage.window.recording
    start = time.perf_counter()
    desk.film(stage.window.mosaic, tmp_path / "a.mp4")
    stage.bot.wait(1000)
    assert desk.is_filming
    desk.toggle_film(stage.window.mosaic, "")
    seconds = time.perf_counter() - start
    stage.until(lambda: (tmp_path / "a.mp4").exists())
    with Video(tmp_path / "a.mp4", loop=False) as film:
        frames = list(iter(film.read, None))
    assert 4 <= len(frames) <= 15 * seconds + 2  # at most 15 a second, the first and the last
    assert abs(frames[0].pixels.shape[0] - stage.window.mosaic.height()) <= 1


def test_a_film_that_cannot_be_written_is_a_sentence(stage: Stage, tmp_path: Path) -> None:
    desk = stage.window.recording
    (tmp_path / "file").write_text("")
    desk.film(stage.window.mosaic, tmp_path / "file" / "a.mp4")
    stage.until(lambda: any("a.mp4" in sentence for sentence in stage.problems()))


def test_a_recording_that_cannot_begin_is_a_sentence(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "recordings").write_text("in the way")
    stage.window.run_action("record")
    assert not stage.window.backend.recorder.is_on
    stage.until(lambda: any("cannot be written" in sentence for sentence in stage.problems()))
    assert not stage.window.source_bar.past.record.isChecked()


def test_a_disk_that_gets_full_ends_the_recording_in_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_full_disk(path: Path, max_bytes: int, source: str, on_status: Any) -> RecordingWriter:
        options = RecordingOptions(max_bytes, source=source)
        return RecordingWriter(path, options, on_status, FullDisk)

    recorder = stage.window.backend.recorder
    monkeypatch.setattr(recorder, "_create", on_full_disk)
    watch_camera(stage)
    stage.window.run_action("record")
    assert recorder.is_on
    stage.until(lambda: any("The disk is full" in sentence for sentence in stage.problems()))
    assert not recorder.is_on
    stage.until(lambda: not stage.window.source_bar.past.record.isChecked())
    with FrameRecording(Path(recorder.status.path)) as recording:
        assert len(recording) == recorder.status.frames > 0
    number = stage.window.mosaic.live.frame.number
    stage.until(lambda: stage.window.mosaic.live.frame.number > number)  # it goes on


def test_the_entries_of_the_menus_save_the_window_and_the_last_seconds(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch_camera(stage)
    stage.until(lambda: len(stage.window.backend.recorder.ring) > 8)
    chosen = iter((tmp_path / "past.npz", tmp_path / "window.mp4"))
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *given, **named: (str(next(chosen)), "")
    )
    stage.window.run_action("save_past")
    stage.until(lambda: (tmp_path / "past.npz").exists())
    with np.load(tmp_path / "past.npz") as arrays:
        assert len(arrays["seconds"]) > 8
        assert arrays["pixels/000000"].shape == (24, 24, 3)
    entry = next(
        action
        for action in stage.window.findChildren(QAction)
        if action.text() == "Film of the window …"
    )
    entry.trigger()
    assert stage.window.recording.is_filming
    stage.bot.wait(400)
    entry.trigger()  # ends it early
    stage.until(lambda: (tmp_path / "window.mp4").exists())
    with Video(tmp_path / "window.mp4", loop=False) as film:
        frames = list(iter(film.read, None))
    assert len(frames) >= 2
    height, width = frames[0].pixels.shape[:2]
    assert abs(height - stage.window.height()) <= 1
    assert abs(width - stage.window.width()) <= 1
