"""A camera at an address of this machine: MJPEG over HTTP."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

from helpers.numbered_films import draw_number


class PictureServer(ThreadingHTTPServer):
    """Sends ``pictures`` numbered ones for each request to /video, then ends or waits."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, pictures: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pictures = pictures
        self.requests = 0
        self.film = b""
        self.ending = threading.Event()

    def address(self, path: str = "/video", user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: PictureServer
    timeout = 20  # seconds for which somebody who says nothing is listened to

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        if kind == "silent":
            self.server.ending.wait(20)
            return
        if kind in ("401", "404"):
            self.send_error(int(kind))
            return
        self.send_response(200)
        if kind == "film.mkv":
            self.send_header("Content-Length", str(len(self.server.film)))
            self.end_headers()
            self.wfile.write(self.server.film)
            return
        if kind == "page":
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>the page of a camera</html>" * 50)
            return
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        self.server.requests += 1
        try:
            for number in range(self.server.pictures):
                self.wfile.write(_part(number))
            if kind == "halting":
                self.server.ending.wait(20)
        except OSError:  # nobody looks any more
            pass


def _part(number: int) -> bytes:
    jpeg = io.BytesIO()
    Image.fromarray(draw_number(number)).save(jpeg, "JPEG", quality=95)
    data = jpeg.getvalue()
    head = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data + b"\r\n"


@contextmanager
def serve_pictures(pictures: int = 40) -> Iterator[PictureServer]:
    server = PictureServer(pictures)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
