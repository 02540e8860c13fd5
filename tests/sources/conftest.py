"""A camera made of wood, a film, and a watch over threads."""

import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dnnvis.sources.opencv import opencv


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), f"{thread.name} was left behind"


class Socket:
    """Where fake cameras are plugged in; ``frames`` counts all pictures ever read."""

    def __init__(self) -> None:
        self.plugged = True
        self.silent = False
        self.frames = 0
        self.codec = 0
        self.skipped = 0
        self.open_now = self.most_open = 0
        self.asked: dict[int, float] = {}
        self.opened = threading.Event()
        self.drained = threading.Event()

    def picture(self) -> np.ndarray:
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, :32, 0] = 200  # blue (BGR) on the left
        picture[:, :, 2] = min(self.frames, 255)
        return picture


class FakeCapture:
    """A cv2.VideoCapture into ``socket``, where camera 0 is."""

    def __init__(self, socket: Socket, index: int, backend: int = 0) -> None:
        self.socket = socket
        self.good = socket.plugged and index == 0
        socket.open_now += self.good
        socket.most_open = max(socket.most_open, socket.open_now)
        socket.opened.set()

    def isOpened(self) -> bool:
        return self.good

    def set(self, key: int, value: float) -> bool:
        self.socket.asked[key] = value
        return True

    def get(self, key: int) -> float:
        cv2 = opencv()
        return {cv2.CAP_PROP_FPS: 200.0, cv2.CAP_PROP_FOURCC: self.socket.codec}.get(key, 0.0)

    def grab(self) -> bool:
        self.socket.frames += 1
        self.socket.skipped += 1
        if self.socket.skipped >= 20:
            self.socket.drained.set()
        return self.socket.plugged and not self.socket.silent

    def read(self) -> tuple[bool, np.ndarray | None]:
        if not self.socket.plugged or self.socket.silent:
            return False, None
        self.socket.frames += 1
        return True, self.socket.picture()

    def release(self) -> None:
        self.socket.open_now -= self.good
        self.good = False


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> Socket:
    socket = Socket()
    monkeypatch.setattr(opencv(), "VideoCapture", partial(FakeCapture, socket))
    monkeypatch.setattr(sys, "platform", "linux")
    return socket


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 frames of 64 x 48 at 50/s; frame k is of gray 4 k."""
    path = tmp_path_factory.mktemp("films") / "film.avi"
    cv2 = opencv()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 50, (64, 48))
    for k in range(60):
        writer.write(np.full((48, 64, 3), 4 * k, np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="session")
def half_film(film: Path) -> Path:
    """The same file, cut in the middle."""
    data = film.read_bytes()
    path = film.with_name("half.avi")
    path.write_bytes(data[: len(data) // 2])
    return path


class Ear:
    """Keeps what it hears; ``wait`` until that makes a condition true."""

    def __init__(self) -> None:
        self.heard: list = []
        self._changed = threading.Condition()

    def __call__(self, thing: object) -> None:
        with self._changed:
            self.heard.append(thing)
            self._changed.notify_all()

    def wait(self, count: int, timeout: float = 10) -> list:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, timeout), (
                f"{len(self.heard)} of {count} came: {self.heard[-3:]}"
            )
            return list(self.heard)

    def quiet_for(self, seconds: float) -> bool:
        """Whether nothing comes for so long from now."""
        deadline = time.perf_counter() + seconds
        with self._changed:
            before = len(self.heard)
            left = deadline - time.perf_counter()
            return not self._changed.wait_for(lambda: len(self.heard) > before, left)


@pytest.fixture
def ear() -> type[Ear]:
    return Ear
