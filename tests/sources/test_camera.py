from pathlib import Path

import numpy as np
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


def test_gray_pictures_of_16_bit_are_scaled_by_the_bits_in_use_and_it_is_said(socket) -> None:
    notes: list[str] = []
    ramp = np.linspace(0, 1023, 64).astype(np.uint16)
    socket.picture = lambda: np.tile(ramp, (48, 1))
    with Camera(0, on_problem=notes.append) as source:
        pixels = source.read().pixels
        source.read()
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels[0, :, 1] - ramp * (255 / 1023)).max() <= 0.5
    assert notes == ["Camera 0 sends 16-bit pictures; white is taken to be 1,023."]


def test_two_channels_are_brightness_and_alternating_color(socket, monkeypatch) -> None:
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:, :32] = (200, 30, 30)
    red, green, blue = rgb.astype(float).transpose(2, 0, 1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    y = 16 + luma * 219 / 255
    u, v = 128 + (blue - luma) / 1.772 * 224 / 255, 128 + (red - luma) / 1.402 * 224 / 255
    chroma = np.where(np.arange(64) % 2 == 0, u, v)
    notes: list[str] = []
    for code, order in ((b"YUYV", (y, chroma)), (b"UYVY", (chroma, y))):
        packed = np.rint(np.stack(order, 2)).astype(np.uint8)
        socket.picture = lambda packed=packed: packed
        socket.codec = int.from_bytes(code, "little")
        with Camera(0, on_problem=notes.append) as source:
            assert np.abs(source.read().pixels.astype(int) - rgb).max() <= 3
        assert code.decode() in notes[-1]
    assert len(notes) == 2


def test_pictures_still_packed_as_jpeg_are_unpacked(socket) -> None:
    cv2 = opencv()
    bgr = np.full((48, 64, 3), (10, 20, 200), np.uint8)
    data = cv2.imencode(".jpg", bgr)[1]
    for shape in ((1, -1), (-1, 1), (-1,)):
        socket.picture = lambda shape=shape: data.reshape(shape)
        with Camera(0) as source:
            pixels = source.read().pixels
        assert pixels.shape == (48, 64, 3)
        assert np.abs(pixels.astype(int) - (200, 20, 10)).max() < 6
    socket.picture = lambda: data.reshape(1, -1)[:, :30]
    with pytest.raises(BadInput, match="sends no picture"), Camera(0):
        pass


def test_a_bright_corner_is_no_jpeg(socket) -> None:
    gray = np.full((48, 64), 0xD8, np.uint8)
    gray[0, 0] = 0xFF
    socket.picture = lambda: gray
    with Camera(0) as source:
        assert np.array_equal(source.read().pixels[:, :, 0], gray)


@pytest.mark.parametrize("shape", [(48, 64, 1), (48, 64, 4)])
def test_one_and_four_channels_are_gray_and_color(socket, shape) -> None:
    socket.picture = lambda: np.full(shape, 77, np.uint8)
    with Camera(0) as source:
        assert (source.read().pixels == np.full((48, 64, 3), 77)).all()


def test_other_forms_of_pictures_are_refused_in_a_sentence(socket) -> None:
    socket.picture = lambda: np.zeros((48, 64, 3), np.float32)
    with pytest.raises(BadInput, match="set it to YUYV or MJPG"), Camera(0):
        pass
    assert socket.open_now == 0
