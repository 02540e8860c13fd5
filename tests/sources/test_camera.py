from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources import camera
from dnnvis.sources.camera import Camera, CameraInfo, list_cameras
from dnnvis.sources.opencv import opencv
from dnnvis.sources.source import Skippable


def test_a_camera_gives_rgb_frames_of_the_size_asked_for(socket) -> None:
    with Camera(0, width=320, height=240) as source:
        frame = source.read()
        assert frame.pixels.shape == (48, 64, 3)
        assert frame.pixels.flags.c_contiguous
        assert frame.pixels[0, 0].tolist() == [1, 0, 200]
        assert source.rate == 200
        assert source.live
        assert isinstance(source, Skippable)
    cv2 = opencv()
    assert socket.asked[cv2.CAP_PROP_FRAME_WIDTH] == 320
    assert socket.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 240
    assert socket.open_now == 0


def test_a_mirror_flips_left_and_right(socket) -> None:
    with Camera(0, mirror=True) as source:
        assert source.read().pixels[0, :, 2].tolist() == [0] * 32 + [200] * 32


def test_the_picture_taken_to_try_the_camera_is_not_lost(socket) -> None:
    with Camera(0) as source:
        assert [int(source.read().pixels[0, 0, 0]) for _ in range(3)] == [1, 2, 3]
        source.skip()
        assert int(source.read().pixels[0, 0, 0]) == 5


def test_a_missing_camera_is_a_sentence(socket) -> None:
    with pytest.raises(BadInput, match="no camera 7"), Camera(7):
        pass


def test_a_camera_in_use_or_forbidden_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/video0").touch()
    monkeypatch.setattr("sys.platform", "linux")
    assert "in use" in camera._closed_reason(0, tmp_path)
    monkeypatch.setattr(camera.os, "access", lambda *_: False)
    assert "group 'video'" in camera._closed_reason(0, tmp_path)


def test_a_camera_that_opens_and_sends_nothing_is_refused_and_let_go(socket) -> None:
    socket.silent = True
    with pytest.raises(BadInput, match="Camera 0 sends no picture"), Camera(0):
        pass
    assert socket.open_now == 0


def test_an_unplugged_camera_is_a_sentence(socket) -> None:
    with Camera(0) as source:
        source.read()
        socket.plugged = False
        with pytest.raises(BadInput, match="Camera 0 sends no picture"):
            source.read()
        with pytest.raises(BadInput, match="Camera 0 sends no picture"):
            source.skip()


def test_cameras_are_listed_by_name_without_their_metadata_devices(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "dev").mkdir()
    for number, name, index in ((10, "Logi", "0"), (0, "Built-in", "0"), (1, "Built-in", "1")):
        (tmp_path / f"dev/video{number}").touch()
        facts = tmp_path / f"sys/class/video4linux/video{number}"
        facts.mkdir(parents=True)
        (facts / "name").write_text(name + "\n")
        (facts / "index").write_text(index + "\n")
    (tmp_path / "dev/video2").touch()
    assert list_cameras(tmp_path) == [
        CameraInfo(0, "Built-in"),
        CameraInfo(2, "camera 2"),
        CameraInfo(10, "Logi"),
    ]


def test_where_nothing_is_listed_the_first_few_are_tried(socket, monkeypatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert list_cameras() == [CameraInfo(0, "camera 0")]
    assert socket.open_now == 0


def test_a_real_missing_camera_prints_nothing(capfd) -> None:
    with pytest.raises(BadInput), Camera(63):
        pass
    assert capfd.readouterr() == ("", "")
