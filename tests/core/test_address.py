import pytest

from dnnvis.core.address import address_suffix, is_address, mask_address


@pytest.mark.parametrize(
    ("address", "shown", "suffix"),
    [
        ("http://10.0.0.7:8080/video", "http://10.0.0.7:8080/video", ""),
        ("rtsp://me:secret@cam.local/live/1", "rtsp://cam.local/live/1", ""),
        ("rtsp://me:se@cret@cam.local:554", "rtsp://cam.local:554", ""),
        ("https://example.org/Cat.JPG?token=secret", "https://example.org/Cat.JPG", ".jpg"),
        ("http://cam?user=me&password=secret", "http://cam", ""),
        ("HTTPS://cam/a.b/video.mjpg#t", "HTTPS://cam/a.b/video.mjpg", ".mjpg"),
    ],
)
def test_an_address_is_named_without_its_secrets(address: str, shown: str, suffix: str) -> None:
    assert is_address(address)
    assert mask_address(address) == shown
    assert "secret" not in mask_address(address)
    assert address_suffix(address) == suffix


@pytest.mark.parametrize("text", ["", "a.mp4", "webcam:0", "file:///a.mp4", "/http://x", "c:/a"])
def test_files_are_no_addresses(text: str) -> None:
    assert not is_address(text)


def test_a_broken_address_has_no_suffix() -> None:
    assert address_suffix("http://[::1/a.jpg") == ""
