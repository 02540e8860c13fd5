"""Pictures from a server of this machine."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources import fetch
from dnnvis.sources.fetch import fetch_picture
from dnnvis.sources.image_files import read_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)


def encode(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind)
    return file.getvalue()


def encode_array() -> bytes:
    file = io.BytesIO()
    np.save(file, PIXELS)
    return file.getvalue()


class _Handler(BaseHTTPRequestHandler):
    headers_seen: list[dict[str, str]] = []

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        self.headers_seen.append(dict(self.headers))
        if kind == "silent":
            self.server.ending.wait(20)  # type: ignore[attr-defined]
            return
        if kind == "missing":
            return self.send_error(404)
        if kind in ("moved", "file", "ftp"):
            self.send_response(302)
            to = {"moved": "/PNG", "file": "file:///etc/hostname", "ftp": "ftp://127.0.0.1/a.png"}
            self.send_header("Location", to[kind])
            self.end_headers()
            return
        data = {
            "array": encode_array(),
            "page": b"<html><img src='cat.png'></html>",
            "cut": encode("PNG")[:90],
            "empty": b"",
            "drip": encode("PNG"),
            "board": b"x = 3, y = 3\nbo$2bo$3o!",
        }
        content = data[kind] if kind in data else encode(kind.removesuffix(".html"))
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if kind == "page" else "image/x-any")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def address() -> Iterator[str]:
    _Handler.headers_seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.ending = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.ending.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("PNG", ".png"), ("BMP", ".bmp"), ("WEBP", ".webp"), ("PNG.html", ".png"), ("moved", ".png")],
)
def test_a_picture_is_saved_as_it_came_under_a_name_of_its_content(
    name: str, suffix: str, address: str, tmp_path: Path
) -> None:
    path = fetch_picture(f"{address}/{name}", tmp_path / "new")
    assert path.suffix == suffix
    assert path.read_bytes() == encode(name.removesuffix(".html") if name != "moved" else "PNG")
    assert fetch_picture(f"{address}/{name}", tmp_path / "new") == path
    assert [file.name for file in (tmp_path / "new").iterdir()] == [path.name]
    assert read_picture(path).shape == PIXELS.shape
    assert all("Cookie" not in seen for seen in _Handler.headers_seen)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("page", "is a page or a text"),
        ("missing", "error 404"),
        ("array", "no picture that can be read"),
        ("board", "no picture that can be read"),
        ("cut", "broken or cut short"),
        ("empty", "no picture that can be read"),
        ("file", "is not given out"),
        ("ftp", "is not given out"),
    ],
)
def test_what_is_no_picture_of_the_web_is_not_saved(
    name: str, reason: str, address: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=reason):
        fetch_picture(f"{address}/{name}", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_time_and_size_have_limits(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="does not answer"):
        fetch_picture(f"{address}/silent", tmp_path, timeout=0.1)
    with pytest.raises(BadInput, match="takes too long"):
        fetch_picture(f"{address}/PNG", tmp_path, max_seconds=-1)
    monkeypatch.setattr(fetch, "MAX_FETCHED_BYTES", 100)
    with pytest.raises(BadInput, match="which is the most"):
        fetch_picture(f"{address}/PNG", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["file:///etc/hostname", "ftp://127.0.0.1/a.png", "http://", "a"])
def test_other_addresses_are_not_asked(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="save the picture first"):
        fetch_picture(text, tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(address: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        fetch_picture(f"{address}/PNG", tmp_path / "file")
