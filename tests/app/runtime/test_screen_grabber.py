"""The screen, which the window's thread reads for another."""

import threading
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QGuiApplication, QImage, QPixmap
from PyQt6.QtWidgets import QWidget

from dnnvis.app.runtime import screen_grabber
from dnnvis.app.runtime.screen_grabber import ScreenGrabber, grab_region, refusal
from dnnvis.core.errors import BadInput


class FakeScreen:
    """A screen right of another: its grabs are counted from its own corner."""

    def __init__(self, pixels: np.ndarray, left: int) -> None:
        self.pixels, self.left = pixels, left

    def geometry(self) -> QRect:
        return QRect(self.left, 0, self.pixels.shape[1], self.pixels.shape[0])

    def grabWindow(self, window: int, x: int, y: int, width: int, height: int) -> QPixmap:
        part = np.ascontiguousarray(self.pixels[y : y + height, x : x + width])
        kind = QImage.Format.Format_RGB888
        return QPixmap.fromImage(QImage(part.tobytes(), width, height, 3 * width, kind).copy())


def test_a_region_of_a_second_screen_has_its_pixels(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    monkeypatch.setattr(screen_grabber, "_find_screen", lambda region: FakeScreen(pixels, 100))
    assert np.array_equal(grab_region((110, 5, 21, 30)), pixels[5:35, 10:31])
    assert np.array_equal(grab_region((140, 30, 90, 90)), pixels[30:, 40:])
    assert np.array_equal(grab_region(None), pixels)


def test_another_thread_gets_what_the_windows_thread_reads(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def grab(region: Any) -> np.ndarray:
        threads.append(threading.current_thread())
        return np.full((2, 2, 3), region[0], np.uint8)

    monkeypatch.setattr(screen_grabber, "grab_region", grab)
    grabber, results = ScreenGrabber(), list[np.ndarray]()
    reader = threading.Thread(target=lambda: results.append(grabber.grab((7, 0, 9, 9))))
    reader.start()
    qtbot.waitUntil(lambda: bool(results), timeout=5000)
    reader.join()
    assert int(results[0][0, 0, 0]) == 7
    assert threads == [threading.main_thread()]


@pytest.mark.parametrize("error", [BadInput("It is forbidden."), ValueError("inside")])
def test_a_refusal_reaches_the_reader_as_a_sentence(
    error: Exception, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(region: Any) -> np.ndarray:
        raise error

    monkeypatch.setattr(screen_grabber, "grab_region", refuse)
    grabber, said = ScreenGrabber(), list[str]()

    def read() -> None:
        try:
            grabber.grab(None)
        except BadInput as reason:
            said.append(str(reason))

    reader = threading.Thread(target=read)
    reader.start()
    qtbot.waitUntil(lambda: bool(said), timeout=5000)
    reader.join()
    assert said[0] in ("It is forbidden.", "The screen could not be read; open another source.")


def test_a_window_that_does_not_answer_is_not_waited_for_long(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_grabber, "GRAB_SECONDS", 0.01)
    with pytest.raises(BadInput, match="too busy"):  # its own thread, which waits here
        ScreenGrabber().grab(None)


def test_wayland_is_refused_with_the_way_round(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal("xcb") == refusal("windows") == ""
    assert "X11" in refusal("wayland-egl")
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")
    with pytest.raises(BadInput, match="Wayland does not let"):
        grab_region(None)


def test_a_region_beside_every_screen_is_a_sentence(qtbot: Any) -> None:
    with pytest.raises(BadInput, match="lies on no screen"):
        grab_region((90_000, 90_000, 10, 10))


def test_the_real_screen_gives_a_window_that_lies_there(qtbot: Any) -> None:
    widget = QWidget(None, Qt.WindowType.FramelessWindowHint)
    qtbot.addWidget(widget)
    widget.setStyleSheet("background: rgb(10, 200, 30)")
    widget.setGeometry(20, 30, 40, 20)
    widget.show()
    widget.raise_()
    qtbot.waitUntil(lambda: (grab_region((24, 34, 30, 12)) == (10, 200, 30)).all(), timeout=5000)
    assert grab_region((24, 34, 30, 12)).shape == (12, 30, 3)
