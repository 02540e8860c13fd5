"""Cameras that open slowly, send odd pictures, or none, and the screen: the window goes on."""

import threading
from typing import Any

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest

from dnnvis.app.shell.menus import LOOKING_FOR_CAMERAS, choose_screen_region
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, toy

GRAY = np.linspace(0, 1023, 48 * 64).reshape(48, 64)
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].reshape(1, -1)
PICTURES = {
    "gray of 16 bit": GRAY.astype(np.uint16),
    "two channels": np.full((48, 64, 2), 128, np.uint8),
    "packed as JPEG": JPEG,
    "nothing": None,
}


class FakeCapture:
    """A camera of one kind; ``gate`` holds up what hangs, and every call notes its thread."""

    threads: set[str] = set()
    gate = threading.Event()
    kind = ""
    hangs_in = ""

    def __init__(self, *_: Any) -> None:
        self._call("open")

    @classmethod
    def _call(cls, name: str) -> None:
        cls.threads.add(threading.current_thread().name)
        if name == cls.hangs_in:
            cls.gate.wait(30)

    def isOpened(self) -> bool:
        return True

    def set(self, key: int, value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        return 30.0

    def grab(self) -> bool:
        self._call("read")
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        self._call("read")
        picture = PICTURES.get(self.kind)
        return picture is not None, picture

    def release(self) -> None:
        self._call("release")


@pytest.fixture
def stage(qtbot: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("cv2.VideoCapture", FakeCapture)
    FakeCapture.threads, FakeCapture.gate = set(), threading.Event()
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    yield made
    FakeCapture.gate.set()


def leave(stage: Stage) -> None:
    """Choose the demo, which comes, whatever the camera does."""
    count = stage.window.frame_stats.count
    stage.window.backend.open_source(SourceChoice())
    stage.until(
        lambda: (
            stage.window.mosaic.live.frame.source == "demo"
            and stage.window.frame_stats.count > count
        )
    )


@pytest.mark.parametrize("kind", PICTURES)
def test_odd_pictures_are_shown_or_refused_off_the_windows_thread(stage: Stage, kind: str) -> None:
    FakeCapture.kind, FakeCapture.hangs_in = kind, ""
    stage.window.backend.open_source(SourceChoice(kind="camera"))
    if kind == "nothing":
        stage.until(lambda: any("amera 0" in sentence for sentence in stage.problems()))
    else:
        stage.until(lambda: stage.window.mosaic.live.frame.source == "Camera 0")
        assert stage.window.mosaic.live.frame.pixels.shape == (48, 64, 3)
    leave(stage)
    assert FakeCapture.threads == {"dnnvis-source"}


@pytest.mark.parametrize("call", ["open", "read"])
def test_while_a_camera_hangs_the_window_answers_and_another_source_comes(
    stage: Stage, call: str
) -> None:
    FakeCapture.kind, FakeCapture.hangs_in = "two channels", call
    stage.window.backend.open_source(SourceChoice(kind="camera"))
    stage.until(lambda: FakeCapture.threads)
    stage.session.update(gamma=0.5)
    stage.until(lambda: any("Opening" in sentence for sentence in stage.problems()))
    leave(stage)
    assert not FakeCapture.gate.is_set(), "it hangs still"
    FakeCapture.gate.set()
    stage.until(lambda: sum(t.name == "dnnvis-source" for t in threading.enumerate()) == 1)
    assert stage.window.mosaic.live.frame.source == "demo"
    assert FakeCapture.threads == {"dnnvis-source"}


def test_cameras_are_listed_beside_the_window(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads = threading.Event(), set[str]()

    def look_for_cameras() -> list[tuple[int, str]]:
        threads.add(threading.current_thread().name)
        gate.wait(30)
        return [(0, "Wooden eye")]

    object.__setattr__(stage.window.backend.services, "cameras", look_for_cameras)
    menu = stage.window.menus.source
    (cameras,) = (action.menu() for action in menu.actions() if action.text() == "Webcam")
    menu.aboutToShow.emit()
    cameras.aboutToShow.emit()
    assert [action.text() for action in cameras.actions()] == [LOOKING_FOR_CAMERAS]
    gate.set()
    stage.until(lambda: stage.window.cameras is not None)
    cameras.aboutToShow.emit()
    assert [action.text() for action in cameras.actions()] == ["0: Wooden eye"]
    assert threads == {"dnnvis-names"}


def test_a_region_that_is_dragged_over_becomes_the_source(stage: Stage) -> None:
    chooser = choose_screen_region(stage.window.context)
    assert chooser is not None
    QTest.mousePress(chooser, Qt.MouseButton.LeftButton, pos=QPoint(30, 20))
    QTest.mouseRelease(chooser, Qt.MouseButton.LeftButton, pos=QPoint(130, 100))
    stage.until(lambda: stage.window.mosaic.live.frame.source == "screen 30,20,100,80")
    assert stage.window.mosaic.live.frame.pixels.shape == (80, 100, 3)
    assert stage.window.source_bar.state_label.text().startswith("screen 30,20,100,80")
    assert stage.state.recent_sources == ()
    number = stage.window.mosaic.live.frame.number
    stage.until(lambda: stage.window.mosaic.live.frame.number > number)
    leave(stage)


def test_where_the_screen_may_not_be_read_a_sentence_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")
    assert choose_screen_region(stage.window.context) is None
    stage.until(lambda: any("Wayland does not let" in text for text in stage.problems()))
    leave(stage)
    assert sum("Wayland" in text for text in stage.problems()) == 1
