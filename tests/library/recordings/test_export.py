"""Frames as arrays, films and recordings."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.library.recordings.export import export_frames, export_lives
from dnnvis.sources.recordings.reader import FrameRecording
from dnnvis.sources.video import Video
from helpers.recordings import live_of, record


def test_arrays_hold_pixels_outputs_times_and_labels(tmp_path):
    lives = [live_of(number, 8 + number) for number in range(3)]
    record(tmp_path / "a.dnnrec", lives)
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        assert export_frames(recording.frames(), tmp_path / "a.npz") == 3
    with np.load(tmp_path / "a.npz") as arrays:  # without pickle
        for number, live in enumerate(lives):
            assert np.array_equal(arrays[f"pixels/{number:06d}"], live.frame.pixels)
            assert np.array_equal(arrays[f"output/{number:06d}"], live.output)
        assert arrays["seconds"] == pytest.approx([0.0, 0.05, 0.1])
        assert list(arrays["label"]) == ["cat"] * 3
        assert list(arrays["number"]) == [0, 1, 2]


def test_times_of_what_was_on_show_count_from_its_first_frame(tmp_path):
    export_lives([live_of(7), live_of(8), live_of(11)], tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["seconds"] == pytest.approx([0.0, 0.05, 0.2])


def test_what_was_on_show_becomes_a_recording_with_its_layers(tmp_path):
    lives = [live_of(1), live_of(2, network="other")]
    assert export_lives(lives, tmp_path / "a.dnnrec", "camera") == 2
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        assert recording.is_whole
        assert recording.header.source == "camera"
        for live, each in zip(lives, recording.frames(), strict=True):
            assert np.array_equal(live.frame.pixels, each.frame.pixels)
            assert recording.network_of(each).name == live.network
            assert np.allclose(each.maps["conv1"], live.maps["conv1"], atol=2e-3)


def test_what_was_on_show_becomes_a_film(tmp_path):
    assert export_lives([live_of(1), live_of(2)], tmp_path / "a.mp4") == 2
    with Video(tmp_path / "a.mp4", loop=False) as video:
        assert len(list(iter(video.read, None))) == 2


@pytest.mark.parametrize("name", ["a.npz", "a.mp4", "a.dnnrec", "a.txt"])
def test_nothing_to_write_is_a_sentence_and_no_file(tmp_path, name):
    with pytest.raises(BadInput):
        export_lives([], tmp_path / name)
    assert list(tmp_path.iterdir()) == []
