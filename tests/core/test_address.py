from urllib.parse import unquote, urlsplit

import pytest

from dnnvis.core.address import (
    add_password,
    address_suffix,
    is_address,
    lacks_password,
    mask_address,
    remove_password,
)


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


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("rtsp://me:secret@10.0.0.7:554/live", "rtsp://me@10.0.0.7:554/live"),
        ("http://cam/v.mjpg?ch=1&token=abc&PWD=x", "http://cam/v.mjpg?ch=1"),
        ("http://cam/v.mjpg?password=x", "http://cam/v.mjpg"),
        ("rtsp://10.0.0.7/a@b:c", "rtsp://10.0.0.7/a@b:c"),
        ("rtsp://me@10.0.0.7", "rtsp://me@10.0.0.7"),
        ("/films/a:b@c.mp4", "/films/a:b@c.mp4"),
    ],
)
def test_an_address_is_written_without_its_password(address: str, written: str) -> None:
    assert remove_password(address) == written
    assert remove_password(written) == written


def test_a_password_that_was_asked_for_is_escaped() -> None:
    assert lacks_password("rtsp://me@10.0.0.7/live")
    assert not lacks_password("rtsp://10.0.0.7/live@home")
    whole = add_password("rtsp://me@10.0.0.7/live", "a/b@c:d")
    assert not lacks_password(whole)
    assert unquote(urlsplit(whole).password or "") == "a/b@c:d"
    assert urlsplit(whole).hostname == "10.0.0.7"
    assert remove_password(whole) == "rtsp://me@10.0.0.7/live"
